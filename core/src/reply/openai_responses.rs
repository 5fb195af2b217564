//! Answers of OpenAI's Responses API.

use super::parts::{TextPieces, says_something};
use super::read::{look_up, member_is, present};
use super::tool_calls::ToolCalls;
use super::verdict::{SkipReason, StopReason, Verdict};
use super::whole;
use crate::json::{JsonKind, JsonStr, JsonValue};

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

pub(super) fn stop_reason(root: JsonValue<'_>) -> StopReason {
    let Some(status) = present(root, "status") else { return StopReason::Absent };
    let Some(status) = status.as_str() else { return StopReason::Unknown };
    if !status.eq_str("completed") {
        let known = look_up(status, &STATUSES).unwrap_or(StopReason::Unknown);
        return incomplete_reason(root).unwrap_or(known);
    }
    let has_call = calls(root).next().is_some();
    if has_call { StopReason::ToolUse } else { StopReason::EndTurn }
}

pub(super) fn verdict(root: JsonValue<'_>) -> Verdict {
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
    whole::verdict(reason, calls(root), || {
        TextPieces::of_items(root.get("output")).any(says_something)
            || items(root).any(|item| is_picture(item) || asks(item))
    })
}

pub(super) fn refusal(root: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let mut parts = items(root).flat_map(parts);
    parts.find(|part| member_is(*part, "type", "refusal"))?.get("refusal")?.as_str()
}

fn items(root: JsonValue<'_>) -> impl Iterator<Item = JsonValue<'_>> {
    root.get("output").into_iter().flat_map(|output| output.elements())
}

fn parts(item: JsonValue<'_>) -> impl Iterator<Item = JsonValue<'_>> {
    item.get("content").into_iter().flat_map(|content| content.elements())
}

fn calls(root: JsonValue<'_>) -> ToolCalls<'_> {
    ToolCalls::of_items(root.get("output"))
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
