//! A message as a stream of named events.

use serde_json::{Value, json};

use super::super::compose::Content;
use super::reply::Reply;

/// Characters of one text delta.
const DELTA_CHARS: usize = 24;

/// The events of `reply` in order, each with its name line and its closing blank line.
pub(super) fn events(reply: &Reply<'_>) -> Vec<String> {
    let mut events = vec![
        event(json!({"type": "message_start", "message": reply.opening()})),
        event(json!({"type": "ping"})),
    ];
    if let Some(mut block) = reply.content() {
        let deltas: Vec<Value> = match &reply.composed.content {
            Content::Text(text) => {
                block["text"] = "".into();
                pieces(text).map(|piece| json!({"type": "text_delta", "text": piece})).collect()
            }
            Content::Tool { input, .. } => {
                block["input"] = json!({});
                let text = input.to_string();
                std::iter::once("")
                    .chain(pieces(&text))
                    .map(|piece| json!({"type": "input_json_delta", "partial_json": piece}))
                    .collect()
            }
            Content::CustomTool { .. } | Content::Nothing => Vec::new(),
        };
        events.push(event(
            json!({"type": "content_block_start", "index": 0, "content_block": block}),
        ));
        for delta in deltas {
            let delta = json!({"type": "content_block_delta", "index": 0, "delta": delta});
            events.push(event(delta));
        }
        events.push(event(json!({"type": "content_block_stop", "index": 0})));
    }
    let delta = json!({
        "stop_reason": reply.stop_reason(),
        "stop_sequence": null,
        "stop_details": reply.stop_details(),
    });
    let usage = reply.final_usage();
    events.push(event(json!({"type": "message_delta", "delta": delta, "usage": usage})));
    events.push(event(json!({"type": "message_stop"})));
    events
}

/// The text in pieces of a few characters, so that a reader meets many deltas.
pub(in super::super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.char_indices().nth(DELTA_CHARS).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn event(data: Value) -> String {
    let name = data["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}
