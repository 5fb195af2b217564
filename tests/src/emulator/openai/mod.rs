//! The Chat Completions API: its access checks and its answers.
//!
//! Prompt caching of this provider is not emulated: `cached_tokens` is always 0.

mod error;
mod events;
mod reply;

use serde_json::Value;

use crate::digest::{Digest, sorted_text};

use super::answer::Answer;
use super::compose::{Ask, compose, tokens};
use super::dispatch::{object_body, request_id};
use super::fault::Fault;
use super::log::Seen;
use super::models;
use super::schema;
use super::state::State;

pub(super) use error::{error_event, fault_answer, not_found, too_large};

use error::error;
use reply::Reply;

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

/// `POST /v1/chat/completions`.
pub(super) fn chat(state: &State, seen: &Seen, fault: Option<&Fault>, id: u64) -> Answer {
    let body = match admit(seen, id) {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let ask = ask(&body);
    let composed = compose(&ask, fault);
    let reply = Reply {
        id,
        model: body["model"].as_str().unwrap_or_default(),
        created: state.clock.now_ms() / 1000,
        choices: body["n"].as_u64().unwrap_or(1).clamp(1, 128),
        prompt_tokens: tokens(ask.bytes),
        composed: &composed,
    };
    let answer = if body["stream"] == true {
        let with_usage = body["stream_options"]["include_usage"] == true;
        Answer::events(events::events(&reply, with_usage))
    } else {
        Answer::json(200, &reply.completion())
    };
    answer.header("x-request-id", request_id(id)).header("openai-version", "2020-10-01")
}

fn admit(seen: &Seen, id: u64) -> Result<Value, Answer> {
    let token = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let unauthorized = |message: &str| error(401, "invalid_request_error", message, id);
    match token {
        None | Some("") => {
            return Err(unauthorized("You didn't provide an API key."));
        }
        Some(token) if token.contains("invalid") => {
            return Err(error::coded(
                401,
                "invalid_request_error",
                "Incorrect API key provided.",
                Some("invalid_api_key"),
                None,
                id,
            ));
        }
        Some(_) => {}
    }
    let invalid = |message: String| error(400, "invalid_request_error", &message, id);
    let body = object_body(seen).map_err(|why| {
        invalid(format!("We could not parse the JSON body of your request: {why}"))
    })?;
    let model = body["model"].as_str().unwrap_or_default();
    if model.is_empty() {
        return Err(invalid("you must provide a model parameter".into()));
    }
    if body["messages"].as_array().is_none_or(Vec::is_empty) {
        return Err(error::coded(
            400,
            "invalid_request_error",
            "Missing required parameter: 'messages'.",
            Some("missing_required_parameter"),
            Some("messages"),
            id,
        ));
    }
    if !models::is_chat_model(model) {
        let message =
            format!("The model `{model}` does not exist or you do not have access to it.");
        return Err(error::coded(
            404,
            "invalid_request_error",
            &message,
            Some("model_not_found"),
            None,
            id,
        ));
    }
    if let Some(broken) = schema::openai_violation(&body) {
        return Err(error::coded(
            400,
            "invalid_request_error",
            &broken.message,
            broken.code,
            Some(&broken.param),
            id,
        ));
    }
    Ok(body)
}

fn ask(body: &Value) -> Ask<'_> {
    let mut counted = body.clone();
    if let Some(members) = counted.as_object_mut() {
        members.retain(|name, _| !NOT_IN_DIGEST.contains(&name.as_str()));
    }
    remove_breakpoints(&mut counted["messages"]);
    let text = sorted_text(&counted);
    let limit = body.get("max_completion_tokens").or_else(|| body.get("max_tokens"));
    Ask {
        text: last_user_text(body),
        schema: body.pointer("/response_format/json_schema/schema"),
        tool: called_tool(body),
        tokens_max: limit.and_then(Value::as_u64),
        digest: Digest::new().field(text.as_bytes()),
        bytes: text.len(),
    }
}

/// A named function is called, else the first that is offered; none after a tool's answer or where
/// the choice is `none`.
fn called_tool(body: &Value) -> Option<(&str, &Value)> {
    let choice = &body["tool_choice"];
    let named = choice.pointer("/function/name");
    let forced = named.is_some() || choice == "required";
    let last = body["messages"].as_array().and_then(|all| all.last());
    let answers_a_tool = last.is_some_and(|message| message["role"] == "tool");
    if choice == "none" || (!forced && answers_a_tool) {
        return None;
    }
    let functions = body["tools"].as_array()?.iter().filter_map(|tool| tool.get("function"));
    functions
        .filter(|function| named.is_none() || function.get("name") == named)
        .find_map(|function| Some((function.get("name")?.as_str()?, function.get("parameters")?)))
}

fn last_user_text(body: &Value) -> String {
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let user = messages.iter().rev().find(|message| message["role"] == "user");
    match user.map(|message| &message["content"]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

/// Breakpoints stand on content parts and change no answer.
fn remove_breakpoints(messages: &mut Value) {
    let all = messages.as_array_mut().into_iter().flatten();
    let parts = all.filter_map(|message| message["content"].as_array_mut()).flatten();
    for part in parts.filter_map(Value::as_object_mut) {
        part.shift_remove("prompt_cache_breakpoint");
    }
}
