//! A completion as the Chat Completions API returns it.

use serde_json::{Value, json};

use super::super::compose::{Composed, Content, Stop};

/// What an answer is made of, plain or as chunks.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    pub(super) id: u64,
    pub(super) model: &'a str,
    /// Unix seconds.
    pub(super) created: u64,
    /// How many choices are asked for; all say the same.
    pub(super) choices: u64,
    pub(super) prompt_tokens: u64,
    pub(super) composed: &'a Composed,
}

impl Reply<'_> {
    /// The whole completion.
    pub(super) fn completion(&self) -> Value {
        let message = self.message();
        let choices: Vec<Value> = (0..self.choices)
            .map(|index| {
                json!({
                    "index": index, "message": message, "logprobs": null,
                    "finish_reason": self.finish_reason(),
                })
            })
            .collect();
        let mut completion = self.head("chat.completion");
        completion["choices"] = choices.into();
        completion["usage"] = self.usage();
        completion
    }

    /// The members that completions and chunks share.
    pub(super) fn head(&self, object: &str) -> Value {
        json!({
            "id": self.completion_id(),
            "object": object,
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": "fp_emulator",
            "choices": [],
        })
    }

    pub(super) fn finish_reason(&self) -> &'static str {
        match self.composed.stop {
            Stop::End | Stop::Refusal => "stop",
            Stop::Tool => "tool_calls",
            Stop::Length => "length",
            Stop::Unknown => "emulator_unknown_reason",
        }
    }

    pub(super) fn refusal(&self) -> Option<&'static str> {
        (self.composed.stop == Stop::Refusal)
            .then_some("The emulator refuses because a fault asks for it.")
    }

    pub(super) fn call_id(&self) -> String {
        format!("call_emulator_{:06}", self.id)
    }

    /// Token counts; prompt tokens are one for every four bytes of the request that count.
    pub(super) fn usage(&self) -> Value {
        let output = self.composed.output_tokens * self.choices;
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": output,
            "total_tokens": self.prompt_tokens + output,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        })
    }

    fn completion_id(&self) -> String {
        format!("chatcmpl-emulator{:06}", self.id)
    }

    fn message(&self) -> Value {
        let mut message = json!({
            "role": "assistant", "content": null, "refusal": self.refusal(), "annotations": [],
        });
        match &self.composed.content {
            Content::Text(text) => message["content"] = text.as_str().into(),
            Content::Tool { name, input } => {
                message["tool_calls"] = json!([{
                    "id": self.call_id(),
                    "type": "function",
                    "function": {"name": name, "arguments": input.to_string()},
                }]);
            }
            Content::Nothing => {}
        }
        message
    }
}
