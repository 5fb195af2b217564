//! What is not part of a request's identity, by dialect and path.
//!
//! core/KEY.md lists the same with reasons and sources. A member that these tables do not name
//! counts, and so does a member of the same name anywhere else.

use super::{Dialect, anthropic, openai_chat, openai_embeddings, openai_responses};
use crate::{
    canonical::{Place, Selection},
    json::JsonStr,
};

/// A dialect selects what identifies a request: all members but those that cannot change the
/// answer (core/KEY.md section 4).
impl Selection for Dialect {
    #[inline]
    fn member(&self, place: Place, name: &JsonStr<'_>) -> Option<Place> {
        match self.rules(place.number()).iter().find(|rule| name.eq_str(rule.name)) {
            None => Some(Place::EVERYTHING),
            Some(rule) => rule.inside.map(Place::new),
        }
    }

    #[inline]
    fn element(&self, place: Place) -> Place {
        match place.number() {
            ROOT => Place::EVERYTHING,
            list if list % 2 == 0 => Place::new(list + 1),
            _ => Place::EVERYTHING,
        }
    }
}

// Even numbers are lists, and the next odd number is their elements'; other odd numbers are
// objects. Below an array where an object is expected, or the other way round, everything counts.
pub(super) const ROOT: u8 = Place::ROOT.number();
/// A list of blocks or tools with nothing of interest further down.
pub(super) const MARKED_LIST: u8 = 2;
pub(super) const MARKED: u8 = MARKED_LIST + 1;
pub(super) const MESSAGES: u8 = 4;
pub(super) const MESSAGE: u8 = MESSAGES + 1;
pub(super) const CONTENT: u8 = 6;
pub(super) const BLOCK: u8 = CONTENT + 1;
pub(super) const SOURCE: u8 = 9;
pub(super) const METADATA: u8 = 11;

/// What is to be known of one member of an object.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    name: &'static str,
    /// The place of the value; `None` leaves the member out.
    inside: Option<u8>,
}

pub(super) const fn leave_out(name: &'static str) -> Rule {
    Rule { name, inside: None }
}

pub(super) const fn look_into(name: &'static str, inside: u8) -> Rule {
    Rule { name, inside: Some(inside) }
}

impl Dialect {
    /// What is to be known of the members of an object at a place; all others count.
    const fn rules(self, place: u8) -> &'static [Rule] {
        match self {
            Self::AnthropicMessages => anthropic::identity::rules(place),
            Self::OpenAiChat => openai_chat::identity::rules(place),
            Self::OpenAiResponses => openai_responses::identity::rules(place),
            Self::OpenAiEmbeddings => openai_embeddings::identity::rules(place),
            Self::Json => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{self, Sink, Slot, canonicalize};
    use std::{collections::BTreeSet, format, string::String, vec, vec::Vec};

    type Paths = BTreeSet<String>;

    /// The paths that the table in section 4 of core/KEY.md names for a dialect.
    fn on_the_page(dialect: Dialect) -> Paths {
        let page = include_str!("../../KEY.md");
        let (_, section) = page.split_once("\n## 4. ").expect("section 4");
        let (section, _) = section.split_once("\n## 5. ").expect("section 5");
        let code =
            |cell: &str| Some(String::from(cell.trim().strip_prefix('`')?.strip_suffix('`')?));
        let (mut of, mut paths, mut nothing) = (None, Paths::new(), false);
        for row in section.lines().filter(|line| line.starts_with('|')).skip(2) {
            let mut cells = row.split('|').skip(1);
            let (first, second) = (cells.next().expect("a cell"), cells.next().expect("a cell"));
            of = code(first).or(of);
            if of.as_deref() != Some(dialect.as_str()) {
                continue;
            }
            match (code(second), second.trim()) {
                (Some(path), _) => assert!(paths.insert(path), "{row}: twice"),
                (_, "nothing") => nothing = true,
                (_, "the seven of `openai.chat` without a dot") => {
                    paths.extend(on_the_page(Dialect::OpenAiChat));
                    paths.retain(|path| !path.contains('.'));
                    assert_eq!(paths.len(), 7);
                }
                _ => panic!("a row that this test does not understand: {row}"),
            }
        }
        assert_eq!(paths.is_empty(), nothing, "{dialect:?}");
        paths
    }

    /// The paths that the rules leave out below `place`, which is reached by `prefix`.
    fn in_the_code(dialect: Dialect, place: u8, prefix: &str, paths: &mut Paths) {
        for Rule { name, inside } in dialect.rules(place) {
            match *inside {
                None => assert!(paths.insert(format!("{prefix}{name}")), "a rule twice: {name}"),
                Some(list) if list % 2 == 0 => {
                    in_the_code(dialect, list + 1, &format!("{prefix}{name}[]."), paths);
                }
                Some(object) => in_the_code(dialect, object, &format!("{prefix}{name}."), paths),
            }
        }
    }

    /// The page names the paths of the code's rules, all of them and no others.
    #[test]
    fn the_page_lists_the_rules() {
        for &dialect in Dialect::ALL {
            let mut paths = Paths::new();
            in_the_code(dialect, ROOT, "", &mut paths);
            assert_eq!(paths, on_the_page(dialect), "{dialect:?}");
        }
    }

    struct Bytes(Vec<u8>);

    impl Sink for Bytes {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }

    /// The canonical form of a document that has `inside` where `path` leads to.
    fn canonical(dialect: Dialect, path: &str, inside: &str) -> String {
        let mut body = String::from(inside);
        for step in path.split_terminator('.').rev() {
            body = match step.strip_suffix("[]") {
                Some(name) => format!("{{\"{name}\":[{body}]}}"),
                None => format!("{{\"{step}\":{body}}}"),
            };
        }
        let needed = canonical::scratch_needed(body.as_bytes()).expect("JSON");
        let (mut scratch, mut bytes) = (vec![Slot::default(); needed], Bytes(Vec::new()));
        canonicalize(body.as_bytes(), &dialect, &mut scratch, &mut bytes).expect("canonical");
        String::from_utf8(bytes.0).expect("UTF-8")
    }

    /// Each name on the page, put at each place that the page knows and at some that it does not,
    /// in each dialect, is left out exactly where the page says so, whatever its value.
    #[test]
    fn members_are_left_out_where_the_page_says() {
        let all: Paths = Dialect::ALL.iter().copied().flat_map(on_the_page).collect();
        let split = |path: &String| {
            let name_at = path.rfind('.').map_or(0, |dot| dot + 1);
            (String::from(&path[..name_at]), String::from(&path[name_at..]))
        };
        let (mut places, names): (Paths, Paths) = all.iter().map(split).unzip();
        for elsewhere in
            ["tools[].input_schema.", "messages[].content[].input.", "other[].x[].", "other."]
        {
            places.insert(elsewhere.into());
        }
        let deeper: Vec<String> = places.iter().map(|place| format!("{place}content[].")).collect();
        places.extend(deeper);
        for &dialect in Dialect::ALL {
            let left_out = on_the_page(dialect);
            let pairs = places.iter().flat_map(|place| names.iter().map(move |name| (place, name)));
            for (place, name) in pairs.step_by(if cfg!(miri) { 203 } else { 1 }) {
                let without = canonical(dialect, place, "{}");
                for value in ["null", "[{}]", "{\"a\":1}"] {
                    let with = canonical(dialect, place, &format!("{{\"{name}\":{value}}}"));
                    let listed = left_out.contains(&format!("{place}{name}"));
                    assert_eq!(with == without, listed, "{dialect:?} {place}{name}: {value}");
                }
            }
        }
    }
}
