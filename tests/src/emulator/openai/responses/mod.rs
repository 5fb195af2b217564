//! The Responses API: its checks, its state, what it answers, what it bills.

mod checks;
mod events;
mod kept;
mod reply;
mod request;

use std::sync::PoisonError;

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::compose::compose;
use super::super::dispatch::{Handled, request_id};
use super::super::fault::Fault;
use super::super::log::Seen;
use super::super::state::State;
use super::error::{Refused, other_method, unknown_path};
use super::{access, prompt_cache};

pub(in super::super) use kept::Kept;

use kept::Turn;
use reply::Reply;

/// The path of a new response; one that is kept is named behind it.
const PATH: &str = "/v1/responses";

/// `POST /v1/responses`, `GET` and `DELETE /v1/responses/ID`.
pub(super) fn respond(
    state: &State,
    seen: &Seen,
    fault: Option<&Fault>,
    id: u64,
) -> Result<Handled, Refused> {
    let workspace = state.workspace(access::key(seen)?);
    let name = seen.path.strip_prefix(PATH).unwrap_or_default().trim_start_matches('/');
    let handled = match (seen.method.as_str(), name) {
        ("POST", "") => create(state, seen, fault, &workspace, id)?,
        (_, "") => return Err(other_method(&seen.method, &seen.path)),
        (_, name) if name.contains('/') => {
            return Ok(unknown_path(&seen.method, &seen.path, id).into());
        }
        (method, name) => {
            let mut kept = state.responses.lock().unwrap_or_else(PoisonError::into_inner);
            let body = match method {
                "GET" => kept.get(&workspace, name).map(|turn| turn.response.clone()),
                "DELETE" => kept
                    .remove(&workspace, name)
                    .then(|| json!({"id": name, "object": "response", "deleted": true})),
                _ => return Err(other_method(method, &seen.path)),
            };
            Answer::json(200, &body.ok_or_else(|| not_kept(name))?).into()
        }
    };
    let answer = handled
        .answer
        .header("x-request-id", request_id(id))
        .header("openai-version", "2020-10-01");
    Ok(Handled { answer, writes: handled.writes })
}

fn create(
    state: &State,
    seen: &Seen,
    fault: Option<&Fault>,
    workspace: &str,
    id: u64,
) -> Result<Handled, Refused> {
    let body = access::body(seen)?;
    checks::check(&body)?;
    let mut kept = state.responses.lock().unwrap_or_else(PoisonError::into_inner);
    let items = match body["previous_response_id"].as_str() {
        Some(previous) => {
            let turn =
                kept.get(workspace, previous).ok_or_else(|| kept::previous_not_found(previous))?;
            [turn.items.as_slice(), &request::items(&body)].concat()
        }
        None => request::items(&body),
    };
    let items = kept.resolve(workspace, items)?;
    checks::check_calls(&items)?;
    let options = prompt_cache::Options::of(&body);
    let (usage, writes) = prompt_cache::look_up(
        &mut state.prefixes.lock().unwrap_or_else(PoisonError::into_inner),
        &request::prompt(&body, &items, workspace, options),
        options,
        seen.at_ms,
    );
    let ask = request::ask(&body, &items);
    let composed = if options.is_some_and(|options| options.prewarm) {
        reply::nothing()
    } else {
        compose(&ask, fault)
    };
    let diagnostics = kept.compare(workspace, &body, &items);
    let reply = Reply {
        id,
        body: &body,
        created: state.clock.now_ms() / 1000,
        composed: &composed,
        usage: &usage,
        options,
        diagnostics,
    };
    let response = reply.response();
    let answer = if body["stream"] == true {
        let is_padded = body.pointer("/stream_options/include_obfuscation") != Some(&false.into());
        Answer::events(events::events(&response, is_padded))
    } else {
        Answer::json(200, &response)
    };
    if body["store"] != false {
        let output = response["output"].as_array().map(Vec::as_slice).unwrap_or_default();
        let items = [items.as_slice(), output].concat();
        kept.put(workspace, Turn { response: response.clone(), items, request: body });
    }
    Ok(Handled { answer, writes })
}

fn not_kept(id: &str) -> Refused {
    Refused::invalid(format!("Response with id '{id}' not found.")).status(404)
}

/// The elements of a list; none where it is absent.
fn elements<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests;
