//! What is not part of a request's identity, by dialect and path.
//!
//! core/KEY.md lists the same with reasons and sources. A member that these tables do not name
//! counts, and so does a member of the same name anywhere else.

use super::Dialect;
use crate::{
    canonical::{Place, Selection},
    json::JsonStr,
};

/// A dialect selects what identifies a request: all members but those that cannot change the
/// answer (core/KEY.md section 4).
impl Selection for Dialect {
    fn member(&self, place: Place, name: &JsonStr<'_>) -> Option<Place> {
        if place.number() == OTHER {
            return Some(place);
        }
        let rule = self.rules().iter().find(|rule| rule.of(place) && name.eq_str(rule.name));
        match rule {
            None => Some(Place::new(OTHER)),
            Some(rule) => rule.inside.map(Place::new),
        }
    }

    fn element(&self, place: Place) -> Place {
        match place.number() {
            ROOT => Place::new(OTHER),
            list if list % 2 == 0 => Place::new(list + 1),
            _ => Place::new(OTHER),
        }
    }
}

impl Dialect {
    const fn rules(self) -> &'static [Rule] {
        match self {
            Self::AnthropicMessages => ANTHROPIC_MESSAGES,
            Self::OpenAiChat => OPENAI_CHAT,
            Self::OpenAiResponses => OPENAI_RESPONSES,
            Self::Json => &[],
        }
    }
}

// Even numbers are lists, and the next odd number is their elements'; other odd numbers are
// objects. An array where an object is expected, or the other way round, is an `OTHER` place.
const ROOT: u8 = Place::ROOT.number();
/// A list of blocks or tools with nothing of interest further down.
const MARKED_LIST: u8 = 2;
const MESSAGES: u8 = 4;
const CONTENT: u8 = 6;
const SOURCE: u8 = 9;
const METADATA: u8 = 11;
/// Everything below this counts.
const OTHER: u8 = 63;

struct Rule {
    place: u8,
    name: &'static str,
    /// The place of the value; `None` leaves the member out.
    inside: Option<u8>,
}

impl Rule {
    const fn of(&self, place: Place) -> bool {
        self.place == place.number()
    }
}

const fn leave_out(place: u8, name: &'static str) -> Rule {
    Rule { place, name, inside: None }
}

const fn look_into(place: u8, name: &'static str, inside: u8) -> Rule {
    Rule { place, name, inside: Some(inside) }
}

const ANTHROPIC_MESSAGES: &[Rule] = &[
    leave_out(ROOT, "stream"),
    leave_out(ROOT, "cache_control"),
    look_into(ROOT, "tools", MARKED_LIST),
    look_into(ROOT, "system", MARKED_LIST),
    look_into(ROOT, "messages", MESSAGES),
    look_into(ROOT, "metadata", METADATA),
    leave_out(METADATA, "user_id"),
    leave_out(MARKED_LIST + 1, "cache_control"),
    look_into(MESSAGES + 1, "content", CONTENT),
    leave_out(CONTENT + 1, "cache_control"),
    look_into(CONTENT + 1, "content", MARKED_LIST),
    look_into(CONTENT + 1, "source", SOURCE),
    look_into(SOURCE, "content", MARKED_LIST),
];

const OPENAI_CHAT: &[Rule] = &[
    leave_out(ROOT, "stream"),
    leave_out(ROOT, "stream_options"),
    leave_out(ROOT, "prompt_cache_key"),
    leave_out(ROOT, "prompt_cache_options"),
    leave_out(ROOT, "prompt_cache_retention"),
    leave_out(ROOT, "user"),
    leave_out(ROOT, "safety_identifier"),
    look_into(ROOT, "messages", MESSAGES),
    look_into(MESSAGES + 1, "content", CONTENT),
    leave_out(CONTENT + 1, "prompt_cache_breakpoint"),
];

const OPENAI_RESPONSES: &[Rule] = &[
    leave_out(ROOT, "stream"),
    leave_out(ROOT, "stream_options"),
    leave_out(ROOT, "prompt_cache_key"),
    leave_out(ROOT, "prompt_cache_options"),
    leave_out(ROOT, "prompt_cache_retention"),
    leave_out(ROOT, "user"),
    leave_out(ROOT, "safety_identifier"),
    look_into(ROOT, "input", MESSAGES),
    look_into(MESSAGES + 1, "content", CONTENT),
    look_into(MESSAGES + 1, "output", CONTENT),
    leave_out(CONTENT + 1, "prompt_cache_breakpoint"),
];
