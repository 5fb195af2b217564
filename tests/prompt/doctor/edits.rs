//! Edits of a conversation, each with the row of the provider's table, the path and the change that
//! a doctor has to name.

use serde_json::{Value, json};

use super::super::random::Random;
use super::conversations::{
    MODELS, document, image, markable, text, text_block, thinking, turn, unmark,
};
use super::tool_edits::{
    tool_added, tool_description, tool_number_respelled, tool_removed, tool_schema_reordered,
    tools_swapped, web_tool_set, web_tool_toggled,
};

/// What the first difference must be: row, path, change.
pub(super) type Expected = (&'static str, String, &'static str);

/// What an edit did: it may have had nothing to work on, and its difference may not be known.
pub(super) enum Done {
    NotHere,
    Nothing,
    Expected(Expected),
    /// A difference whose place is not told beforehand.
    Something,
}

pub(super) type Edit = fn(&mut Random, &mut Value) -> Done;

/// All of them by name.
pub(super) const EDITS: &[(&str, Edit)] = &[
    ("nothing", |_, _| Done::Nothing),
    ("other members", other_members),
    ("string as a block", string_as_a_block),
    ("conversation grows", grows),
    ("grows far", grows_far),
    ("grows to the look-back's end", grows_to_the_end),
    ("a run of tool calls", a_run),
    ("new turn", new_turn),
    ("model", model),
    ("tool description", tool_description),
    ("tool schema reordered", tool_schema_reordered),
    ("tool number respelled", tool_number_respelled),
    ("tool added", tool_added),
    ("tool removed", tool_removed),
    ("tools swapped", tools_swapped),
    ("web tool on or off", web_tool_toggled),
    ("web tool set otherwise", web_tool_set),
    ("citations on or off", citations),
    ("speed", |_, body| set(body, "speed", json!("fast"), "speed")),
    ("output format", output_format),
    ("system text", system_text),
    ("system block added", system_added),
    ("tool choice", tool_choice),
    ("parallel tool use", parallel_tool_use),
    ("image added or removed", images),
    ("thinking budget", thinking_budget),
    ("effort", effort),
    ("default effort stated", default_effort),
    ("context management", |_, body| {
        set(body, "context_management", json!({"edits": []}), "context management")
    }),
    ("message text", message_text),
    ("block removed", block_removed),
    ("thinking removed", thinking_removed),
    ("role", role),
    ("conversation cut", cut),
];

pub(super) fn expect(row: &'static str, path: impl Into<String>, change: &'static str) -> Done {
    Done::Expected((row, path.into(), change))
}

fn set(body: &mut Value, member: &str, value: Value, row: &'static str) -> Done {
    body[member] = value;
    expect(row, member, "Added")
}

pub(super) fn list<'a>(body: &'a mut Value, member: &str) -> Option<&'a mut Vec<Value>> {
    body.get_mut(member)?.as_array_mut()
}

/// Places of message blocks for which `holds`, as `(message, block)`.
fn blocks(body: &Value, holds: fn(&Value) -> bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (index, message) in body["messages"].as_array().unwrap().iter().enumerate() {
        let blocks = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        found.extend((0..blocks.len()).filter(|at| holds(&blocks[*at])).map(|at| (index, at)));
    }
    found
}

fn path(&(message, block): &(usize, usize)) -> String {
    format!("messages.{message}.content.{block}")
}

/// The user's last list of blocks that is more than tool results.
fn user_blocks(body: &mut Value) -> Option<(usize, &mut Vec<Value>)> {
    let messages = list(body, "messages")?.iter_mut().enumerate().rev();
    let mut own = messages.filter(|(_, message)| message["role"] == "user");
    own.find_map(|(index, message)| Some((index, message["content"].as_array_mut()?)))
        .filter(|(_, blocks)| blocks.iter().any(|block| block["type"] == "text"))
}

fn other_members(rng: &mut Random, body: &mut Value) -> Done {
    body["max_tokens"] = (11 + rng.below(9)).into();
    body["metadata"] = json!({"user_id": text(rng)});
    body["speed"] = Value::Null;
    Done::Nothing
}

fn string_as_a_block(_: &mut Random, body: &mut Value) -> Done {
    let mut done = Done::NotHere;
    let messages = body["messages"].as_array_mut().unwrap().iter_mut();
    for content in messages.filter_map(|message| message.get_mut("content")) {
        if let Value::String(text) = content {
            *content = json!([{"type": "text", "text": text}]);
            done = Done::Nothing;
        }
    }
    done
}

