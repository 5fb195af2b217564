//! A message as the Messages API returns it.

use serde_json::{Value, json};

use super::super::compose::{Composed, Content, Stop};
use super::prompt_cache::Usage;

/// What an answer is made of, plain or as events.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    pub(super) id: u64,
    pub(super) model: &'a str,
    pub(super) composed: &'a Composed,
    pub(super) usage: &'a Usage,
    pub(super) diagnostics: &'a Value,
    /// `standard` or `fast`, as the request asks.
    pub(super) speed: &'a str,
}

/// Members of a usage that a stream tells at its start alone, and at its end alone, as recorded
/// streams show.
const START_ONLY: &[&str] = &["cache_creation", "service_tier", "inference_geo", "speed"];
const END_ONLY: &[&str] = &["iterations", "output_tokens_details"];

/// The id of the message that answers request number `id`.
pub(super) fn message_id(id: u64) -> String {
    format!("msg_emulator_{id:06}")
}

impl Reply<'_> {
    /// The whole message.
    pub(super) fn message(&self) -> Value {
        let mut message = self.head(self.usage_with(self.composed.output_tokens));
        message["content"] = self.content().map_or_else(|| json!([]), |block| json!([block]));
        message["stop_reason"] = self.stop_reason().into();
        message["stop_details"] = self.stop_details();
        message
    }

    /// The message before its content: what a stream starts with.
    pub(super) fn opening(&self) -> Value {
        self.head(without(self.usage_with(1), END_ONLY))
    }

    fn head(&self, usage: Value) -> Value {
        json!({
            "id": message_id(self.id),
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "stop_details": null,
            "usage": usage,
            "diagnostics": self.diagnostics,
        })
    }

    pub(super) fn stop_reason(&self) -> &'static str {
        match self.composed.stop {
            Stop::End => "end_turn",
            Stop::Tool => "tool_use",
            Stop::Length => "max_tokens",
            Stop::Refusal => "refusal",
            Stop::Unknown => "emulator_unknown_reason",
        }
    }

    pub(super) fn stop_details(&self) -> Value {
        match self.composed.stop {
            Stop::Refusal => json!({
                "type": "refusal",
                "category": null,
                "explanation": "The emulator refuses because a fault asks for it.",
            }),
            _ => Value::Null,
        }
    }

    /// The one content block, or none.
    pub(super) fn content(&self) -> Option<Value> {
        match &self.composed.content {
            Content::Text(text) => Some(json!({"type": "text", "text": text})),
            Content::Tool { name, input } => Some(json!({
                "type": "tool_use", "id": self.tool_id(), "name": name, "input": input,
                "caller": {"type": "direct"},
            })),
            // This API has no tools that take free text.
            Content::CustomTool { .. } | Content::Nothing => None,
        }
    }

    fn tool_id(&self) -> String {
        format!("toolu_emulator_{:06}", self.id)
    }

    /// The counts at the end of a stream: of all of it, as the provider sends them.
    pub(super) fn final_usage(&self) -> Value {
        without(self.usage_with(self.composed.output_tokens), START_ONLY)
    }

    /// The counts, and the same once more as the one iteration that there was.
    fn usage_with(&self, output_tokens: u64) -> Value {
        let usage = self.usage;
        let mut counts = json!({
            "input_tokens": usage.input,
            "cache_creation_input_tokens": usage.written_5m + usage.written_1h,
            "cache_read_input_tokens": usage.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": usage.written_5m,
                "ephemeral_1h_input_tokens": usage.written_1h,
            },
            "output_tokens": output_tokens,
        });
        let mut iteration = counts.clone();
        iteration["type"] = "message".into();
        counts["iterations"] = json!([iteration]);
        counts["output_tokens_details"] = json!({"thinking_tokens": 0});
        counts["service_tier"] = "standard".into();
        counts["inference_geo"] = "not_available".into();
        counts["speed"] = self.speed.into();
        counts
    }
}

fn without(mut usage: Value, names: &[&str]) -> Value {
    if let Some(members) = usage.as_object_mut() {
        members.retain(|name, _| !names.contains(&name.as_str()));
    }
    usage
}
