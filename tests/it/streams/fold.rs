//! The obvious way to put a stream together, as a second opinion: JSON trees, and only what a
//! caller reads of an answer. It shares no code with the library.

use llm_cache_core::key::Dialect;
use serde_json::{Map, Value, json};

/// The data of the events of a stream, in order.
fn data(stream: &str) -> Vec<Value> {
    let lines = stream.lines().filter_map(|line| line.strip_prefix("data:"));
    lines.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect()
}

/// What the stream says, in the shape of [`said`].
pub(super) fn folded(dialect: Dialect, stream: &str) -> Value {
    match dialect {
        Dialect::AnthropicMessages => anthropic(&data(stream)),
        _ => chat(&data(stream)),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn push(to: &mut Value, more: &Value) {
    let joined = format!("{}{}", text(to), text(more));
    *to = Value::String(joined);
}

fn anthropic(events: &[Value]) -> Value {
    let mut blocks: Vec<Value> = Vec::new();
    let (mut id, mut stop, mut output) = (Value::Null, Value::Null, Value::Null);
    let mut inputs: Vec<String> = Vec::new();
    for event in events {
        match text(&event["type"]) {
            "message_start" => id = event["message"]["id"].clone(),
            "content_block_start" => {
                blocks.push(event["content_block"].clone());
                inputs.push(String::new());
            }
            "content_block_delta" => {
                let at = event["index"].as_u64().expect("an index") as usize;
                let (block, delta) = (&mut blocks[at], &event["delta"]);
                for grows in ["text", "thinking", "signature"] {
                    if delta.get(grows).is_some() {
                        push(&mut block[grows], &delta[grows]);
                    }
                }
                inputs[at].push_str(text(&delta["partial_json"]));
            }
            "message_delta" => {
                stop = event["delta"]["stop_reason"].clone();
                output = event["usage"]["output_tokens"].clone();
            }
            _ => {}
        }
    }
    for (block, input) in blocks.iter_mut().zip(inputs) {
        if !input.is_empty() {
            block["input"] = serde_json::from_str(&input).expect("an input");
        }
    }
    json!({"id": id, "blocks": blocks, "stop": stop, "output": output})
}

fn chat(chunks: &[Value]) -> Value {
    let (mut id, mut usage) = (Value::Null, Value::Null);
    let mut choices: Vec<Value> = Vec::new();
    for chunk in chunks {
        if text(&id).is_empty() {
            id = chunk["id"].clone();
        }
        if chunk["usage"].is_object() {
            usage = chunk["usage"].clone();
        }
        for part in chunk["choices"].as_array().into_iter().flatten() {
            let at = part["index"].as_u64().unwrap_or(0) as usize;
            while choices.len() <= at {
                choices.push(json!({"text": "", "reasoning": "", "calls": [], "stop": null}));
            }
            let (choice, delta) = (&mut choices[at], &part["delta"]);
            push(&mut choice["text"], &delta["content"]);
            push(&mut choice["reasoning"], &delta["reasoning_content"]);
            if !part["finish_reason"].is_null() {
                choice["stop"] = part["finish_reason"].clone();
            }
            for call in delta["tool_calls"].as_array().into_iter().flatten() {
                let at = call["index"].as_u64().unwrap_or(0) as usize;
                let calls = choice["calls"].as_array_mut().expect("a list");
                while calls.len() <= at {
                    calls.push(json!({"id": "", "name": "", "arguments": ""}));
                }
                if let Some(id) = call["id"].as_str().filter(|id| !id.is_empty()) {
                    calls[at]["id"] = json!(id);
                }
                if let Some(name) = call["function"]["name"].as_str() {
                    calls[at]["name"] = json!(name);
                }
                push(&mut calls[at]["arguments"], &call["function"]["arguments"]);
            }
        }
    }
    json!({"id": id, "choices": choices, "usage": usage})
}

/// What a final message says, in the same shape.
pub(super) fn said(dialect: Dialect, message: &Value) -> Value {
    match dialect {
        Dialect::AnthropicMessages => json!({
            "id": message["id"],
            "blocks": message["content"],
            "stop": message["stop_reason"],
            "output": message["usage"]["output_tokens"],
        }),
        _ => said_by_chat(message),
    }
}

fn said_by_chat(message: &Value) -> Value {
    let choice = |choice: &Value| {
        let message = &choice["message"];
        let call = |call: &Value| {
            let function = &call["function"];
            let mut known = Map::new();
            known.insert("id".into(), json!(text(&call["id"])));
            known.insert("name".into(), function["name"].clone());
            known.insert("arguments".into(), function["arguments"].clone());
            Value::Object(known)
        };
        let calls: Vec<_> =
            message["tool_calls"].as_array().into_iter().flatten().map(call).collect();
        json!({
            "text": text(&message["content"]),
            "reasoning": text(&message["reasoning_content"]),
            "calls": calls,
            "stop": choice["finish_reason"],
        })
    };
    let choices: Vec<_> =
        message["choices"].as_array().expect("choices").iter().map(choice).collect();
    json!({"id": message["id"], "choices": choices, "usage": message["usage"]})
}
