//! The block types of the Messages API, and which of them have a `cache_control` field.
//!
//! Source: the parameter types of Anthropic's SDKs (August 2026), beta types included.

use crate::json::JsonStr;
use crate::prompt::PartKind;

/// Types with the field, wherever a message's own blocks stand.
const MARKABLE: [(&str, PartKind); 21] = [
    ("text", PartKind::Text),
    ("tool_use", PartKind::ToolUse),
    ("tool_result", PartKind::ToolResult),
    ("image", PartKind::Image),
    ("document", PartKind::Document),
    ("search_result", PartKind::SearchResult),
    ("server_tool_use", PartKind::ServerToolUse),
    ("web_search_tool_result", PartKind::ServerToolResult),
    ("web_fetch_tool_result", PartKind::ServerToolResult),
    ("code_execution_tool_result", PartKind::ServerToolResult),
    ("bash_code_execution_tool_result", PartKind::ServerToolResult),
    ("text_editor_code_execution_tool_result", PartKind::ServerToolResult),
    ("tool_search_tool_result", PartKind::ServerToolResult),
    ("container_upload", PartKind::Other),
    ("mid_conv_system", PartKind::Other),
    ("mcp_tool_use", PartKind::ServerToolUse),
    ("mcp_tool_result", PartKind::ServerToolResult),
    ("advisor_tool_result", PartKind::ServerToolResult),
    ("compaction", PartKind::Other),
    ("tool_addition", PartKind::Other),
    ("tool_removal", PartKind::Other),
];

/// Types with the field inside a tool result or a document.
const MARKABLE_INSIDE: [&str; 5] = ["text", "image", "document", "search_result", "tool_reference"];

/// Types without the field.
const THINKING: [&str; 2] = ["thinking", "redacted_thinking"];

/// What a block is, and whether its type has a place for a mark. A type that is not known here
/// has none: the provider refuses a member that it does not know.
pub(crate) fn of(name: Option<JsonStr<'_>>) -> (PartKind, bool) {
    let Some(name) = name else { return (PartKind::Other, false) };
    if let Some((_, kind)) = MARKABLE.iter().find(|(known, _)| name.eq_str(known)) {
        return (*kind, true);
    }
    let is_thinking = THINKING.iter().any(|known| name.eq_str(known));
    (if is_thinking { PartKind::Thinking } else { PartKind::Other }, false)
}

/// Whether a block of that type has a place for a mark inside another block.
pub(crate) fn is_markable_inside(name: Option<JsonStr<'_>>) -> bool {
    name.is_some_and(|name| MARKABLE_INSIDE.iter().any(|known| name.eq_str(known)))
}

/// Whether it is what a tool of the provider's own returned, made of objects without the field.
/// What an MCP server returned has blocks in it.
pub(crate) fn is_server_result(name: Option<JsonStr<'_>>) -> bool {
    let is_mcp = name.is_some_and(|name| name.eq_str("mcp_tool_result"));
    of(name).0 == PartKind::ServerToolResult && !is_mcp
}
