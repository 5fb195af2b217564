//! Answers of OpenAI's Chat Completions API, and of servers compatible with it.

use super::read::{look_up, present};
use super::verdict::{SkipReason, StopReason, Verdict};
use crate::json::{JsonKind, JsonStr, JsonValue};

const FINISH_REASONS: [(&str, StopReason); 5] = [
    ("stop", StopReason::EndTurn),
    ("tool_calls", StopReason::ToolUse),
    ("function_call", StopReason::ToolUse),
    ("length", StopReason::MaxTokens),
    ("content_filter", StopReason::ContentFilter),
];

pub(super) fn stop_reason(root: JsonValue<'_>) -> StopReason {
    let mut reasons = choices(root).map(choice_stop_reason);
    let first = reasons.next().unwrap_or(StopReason::Absent);
    if !first.verdict().is_store() {
        return first;
    }
    reasons.find(|reason| !reason.verdict().is_store()).unwrap_or(first)
}

pub(super) fn verdict(root: JsonValue<'_>) -> Verdict {
    let malformed = Verdict::Skip { why: SkipReason::Malformed };
    if present(root, "error").is_some() {
        return Verdict::Skip { why: SkipReason::ErrorBody };
    }
    if choices(root).next().is_none() {
        return malformed;
    }
    let mut verdicts = choices(root).map(|choice| match choice.get("message") {
        Some(message) if message.kind() == JsonKind::Object => choice_verdict(choice, message),
        _ => malformed,
    });
    verdicts.find(|verdict| !verdict.is_store()).unwrap_or(Verdict::Store)
}

pub(super) fn first_message(root: JsonValue<'_>) -> Option<JsonValue<'_>> {
    choices(root).next()?.get("message")
}

pub(super) fn refusal(root: JsonValue<'_>) -> Option<JsonStr<'_>> {
    choices(root).find_map(|choice| message_refusal(choice.get("message")?))
}

fn choices(root: JsonValue<'_>) -> impl Iterator<Item = JsonValue<'_>> {
    root.get("choices").into_iter().flat_map(|choices| choices.elements())
}

fn choice_stop_reason(choice: JsonValue<'_>) -> StopReason {
    let Some(reason) = present(choice, "finish_reason") else { return StopReason::Absent };
    let known = reason.as_str().and_then(|reason| look_up(reason, &FINISH_REASONS));
    known.unwrap_or(StopReason::Unknown)
}

fn choice_verdict(choice: JsonValue<'_>, message: JsonValue<'_>) -> Verdict {
    if message_refusal(message).is_some() {
        return Verdict::Skip { why: SkipReason::Refusal };
    }
    choice_stop_reason(choice).verdict()
}

/// Some compatible servers send an empty string where nothing was refused.
fn message_refusal(message: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let refusal = present(message, "refusal")?.as_str()?;
    Some(refusal).filter(|refusal| !refusal.raw().is_empty())
}
