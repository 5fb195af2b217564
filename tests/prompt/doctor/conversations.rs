//! Conversations drawn from a seed: every kind of block, marks anywhere, some settings.

use serde_json::{Value, json};

use super::super::random::Random;

/// Models, with the fewest tokens that they cache and whether they forget earlier thinking.
pub(super) const MODELS: [(&str, u64, bool); 6] = [
    ("claude-opus-5", 512, false),
    ("claude-sonnet-5-5", 512, false),
    ("claude-opus-5-5-20260922", 512, false),
    ("claude-opus-4-8", 1024, false),
    ("claude-sonnet-4-5-20250929", 1024, true),
    ("claude-opus-4-1", 1024, true),
];

/// A text that no other call gives: short as a rule, long now and then.
pub(super) fn text(rng: &mut Random) -> String {
    let len = if rng.once_in(4) { 1000 + rng.below(3000) } else { rng.below(200) };
    let filler = rng.pick(&["x", "\u{e9}", "\"", "\n", "\\"]);
    format!("{:x} {}", rng.next(), filler.repeat(len / filler.len()))
}

pub(super) fn text_block(rng: &mut Random) -> Value {
    json!({"type": "text", "text": text(rng)})
}

pub(super) fn tool(rng: &mut Random) -> Value {
    let description = if rng.once_in(2) { "d".repeat(2400) } else { text(rng) };
    json!({"name": format!("t{:x}", rng.next()), "description": description, "input_schema": {
        "type": "object", "properties": {"a": {"type": "string"}, "b": {"minimum": 1}}}})
}

pub(super) fn web_tool(rng: &mut Random) -> Value {
    let kind = rng.pick(&["web_search_20250305", "web_fetch_20250910"]);
    json!({"type": kind, "name": kind[..9], "max_uses": rng.below(9)})
}

pub(super) fn image(rng: &mut Random) -> Value {
    json!({"type": "image", "source": {"type": "url", "url": text(rng)}})
}

pub(super) fn document(rng: &mut Random) -> Value {
    let inside = json!([text_block(rng), text_block(rng)]);
    json!({"type": "document", "source": {"type": "content", "content": inside}})
}

/// A request with no marks.
pub(super) fn conversation(rng: &mut Random) -> Value {
    let mut body = json!({"model": rng.pick(&MODELS).0, "max_tokens": 10});
    let mut tools: Vec<_> = (0..rng.below(4)).map(|_| tool(rng)).collect();
    if rng.once_in(5) {
        tools.insert(rng.below(tools.len() + 1), web_tool(rng));
    }
    if !tools.is_empty() {
        body["tools"] = tools.into();
    }
    match rng.below(3) {
        0 => {}
        1 => body["system"] = text(rng).repeat(3).into(),
        _ => body["system"] = (0..=rng.below(2)).map(|_| text_block(rng)).collect(),
    }
    for (member, value) in [
        ("tool_choice", json!({"type": "auto"})),
        ("thinking", json!({"type": "enabled", "budget_tokens": 1024})),
        ("output_config", json!({"effort": "low"})),
    ] {
        if rng.once_in(5) {
            body[member] = value;
        }
    }
    let turns = 1 + rng.below(4);
    let mut messages = Vec::new();
    for _ in 1..turns {
        turn(rng, &mut messages);
    }
    messages.push(json!({"role": "user", "content": user_content(rng)}));
    if rng.once_in(3) {
        let count = answer_with_tools(rng, &mut messages);
        messages.push(json!({"role": "user", "content": results(rng, count)}));
    }
    body["messages"] = messages.into();
    body
}

