//! What a request asks for, and its prompt as the cache sees it.

use serde_json::{Value, json};

use crate::digest::{Digest, sorted_text};

use super::super::super::compose::Ask;
use super::super::super::prompted::Prompted;
use super::super::prompt_cache::{Builder, Ends, Options, Prompt, without_breakpoints};
use super::elements;

/// Top-level members that change nothing in the answer.
const NOT_IN_DIGEST: &[&str] = &[
    "stream",
    "stream_options",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "user",
    "safety_identifier",
    "store",
    "metadata",
];

/// Settings that every cached prefix depends on.
const SETTINGS: &[&str] =
    &["model", "parallel_tool_calls", "response_format", "reasoning_effort", "verbosity"];

/// What choice number `choice` answers.
pub(super) fn ask(body: &Value, choice: u64) -> Ask<'_> {
    let mut counted = without_breakpoints(body.clone());
    if let Some(members) = counted.as_object_mut() {
        members.retain(|name, _| !NOT_IN_DIGEST.contains(&name.as_str()));
    }
    let text = sorted_text(&counted);
    let mut digest = Digest::new().field(text.as_bytes());
    if choice > 0 {
        digest = digest.field(&choice.to_le_bytes());
    }
    let limit = body.get("max_completion_tokens").or_else(|| body.get("max_tokens"));
    let (tool, custom_tool) = called_tool(body);
    Ask {
        text: last_user_text(body),
        tool,
        custom_tool,
        schema: body.pointer("/response_format/json_schema/schema"),
        prompted: Prompted::of(texts(body)),
        json_object: body["response_format"]["type"] == "json_object",
        tokens_max: limit.and_then(Value::as_u64),
        digest,
        bytes: text.len(),
    }
}

/// A named tool is called, else the first that is offered; none after a tool's answer or where the
/// choice is `none`. A function comes with the schema of its arguments, a custom tool by its name.
fn called_tool(body: &Value) -> (Option<(&str, &Value)>, Option<&str>) {
    let choice = &body["tool_choice"];
    let named = choice.pointer("/function/name").or_else(|| choice.pointer("/custom/name"));
    let forced = named.is_some() || choice == "required";
    let last = elements(body, "messages").last();
    let answers_a_tool = last.is_some_and(|message| message["role"] == "tool");
    if choice == "none" || (!forced && answers_a_tool) {
        return (None, None);
    }
    let wanted = |tool: &Value| named.is_none() || tool.get("name") == named;
    let called = elements(body, "tools").iter().find_map(|tool| {
        if let Some(custom) = tool.get("custom").filter(|tool| wanted(tool)) {
            return Some((None, Some(custom["name"].as_str()?)));
        }
        let function = tool.get("function").filter(|tool| wanted(tool))?;
        Some((Some((function["name"].as_str()?, function.get("parameters")?)), None))
    });
    called.unwrap_or_default()
}

/// The texts of system, developer and user messages, in order.
pub(super) fn texts(body: &Value) -> impl Iterator<Item = &str> {
    let asking = |message: &&Value| message["role"] != "assistant" && message["role"] != "tool";
    elements(body, "messages").iter().filter(asking).flat_map(content_texts)
}

/// The texts of all messages.
pub(super) fn all_texts(body: &Value) -> impl Iterator<Item = &str> {
    elements(body, "messages").iter().flat_map(content_texts)
}

fn content_texts(message: &Value) -> impl Iterator<Item = &str> {
    let content = &message["content"];
    let parts = content.as_array().into_iter().flatten();
    content.as_str().into_iter().chain(parts.filter_map(|part| part["text"].as_str()))
}

/// The text of the last user turn: user messages in a row are one.
fn last_user_text(body: &Value) -> String {
    let is_user = |message: &&Value| message["role"] == "user";
    let messages = elements(body, "messages").iter().rev();
    let turn = messages.skip_while(|message| !is_user(message)).take_while(is_user);
    let mut texts: Vec<String> =
        turn.map(|message| content_texts(message).collect::<Vec<_>>().join("\n")).collect();
    texts.reverse();
    texts.join("\n")
}

/// Settings, tools, then the messages part by part.
pub(super) fn prompt(body: &Value, workspace: &str, options: Option<Options>) -> Prompt {
    let mut builder = Builder::new(workspace, options);
    for name in SETTINGS {
        builder.setting(&json!([name, body[*name]]));
    }
    elements(body, "tools").iter().for_each(|tool| builder.block("tool", tool));
    for message in elements(body, "messages") {
        let role = message["role"].as_str().unwrap_or_default();
        builder.content(role, "text", &message["content"]);
        let mut rest = message.clone();
        if let Some(members) = rest.as_object_mut() {
            members.shift_remove("role");
            members.shift_remove("content");
            if !members.is_empty() {
                builder.block(role, &rest);
            }
        }
        builder.end(match role {
            "user" => Ends::User,
            "tool" => Ends::ToolResult,
            "system" | "developer" => Ends::Developer,
            _ => Ends::Assistant,
        });
    }
    builder.done()
}
