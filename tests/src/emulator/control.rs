//! Steering by HTTP, for programs in other languages: what [`Emulator`](super::Emulator) offers to
//! Rust as methods.
//!
//! | request | does |
//! |---|---|
//! | `POST /emulator/fault` | the next request meets the fault that the body names; 400 where it names none |
//! | `GET /emulator/calls` | `{"calls": N}`: HTTP requests received, steering ones left out |
//! | `GET /emulator/last` | the latest request: method, path, query, headers less credentials, body |

use http::Request;
use hyper::body::Incoming;
use serde_json::{Map, Value, json};

use super::answer::{Answer, BrokenOff};
use super::dispatch::read;
use super::fault::Fault;
use super::log::Seen;
use super::state::State;

/// What every steering path begins with; no provider has such a path.
const PREFIX: &str = "/emulator/";

/// Headers whose values are not told.
const SECRET: &[&str] = &["authorization", "x-api-key", "api-key"];

/// Whether `path` steers the emulator; only one that was started steerable listens to it.
pub(super) fn is_steering(path: &str) -> bool {
    path.starts_with(PREFIX)
}

pub(super) async fn respond(
    state: &State,
    request: Request<Incoming>,
) -> Result<Answer, BrokenOff> {
    let (head, body) = request.into_parts();
    let body = read(body, state.body_bytes_max).await.map_err(|_| BrokenOff)?.unwrap_or_default();
    Ok(match (head.method.as_str(), head.uri.path().strip_prefix(PREFIX)) {
        ("POST", Some("fault")) => match serde_json::from_slice(&body).ok().and_then(fault) {
            Some(fault) => {
                state.faults.push(fault);
                Answer::json(200, &json!({}))
            }
            None => refused(400, "the body names no fault"),
        },
        ("GET", Some("calls")) => Answer::json(200, &json!({"calls": state.calls.total()})),
        ("GET", Some("last")) => {
            Answer::json(200, &state.log.last().as_ref().map_or(Value::Null, told))
        }
        _ => refused(404, "no such steering path"),
    })
}

fn refused(status: u16, why: &str) -> Answer {
    Answer::json(status, &json!({"error": why}))
}

/// A fault by its name in small letters, with its numbers as members of the same names.
fn fault(asked: Value) -> Option<Fault> {
    let number = |name: &str| asked[name].as_u64().and_then(|number| usize::try_from(number).ok());
    Some(match asked["fault"].as_str()? {
        "rate_limit" => Fault::RateLimit {
            retry_after_seconds: number("retry_after_seconds")
                .and_then(|seconds| u32::try_from(seconds).ok()),
        },
        "spend_limit" => Fault::SpendLimit,
        "overloaded" => Fault::Overloaded,
        "server_error" => Fault::ServerError,
        "connection_closed" => Fault::ConnectionClosed,
        "body_cut" => Fault::BodyCut { bytes: number("bytes")? },
        "stream_cut" => Fault::StreamCut { events: number("events")? },
        "stream_error" => Fault::StreamError { events: number("events")? },
        "malformed_json" => Fault::MalformedJson,
        "refusal" => Fault::Refusal,
        "max_tokens" => Fault::MaxTokens,
        "unknown_stop_reason" => Fault::UnknownStopReason,
        _ => return None,
    })
}

fn told(seen: &Seen) -> Value {
    let told = seen.headers.iter().filter(|(name, _)| !SECRET.contains(&name.as_str()));
    let headers: Map<String, Value> =
        told.map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    json!({
        "method": seen.method,
        "path": seen.path,
        "query": seen.query,
        "headers": headers,
        "body": seen.json(),
    })
}
