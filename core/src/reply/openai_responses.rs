//! Answers of OpenAI's Responses API.

use super::read::{look_up, member_is, present};
use super::verdict::{SkipReason, StopReason, Verdict};
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
    if items(root).any(|item| is_call(item)) { StopReason::ToolUse } else { StopReason::EndTurn }
}

pub(super) fn verdict(root: JsonValue<'_>) -> Verdict {
    let skip = |why| Verdict::Skip { why };
    if present(root, "error").is_some() {
        return skip(SkipReason::ErrorBody);
    }
    if !root.get("output").is_some_and(|output| output.kind() == JsonKind::Array) {
        return skip(SkipReason::Malformed);
    }
    let verdict = stop_reason(root).verdict();
    if !verdict.is_store() {
        return verdict;
    }
    if present(root, "incomplete_details").is_some() || items(root).any(is_unfinished) {
        return skip(SkipReason::Incomplete);
    }
    if items(root).flat_map(parts).any(|part| member_is(part, "type", "refusal")) {
        return skip(SkipReason::Refusal);
    }
    verdict
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

fn is_call(item: JsonValue<'_>) -> bool {
    member_is(item, "type", "function_call") || member_is(item, "type", "custom_tool_call")
}

fn is_unfinished(item: JsonValue<'_>) -> bool {
    member_is(item, "status", "in_progress") || member_is(item, "status", "incomplete")
}

fn incomplete_reason(root: JsonValue<'_>) -> Option<StopReason> {
    let reason = present(root, "incomplete_details")?.get("reason")?.as_str()?;
    look_up(reason, &INCOMPLETE_REASONS)
}
