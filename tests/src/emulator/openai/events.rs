//! A completion as a stream of chunks, closed by `[DONE]`.

use serde_json::{Value, json};

use super::super::anthropic::pieces;
use super::super::compose::Content;
use super::reply::Reply;

/// The events of `reply` in order; the last chunk before `[DONE]` has the usage where it was asked
/// for, all others have `"usage": null` then.
pub(super) fn events(reply: &Reply<'_>, with_usage: bool) -> Vec<String> {
    let mut events = Vec::new();
    for index in 0..reply.choices {
        for delta in deltas(reply) {
            events.push(chunk(reply, with_usage, index, delta, Value::Null));
        }
        events.push(chunk(reply, with_usage, index, json!({}), reply.finish_reason().into()));
    }
    if with_usage {
        let mut last = reply.head("chat.completion.chunk");
        last["usage"] = reply.usage();
        events.push(format!("data: {last}\n\n"));
    }
    events.push("data: [DONE]\n\n".into());
    events
}

fn deltas(reply: &Reply<'_>) -> Vec<Value> {
    let mut deltas = vec![json!({"role": "assistant", "content": "", "refusal": null})];
    if let Some(refusal) = reply.refusal() {
        deltas.extend(pieces(refusal).map(|piece| json!({"refusal": piece})));
    }
    match &reply.composed.content {
        Content::Text(text) => {
            deltas.extend(pieces(text).map(|piece| json!({"content": piece})));
        }
        Content::Tool { name, input } => {
            deltas.push(json!({"tool_calls": [{
                "index": 0, "id": reply.call_id(), "type": "function",
                "function": {"name": name, "arguments": ""},
            }]}));
            let text = input.to_string();
            deltas.extend(pieces(&text).map(
                |piece| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}),
            ));
        }
        Content::Nothing => {}
    }
    deltas
}

fn chunk(
    reply: &Reply<'_>,
    with_usage: bool,
    index: u64,
    delta: Value,
    finish_reason: Value,
) -> String {
    let mut chunk = reply.head("chat.completion.chunk");
    chunk["choices"] = json!([{
        "index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
    }]);
    if with_usage {
        chunk["usage"] = Value::Null;
    }
    format!("data: {chunk}\n\n")
}