/// A user's turn and what the model says to it.
pub(super) fn turn(rng: &mut Random, messages: &mut Vec<Value>) {
    messages.push(json!({"role": "user", "content": user_content(rng)}));
    if rng.once_in(2) {
        let count = answer_with_tools(rng, messages);
        messages.push(json!({"role": "user", "content": results(rng, count)}));
    }
    let mut said = vec![text_block(rng)];
    if rng.once_in(5) {
        said.insert(0, json!({"type": "server_tool_use", "id": "s", "input": {}}));
        let found = text(rng);
        said.push(json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": found}));
    }
    if rng.once_in(4) {
        said.insert(0, thinking(rng));
    }
    messages.push(json!({"role": "assistant", "content": said}));
}

pub(super) fn thinking(rng: &mut Random) -> Value {
    json!({"type": "thinking", "thinking": text(rng), "signature": "s"})
}

fn user_content(rng: &mut Random) -> Value {
    if rng.once_in(3) {
        return text(rng).into();
    }
    let mut blocks: Vec<_> = (0..=rng.below(3)).map(|_| text_block(rng)).collect();
    if rng.once_in(10) {
        blocks.push(image(rng));
    }
    if rng.once_in(5) {
        blocks.insert(0, document(rng));
    }
    blocks.into()
}

/// The model's calls: now and then so many that only runs keep them within a look-back.
fn answer_with_tools(rng: &mut Random, messages: &mut Vec<Value>) -> usize {
    let count = if rng.once_in(6) { 25 } else { 1 + rng.below(3) };
    let call = |id: usize| json!({"type": "tool_use", "id": id.to_string(), "input": {"q": id}});
    let mut blocks: Vec<_> = (0..count).map(call).collect();
    if rng.once_in(3) {
        blocks.insert(0, thinking(rng));
    }
    messages.push(json!({"role": "assistant", "content": blocks}));
    count
}

fn results(rng: &mut Random, count: usize) -> Value {
    let mut blocks = Vec::new();
    for id in 0..count {
        let content = if rng.once_in(2) { text(rng).into() } else { json!([text_block(rng)]) };
        blocks.push(json!({"type": "tool_result", "tool_use_id": id.to_string(),
            "content": content}));
    }
    blocks.into()
}

/// Pointers to all blocks that may be marked, in the order of processing.
pub(super) fn markable(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut list = |pointer: String| {
        let blocks = body.pointer(&pointer).and_then(Value::as_array);
        for (index, block) in blocks.into_iter().flatten().enumerate() {
            let kind = block["type"].as_str().unwrap_or_default();
            if kind != "thinking" && block["text"] != "" {
                found.push(format!("{pointer}/{index}"));
            }
        }
    };
    list("/tools".into());
    list("/system".into());
    for index in 0..body["messages"].as_array().map_or(0, Vec::len) {
        list(format!("/messages/{index}/content"));
    }
    found
}

/// Takes all marks away and gives the places where marks may be.
pub(super) fn unmark(body: &mut Value) -> Vec<String> {
    let places = markable(body);
    for place in places.iter().map(String::as_str).chain([""]) {
        let block = body.pointer_mut(place).and_then(Value::as_object_mut).unwrap();
        block.shift_remove("cache_control");
        let inside = block.get_mut("content").and_then(Value::as_array_mut);
        for inner in inside.into_iter().flatten().filter_map(Value::as_object_mut) {
            inner.shift_remove("cache_control");
        }
    }
    places
}

/// Takes all marks away and places others: up to four, those of an hour first.
pub(super) fn mark(rng: &mut Random, body: &mut Value) {
    let places = unmark(body);
    let count = if rng.once_in(8) { 0 } else { 1 + rng.below(4) };
    // The static beginning and the end of a conversation are the places that matter most.
    let mut place = || {
        let among = if rng.once_in(2) { places.len().min(5) } else { places.len() };
        rng.below(among.max(1))
    };
    let mut chosen: Vec<_> = (0..count).map(|_| place()).collect();
    if rng.once_in(3) {
        chosen.pop();
        chosen.push(places.len().saturating_sub(1));
    }
    chosen.retain(|index| *index < places.len());
    chosen.sort_unstable();
    chosen.dedup();
    let hours = if rng.once_in(3) { rng.below(chosen.len() + 1) } else { 0 };
    for (count, index) in chosen.iter().enumerate() {
        let ttl = if count < hours { Some("1h") } else { *rng.pick(&[None, Some("5m")]) };
        let mut control = json!({"type": "ephemeral"});
        if let Some(ttl) = ttl {
            control["ttl"] = ttl.into();
        }
        let block = body.pointer_mut(&places[*index]).unwrap();
        // A mark on the last block inside a tool result is as good as one on the result.
        match block.get_mut("content").and_then(Value::as_array_mut) {
            Some(inside) if rng.once_in(2) => inside.last_mut().unwrap()["cache_control"] = control,
            _ => block["cache_control"] = control,
        }
    }
    if rng.once_in(4) && chosen.len() < 4 && hours == 0 {
        body["cache_control"] = json!({"type": "ephemeral"});
    }
}
