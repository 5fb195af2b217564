//! The Messages API: its access checks, its prompt caching rules and accounting, its answers.

mod access;
mod diagnostics;
mod error;
mod events;
mod ledger;
mod listing;
mod positions;
mod prompt_cache;
mod reply;
mod rules;
mod settings;
mod terms;
mod thinking;
mod threads;

use std::sync::PoisonError;

use serde_json::{Value, json};

use crate::digest::sorted_text;

use super::answer::Answer;
use super::compose::{Ask, compose};
use super::dispatch::{Handled, object_body, request_id};
use super::fault::Fault;
use super::log::{Endpoint, Seen};
use super::models;
use super::prompted::Prompted;
use super::state::State;

pub(super) use diagnostics::Fingerprints;
pub(super) use error::{error, error_event, fault_answer};
pub(super) use events::pieces;
pub use ledger::{Ledger, LedgerPosition, block_tokens};
pub use prompt_cache::Usage;
pub(super) use threads::Threads;

use positions::Prompt;
use reply::Reply;

/// Top-level members that change nothing in the answer, or are counted elsewhere in the digest.
const NOT_IN_DIGEST: &[&str] =
    &["stream", "cache_control", "metadata", "messages", "system", "tools", "thread"];

/// Answers a request for one of this provider's paths, or for none.
pub(super) fn respond(state: &State, seen: &Seen, fault: Option<&Fault>, id: u64) -> Handled {
    let allowed = match seen.endpoint {
        Endpoint::Messages | Endpoint::CountTokens => "POST",
        Endpoint::Models => "GET",
        _ => return error(404, "not_found_error", "Not Found", id).into(),
    };
    if seen.method != allowed {
        let refused = error(405, "invalid_request_error", "Method Not Allowed", id);
        return refused.header("allow", allowed).into();
    }
    match seen.endpoint {
        Endpoint::Messages => messages(state, seen, fault, id),
        Endpoint::Models => listing::listing(seen, id).into(),
        _ => count_tokens(state, seen, id).into(),
    }
}

/// `POST /v1/messages`.
fn messages(state: &State, seen: &Seen, fault: Option<&Fault>, id: u64) -> Handled {
    let (body, workspace) = match admit(state, seen, true, id) {
        Ok(admitted) => admitted,
        Err(answer) => return answer.into(),
    };
    let model = text(&body, "model");
    let prompt = Prompt::read(&body, &workspace);
    let billing = prompt_cache::look_up(
        &mut state.prefixes.lock().unwrap_or_else(PoisonError::into_inner),
        &prompt,
        models::minimum_cacheable_tokens(model),
        seen.at_ms,
    );
    let composed = compose(&ask(&body, &prompt), fault);
    let diagnostics = match fault {
        Some(Fault::DiagnosticsPending) => json!({"cache_miss_reason": null}),
        _ => state.fingerprints.lock().unwrap_or_else(PoisonError::into_inner).compare(
            &body,
            &prompt,
            seen,
            (&workspace, reply::message_id(id)),
        ),
    };
    let reply = Reply {
        id,
        model,
        composed: &composed,
        usage: &billing.usage,
        diagnostics: &diagnostics,
        speed: body["speed"].as_str().unwrap_or("standard"),
    };
    let message = reply.message();
    state.threads.lock().unwrap_or_else(PoisonError::into_inner).hold(&body, &workspace, &message);
    let answer = if body.get("stream") == Some(&Value::Bool(true)) {
        Answer::events(events::events(&reply))
    } else {
        Answer::json(200, &message)
    };
    let answer = answer
        .header("request-id", request_id(id))
        .header("anthropic-workspace-id", workspace)
        .header("anthropic-ratelimit-requests-limit", "4000");
    Handled { answer, writes: billing.writes }
}

/// `POST /v1/messages/count_tokens`.
fn count_tokens(state: &State, seen: &Seen, id: u64) -> Answer {
    match admit(state, seen, false, id) {
        Ok((body, workspace)) => {
            let tokens = Prompt::read(&body, &workspace).tokens();
            Answer::json(200, &json!({"input_tokens": tokens}))
                .header("request-id", request_id(id))
                .header("anthropic-workspace-id", workspace)
        }
        Err(answer) => answer,
    }
}

