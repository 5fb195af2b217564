//! Answers of OpenAI's Chat Completions API, and of servers compatible with it.

use super::super::openai::usage::inclusive;
use crate::Usage;
use crate::json::{JsonKind, JsonStr, JsonValue};
use crate::reply::members::{look_up, member_is, present};
use crate::reply::parts::{TextPieces, says_something};
use crate::reply::tool_calls::{ToolCall, ToolCalls, custom_call, function_call, string};
use crate::reply::{SkipReason, StopReason, Verdict, whole};

const FINISH_REASONS: [(&str, StopReason); 5] = [
    ("stop", StopReason::EndTurn),
    ("tool_calls", StopReason::ToolUse),
    ("function_call", StopReason::ToolUse),
    ("length", StopReason::MaxTokens),
    ("content_filter", StopReason::ContentFilter),
];

/// Parts of a content beside text that are an answer by themselves. Reasoning is none.
const MEDIA: [&str; 6] = ["image_url", "image", "audio", "input_audio", "output_audio", "file"];

pub(in super::super) fn stop_reason(root: JsonValue<'_>) -> StopReason {
    let mut reasons = choices(root).map(choice_stop_reason);
    let first = reasons.next().unwrap_or(StopReason::Absent);
    if !first.verdict().is_store() {
        return first;
    }
    reasons.find(|reason| !reason.verdict().is_store()).unwrap_or(first)
}

pub(in super::super) fn verdict(root: JsonValue<'_>) -> Verdict {
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

pub(in super::super) fn text(root: JsonValue<'_>) -> TextPieces<'_> {
    TextPieces::of_content(first_message(root).and_then(|message| message.get("content")))
}

pub(in super::super) fn tool_calls(root: JsonValue<'_>) -> ToolCalls<'_> {
    first_message(root).map_or_else(ToolCalls::none, calls)
}

pub(in super::super) fn refusal(root: JsonValue<'_>) -> Option<JsonStr<'_>> {
    choices(root).find_map(|choice| message_refusal(choice.get("message")?))
}

pub(in super::super) fn usage(usage: JsonValue<'_>) -> Usage {
    let details = present(usage, "prompt_tokens_details");
    inclusive(usage, "prompt_tokens", details, "completion_tokens")
}

fn first_message(root: JsonValue<'_>) -> Option<JsonValue<'_>> {
    choices(root).next()?.get("message")
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
    let skip = |why| Verdict::Skip { why };
    if [choice, message].iter().any(|place| present(*place, "error").is_some()) {
        return skip(SkipReason::ErrorBody);
    }
    let content = present(message, "content");
    let has_kind = |value: Option<JsonValue<'_>>, kinds: &[JsonKind]| {
        value.is_none_or(|value| kinds.contains(&value.kind()))
    };
    if !has_kind(content, &[JsonKind::String, JsonKind::Array])
        || !has_kind(present(message, "tool_calls"), &[JsonKind::Array])
    {
        return skip(SkipReason::Malformed);
    }
    if message_refusal(message).is_some() {
        return skip(SkipReason::Refusal);
    }
    whole::verdict(choice_stop_reason(choice), calls(message), || {
        TextPieces::of_content(content).any(says_something)
            || parts(message).any(|part| MEDIA.iter().any(|kind| member_is(part, "type", kind)))
            || present(message, "audio").is_some()
            // Pictures as OpenRouter has them.
            || present(message, "images").is_some_and(|list| list.elements().next().is_some())
    })
}

fn parts(message: JsonValue<'_>) -> impl Iterator<Item = JsonValue<'_>> {
    message.get("content").into_iter().flat_map(|content| content.elements())
}

/// Some compatible servers say it in a part of the content.
fn message_refusal(message: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let mut in_parts = parts(message).filter(|part| member_is(*part, "type", "refusal"));
    said_refusal(message).or_else(|| in_parts.find_map(said_refusal))
}

/// Some compatible servers send an empty string where nothing was refused.
fn said_refusal(place: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let refusal = present(place, "refusal")?.as_str()?;
    Some(refusal).filter(|refusal| !refusal.raw().is_empty())
}

/// The calls of a message; last the single one of the deprecated `function_call` member.
fn calls(message: JsonValue<'_>) -> ToolCalls<'_> {
    let single = present(message, "function_call").map(|function| function_call(None, function));
    ToolCalls::of(present(message, "tool_calls"), listed).and(single)
}

/// An entry of `tool_calls`: whatever it is, it stands for a call. Some servers leave `type` out.
fn listed(entry: JsonValue<'_>) -> Option<ToolCall<'_>> {
    let id = string(entry, "id");
    Some(match (present(entry, "function"), present(entry, "custom")) {
        (Some(function), _) => function_call(id, function),
        (None, Some(custom)) => custom_call(id, custom),
        (None, None) => ToolCall { id, ..ToolCall::UNREADABLE },
    })
}
