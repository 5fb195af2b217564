//! Answers of Anthropic's Messages API.

use super::parts::{TextPieces, says_something};
use super::read::{look_up, member_is, present};
use super::tool_calls::ToolCalls;
use super::verdict::{SkipReason, StopReason, Verdict};
use super::whole;
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

/// Blocks beside text that are an answer by themselves. Thinking is none, nor is what a tool of the
/// provider's was asked and returned.
const MEDIA: [&str; 4] = ["image", "document", "file", "container_upload"];

/// Calls of tools that the provider runs: their results follow in the same answer.
const PROVIDER_RUN: [&str; 2] = ["server_tool_use", "mcp_tool_use"];

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
    let content = root.get("content").filter(|content| content.kind() == JsonKind::Array);
    let Some(content) = content.filter(|_| member_is(root, "type", "message")) else {
        return skip(SkipReason::Malformed);
    };
    if content.elements().any(|block| block.kind() != JsonKind::Object) {
        return skip(SkipReason::Malformed);
    }
    if content.elements().any(|block| present(block, "error").is_some()) {
        return skip(SkipReason::ErrorBody);
    }
    let details = present(root, "stop_details");
    if details.is_some_and(|details| member_is(details, "type", "refusal")) {
        return skip(SkipReason::Refusal);
    }
    let verdict = whole::verdict(stop_reason(root), ToolCalls::of_blocks(Some(content)), || {
        TextPieces::of_parts(Some(content)).any(says_something)
            || content.elements().any(|block| is_any_of(block, &MEDIA))
    });
    if verdict.is_store() && content.elements().any(is_broken) {
        return skip(SkipReason::BrokenToolCall);
    }
    verdict
}

/// Whether it calls a tool of the provider's and the arguments are no object.
fn is_broken(block: JsonValue<'_>) -> bool {
    let is_object = |input: JsonValue<'_>| input.kind() == JsonKind::Object;
    is_any_of(block, &PROVIDER_RUN) && !block.get("input").is_some_and(is_object)
}

fn is_any_of(block: JsonValue<'_>, kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| member_is(block, "type", kind))
}

pub(super) fn refusal(root: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let details = present(root, "stop_details").filter(|it| member_is(*it, "type", "refusal"))?;
    details.get("explanation")?.as_str()
}
