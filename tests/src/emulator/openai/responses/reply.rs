//! A response as the Responses API returns it.

use serde_json::{Value, json};

use super::super::super::compose::{Composed, Content, Stop};
use super::super::prompt_cache::{Options, Usage};
use super::elements;

/// What an answer is made of.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    pub(super) id: u64,
    pub(super) body: &'a Value,
    /// Unix seconds.
    pub(super) created: u64,
    pub(super) composed: &'a Composed,
    pub(super) usage: &'a Usage,
    pub(super) options: Option<Options>,
    pub(super) diagnostics: Value,
}

/// What a request is answered with that only prepares the cache.
pub(super) fn nothing() -> Composed {
    Composed { content: Content::Nothing, stop: Stop::End, output_tokens: 0 }
}

impl Reply<'_> {
    /// The whole response; what the request left out has the provider's default.
    pub(super) fn response(&self) -> Value {
        let asked = |path: &str, default: Value| match self.body.pointer(path) {
            None | Some(Value::Null) => default,
            Some(value) => value.clone(),
        };
        let incomplete = self.incomplete_reason();
        let status = if incomplete.is_some() { "incomplete" } else { "completed" };
        let mut response = json!({
            "id": format!("resp_emulator{:06}", self.id),
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": false,
            "completed_at": if incomplete.is_some() { Value::Null } else { self.created.into() },
            "error": null,
            "incomplete_details": incomplete.map(|reason| json!({"reason": reason})),
            "instructions": asked("/instructions", Value::Null),
            "max_output_tokens": asked("/max_output_tokens", Value::Null),
            "max_tool_calls": asked("/max_tool_calls", Value::Null),
            "metadata": asked("/metadata", json!({})),
            "model": self.body["model"],
            "output": self.output(),
            "parallel_tool_calls": asked("/parallel_tool_calls", true.into()),
            "previous_response_id": asked("/previous_response_id", Value::Null),
            "prompt_cache_key": asked("/prompt_cache_key", Value::Null),
            "reasoning": {
                "effort": asked("/reasoning/effort", Value::Null),
                "summary": asked("/reasoning/summary", Value::Null),
            },
            "safety_identifier": asked("/safety_identifier", Value::Null),
            "service_tier": "default",
            "store": asked("/store", true.into()),
            "temperature": asked("/temperature", 1.0.into()),
            "text": {
                "format": asked("/text/format", json!({"type": "text"})),
                "verbosity": asked("/text/verbosity", "medium".into()),
            },
            "tool_choice": asked("/tool_choice", "auto".into()),
            "tools": self.tools(),
            "top_logprobs": asked("/top_logprobs", 0.into()),
            "top_p": asked("/top_p", 1.0.into()),
            "truncation": asked("/truncation", "disabled".into()),
            "usage": self.usage(),
            "user": asked("/user", Value::Null),
        });
        if let Some(options) = self.options {
            response["prompt_cache_options"] = json!({
                "mode": if options.implicit { "implicit" } else { "explicit" },
                "ttl": options.ttl.name(),
            });
        }
        if !self.diagnostics.is_null() {
            response["prompt_cache_diagnostics"] = self.diagnostics.clone();
        }
        response
    }

    fn incomplete_reason(&self) -> Option<&'static str> {
        match self.composed.stop {
            Stop::Length => Some("max_output_tokens"),
            Stop::Unknown => Some("emulator_unknown_reason"),
            Stop::End | Stop::Tool | Stop::Refusal => None,
        }
    }

    /// The one item, or none.
    fn output(&self) -> Value {
        let status = if self.incomplete_reason().is_some() { "incomplete" } else { "completed" };
        let message = |part: Value| {
            json!([{
                "id": format!("msg_emulator{:06}", self.id),
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": [part],
            }])
        };
        if self.composed.stop == Stop::Refusal {
            let refusal = "The emulator refuses because a fault asks for it.";
            return message(json!({"type": "refusal", "refusal": refusal}));
        }
        let call_id = format!("call_emulator_{:06}", self.id);
        match &self.composed.content {
            Content::Text(text) => message(json!({
                "type": "output_text", "text": text, "annotations": [], "logprobs": [],
            })),
            Content::Tool { name, input } => json!([{
                "id": format!("fc_emulator{:06}", self.id),
                "type": "function_call",
                "status": status,
                "call_id": call_id,
                "name": name,
                "arguments": input.to_string(),
            }]),
            Content::CustomTool { name, input } => json!([{
                "id": format!("ctc_emulator{:06}", self.id),
                "type": "custom_tool_call",
                "status": status,
                "call_id": call_id,
                "name": name,
                "input": input,
            }]),
            Content::Nothing => json!([]),
        }
    }

    /// The tools as they were sent; a function is strict where the request does not say.
    fn tools(&self) -> Value {
        let tools = elements(self.body, "tools").iter().cloned().map(|mut tool| {
            if tool["type"] == "function" && tool["strict"].is_null() {
                tool["strict"] = true.into();
            }
            tool
        });
        tools.collect()
    }

    /// Token counts; the input's hold what was read from the cache and written to it.
    fn usage(&self) -> Value {
        let (usage, output) = (self.usage, self.composed.output_tokens);
        let mut details =
            json!({"cached_tokens": usage.read, "cache_write_tokens": usage.written()});
        if self.options.is_some() {
            details["cache_write_tokens_details"] = json!({
                "ttl_30m_tokens": usage.written_30m, "ttl_12h_tokens": usage.written_12h,
            });
        }
        json!({
            "input_tokens": usage.input,
            "input_tokens_details": details,
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": usage.input + output,
        })
    }
}
