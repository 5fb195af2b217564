//! A completion as the Chat Completions API returns it.

use serde_json::{Value, json};

use super::super::super::compose::{Composed, Content, Stop};
use super::super::prompt_cache::Usage;

/// What an answer is made of, plain or as chunks.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    pub(super) id: u64,
    pub(super) model: &'a str,
    /// Unix seconds.
    pub(super) created: u64,
    pub(super) choices: &'a [Composed],
    pub(super) usage: &'a Usage,
}

impl Reply<'_> {
    /// The whole completion.
    pub(super) fn completion(&self) -> Value {
        let choices: Vec<Value> = self
            .choices
            .iter()
            .enumerate()
            .map(|(index, choice)| {
                json!({
                    "index": index, "message": self.message(index, choice), "logprobs": null,
                    "finish_reason": finish_reason(choice),
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

    /// The id of the call in choice number `choice`.
    pub(super) fn call_id(&self, choice: usize) -> String {
        match choice {
            0 => format!("call_emulator_{:06}", self.id),
            _ => format!("call_emulator_{:06}_{choice}", self.id),
        }
    }

    /// Token counts; the prompt's hold what was read from the cache and written to it.
    pub(super) fn usage(&self) -> Value {
        let output: u64 = self.choices.iter().map(|choice| choice.output_tokens).sum();
        json!({
            "prompt_tokens": self.usage.input,
            "completion_tokens": output,
            "total_tokens": self.usage.input + output,
            "prompt_tokens_details": {
                "cached_tokens": self.usage.read,
                "cache_write_tokens": self.usage.written(),
                "audio_tokens": 0,
            },
            "completion_tokens_details": {
                "reasoning_tokens": 0, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
            },
        })
    }

    fn completion_id(&self) -> String {
        format!("chatcmpl-emulator{:06}", self.id)
    }

    fn message(&self, index: usize, choice: &Composed) -> Value {
        let mut message = json!({
            "role": "assistant", "content": null, "refusal": refusal(choice), "annotations": [],
        });
        match &choice.content {
            Content::Text(text) => message["content"] = text.as_str().into(),
            Content::Tool { name, input } => {
                message["tool_calls"] = json!([{
                    "id": self.call_id(index),
                    "type": "function",
                    "function": {"name": name, "arguments": input.to_string()},
                }]);
            }
            Content::CustomTool { name, input } => {
                message["tool_calls"] = json!([{
                    "id": self.call_id(index),
                    "type": "custom",
                    "custom": {"name": name, "input": input},
                }]);
            }
            Content::Nothing => {}
        }
        message
    }
}

pub(super) fn finish_reason(choice: &Composed) -> &'static str {
    match choice.stop {
        Stop::End | Stop::Refusal => "stop",
        Stop::Tool => "tool_calls",
        Stop::Length => "length",
        Stop::Unknown => "emulator_unknown_reason",
    }
}

pub(super) fn refusal(choice: &Composed) -> Option<&'static str> {
    (choice.stop == Stop::Refusal).then_some("The emulator refuses because a fault asks for it.")
}
