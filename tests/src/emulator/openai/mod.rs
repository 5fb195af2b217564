//! The second provider: a folder an API, and what the APIs share.

mod access;
mod chat;
mod embeddings;
mod error;
mod listing;
mod prompt_cache;
mod responses;

use serde_json::Value;

use super::dispatch::Handled;
use super::fault::Fault;
use super::log::{Endpoint, Seen};
use super::state::State;

use error::unknown_path;

pub(super) use error::{error_event, fault_answer, not_found, too_large};
pub(super) use responses::Kept;

/// Letters that pad an event to a length that tells nothing; a stated rule, not chance.
const PADDING: &str = "obfuscationobfus";

/// Answers a request for one of this provider's paths, or for none.
pub(super) fn respond(state: &State, seen: &Seen, fault: Option<&Fault>, id: u64) -> Handled {
    let handled = match seen.endpoint {
        Endpoint::ChatCompletions => chat::respond(state, seen, fault, id),
        Endpoint::Responses => responses::respond(state, seen, fault, id),
        Endpoint::Embeddings => embeddings::respond(seen, id).map(Handled::from),
        Endpoint::Models => listing::listing(seen, id).map(Handled::from),
        _ => Ok(unknown_path(&seen.method, &seen.path, id).into()),
    };
    handled.unwrap_or_else(|refused| refused.into_answer(id).into())
}

/// An event of a stream with its padding.
fn padded(mut event: Value) -> Value {
    let length = event.to_string().len();
    event["obfuscation"] = PADDING[length % PADDING.len()..].into();
    event
}
