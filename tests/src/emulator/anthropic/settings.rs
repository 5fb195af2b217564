//! What a request sets beside its blocks and what changing it loses: the provider's table.
//!
//! Source: "What invalidates the cache" of the prompt caching page and of the page on tool use with
//! prompt caching, Sep 2026; for `output_config.format` the page on structured outputs. What is
//! published for single models without naming them (whether `thinking` and effort lose tools and
//! system too) is taken as not so. A change of tools, system or messages themselves needs no row:
//! their blocks are the prefix.

use serde_json::Value;

use super::positions::{elements, nested};

/// From where on a changed setting loses what was cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// From the first tool on: everything.
    Tools,
    /// Tools stay.
    System,
    /// Tools and system stay.
    Messages,
}

/// One row of the table.
struct Row {
    /// As tests and `tests/README.md` call it.
    #[cfg_attr(not(test), expect(dead_code, reason = "names the row for readers and tests"))]
    name: &'static str,
    from: Section,
    /// What must be equal in two requests.
    read: fn(&Value) -> String,
}

const ROWS: &[Row] = &[
    Row { name: "model", from: Section::Tools, read: |body| plain(body, "/model") },
    Row {
        name: "output_config.format",
        from: Section::Tools,
        read: |body| format(body).map(Value::to_string).unwrap_or_default(),
    },
    Row { name: "web search, web fetch", from: Section::System, read: web_tools },
    Row { name: "citations", from: Section::System, read: |body| cites(body).to_string() },
    Row { name: "speed", from: Section::System, read: |body| plain(body, "/speed") },
    Row { name: "tool_choice", from: Section::Messages, read: |body| plain(body, "/tool_choice") },
    Row {
        name: "images",
        from: Section::Messages,
        read: |body| has_image(&body["messages"]).to_string(),
    },
    Row { name: "thinking", from: Section::Messages, read: thinking },
    Row { name: "effort", from: Section::Messages, read: effort },
    Row {
        name: "context_management",
        from: Section::Messages,
        read: |body| plain(body, "/context_management"),
    },
];

/// Effort where none is given: giving it changes nothing.
const EFFORT_DEFAULT: &str = "high";

/// The settings that lose what was cached from `section` on, in the table's order.
pub(super) fn values(body: &Value, section: Section) -> impl Iterator<Item = String> {
    ROWS.iter().filter(move |row| row.from == section).map(|row| (row.read)(body))
}

/// The form of a structured answer: `output_config.format`, or `output_format` as it was called
/// before (beta `structured-outputs-2025-11-13`).
pub(super) fn format(body: &Value) -> Option<&Value> {
    let [current, former] = ["/output_config/format", "/output_format"].map(|at| body.pointer(at));
    current.into_iter().chain(former).find(|format| !format.is_null())
}

/// Whether a tool is one of those whose being there changes the system prompt and not the tools.
pub(super) fn is_web_tool(tool: &Value) -> bool {
    let kind = tool["type"].as_str().unwrap_or_default();
    kind.starts_with("web_search_") || kind.starts_with("web_fetch_")
}

/// The member's JSON text; null and absent are the same.
fn plain(body: &Value, pointer: &str) -> String {
    let value = body.pointer(pointer).filter(|value| !value.is_null());
    value.map(Value::to_string).unwrap_or_default()
}

fn web_tools(body: &Value) -> String {
    let tools = elements(body, "tools").iter().filter(|tool| is_web_tool(tool));
    tools.map(|tool| super::positions::unmarked(tool).to_string()).collect()
}

/// Mode and budget; how thinking is shown changes no prompt.
fn thinking(body: &Value) -> String {
    format!("{} {}", plain(body, "/thinking/type"), plain(body, "/thinking/budget_tokens"))
}

fn effort(body: &Value) -> String {
    let effort = body.pointer("/output_config/effort").and_then(Value::as_str);
    effort.unwrap_or(EFFORT_DEFAULT).to_string()
}

/// Whether any block of the conversation, nested ones included, has citations switched on.
fn cites(body: &Value) -> bool {
    let enabled = |block: &Value| block["citations"]["enabled"] == true;
    let mut blocks = elements(body, "messages").iter().flat_map(|one| elements(one, "content"));
    blocks.any(|block| enabled(block) || nested(block).iter().any(enabled))
}

fn has_image(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(has_image),
        Value::Object(members) => {
            value["type"] == "image" || members.get("content").is_some_and(has_image)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request() -> Value {
        json!({"model": "claude-opus-5", "messages": [{"role": "user", "content": [
            {"type": "text", "text": "x"}]}]})
    }

    /// Names of the rows that differ between `request()` and what `edit` makes of it.
    fn changed(edit: impl Fn(&mut Value)) -> Vec<&'static str> {
        let (one, mut other) = (request(), request());
        edit(&mut other);
        let differs = |row: &&Row| (row.read)(&one) != (row.read)(&other);
        ROWS.iter().filter(differs).map(|row| row.name).collect()
    }

    /// Proves that each row sees its own change and no other, defaults and spellings included.
    #[test]
    fn each_row_sees_its_own_change() {
        let with = |pointer: &'static [&'static str], value: Value| {
            changed(move |body| match pointer {
                [one] => body[*one] = value.clone(),
                [one, two] => body[*one][*two] = value.clone(),
                _ => body["messages"][0]["content"][0] = value.clone(),
            })
        };
        assert_eq!(with(&["model"], "claude-opus-4-8".into()), ["model"]);
        assert_eq!(with(&["speed"], "fast".into()), ["speed"]);
        assert_eq!(with(&["tool_choice"], json!({"type": "auto"})), ["tool_choice"]);
        assert_eq!(with(&["output_config", "effort"], "low".into()), ["effort"]);
        assert_eq!(with(&["output_config", "format"], json!({})), ["output_config.format"]);
        assert_eq!(with(&["output_format"], json!({})), ["output_config.format"]);
        assert_eq!(with(&["thinking"], json!({"type": "adaptive"})), ["thinking"]);
        assert_eq!(with(&["context_management"], json!({})), ["context_management"]);
        assert_eq!(
            with(&["tools"], json!([{"type": "web_fetch_20250910"}])),
            ["web search, web fetch"]
        );
        assert_eq!(with(&[], json!({"type": "image"})), ["images"]);
        let inside = json!({"type": "tool_result", "content": [{"type": "image"}]});
        assert_eq!(with(&[], inside), ["images"]);
        let cited = json!({"type": "document", "citations": {"enabled": true}});
        assert_eq!(with(&[], cited.clone()), ["citations"]);
        assert_eq!(with(&[], json!({"type": "tool_result", "content": [cited]})), ["citations"]);
        for nothing in [
            with(&["output_config", "effort"], "high".into()),
            with(&["thinking"], json!({"display": "omitted"})),
            with(&["speed"], Value::Null),
            with(&["tools"], json!([{"name": "t"}])),
            with(&["max_tokens"], 5.into()),
            with(&["metadata"], json!({"user_id": "u"})),
            with(&[], json!({"type": "document", "citations": {"enabled": false}})),
        ] {
            assert!(nothing.is_empty(), "{nothing:?}");
        }
    }
}
