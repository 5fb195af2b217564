//! The way of one request: count, read, log, fault, check and bill, gate, answer.

use std::sync::Arc;
use std::sync::PoisonError;

use bytes::{Bytes, BytesMut};
use http::Request;
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;
use serde_json::Value;

use crate::replay::Pair;

use super::answer::{Answer, BrokenOff, Pieces};
use super::control;
use super::fault::Fault;
use super::log::{Endpoint, Seen};
use super::prefixes::Writes;
use super::state::State;
use super::vendor::Vendor;

/// Bytes of a recorded stream that are sent at a time: odd, so that events are torn.
const STREAM_PIECE_BYTES: usize = 509;

/// What a provider made of a request: the answer, and what becomes readable when it begins.
pub(super) struct Handled {
    pub(super) answer: Answer,
    pub(super) writes: Writes,
}

impl From<Answer> for Handled {
    fn from(answer: Answer) -> Self {
        Self { answer, writes: Writes::default() }
    }
}

pub(super) async fn respond(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<Pieces>, BrokenOff> {
    if state.steerable && control::is_steering(request.uri().path()) {
        return Ok(control::respond(&state, request).await?.into_response());
    }
    let endpoint = Endpoint::of_path(request.uri().path());
    state.calls.count(endpoint);
    let id = state.next_id();
    let (head, body) = request.into_parts();
    let vendor = Vendor::of(head.uri.path(), |name| head.headers.contains_key(name));
    let body = match read(body, state.body_bytes_max).await {
        Ok(Some(body)) => body,
        Ok(None) => return Ok(vendor.too_large(id).into_response()),
        // The client broke off: nobody is there to be answered.
        Err(_) => return Err(BrokenOff),
    };
    let seen = seen(endpoint, vendor, &head, body, state.clock.now_ms());
    state.log.push(seen.clone());
    let fault = state.faults.take();
    if let Some(Fault::Delay(delay)) = &fault {
        tokio::time::sleep(*delay).await;
    }
    let handled = match fault.as_ref().and_then(|fault| refusal(fault, vendor, id)) {
        Some(answer) => Handled::from(answer),
        None => handle(&state, &seen, fault.as_ref(), id),
    };
    state.gate.enter().await;
    if fault == Some(Fault::ConnectionClosed) {
        return Err(BrokenOff);
    }
    // Readable from the moment the answer begins, so that parallel cold requests all pay.
    handled.writes.commit(&mut state.prefixes.lock().unwrap_or_else(PoisonError::into_inner));
    let mut answer = handled.answer;
    if let Some(fault) = &fault {
        damage(&mut answer, fault, &seen);
    }
    Ok(answer.into_response())
}

/// The whole body, or `None` when it is longer than `bytes_max`. The rest is then read and dropped:
/// closing the socket on unread bytes could reset it before the client has the answer.
pub(super) async fn read(
    mut body: Incoming,
    bytes_max: usize,
) -> Result<Option<Bytes>, hyper::Error> {
    let mut held = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        if length <= bytes_max {
            held.extend_from_slice(&data);
        }
    }
    Ok((length <= bytes_max).then(|| held.freeze()))
}

fn handle(state: &State, seen: &Seen, fault: Option<&Fault>, id: u64) -> Handled {
    if let Some(replay) = &state.replay {
        return match replay.next(&seen.path, &seen.body) {
            Some(pair) => recorded(pair, id).into(),
            None => {
                state.calls.count_not_recorded();
                seen.vendor.not_recorded(id).into()
            }
        };
    }
    seen.vendor.respond(state, seen, fault, id)
}

/// A recorded response. Streams are sent in pieces that end anywhere, as on a real network.
fn recorded(pair: &Pair, id: u64) -> Answer {
    let mut answer = Answer::plain(pair.status, "", Bytes::from(pair.response_body()));
    answer.headers = pair.response_headers.clone();
    if pair.is_stream() {
        let body = answer.pieces.concat();
        answer.pieces = body.chunks(STREAM_PIECE_BYTES).map(Bytes::copy_from_slice).collect();
        answer.stream = true;
    }
    let path = pair.path.split('?').next().unwrap_or_default();
    Vendor::of(path, |_| false).with_request_id(answer, id)
}

/// The answer of a fault that refuses, in the words of the provider.
fn refusal(fault: &Fault, vendor: Vendor, id: u64) -> Option<Answer> {
    if let Fault::Redirect { location } = fault {
        let answer = Answer::plain(307, "text/plain", Bytes::new());
        return Some(vendor.with_request_id(answer, id).header("location", location));
    }
    if let Fault::Status { status, body, headers } = fault {
        let mut answer = Answer::plain(*status, "application/json", body.clone());
        answer.headers.extend(headers.iter().cloned());
        return Some(vendor.with_request_id(answer, id));
    }
    let answer = vendor.fault_answer(fault, id)?;
    match fault {
        Fault::RateLimit { retry_after_seconds: Some(seconds) } => {
            Some(answer.header("retry-after", seconds.to_string()))
        }
        _ => Some(answer),
    }
}

/// Does to a good answer what the fault says.
fn damage(answer: &mut Answer, fault: &Fault, seen: &Seen) {
    match fault {
        Fault::BodyCut { bytes } => answer.cut_at(*bytes),
        Fault::StreamCut { events } if answer.stream => {
            let half = answer.pieces.get(*events).map(|piece| piece.slice(..piece.len() / 2));
            answer.pieces.truncate(*events);
            answer.pieces.extend(half);
            answer.broken = true;
        }
        Fault::StreamCut { .. } => answer.cut_at(answer.len() / 2),
        Fault::StreamError { events } if answer.stream => {
            answer.pieces.truncate(*events);
            let sent = answer.pieces.len();
            answer.pieces.push(seen.vendor.error_event(seen.endpoint, sent));
        }
        Fault::MalformedJson => answer.replace(b"{\"id\": \"broken\", \"content\": [{"),
        Fault::OversizedBody { bytes } => {
            answer.pieces.insert(0, Bytes::from(vec![b' '; bytes.saturating_add(1)]));
        }
        _ => {}
    }
}

/// The id of request number `id`, as the headers and error bodies carry it.
pub(super) fn request_id(id: u64) -> String {
    format!("req_emulator_{id:06}")
}

fn seen(
    endpoint: Endpoint,
    vendor: Vendor,
    head: &http::request::Parts,
    body: Bytes,
    at_ms: u64,
) -> Seen {
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    Seen {
        endpoint,
        vendor,
        method: head.method.to_string(),
        path: head.uri.path().to_string(),
        query: head.uri.query().unwrap_or_default().to_string(),
        headers,
        body,
        at_ms,
    }
}

/// The body as a JSON object, or what serde_json says against it.
pub(super) fn object_body(seen: &Seen) -> Result<Value, String> {
    match serde_json::from_slice::<Value>(&seen.body) {
        Ok(body) if body.is_object() => Ok(body),
        Ok(_) => Err("the body is not an object".into()),
        Err(error) => Err(error.to_string()),
    }
}
