//! A completion as a stream of chunks, closed by `[DONE]`.

use serde_json::{Value, json};

use super::super::super::anthropic::pieces;
use super::super::super::compose::{Composed, Content};
use super::super::padded;
use super::reply::{Reply, finish_reason, refusal};

/// `stream_options`, the defaults filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    include_usage: bool,
    include_obfuscation: bool,
}

impl Options {
    pub(super) fn of(options: &Value) -> Self {
        Self {
            include_usage: options["include_usage"] == true,
            include_obfuscation: options["include_obfuscation"] != false,
        }
    }
}

/// The events of `reply` in order: the choices take turns, chunk by chunk. The last chunk before
/// `[DONE]` has the usage where it was asked for, all others have `"usage": null` then.
pub(super) fn events(reply: &Reply<'_>, options: Options) -> Vec<String> {
    let mut choices: Vec<_> = reply
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| chunks(reply, index, choice, options).into_iter())
        .collect();
    let mut events = Vec::new();
    loop {
        let before = events.len();
        events.extend(choices.iter_mut().filter_map(Iterator::next));
        if events.len() == before {
            break;
        }
    }
    if options.include_usage {
        let mut last = reply.head("chat.completion.chunk");
        last["usage"] = reply.usage();
        events.push(event(last, options));
    }
    events.push("data: [DONE]\n\n".into());
    events
}

fn chunks(reply: &Reply<'_>, index: usize, choice: &Composed, options: Options) -> Vec<String> {
    let chunk = |delta: Value, finish_reason: Value| {
        let mut chunk = reply.head("chat.completion.chunk");
        chunk["choices"] = json!([{
            "index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
        }]);
        if options.include_usage {
            chunk["usage"] = Value::Null;
        }
        event(chunk, options)
    };
    let mut chunks: Vec<String> = deltas(&reply.call_id(index), choice)
        .into_iter()
        .map(|delta| chunk(delta, Value::Null))
        .collect();
    chunks.push(chunk(json!({}), finish_reason(choice).into()));
    chunks
}

fn deltas(call_id: &str, choice: &Composed) -> Vec<Value> {
    let mut deltas = vec![json!({"role": "assistant", "content": "", "refusal": null})];
    if let Some(refusal) = refusal(choice) {
        deltas.extend(pieces(refusal).map(|piece| json!({"refusal": piece})));
    }
    match &choice.content {
        Content::Text(text) => {
            deltas.extend(pieces(text).map(|piece| json!({"content": piece})));
        }
        Content::Tool { name, input } => {
            deltas.push(json!({"tool_calls": [{
                "index": 0, "id": call_id, "type": "function",
                "function": {"name": name, "arguments": ""},
            }]}));
            let text = input.to_string();
            deltas.extend(pieces(&text).map(
                |piece| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}),
            ));
        }
        Content::CustomTool { name, input } => {
            deltas.push(json!({"tool_calls": [{
                "index": 0, "id": call_id, "type": "custom",
                "custom": {"name": name, "input": ""},
            }]}));
            deltas
                .extend(pieces(input).map(
                    |piece| json!({"tool_calls": [{"index": 0, "custom": {"input": piece}}]}),
                ));
        }
        Content::Nothing => {}
    }
    deltas
}

fn event(chunk: Value, options: Options) -> String {
    let chunk = if options.include_obfuscation { padded(chunk) } else { chunk };
    format!("data: {chunk}\n\n")
}