/// Pushes a turn; the first thinking that the model forgets for it is the difference.
fn with_turn(body: &mut Value, push: impl FnOnce(&mut Vec<Value>)) -> Done {
    let is_forgetful = MODELS.iter().any(|row| body["model"] == row.0 && row.2);
    let before = last_turn(body);
    let thought = blocks(body, |block| block["type"] == "thinking");
    push(list(body, "messages").unwrap());
    let after = last_turn(body);
    let forgotten = thought.iter().find(|(message, _)| (before..after).contains(message));
    match forgotten.filter(|_| is_forgetful) {
        Some(place) => expect("thinking of earlier turns", path(place), "Changed"),
        None => Done::Nothing,
    }
}

fn last_turn(body: &Value) -> usize {
    let is_turn = |message: &Value| {
        message["role"] == "user"
            && message["content"]
                .as_array()
                .is_none_or(|blocks| blocks.iter().any(|block| block["type"] != "tool_result"))
    };
    body["messages"].as_array().unwrap().iter().rposition(is_turn).unwrap_or(0)
}

/// Ends with what the model says, so that no turn of the user's makes it forget.
fn grows(rng: &mut Random, body: &mut Value) -> Done {
    let said = json!({"role": "assistant", "content": [text_block(rng)]});
    list(body, "messages").unwrap().push(said);
    Done::Nothing
}

fn grows_far(rng: &mut Random, body: &mut Value) -> Done {
    let count = 15 + rng.below(10);
    push_texts(body, count);
    Done::Nothing
}

/// The last mark ends up nineteen or twenty blocks before the only one.
fn grows_to_the_end(rng: &mut Random, body: &mut Value) -> Done {
    let places = markable(body);
    let is_marked = |place: &&String| body.pointer(place).unwrap().get("cache_control").is_some();
    let Some(last) = places.iter().rposition(|place| is_marked(&place)) else {
        return Done::NotHere;
    };
    let behind = places.len() - 1 - last;
    if behind > 15 {
        return Done::NotHere;
    }
    push_texts(body, 19 + rng.below(2) - behind);
    Done::Nothing
}

/// Pushes that many short texts, the only mark on the last of them.
fn push_texts(body: &mut Value, count: usize) {
    let text = |index: usize| json!({"type": "text", "text": index.to_string()});
    let mut said: Vec<_> = (0..count).map(text).collect();
    unmark(body);
    said[count - 1]["cache_control"] = json!({"type": "ephemeral"});
    list(body, "messages").unwrap().push(json!({"role": "assistant", "content": said}));
}

fn a_run(rng: &mut Random, body: &mut Value) -> Done {
    let count = 10 + rng.below(30);
    let call = |id: usize| json!({"type": "tool_use", "id": id.to_string(), "input": {}});
    let result = |id: usize| json!({"type": "tool_result", "tool_use_id": id.to_string()});
    let calls: Vec<_> = (0..count).map(call).collect();
    let results: Vec<_> = (0..count).map(result).collect();
    let messages = list(body, "messages").unwrap();
    messages.push(json!({"role": "assistant", "content": calls}));
    messages.push(json!({"role": "user", "content": results}));
    Done::Nothing
}

fn new_turn(rng: &mut Random, body: &mut Value) -> Done {
    with_turn(body, |messages| {
        messages.push(json!({"role": "assistant", "content": [thinking(rng), text_block(rng)]}));
        let mut more = Vec::new();
        turn(rng, &mut more);
        more.retain(|message| !message["content"].to_string().contains("\"image\""));
        messages.append(&mut more);
        messages.push(json!({"role": "user", "content": text(rng)}));
    })
}

fn model(rng: &mut Random, body: &mut Value) -> Done {
    let other = rng.pick(&MODELS).0;
    if body["model"] == other {
        return Done::NotHere;
    }
    body["model"] = other.into();
    expect("model", "model", "Changed")
}

fn citations(rng: &mut Random, body: &mut Value) -> Done {
    let on = blocks(body, |block| block["citations"]["enabled"] == true);
    if let [(message, block)] = on[..] {
        let cited = &mut body["messages"][message]["content"][block];
        cited.as_object_mut().unwrap().shift_remove("citations");
        return expect("citations", path(&(message, block)), "Removed");
    }
    let Some((message, blocks)) = user_blocks(body) else { return Done::NotHere };
    let mut cited = document(rng);
    cited["citations"] = json!({"enabled": true});
    blocks.push(cited);
    expect("citations", path(&(message, blocks.len() - 1)), "Added")
}

fn output_format(_: &mut Random, body: &mut Value) -> Done {
    body["output_config"]["format"] = json!({"type": "json_schema", "schema": {}});
    expect("output format", "output_config.format", "Added")
}

