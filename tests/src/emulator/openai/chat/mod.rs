//! The Chat Completions API: its checks, what it answers, what it bills.

mod checks;
mod events;
mod reply;
mod request;

use std::sync::PoisonError;

use serde_json::Value;

use super::super::answer::Answer;
use super::super::compose::{Composed, compose};
use super::super::dispatch::{Handled, request_id};
use super::super::fault::Fault;
use super::super::log::Seen;
use super::super::state::State;
use super::error::{Refused, other_method};
use super::{access, prompt_cache};

use reply::Reply;

/// Choices that one request may ask for.
const CHOICES_MAX: u64 = 128;

/// `POST /v1/chat/completions`.
pub(super) fn respond(
    state: &State,
    seen: &Seen,
    fault: Option<&Fault>,
    id: u64,
) -> Result<Handled, Refused> {
    let key = access::key(seen)?;
    if seen.method != "POST" {
        return Err(other_method(&seen.method, &seen.path));
    }
    let body = access::body(seen)?;
    let choices = checks::check(&body)?;
    let options = prompt_cache::Options::of(&body);
    let prompt = request::prompt(&body, &state.workspace(key), options);
    let (usage, writes) = prompt_cache::look_up(
        &mut state.prefixes.lock().unwrap_or_else(PoisonError::into_inner),
        &prompt,
        options,
        seen.at_ms,
    );
    let composed: Vec<Composed> =
        (0..choices).map(|index| compose(&request::ask(&body, index), fault)).collect();
    let reply = Reply {
        id,
        model: body["model"].as_str().unwrap_or_default(),
        created: state.clock.now_ms() / 1000,
        choices: &composed,
        usage: &usage,
    };
    let answer = if body["stream"] == true {
        Answer::events(events::events(&reply, events::Options::of(&body["stream_options"])))
    } else {
        Answer::json(200, &reply.completion())
    };
    let answer =
        answer.header("x-request-id", request_id(id)).header("openai-version", "2020-10-01");
    Ok(Handled { answer, writes })
}

/// The elements of a list; none where it is absent.
fn elements<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}
