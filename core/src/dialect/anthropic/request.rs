//! Which requests to Anthropic go past the cache.

use super::super::request::{may_contain, may_look};
use crate::json::{JsonStr, JsonValue};

/// Tools whose answer is the caller's to give, or lies in the request. A prefix, as types carry
/// their date: `bash_20250124`.
const CALLER_RUN: [&str; 4] = ["bash_", "text_editor_", "memory_", "tool_search_tool_"];

/// Whether a member of the body leans on state at the provider, or asks for an effect there.
pub(in super::super) fn is_stateful(name: &str, value: JsonValue<'_>) -> bool {
    // Pre-warming is sent for its effect on the provider's cache.
    name == "max_tokens" && value.as_u64() == Some(0)
}

/// Whether a member of the body lets the provider look at the live world.
pub(in super::super) fn is_live(name: &str, value: JsonValue<'_>) -> bool {
    match name {
        "tools" => value.elements().any(looks),
        "mcp_servers" => value.elements().next().is_some(),
        // Tools may be added in the middle of a conversation, too.
        "messages" if may_contain(value.text(), "tool_addition") => {
            blocks(value).any(|block| block.get("tool").is_some_and(looks))
        }
        _ => false,
    }
}

/// All content blocks of all messages.
fn blocks(messages: JsonValue<'_>) -> impl Iterator<Item = JsonValue<'_>> {
    let contents = messages.elements().filter_map(|message| message.get("content"));
    contents.flat_map(|content| content.elements())
}

fn looks(tool: JsonValue<'_>) -> bool {
    may_look(tool, |kind| {
        // The reference stands for a tool that is listed, and judged, elsewhere.
        kind.eq_str("tool_reference") || CALLER_RUN.iter().any(|prefix| starts_with(kind, prefix))
    })
}

fn starts_with(text: JsonStr<'_>, prefix: &str) -> bool {
    let mut chars = text.chars();
    prefix.chars().all(|expected| chars.next() == Some(expected))
}
