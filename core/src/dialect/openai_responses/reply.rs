//! Answers of OpenAI's Responses API.

use super::super::openai::usage::inclusive;
use crate::Usage;
use crate::json::{JsonKind, JsonStr, JsonValue};
use crate::reply::members::{look_up, member_is, present};
use crate::reply::parts::{TextPieces, says_something};
use crate::reply::tool_calls::{ToolCall, ToolCalls, custom_call, function_call, json_of, string};
use crate::reply::{SkipReason, StopReason, Verdict, whole};

/// Values of `status` of an answer that is not there, or not whole.
const STATUSES: [(&str, StopReason); 5] = [
    ("queued", StopReason::Incomplete),
    ("in_progress", StopReason::Incomplete),
    ("incomplete", StopReason::Incomplete),
    ("cancelled", StopReason::Incomplete),
    ("failed", StopReason::Incomplete),
];

const INCOMPLETE_REASONS: [(&str, StopReason); 2] =
    [("max_output_tokens", StopReason::MaxTokens), ("content_filter", StopReason::ContentFilter)];

pub(in super::super) fn stop_reason(root: JsonValue<'_>) -> StopReason {
    let Some(status) = present(root, "status") else { return StopReason::Absent };
    let Some(status) = status.as_str() else { return StopReason::Unknown };
    if !status.eq_str("completed") {
        let known = look_up(status, &STATUSES).unwrap_or(StopReason::Unknown);
        return incomplete_reason(root).unwrap_or(known);
    }
    let has_call = tool_calls(root).next().is_some();
    if has_call { StopReason::ToolUse } else { StopReason::EndTurn }
}

pub(in super::super) fn verdict(root: JsonValue<'_>) -> Verdict {
    let skip = |why| Verdict::Skip { why };
    if present(root, "error").is_some() {
        return skip(SkipReason::ErrorBody);
    }
    if !root.get("output").is_some_and(|output| output.kind() == JsonKind::Array)
        || items(root).any(|item| item.kind() != JsonKind::Object)
    {
        return skip(SkipReason::Malformed);
    }
    if items(root).any(|item| present(item, "error").is_some()) {
        return skip(SkipReason::ErrorBody);
    }
    let reason = stop_reason(root);
    if !reason.verdict().is_store() {
        return reason.verdict();
    }
    if present(root, "incomplete_details").is_some() || items(root).any(is_unfinished) {
        return skip(SkipReason::Incomplete);
    }
    if items(root).flat_map(parts).any(|part| member_is(part, "type", "refusal")) {
        return skip(SkipReason::Refusal);
    }
    whole::verdict(reason, tool_calls(root), || {
        text(root).any(says_something) || items(root).any(|item| is_picture(item) || asks(item))
    })
}

pub(in super::super) fn refusal(root: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let mut parts = items(root).flat_map(parts);
    parts.find(|part| member_is(*part, "type", "refusal"))?.get("refusal")?.as_str()
}

pub(in super::super) fn text(root: JsonValue<'_>) -> TextPieces<'_> {
    TextPieces::of_items(root.get("output"))
}

pub(in super::super) fn tool_calls(root: JsonValue<'_>) -> ToolCalls<'_> {
    ToolCalls::of(root.get("output"), item)
}

pub(in super::super) fn usage(usage: JsonValue<'_>) -> Usage {
    let details = present(usage, "input_tokens_details");
    inclusive(usage, "input_tokens", details, "output_tokens")
}

fn items(root: JsonValue<'_>) -> impl Iterator<Item = JsonValue<'_>> {
    root.get("output").into_iter().flat_map(|output| output.elements())
}

fn parts(item: JsonValue<'_>) -> impl Iterator<Item = JsonValue<'_>> {
    item.get("content").into_iter().flat_map(|content| content.elements())
}

/// Items of some types have no status; of others it is `completed`, or one of a list that grows.
fn is_unfinished(item: JsonValue<'_>) -> bool {
    present(item, "status").is_some() && !member_is(item, "status", "completed")
}

fn is_picture(item: JsonValue<'_>) -> bool {
    let has_result = || item.get("result")?.as_str().map(|result| !result.raw().is_empty());
    member_is(item, "type", "image_generation_call") && has_result() == Some(true)
}

/// Whether it asks the caller for leave to call a tool.
fn asks(item: JsonValue<'_>) -> bool {
    member_is(item, "type", "mcp_approval_request")
}

fn incomplete_reason(root: JsonValue<'_>) -> Option<StopReason> {
    let reason = present(root, "incomplete_details")?.get("reason")?.as_str()?;
    look_up(reason, &INCOMPLETE_REASONS)
}

/// The call that an output item is.
fn item(item: JsonValue<'_>) -> Option<ToolCall<'_>> {
    let kind = item.get("type")?.as_str()?;
    let id = string(item, "call_id");
    if kind.eq_str("function_call") {
        return Some(function_call(id, item));
    }
    if kind.eq_str("custom_tool_call") {
        return Some(custom_call(id, item));
    }
    let (_, input) = DEFINED_BY_OPENAI.iter().find(|(name, _)| kind.eq_str(name))?;
    // The other ones of this type were answered by the provider.
    if kind.eq_str("tool_search_call") && !member_is(item, "execution", "client") {
        return None;
    }
    Some(ToolCall::new(id, Some(kind), json_of(item, input)))
}

/// Items that call a tool which OpenAI defines and the caller runs, and the member that says what
/// to do.
const DEFINED_BY_OPENAI: [(&str, &str); 5] = [
    ("local_shell_call", "action"),
    ("shell_call", "action"),
    ("computer_call", "action"),
    ("apply_patch_call", "operation"),
    ("tool_search_call", "arguments"),
];
