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
}

/// The id of the message that answers request number `id`.
pub(super) fn message_id(id: u64) -> String {
    format!("msg_emulator_{id:06}")
}

impl Reply<'_> {
    /// The whole message.
    pub(super) fn message(&self) -> Value {
        let mut message = self.head(self.composed.output_tokens);
        message["content"] = self.content().map_or_else(|| json!([]), |block| json!([block]));
        message["stop_reason"] = self.stop_reason().into();
        message["stop_details"] = self.stop_details();
        message
    }

    /// The message before its content: what a stream starts with.
    pub(super) fn head(&self, output_tokens: u64) -> Value {
        json!({
            "id": message_id(self.id),
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "stop_details": null,
            "usage": self.usage_with(output_tokens),
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
            })),
            // This API has no tools that take free text.
            Content::CustomTool { .. } | Content::Nothing => None,
        }
    }

    fn tool_id(&self) -> String {
        format!("toolu_emulator_{:06}", self.id)
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
        counts["service_tier"] = "standard".into();
        counts["inference_geo"] = "not_available".into();
        counts
    }
}
