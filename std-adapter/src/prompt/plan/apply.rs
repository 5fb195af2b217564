//! A plan's marks on the bytes of a request, and nothing else touched.

use core::fmt;

use llm_cache_core::{
    json::{JsonError, JsonValue},
    prompt::{EncodeError, Existing, Violation, write_marked},
};

use super::Plan;

/// Why a plan does not fit a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApplyError {
    /// The body is no JSON.
    NotJson(JsonError),
    /// The body cannot be marked where the plan says: it is not the one that was planned.
    Rejected(Violation),
}

/// More than one mark adds to a body, a plain text's new block around it.
const MARK_BYTES: usize = 128;

impl Plan {
    /// The body with the marks of this plan instead of any that it has, the top level's among them.
    ///
    /// A plain text that is marked becomes an array with one text block; everything else is kept
    /// byte for byte, but for white space around the body. O(length of the body).
    ///
    /// # Errors
    /// [`ApplyError`] if the body is not the one that was planned.
    pub fn apply(&self, body: &[u8]) -> Result<Vec<u8>, ApplyError> {
        let value = JsonValue::parse(body).map_err(ApplyError::NotJson)?;
        let marks: Vec<_> = self.marks().collect();
        let mut marked = vec![0; body.len() + MARK_BYTES * marks.len()];
        let mut rest = marked.as_mut_slice();
        match write_marked(value, &marks, Existing::Remove, &mut rest) {
            Ok(()) => {}
            Err(EncodeError::Rejected(violation)) => return Err(ApplyError::Rejected(violation)),
            // A slice refuses only what is longer than it; a request without marks is better than
            // one that is cut off.
            Err(EncodeError::Write(_)) => return Ok(body.to_vec()),
        }
        let unused = rest.len();
        marked.truncate(marked.len() - unused);
        Ok(marked)
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(f, "the body is no JSON: {error}"),
            Self::Rejected(violation) => write!(f, "not the body that was planned: {violation}"),
        }
    }
}

impl core::error::Error for ApplyError {}

#[cfg(test)]
mod tests {
    use llm_cache_core::prompt::{Place, Rule, Ttl};

    use super::{super::Breakpoint, *};

    fn plan(places: &[(Place, Ttl)]) -> Plan {
        let point = |(place, ttl): &(Place, Ttl)| Breakpoint {
            place: *place,
            ttl: *ttl,
            reason: super::super::Reason::Read,
            reuse: 0.5,
            tokens: 1,
        };
        let breakpoints = places.iter().map(point).collect();
        Plan { breakpoints, skipped: None, facts_as_of: "2026-11-01".to_owned() }
    }

    fn applied(places: &[(Place, Ttl)], body: &str) -> String {
        String::from_utf8(plan(places).apply(body.as_bytes()).unwrap()).unwrap()
    }

    /// Marks are set, replaced and taken away, texts expanded; spaces, escapes and numbers stay.
    #[test]
    fn marks_are_set_and_nothing_else_changes() {
        let places = [
            (Place::Tool(0), Ttl::OneHour),
            (Place::SystemBlock(0), Ttl::OneHour),
            (Place::Block { message: 0, block: 1 }, Ttl::FiveMinutes),
        ];
        let body = r#"{ "cache_control" : {"type":"ephemeral"}, "max_tokens":1.0,
            "tools":[{"name":"\u0061" , "input_schema":{"cache_control":1} }],
            "system":"a\n\"b",
            "messages":[{"role":"user","content":[
              {"cache_control":{"type":"ephemeral"},"type":"text","text":"x"},
              {"type":"text","cache_control":null ,"text":"y"},
              {"type":"tool_result","tool_use_id":"t","content":[
                {"type":"text","text":"z", "cache_control":{"type":"ephemeral"}}]}
            ]}] }"#;
        let marked = r#"{ "max_tokens":1.0,
            "tools":[{"name":"\u0061" , "input_schema":{"cache_control":1} ,HOUR}],
            "system":[{"type":"text","text":"a\n\"b",HOUR}],
            "messages":[{"role":"user","content":[
              {"type":"text","text":"x"},
              {"type":"text" ,"text":"y","cache_control":{"type":"ephemeral"}},
              {"type":"tool_result","tool_use_id":"t","content":[
                {"type":"text","text":"z"}]}
            ]}] }"#
            .replace("HOUR", r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#);
        assert_eq!(applied(&places, body), marked);
        // Once more: only the space before a mark that is set anew goes with the old one.
        assert_eq!(applied(&places, &marked), marked.replace("1} ,", "1},"));
    }

    /// A plan for another body is refused, and so is what is no JSON.
    #[test]
    fn another_body_is_refused() {
        let place = Place::Block { message: 0, block: 0 };
        let apply = |body: &str| plan(&[(place, Ttl::FiveMinutes)]).apply(body.as_bytes());
        let missing = ApplyError::Rejected(Violation::new(place, Rule::NoSuchPart));
        assert_eq!(apply("{}"), Err(missing));
        let empty = r#"{"messages":[{"role":"user","content":""}]}"#;
        assert!(matches!(apply(empty), Err(ApplyError::Rejected(_))));
        assert!(matches!(apply("{"), Err(ApplyError::NotJson(_))));
    }
}
