//! The obvious way: each event a JSON tree, each delta pushed onto a string of the message's tree.

use llm_cache_core::key::Dialect;
use serde_json::{Value, json};

pub(super) fn assemble(dialect: Dialect, stream: &[u8]) -> Value {
    let text = String::from_utf8_lossy(stream);
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str(data).ok());
    match dialect {
        Dialect::AnthropicMessages => anthropic(events),
        _ => chat(events),
    }
}

fn push(to: &mut Value, piece: &Value) {
    match (to, piece) {
        (Value::String(to), Value::String(piece)) => to.push_str(piece),
        (to, piece) if !piece.is_null() => *to = piece.clone(),
        _ => {}
    }
}

fn chat(chunks: impl Iterator<Item = Value>) -> Value {
    let mut completion = Value::Null;
    for mut chunk in chunks {
        if completion.is_null() {
            completion = chunk.clone();
            completion["object"] = json!("chat.completion");
            completion["choices"] = json!([{"index": 0, "message": {}}]);
        }
        let members = completion.as_object_mut().into_iter().flatten();
        for (name, value) in
            members.filter(|(name, _)| !matches!(name.as_str(), "object" | "choices"))
        {
            push_latest(value, &mut chunk[name]);
        }
        let Some(part) = chunk["choices"].get_mut(0) else { continue };
        let choice = &mut completion["choices"][0];
        push_latest(&mut choice["finish_reason"], &mut part["finish_reason"]);
        let message = &mut choice["message"];
        for (name, value) in part["delta"].as_object_mut().into_iter().flatten() {
            if name != "tool_calls" {
                push(&mut message[name], value);
                continue;
            }
            let call = &mut value[0];
            if let Some(members) = call.as_object_mut() {
                members.remove("index");
            }
            if message["tool_calls"].is_null() {
                message["tool_calls"] = json!([call.take()]);
            } else {
                let known = &mut message["tool_calls"][0]["function"]["arguments"];
                push(known, &call["function"]["arguments"]);
            }
        }
    }
    let choice = &mut completion["choices"][0];
    if choice["message"]["content"].is_null() {
        choice["message"]["content"] = Value::Null;
    }
    if let Some(members) = completion.as_object_mut() {
        members.remove("obfuscation");
    }
    completion
}

fn push_latest(to: &mut Value, from: &mut Value) {
    if !from.is_null() {
        *to = from.take();
    }
}

fn anthropic(events: impl Iterator<Item = Value>) -> Value {
    let (mut message, mut input) = (Value::Null, String::new());
    for mut event in events {
        match event["type"].as_str() {
            Some("message_start") => message = event["message"].take(),
            Some("content_block_start") => {
                if let Some(content) = message["content"].as_array_mut() {
                    content.push(event["content_block"].take());
                }
            }
            Some("content_block_delta") => match event["delta"]["partial_json"].as_str() {
                Some(piece) => input.push_str(piece),
                None => push(&mut message["content"][0]["text"], &event["delta"]["text"]),
            },
            Some("content_block_stop") if !input.is_empty() => {
                message["content"][0]["input"] = serde_json::from_str(&input).unwrap_or_default();
            }
            Some("message_delta") => {
                message["stop_reason"] = event["delta"]["stop_reason"].take();
                message["usage"]["output_tokens"] = event["usage"]["output_tokens"].take();
            }
            _ => {}
        }
    }
    message
}
