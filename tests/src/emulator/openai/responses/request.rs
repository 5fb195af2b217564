//! What a request asks for, and its prompt as the cache sees it.

use serde_json::{Value, json};

use crate::digest::{Digest, sorted_text};

use super::super::super::compose::Ask;
use super::super::super::prompted::Prompted;
use super::super::prompt_cache::{Builder, Ends, Options, Prompt, without_breakpoints};
use super::elements;

/// Top-level members that change nothing in the answer, or are counted as items.
const NOT_IN_DIGEST: &[&str] = &[
    "input",
    "previous_response_id",
    "stream",
    "stream_options",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "user",
    "safety_identifier",
    "store",
    "metadata",
    "include",
];

/// Settings that every cached prefix depends on.
const SETTINGS: &[&str] = &[
    "/model",
    "/parallel_tool_calls",
    "/text/format",
    "/text/verbosity",
    "/reasoning/effort",
    "/context_management",
];

/// Members of an item that change nothing in the answer: the provider gives them.
const GIVEN: &[&str] = &["id", "status"];

/// The input as items; a string is one user message.
pub(super) fn items(body: &Value) -> Vec<Value> {
    match &body["input"] {
        Value::String(text) => vec![json!({"type": "message", "role": "user", "content": text})],
        Value::Array(items) => items.clone(),
        _ => Vec::new(),
    }
}

/// What is answered to `body` at the end of the conversation `items`.
pub(super) fn ask<'a>(body: &'a Value, items: &[Value]) -> Ask<'a> {
    let mut counted = body.clone();
    if let Some(members) = counted.as_object_mut() {
        members.retain(|name, _| !NOT_IN_DIGEST.contains(&name.as_str()));
    }
    counted["input"] = items.iter().map(|item| plain(item)).collect();
    let text = sorted_text(&without_breakpoints(counted));
    let (tool, custom_tool) = called_tool(body, items.last());
    let instructions = body["instructions"].as_str();
    Ask {
        text: last_user_text(items),
        tool,
        custom_tool,
        schema: body.pointer("/text/format/schema"),
        prompted: Prompted::of(instructions.into_iter().chain(texts(items))),
        json_object: body.pointer("/text/format/type") == Some(&"json_object".into()),
        tokens_max: body["max_output_tokens"].as_u64(),
        digest: Digest::new().field(text.as_bytes()),
        bytes: text.len(),
    }
}

/// An item as it counts: a message without its default type, nothing that the provider gives.
fn plain(item: &Value) -> Value {
    let mut item = item.clone();
    if let Some(members) = item.as_object_mut() {
        members.retain(|name, value| {
            !GIVEN.contains(&name.as_str()) && !(name == "type" && value == "message")
        });
    }
    item
}

/// A named tool is called, else the first that is offered; none after a tool's output or where the
/// choice is `none`. A function comes with the schema of its arguments, a custom tool by its name.
fn called_tool<'a>(
    body: &'a Value,
    last: Option<&Value>,
) -> (Option<(&'a str, &'a Value)>, Option<&'a str>) {
    let choice = &body["tool_choice"];
    let allowed = choice["tools"].as_array();
    let mode = if choice["type"] == "allowed_tools" { &choice["mode"] } else { choice };
    let named = choice.get("name");
    let forced = named.is_some() || mode == "required";
    let answers_a_tool = last.is_some_and(is_output);
    if mode == "none" || (!forced && answers_a_tool) {
        return (None, None);
    }
    let wanted = |tool: &&Value| {
        named.is_none_or(|name| tool["name"] == *name)
            && allowed.is_none_or(|all| all.iter().any(|one| one["name"] == tool["name"]))
    };
    let called = elements(body, "tools").iter().filter(wanted).find_map(|tool| {
        let name = tool["name"].as_str()?;
        match tool["type"].as_str()? {
            "custom" => Some((None, Some(name))),
            "function" => Some((Some((name, tool.get("parameters")?)), None)),
            _ => None,
        }
    });
    called.unwrap_or_default()
}

fn is_output(item: &Value) -> bool {
    item["type"].as_str().is_some_and(|kind| kind.ends_with("_output"))
}

/// The texts of system, developer and user messages, in order.
fn texts(items: &[Value]) -> impl Iterator<Item = &str> {
    items.iter().filter(|item| item["role"] != "assistant").flat_map(content_texts)
}

/// The texts of a message; none of another item.
pub(super) fn content_texts(item: &Value) -> impl Iterator<Item = &str> {
    let content = &item["content"];
    let parts = content.as_array().into_iter().flatten();
    content.as_str().into_iter().chain(parts.filter_map(|part| part["text"].as_str()))
}

/// The text of the last user turn: user messages in a row are one.
fn last_user_text(items: &[Value]) -> String {
    let is_user = |item: &&Value| item["role"] == "user";
    let turn = items.iter().rev().skip_while(|item| !is_user(item)).take_while(is_user);
    let mut texts: Vec<String> =
        turn.map(|item| content_texts(item).collect::<Vec<_>>().join("\n")).collect();
    texts.reverse();
    texts.join("\n")
}

/// Settings, tools, instructions, then the items part by part.
pub(super) fn prompt(
    body: &Value,
    items: &[Value],
    workspace: &str,
    options: Option<Options>,
) -> Prompt {
    let mut builder = Builder::new(workspace, options);
    for path in SETTINGS {
        builder.setting(&json!([path, body.pointer(path)]));
    }
    elements(body, "tools").iter().for_each(|tool| builder.block("tool", tool));
    if body["instructions"].is_string() {
        builder.content("developer", "input_text", &body["instructions"]);
        builder.end(Ends::Developer);
    }
    for item in items {
        let role = item["role"].as_str().unwrap_or_default();
        let mut rest = plain(item);
        let parts = if is_output(item) { "output" } else { "content" };
        if let Some(members) = rest.as_object_mut() {
            members.shift_remove("role");
            let content = members.shift_remove(parts).unwrap_or_default();
            if !members.is_empty() {
                builder.block(role, &rest);
            }
            let kind = if role == "assistant" { "output_text" } else { "input_text" };
            builder.content(role, kind, &content);
        }
        builder.end(match role {
            "user" => Ends::User,
            "system" | "developer" => Ends::Developer,
            _ if is_output(item) => Ends::ToolResult,
            _ => Ends::Assistant,
        });
    }
    builder.done()
}