/// Every check in the provider's order: credential, version and betas, JSON, what these allow,
/// members, model, rules. The body of a thread is the whole conversation.
fn admit(
    state: &State,
    seen: &Seen,
    needs_max_tokens: bool,
    id: u64,
) -> Result<(Value, String), Answer> {
    let access = access::check(seen).map_err(|refused| refused.into_answer(id))?;
    let invalid = |message: String| error(400, "invalid_request_error", &message, id);
    let body = object_body(seen)
        .map_err(|why| invalid(format!("The request body is not valid JSON: {why}")))?;
    if let Some(message) = terms::violation(&body, &access) {
        return Err(invalid(message));
    }
    let workspace = state.workspace(access.credential);
    let threads = state.threads.lock().unwrap_or_else(PoisonError::into_inner);
    let body = threads.complete(body, &workspace, id)?;
    match refusal(&body, needs_max_tokens) {
        Some(refused) => Err(error(refused.status, refused.kind, &refused.message, id)),
        None => Ok((body, workspace)),
    }
}

/// Why a body is refused.
struct Refusal {
    status: u16,
    kind: &'static str,
    message: String,
}

/// The checks on the body alone: members, model, rules.
fn refusal(body: &Value, needs_max_tokens: bool) -> Option<Refusal> {
    let invalid = |message| Refusal { status: 400, kind: "invalid_request_error", message };
    for member in ["model", "messages", "max_tokens"] {
        if body.get(member).is_none_or(Value::is_null)
            && (member != "max_tokens" || needs_max_tokens)
        {
            return Some(invalid(format!("{member}: Field required")));
        }
    }
    let Some(messages) = body["messages"].as_array() else {
        return Some(invalid("messages: Input should be a valid array".into()));
    };
    if messages.is_empty() {
        return Some(invalid("messages: at least one message is required".into()));
    }
    let model = text(body, "model");
    if !models::is_messages_model(model) {
        let message = format!("model: {model}");
        return Some(Refusal { status: 404, kind: "not_found_error", message });
    }
    rules::violation(body).map(|(_, message)| invalid(message))
}

/// What the emulator answers: the tool that is forced or offered, the output format, or plain text.
fn ask<'a>(body: &'a Value, prompt: &Prompt) -> Ask<'a> {
    let mut rest = body.clone();
    if let Some(members) = rest.as_object_mut() {
        members.retain(|name, _| !NOT_IN_DIGEST.contains(&name.as_str()));
    }
    let last = body["messages"].as_array().and_then(|all| all.last());
    Ask {
        text: last_user_text(body),
        schema: settings::format(body).and_then(|format| format.get("schema")),
        prompted: Prompted::of(prompt_texts(body)),
        tool: called_tool(body, last),
        tokens_max: body.get("max_tokens").and_then(Value::as_u64),
        digest: prompt.digest().field(sorted_text(&rest).as_bytes()),
        bytes: prompt.bytes(),
        ..Ask::default()
    }
}

/// The texts of the system prompt and of the user's turns, in order.
fn prompt_texts(body: &Value) -> impl Iterator<Item = &str> {
    let messages = body["messages"].as_array().into_iter().flatten();
    let asking = messages.filter(|message| message["role"] != "assistant");
    std::iter::once(&body["system"]).chain(asking.map(|message| &message["content"])).flat_map(
        |content| {
            let blocks = content.as_array().into_iter().flatten();
            content.as_str().into_iter().chain(blocks.filter_map(|block| block["text"].as_str()))
        },
    )
}

/// A forced tool is called, else the first that is offered; none after a tool result or where the
/// choice is `none`. Tools without an input schema run at the provider and are never called.
fn called_tool<'a>(body: &'a Value, last: Option<&Value>) -> Option<(&'a str, &'a Value)> {
    let choice = body.pointer("/tool_choice/type").and_then(Value::as_str).unwrap_or("auto");
    let named = body.pointer("/tool_choice/name");
    let answers_a_tool = last
        .and_then(|message| message["content"].as_array())
        .is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_result"));
    if choice == "none" || (choice == "auto" && answers_a_tool) {
        return None;
    }
    let tools = body.get("tools")?.as_array()?;
    tools
        .iter()
        .filter(|tool| choice != "tool" || tool.get("name") == named)
        .find_map(|tool| Some((tool.get("name")?.as_str()?, tool.get("input_schema")?)))
}

fn last_user_text(body: &Value) -> String {
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let user = messages.iter().rev().find(|message| message["role"] == "user");
    match user.map(|message| &message["content"]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(blocks)) => {
            let texts: Vec<&str> =
                blocks.iter().filter_map(|block| block["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body[member].as_str().unwrap_or_default()
}

#[cfg(test)]
mod accounting_tests;
#[cfg(test)]
mod diagnostics_tests;
#[cfg(test)]
mod invalidation_tests;