fn system_text(rng: &mut Random, body: &mut Value) -> Done {
    let other = text(rng);
    let index = match body.get_mut("system") {
        Some(Value::Array(blocks)) => {
            let index = rng.below(blocks.len());
            blocks[index]["text"] = other.into();
            index
        }
        Some(system) => {
            *system = other.into();
            0
        }
        None => return Done::NotHere,
    };
    expect("system text", format!("system.{index}.text"), "Changed")
}

fn system_added(rng: &mut Random, body: &mut Value) -> Done {
    match body.get_mut("system") {
        Some(Value::Array(blocks)) => {
            blocks.push(text_block(rng));
            expect("system text", format!("system.{}", blocks.len() - 1), "Added")
        }
        Some(_) => Done::NotHere,
        None => {
            body["system"] = text(rng).into();
            expect("system text", "system.0", "Added")
        }
    }
}

fn tool_choice(_: &mut Random, body: &mut Value) -> Done {
    if body.get("tool_choice").is_none() {
        return set(body, "tool_choice", json!({"type": "none"}), "tool choice");
    }
    body["tool_choice"]["type"] = "none".into();
    expect("tool choice", "tool_choice.type", "Changed")
}

fn parallel_tool_use(_: &mut Random, body: &mut Value) -> Done {
    if body.get("tool_choice").is_none() {
        return Done::NotHere;
    }
    body["tool_choice"]["disable_parallel_tool_use"] = true.into();
    expect("tool choice", "tool_choice.disable_parallel_tool_use", "Added")
}

fn images(rng: &mut Random, body: &mut Value) -> Done {
    match blocks(body, |block| block["type"] == "image")[..] {
        [] => {
            let Some((message, blocks)) = user_blocks(body) else { return Done::NotHere };
            blocks.push(image(rng));
            expect("images", path(&(message, blocks.len() - 1)), "Added")
        }
        [(message, block)] => {
            body["messages"][message]["content"].as_array_mut().unwrap().remove(block);
            expect("images", path(&(message, block)), "Removed")
        }
        _ => Done::NotHere,
    }
}

fn thinking_budget(_: &mut Random, body: &mut Value) -> Done {
    if body.get("thinking").is_none() {
        body["thinking"] = json!({"type": "adaptive"});
        return expect("thinking parameters", "thinking.type", "Added");
    }
    body["thinking"]["budget_tokens"] = 2048.into();
    expect("thinking parameters", "thinking.budget_tokens", "Changed")
}

fn effort(_: &mut Random, body: &mut Value) -> Done {
    let change = if body["output_config"]["effort"].is_null() { "Added" } else { "Changed" };
    body["output_config"]["effort"] = "max".into();
    expect("effort", "output_config.effort", change)
}

fn default_effort(_: &mut Random, body: &mut Value) -> Done {
    if !body["output_config"]["effort"].is_null() {
        return Done::NotHere;
    }
    body["output_config"]["effort"] = "high".into();
    Done::Nothing
}

fn message_text(rng: &mut Random, body: &mut Value) -> Done {
    let texts = blocks(body, |block| block["type"] == "text");
    if texts.is_empty() {
        return Done::NotHere;
    }
    let (message, block) = *rng.pick(&texts);
    body["messages"][message]["content"][block]["text"] = text(rng).into();
    expect("messages", format!("messages.{message}.content.{block}.text"), "Changed")
}

fn block_removed(rng: &mut Random, body: &mut Value) -> Done {
    let all = markable(body);
    let in_messages: Vec<_> = all.iter().filter(|at| at.starts_with("/messages")).collect();
    if in_messages.is_empty() {
        return Done::NotHere;
    }
    let (list, index) = rng.pick(&in_messages).rsplit_once('/').unwrap();
    let blocks = body.pointer_mut(list).and_then(Value::as_array_mut).unwrap();
    if blocks.len() == 1 {
        return Done::NotHere;
    }
    blocks.remove(index.parse().unwrap());
    Done::Something
}

fn thinking_removed(rng: &mut Random, body: &mut Value) -> Done {
    let thought = blocks(body, |block| block["type"] == "thinking");
    if thought.is_empty() {
        return Done::NotHere;
    }
    let (message, block) = *rng.pick(&thought);
    body["messages"][message]["content"].as_array_mut().unwrap().remove(block);
    Done::Something
}

fn role(_: &mut Random, body: &mut Value) -> Done {
    body["messages"][0]["role"] = "assistant".into();
    Done::Something
}

fn cut(rng: &mut Random, body: &mut Value) -> Done {
    let messages = list(body, "messages").unwrap();
    if messages.len() < 2 {
        return Done::NotHere;
    }
    messages.truncate(1 + rng.below(messages.len() - 1));
    Done::Something
}
