use super::*;
use crate::json::JsonValue;
use std::format;

/// One line a part: place, kind, role, mark and what may stand there.
fn lines(body: &str) -> Vec<String> {
    let view = PromptView::parse(body.as_bytes()).expect("JSON");
    let line = |part: PromptPart<'_>| {
        let mark = part.cache_control.map_or("-", |mark| mark.ttl_in_effect().as_str());
        let role = part.role.and_then(|role| role.as_str()).unwrap_or("-");
        let form = if part.is_plain_text { "plain" } else { "block" };
        let may = if part.is_markable { "may" } else { "may not" };
        format!("{} {:?} {role} {form} {mark} {may}", part.place, part.kind)
    };
    view.parts().map(line).collect()
}

/// Parts come in the order of processing, whatever the order of the members; each with its mark
/// and whether it may have one.
#[test]
fn parts_in_the_order_of_processing() {
    let body = r#"{"messages":[
        {"role":"user","content":"hello"},
        {"content":[
            {"type":"thinking","thinking":"t","signature":"s"},
            {"type":"tool_use","id":"1","name":"t","input":{"cache_control":{}},
             "cache_control":{"type":"ephemeral","ttl":"1h"}}],"role":"assistant"},
        {"role":"user","content":[
            {"type":"tool_result","content":[{"type":"text","text":"a"},
                {"type":"text","text":"b","cache_control":{"ttl":"5m","type":"ephemeral"}}]},
            {"type":"text","text":"","cache_control":null},
            {"type":"text","\u0074ext":"x","cache_control":{"type":"other"}},
            {"type":"something new"}, 7]},
        {"role":"user","content":""}],
        "system":[{"type":"text","text":"s"},{"type":"image"}],
        "tools":[{"name":"a","cache_control":{"type":"ephemeral"}},
                 {"name":"b","defer_loading":true}]}"#;
    let expected = [
        "tools.0 Tool - block 5m may",
        "tools.1 Tool - block - may not",
        "system.0 Text - block - may",
        "system.1 Image - block - may not",
        "messages.0.content.0 Text user plain - may",
        "messages.1.content.0 Thinking assistant block - may not",
        "messages.1.content.1 ToolUse assistant block 1h may",
        "messages.2.content.0 ToolResult user block 5m may",
        "messages.2.content.1 Text user block - may not",
        "messages.2.content.2 Text user block - may",
        "messages.2.content.3 Other user block - may not",
        "messages.2.content.4 Other user block - may not",
        "messages.3.content.0 Text user plain - may not",
    ];
    assert_eq!(lines(body), expected);
    let view = PromptView::parse(body.as_bytes()).expect("JSON");
    let target = view.automatic_target().map(|part| format!("{}", part.place));
    assert_eq!(target.as_deref(), Some("messages.2.content.2"));
}

/// Of two members of one name the last one counts, and what has another form has no parts.
#[test]
fn odd_bodies() {
    let twice = r#"{"system":[{"type":"text","text":"a"}],"messages":[],"system":"b"}"#;
    assert_eq!(lines(twice), ["system.0 Text - plain - may"]);
    for body in ["[]", "{}", "7", r#"{"tools":"a","messages":"b","system":5}"#] {
        assert!(lines(body).is_empty(), "{body}");
    }
    let odd = r#"{"tools":[3],"system":["a"],"messages":[1,{"content":{"type":"text"}}]}"#;
    let expected = ["tools.0 Tool - block - may not", "system.0 Other - block - may not"];
    assert_eq!(lines(odd), expected);
}

/// The members beside the prompt, and that nothing of the texts is shown.
#[test]
fn members() {
    let body =
        br#"{"model":"m","cache_control":{"type":"ephemeral","ttl":"1h"},"system":"secret"}"#;
    let view = PromptView::new(JsonValue::parse(body).expect("JSON"));
    assert!(view.model().is_some_and(|model| model.eq_str("m")));
    assert_eq!(view.automatic(), Some(HOUR));
    assert!(view.member("stream").is_none());
    assert_eq!(view.body().text().len(), body.len());
    let shown = format!("{view:?} {:?}", view.parts().next());
    assert!(!shown.contains("secret"), "{shown}");
}
