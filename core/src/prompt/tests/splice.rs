use super::generated::with_request;
use super::*;
use crate::json::JsonValue;
use proptest::prelude::*;
use std::{format, vec};

const TOOL: Place = Place::Tool(0);
const SYSTEM: Place = Place::SystemBlock(0);

const fn block(message: usize, block: usize) -> Place {
    Place::Block { message, block }
}

fn marked(body: &str, marks: &[(Place, CacheControl)], existing: Existing) -> String {
    let mut bytes = vec![0; body.len() + 1024];
    let mut rest = bytes.as_mut_slice();
    let body = JsonValue::parse(body.as_bytes()).expect("JSON");
    let written = write_marked(body, marks, existing, &mut rest);
    let left = rest.len();
    bytes.truncate(bytes.len() - left);
    match written {
        Ok(()) => String::from_utf8(bytes).expect("UTF-8"),
        Err(EncodeError::Rejected(refused)) => {
            assert!(bytes.is_empty(), "nothing is written");
            format!("{refused}")
        }
        Err(error) => panic!("{error}"),
    }
}

/// Marks go in as last members, strings become blocks, and every other byte stays.
#[test]
fn marks_are_put_in() {
    let body = r#"{ "messages" : [{"role":"user","content":"\u0061"},
        {"content":[{"type":"text","text":"b" },{"type":"tool_use","input":{"n":1.0}}]}],
        "tools":[{}], "system":"s", "x":[1e2] }"#;
    let marks = [(block(1, 1), MARK), (SYSTEM, HOUR), (block(0, 0), MARK), (TOOL, HOUR)];
    let five = r#""cache_control":{"type":"ephemeral"}"#;
    let hour = r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#;
    let expected = body
        .replace(r#""\u0061""#, &format!(r#"[{{"type":"text","text":"\u0061",{five}}}]"#))
        .replace(r#"{"n":1.0}"#, &format!(r#"{{"n":1.0}},{five}"#))
        .replace("[{}]", &format!("[{{{hour}}}]"))
        .replace(r#""s""#, &format!(r#"[{{"type":"text","text":"s",{hour}}}]"#));
    for existing in [Existing::Keep, Existing::Remove] {
        assert_eq!(marked(body, &marks, existing), expected);
        assert_eq!(marked(body, &[], existing), body);
    }
}

/// Every mark goes, with the comma that belongs to it, wherever it stands among the members.
#[test]
fn marks_are_taken_out() {
    let body = r#"{"cache_control":{"type":"ephemeral"} , "system":[{ "cache_control":null }],
        "tools":[{"cache_control":{"type":"ephemeral"},"cache_control":1, "name":"t"}],
        "messages":[{"content":[
            {"type":"tool_result","cache_control" : {"type":"ephemeral"},"content":[
                {"type":"image" , "cache_control":{"type":"ephemeral"}},
                {"type":"document","source":{"content":[{"cache_control":{}}]}}],"n":0},
            {"type":"document","source":{"content":[{"a":1,"cache_control":{},"b":2}]},
             "input":{"cache_control":1}}]}],
        "metadata":{"cache_control":1}}"#;
    let bare = r#"{"system":[{  }],
        "tools":[{"name":"t"}],
        "messages":[{"content":[
            {"type":"tool_result","content":[
                {"type":"image"},
                {"type":"document","source":{"content":[{}]}}],"n":0},
            {"type":"document","source":{"content":[{"a":1,"b":2}]},
             "input":{"cache_control":1}}]}],
        "metadata":{"cache_control":1}}"#;
    assert_eq!(marked(body, &[], Existing::Remove), bare);
    assert_eq!(marked(body, &[], Existing::Keep), body);
    let moved = marked(body, &[(block(0, 0), HOUR)], Existing::Remove);
    let there = r#""n":0,"cache_control":{"type":"ephemeral","ttl":"1h"}}"#;
    assert_eq!(moved, bare.replace(r#""n":0}"#, there));
}

/// Marks that cannot stand where they should are refused before anything is written.
#[test]
fn misplaced_marks() {
    let body = r#"{"tools":[{"defer_loading":true}],
        "system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],
        "messages":[{"role":"user","content":[{"type":"thinking"},{"type":"something new"},
            {"type":"text","text":""},{"type":"text","text":"t"}]}]}"#;
    let refused = |place: Place, existing| marked(body, &[(place, HOUR)], existing);
    for (place, rule) in [
        (TOOL, Rule::DeferredTool),
        (Place::Tool(1), Rule::NoSuchPart),
        (Place::Message(0), Rule::NoSuchPart),
        (block(0, 0), Rule::ThinkingMark),
        (block(0, 1), Rule::Unmarkable),
        (block(0, 2), Rule::EmptyText),
        (SYSTEM, Rule::MarkedTwice),
        (block(0, 3), Rule::TtlOrder),
    ] {
        assert_eq!(refused(place, Existing::Keep), format!("{place}: {rule}"));
    }
    let twice = [(SYSTEM, MARK), (SYSTEM, MARK)];
    let expected = format!("{SYSTEM}: {}", Rule::MarkedTwice);
    assert_eq!(marked(body, &twice, Existing::Remove), expected);
    assert!(refused(SYSTEM, Existing::Remove).starts_with('{'));
    assert!(refused(block(0, 3), Existing::Remove).starts_with('{'));
}

proptest! {
    /// Whatever the body: what is written has the marks asked for and no others, and it is the same
    /// whether other marks were there before or not.
    #[test]
    fn marks_come_and_go(
        tape in prop::collection::vec(any::<u8>(), 0..160),
        wanted in prop::collection::vec(any::<u8>(), 0..5),
    ) {
        let mut bytes = vec![0; 1 << 16];
        let mut rest = bytes.as_mut_slice();
        let is_written = with_request(&tape, |request| {
            request.encode_unvalidated(Dialect::AnthropicMessages, &mut rest).is_ok()
        });
        prop_assume!(is_written);
        let left = rest.len();
        let body = String::from_utf8(bytes[..bytes.len() - left].to_vec()).expect("UTF-8");
        let bare = marked(&body, &[], Existing::Remove);
        prop_assert_eq!(&marked(&bare, &[], Existing::Remove), &bare);
        let view = PromptView::parse(bare.as_bytes()).expect("JSON");
        prop_assert!(view.automatic().is_none());
        prop_assert!(view.parts().all(|part| part.cache_control.is_none()));

        let places: Vec<_> =
            view.parts().filter(|part| part.is_markable).map(|part| part.place).collect();
        prop_assume!(!places.is_empty());
        let mut marks: Vec<_> =
            wanted.iter().map(|at| (places[usize::from(*at) % places.len()], MARK)).collect();
        marks.dedup_by_key(|(place, _)| *place);
        let written = marked(&bare, &marks, Existing::Keep);
        prop_assume!(written.starts_with('{'));
        let view = PromptView::parse(written.as_bytes()).expect("JSON");
        for part in view.parts() {
            let is_wanted = marks.iter().any(|(place, _)| *place == part.place);
            prop_assert_eq!(part.cache_control.is_some(), is_wanted);
        }
        prop_assert_eq!(&marked(&body, &marks, Existing::Remove), &written);
    }
}
