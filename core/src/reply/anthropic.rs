//! Answers of Anthropic's Messages API.

use super::read::{look_up, member_is, present};
use super::verdict::{SkipReason, StopReason, Verdict};
use crate::json::{JsonKind, JsonStr, JsonValue};

/// Values of `stop_reason` as of September 2026; the list may grow.
const STOP_REASONS: [(&str, StopReason); 7] = [
    ("end_turn", StopReason::EndTurn),
    ("stop_sequence", StopReason::StopSequence),
    ("tool_use", StopReason::ToolUse),
    ("max_tokens", StopReason::MaxTokens),
    ("model_context_window_exceeded", StopReason::ContextWindow),
    ("pause_turn", StopReason::PauseTurn),
    ("refusal", StopReason::Refusal),
];

pub(super) fn stop_reason(root: JsonValue<'_>) -> StopReason {
    let Some(reason) = present(root, "stop_reason") else { return StopReason::Absent };
    let known = reason.as_str().and_then(|reason| look_up(reason, &STOP_REASONS));
    known.unwrap_or(StopReason::Unknown)
}

pub(super) fn verdict(root: JsonValue<'_>) -> Verdict {
    let skip = |why| Verdict::Skip { why };
    if member_is(root, "type", "error") || present(root, "error").is_some() {
        return skip(SkipReason::ErrorBody);
    }
    let has_content = root.get("content").is_some_and(|value| value.kind() == JsonKind::Array);
    if !member_is(root, "type", "message") || !has_content {
        return skip(SkipReason::Malformed);
    }
    let details = present(root, "stop_details");
    if details.is_some_and(|details| member_is(details, "type", "refusal")) {
        return skip(SkipReason::Refusal);
    }
    stop_reason(root).verdict()
}

pub(super) fn refusal(root: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let details = present(root, "stop_details").filter(|it| member_is(*it, "type", "refusal"))?;
    details.get("explanation")?.as_str()
}
