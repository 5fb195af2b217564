//! A plan's marks on the bytes of a request, and nothing else touched.

use core::{fmt, ops::Range};

use llm_cache_core::{
    json::{JsonError, JsonValue},
    prompt::{CacheControl, PartKind, Place, PromptPart, PromptView, Ttl},
};

use super::Plan;

/// Why a plan does not fit a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApplyError {
    /// The body is no JSON.
    NotJson(JsonError),
    /// The body has no block there that may carry a mark: it is not the one that was planned.
    NoPlace(Place),
}

/// A piece of the body, and what stands in its place.
type Edit = (Range<usize>, String);

impl Plan {
    /// The body with the marks of this plan instead of any that it has, the top level's among them.
    ///
    /// A plain text that is marked becomes an array with one text block; everything else is kept
    /// byte for byte. O(length of the body).
    ///
    /// # Errors
    /// [`ApplyError`] if the body is not the one that was planned.
    pub fn apply(&self, body: &[u8]) -> Result<Vec<u8>, ApplyError> {
        let prompt = PromptView::parse(body).map_err(ApplyError::NotJson)?;
        let mut edits = Vec::new();
        remove_member(prompt.body(), body, &mut edits);
        let mut marks: Vec<_> = self.marks().collect();
        for part in prompt.parts() {
            let mark = marks.iter().position(|(place, _)| *place == part.place);
            let mark = mark.filter(|_| part.is_markable).map(|at| marks.swap_remove(at).1);
            edit_part(&part, mark, body, &mut edits);
        }
        if let Some((place, _)) = marks.first() {
            return Err(ApplyError::NoPlace(*place));
        }
        edits.sort_unstable_by_key(|(range, _)| (range.start, range.end));
        let mut marked = Vec::with_capacity(body.len() + 64 * edits.len());
        let mut done = 0;
        for (range, replacement) in edits {
            marked.extend_from_slice(&body[done..range.start]);
            marked.extend_from_slice(replacement.as_bytes());
            done = range.end;
        }
        marked.extend_from_slice(&body[done..]);
        Ok(marked)
    }
}

fn edit_part(
    part: &PromptPart<'_>,
    mark: Option<CacheControl>,
    body: &[u8],
    edits: &mut Vec<Edit>,
) {
    let value = part.value;
    let own = value.get("cache_control");
    match (mark, own) {
        (None, None) => {}
        (None, Some(_)) => remove_member(value, body, edits),
        (Some(mark), Some(own)) => edits.push((range(own.text(), body), json(mark).to_owned())),
        (Some(mark), None) if part.is_plain_text => {
            let (text, mark) = (value.text(), json(mark));
            let block = format!(r#"[{{"type":"text","text":{text},"cache_control":{mark}}}]"#);
            edits.push((range(text, body), block));
        }
        (Some(mark), None) => {
            // A block has a type, a tool a name: there is a member before it.
            let end = range(value.text(), body).end - 1;
            edits.push((end..end, format!(r#","cache_control":{}"#, json(mark))));
        }
    }
    // A mark of the last nested block would be hoisted to this one.
    let nested = match part.kind {
        PartKind::ToolResult => value.get("content"),
        PartKind::Document => value.get("source").and_then(|source| source.get("content")),
        _ => None,
    };
    for block in nested.iter().flat_map(JsonValue::elements) {
        remove_member(block, body, edits);
    }
}

/// Takes `cache_control` out of an object, with one of the commas around it.
fn remove_member(object: JsonValue<'_>, body: &[u8], edits: &mut Vec<Edit>) {
    // Where the value before ends, and whether nothing is left of what was before.
    let mut before = None;
    let mut members = object.members().peekable();
    while let Some((name, value)) = members.next() {
        // The name's quotation mark is before its text.
        let start = range(name.raw(), body).start - 1;
        let end = range(value.text(), body).end;
        if !name.eq_str("cache_control") {
            before = Some(end);
            continue;
        }
        let next = members.peek().map(|(next, _)| range(next.raw(), body).start - 1);
        let removed = match (before, next) {
            (Some(before), _) => before..end,
            (None, Some(next)) => start..next,
            (None, None) => start..end,
        };
        // Another one of that name goes on from here.
        before = before.map(|_| end);
        edits.push((removed, String::new()));
    }
}

/// Where a piece of the body stands in it.
fn range(piece: &str, body: &[u8]) -> Range<usize> {
    let start = piece.as_ptr() as usize - body.as_ptr() as usize;
    start..start + piece.len()
}

const fn json(mark: CacheControl) -> &'static str {
    match mark.ttl {
        None => r#"{"type":"ephemeral"}"#,
        Some(Ttl::FiveMinutes) => r#"{"type":"ephemeral","ttl":"5m"}"#,
        Some(Ttl::OneHour) => r#"{"type":"ephemeral","ttl":"1h"}"#,
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(f, "the body is no JSON: {error}"),
            Self::NoPlace(place) => write!(f, "{place} of the plan cannot be marked in this body"),
        }
    }
}

impl core::error::Error for ApplyError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::NotJson(error) => Some(error),
            Self::NoPlace(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
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
              {"type":"text","cache_control":{"type":"ephemeral"} ,"text":"y"},
              {"type":"tool_result","tool_use_id":"t","content":[
                {"type":"text","text":"z"}]}
            ]}] }"#
            .replace("HOUR", r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#);
        assert_eq!(applied(&places, body), marked);
        assert_eq!(applied(&places, &marked), marked);
    }

    /// All commas are right wherever the member stands, also where it stands twice.
    #[test]
    fn members_are_removed_with_their_commas() {
        for (from, to) in [
            (r#"{"cache_control":1}"#, "{}"),
            (r#"{"cache_control":1, "a":2}"#, r#"{"a":2}"#),
            (r#"{"a":2 ,"cache_control":1 }"#, r#"{"a":2 }"#),
            (r#"{"a":2,"cache_control":1,"b":3}"#, r#"{"a":2,"b":3}"#),
            (r#"{"a":2,"cache_control":1,"cache_control":1}"#, r#"{"a":2}"#),
        ] {
            assert_eq!(applied(&[], from), to);
        }
    }

    /// A plan for another body is refused, and so is what is no JSON.
    #[test]
    fn another_body_is_refused() {
        let place = Place::Block { message: 0, block: 0 };
        let apply = |body: &str| plan(&[(place, Ttl::FiveMinutes)]).apply(body.as_bytes());
        assert_eq!(apply("{}"), Err(ApplyError::NoPlace(place)));
        let empty = r#"{"messages":[{"role":"user","content":""}]}"#;
        assert_eq!(apply(empty), Err(ApplyError::NoPlace(place)));
        assert!(matches!(apply("{"), Err(ApplyError::NotJson(_))));
    }
}
