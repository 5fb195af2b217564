//! The members of a body beside the prompt: what they exclude, and that none carries a mark.

use super::fields::Fields;
use super::{mark, models};
use crate::json::JsonValue;
use crate::prompt::{CacheControl, Place, Rule, Violation};

/// What the body is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `/v1/messages`
    Create,
    /// `/v1/messages/count_tokens`
    CountTokens,
}

/// What the rules know of those members.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one member's answer to one question")]
pub(crate) struct Settings {
    pub(crate) has_model: bool,
    pub(crate) refuses_system_role: bool,
    pub(crate) refuses_forced_tools: bool,
    pub(crate) has_max_tokens: bool,
    /// `max_tokens` is 0: the prompt cache is written and nothing is generated.
    pub(crate) is_prewarm: bool,
    pub(crate) is_streamed: bool,
    pub(crate) is_thinking_enabled: bool,
    pub(crate) has_format: bool,
    /// `tool_choice` of type `any` or `tool`.
    pub(crate) is_tool_forced: bool,
    /// Automatic caching.
    pub(crate) automatic: Option<CacheControl>,
}

/// The members that are read, in the order in which their faults are told.
pub(crate) const NAMES: [&str; 10] = [
    "model",
    "max_tokens",
    "stream",
    "thinking",
    "output_config",
    "tool_choice",
    "metadata",
    "container",
    "diagnostics",
    "cache_control",
];

/// The longest name of a model that is looked up, in bytes; longer ones are unknown.
const MODEL_MAX: usize = 128;

impl Settings {
    /// Reads the members of a body. O(length).
    pub(super) fn of(body: JsonValue<'_>) -> Result<Self, Violation> {
        let mut found = [None; NAMES.len()];
        for (name, value) in body.members() {
            if let Some(index) = NAMES.iter().position(|known| name.eq_str(known)) {
                found[index] = Some(value);
            }
        }
        let mut settings = Self::default();
        for (name, value) in NAMES.into_iter().zip(found) {
            if let Some(value) = value {
                settings.read(name, value)?;
            }
        }
        Ok(settings)
    }

    /// Takes note of one member.
    pub(crate) fn read(
        &mut self,
        name: &'static str,
        value: JsonValue<'_>,
    ) -> Result<(), Violation> {
        if value.is_null() {
            return Ok(());
        }
        let place = Place::Member(name);
        if Fields::of(value).cache_control().is_some() {
            return Err(Violation::new(place, Rule::Unmarkable));
        }
        let is_kind = |kind| Fields::of(value).is(kind);
        match name {
            "model" => {
                let mut buffer = [0; MODEL_MAX];
                let model = value.as_str().and_then(|name| name.decode_into(&mut buffer).ok());
                self.set_model(model.unwrap_or_default());
            }
            "max_tokens" => {
                self.has_max_tokens = true;
                self.is_prewarm = value.as_u64() == Some(0);
            }
            "stream" => self.is_streamed = value.as_bool() == Some(true),
            "thinking" => self.is_thinking_enabled = is_kind("enabled"),
            "output_config" => {
                let format = value.get("format").filter(|format| !format.is_null());
                if format.is_some_and(|format| Fields::of(format).cache_control().is_some()) {
                    let place = Place::Member("output_config.format");
                    return Err(Violation::new(place, Rule::Unmarkable));
                }
                self.has_format = format.is_some();
            }
            "tool_choice" => self.is_tool_forced = is_kind("any") || is_kind("tool"),
            "cache_control" => {
                let mark = mark::read(value).map_err(|rule| Violation::new(place, rule))?;
                self.automatic = Some(mark);
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes note of the model.
    pub(crate) fn set_model(&mut self, model: &str) {
        self.has_model = true;
        self.refuses_system_role = models::refuses_system_role(model);
        self.refuses_forced_tools = models::refuses_forced_tools(model);
    }

    /// Whether the members go together.
    pub(crate) fn check(&self, purpose: Purpose) -> Result<(), Violation> {
        let needs_max_tokens = purpose == Purpose::Create;
        let missing =
            [("model", !self.has_model), ("max_tokens", needs_max_tokens && !self.has_max_tokens)];
        refuse_first(&missing, Rule::Missing)?;
        if self.is_prewarm && needs_max_tokens {
            let conflicts = [
                ("stream", self.is_streamed),
                ("thinking", self.is_thinking_enabled),
                ("output_config", self.has_format),
                ("tool_choice", self.is_tool_forced),
            ];
            refuse_first(&conflicts, Rule::Prewarm)?;
        }
        let is_refused = self.is_tool_forced && self.refuses_forced_tools;
        refuse_first(&[("tool_choice", is_refused)], Rule::ForcedTool)
    }
}

fn refuse_first(faults: &[(&'static str, bool)], rule: Rule) -> Result<(), Violation> {
    match faults.iter().find(|(_, is_at_fault)| *is_at_fault) {
        Some((name, _)) => Err(Violation::new(Place::Member(name), rule)),
        None => Ok(()),
    }
}
