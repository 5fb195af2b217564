//! Answers of Anthropic's Messages API.

use crate::Usage;
use crate::json::{JsonKind, JsonStr, JsonValue};
use crate::reply::members::{count, look_up, member_is, present};
use crate::reply::parts::{TextPieces, says_something};
use crate::reply::tool_calls::{ToolCall, ToolCalls, json_of, string};
use crate::reply::{SkipReason, StopReason, Verdict, whole};

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

pub(in super::super) fn stop_reason(root: JsonValue<'_>) -> StopReason {
    let Some(reason) = present(root, "stop_reason") else { return StopReason::Absent };
    let known = reason.as_str().and_then(|reason| look_up(reason, &STOP_REASONS));
    known.unwrap_or(StopReason::Unknown)
}

pub(in super::super) fn verdict(root: JsonValue<'_>) -> Verdict {
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
    let verdict =
        whole::verdict(stop_reason(root), ToolCalls::of(Some(content), tool_call), || {
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

pub(in super::super) fn refusal(root: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let details = present(root, "stop_details").filter(|it| member_is(*it, "type", "refusal"))?;
    details.get("explanation")?.as_str()
}

pub(in super::super) fn text(root: JsonValue<'_>) -> TextPieces<'_> {
    TextPieces::of_parts(root.get("content"))
}

pub(in super::super) fn tool_calls(root: JsonValue<'_>) -> ToolCalls<'_> {
    ToolCalls::of(root.get("content"), tool_call)
}

/// A block that calls a tool of the caller's. What the provider runs itself (`server_tool_use`) is
/// none.
fn tool_call(block: JsonValue<'_>) -> Option<ToolCall<'_>> {
    member_is(block, "type", "tool_use")
        .then(|| ToolCall::new(string(block, "id"), string(block, "name"), json_of(block, "input")))
}

pub(in super::super) fn usage(usage: JsonValue<'_>) -> Usage {
    let split = present(usage, "cache_creation");
    let split_count = |name| split.map_or(0, |split| count(split, name));
    let one_hour = split_count("ephemeral_1h_input_tokens");
    let five_minutes = match present(usage, "cache_creation_input_tokens") {
        Some(total) => total.as_u64().unwrap_or(0).saturating_sub(one_hour),
        None => split_count("ephemeral_5m_input_tokens"),
    };
    Usage {
        input_tokens: count(usage, "input_tokens"),
        cache_read_tokens: count(usage, "cache_read_input_tokens"),
        cache_write_tokens: five_minutes,
        cache_write_1h_tokens: one_hour,
        cache_write_12h_tokens: 0,
        output_tokens: count(usage, "output_tokens"),
    }
}

pub(in super::super) fn price_tier(answer: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let usage = present(answer, "usage")?;
    let tiers: [(&str, &[&str]); 3] = [
        ("service_tier", &["batch", "priority"]),
        ("speed", &["fast"]),
        ("inference_geo", &["us"]),
    ];
    tiers.iter().find_map(|(member, tiers)| {
        let told = usage.get(member)?.as_str()?;
        tiers.iter().any(|tier| told.eq_str(tier)).then_some(told)
    })
}
