//! Tools, system prompts and content blocks of every type, without marks.

use serde_json::{Value, json};

use super::super::random::Random;

/// Types of content that the API gives back and takes again, told apart by their names alone.
const ECHOED: &[&str] = &[
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
    "mid_conv_system",
    "mcp_tool_use",
    "mcp_tool_result",
    "advisor_tool_result",
    "compaction",
    "tool_addition",
    "tool_removal",
    "tool_reference",
    "block_of_next_year",
];

/// One entry of `tools`.
pub(super) fn tool(random: &mut Random) -> Value {
    let name = format!("tool_{}", random.below(90));
    match random.below(10) {
        0 => json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 3}),
        1 => json!({"type": "bash_20250124", "name": "bash"}),
        2 => json!({"type": "mcp_toolset", "mcp_server_name": "m",
            "default_config": {"enabled": true}, "configs": {"one": {}, "two": {"enabled": true}}}),
        3 | 8 => json!({"name": name, "input_schema": {"type": "object"}, "defer_loading": true}),
        4 => json!({"name": name, "input_schema": {"type": "object"}, "defer_loading": false}),
        5 => json!({"type": "tool_of_next_year", "name": name}),
        6 => json!({"type": "custom", "name": name, "input_schema": {"type": "object",
            "properties": {"cache_control": {"type": "string"}}}}),
        _ => json!({"name": name, "description": "d", "input_schema": {"type": "object"}}),
    }
}

/// `system`: absent, a string, or blocks.
pub(super) fn system(random: &mut Random) -> Option<Value> {
    match random.below(5) {
        0 | 1 => None,
        2 => Some(Value::from(*random.pick(&["", "You are brief."]))),
        _ => Some((0..=random.below(3)).map(|_| text(random)).collect()),
    }
}

/// The content of one message: a string or blocks.
pub(super) fn content(random: &mut Random, role: &str, is_wild: bool) -> Value {
    if random.percent(25) {
        return Value::from(*random.pick(&["", "x", "words", "more words"]));
    }
    let count = 1 + random.below(4);
    (0..count)
        .map(|_| match role {
            "system" if !is_wild || random.percent(80) => text(random),
            _ => block(random),
        })
        .collect()
}

/// One content block.
fn block(random: &mut Random) -> Value {
    match random.below(16) {
        0..=4 => text(random),
        5 => json!({"type": "image", "source": {"type": "url", "url": "https://example.org/i"}}),
        6 => document(random),
        7 => search_result(),
        8 | 9 => tool_result(random),
        10 => json!({"type": "tool_use", "id": "t", "name": "n",
            "input": {"cache_control": {"type": "none of the API's"}}}),
        11 => json!({"type": "thinking", "thinking": "t", "signature": "s"}),
        12 => json!({"type": "redacted_thinking", "data": "d"}),
        13 => json!({"type": "text", "text": "cited", "citations": [
            {"type": "char_location", "cited_text": "c", "document_index": 0}]}),
        _ => {
            let kind = *random.pick(ECHOED);
            match random.below(3) {
                0 => json!({"type": kind}),
                1 => json!({"type": kind, "content": [{"type": "text", "text": "inside"}]}),
                _ => json!({"type": kind, "content": {"type": "inner", "content": "c"}}),
            }
        }
    }
}

fn text(random: &mut Random) -> Value {
    json!({"type": "text", "text": random.pick(&["a", "some words", "", "more", "\u{e9}\n"])})
}

fn document(random: &mut Random) -> Value {
    let source = match random.below(4) {
        0 => json!({"type": "text", "media_type": "text/plain", "data": "d"}),
        1 => json!({"type": "content", "content": "a string"}),
        _ => json!({"type": "content", "content": [text(random), text(random)]}),
    };
    let mut document = json!({"type": "document", "source": source});
    if random.percent(40) {
        document["citations"] = json!({"enabled": random.percent(50)});
    }
    document
}

fn search_result() -> Value {
    json!({"type": "search_result", "source": "s", "title": "t",
        "content": [{"type": "text", "text": "found"}, {"type": "text", "text": "twice"}]})
}

fn tool_result(random: &mut Random) -> Value {
    let content = match random.below(4) {
        0 => return json!({"type": "tool_result", "tool_use_id": "t"}),
        1 => json!("a string"),
        _ => (0..random.below(4)).map(|_| nested(random)).collect(),
    };
    json!({"type": "tool_result", "tool_use_id": "t", "content": content})
}

fn nested(random: &mut Random) -> Value {
    match random.below(8) {
        0..=2 => text(random),
        3 => json!({"type": "image", "source": {"type": "url", "url": "u"}}),
        4 | 5 => document(random),
        6 => search_result(),
        _ => json!({"type": "tool_reference", "tool_name": "n"}),
    }
}
