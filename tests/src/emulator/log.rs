//! What the emulator saw: counters at the socket and a log of requests for assertions.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde_json::Value;

use super::vendor::Vendor;

/// The paths that the emulator knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST /v1/messages`.
    Messages,
    /// `POST /v1/messages/count_tokens`.
    CountTokens,
    /// `POST /v1/chat/completions`.
    ChatCompletions,
    /// `GET /v1/models` and `/v1/models/{id}`, which both vendors have.
    Models,
    /// `/v1/responses` and what lies below it.
    Responses,
    /// `POST /v1/embeddings`.
    Embeddings,
    /// Anything else: answered with 404, or from the recording in replay mode.
    Other,
}

impl Endpoint {
    pub(super) fn of_path(path: &str) -> Self {
        match path {
            "/v1/messages" => Self::Messages,
            "/v1/messages/count_tokens" => Self::CountTokens,
            "/v1/chat/completions" => Self::ChatCompletions,
            "/v1/models" => Self::Models,
            _ if path.starts_with("/v1/models/") => Self::Models,
            "/v1/embeddings" => Self::Embeddings,
            _ if path == "/v1/responses" || path.starts_with("/v1/responses/") => Self::Responses,
            _ => Self::Other,
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// One request as it arrived. `Debug` hides credentials and shows the body's length only.
#[derive(Clone)]
#[non_exhaustive]
pub struct Seen {
    /// The endpoint it was for.
    pub endpoint: Endpoint,
    /// Whose API it is for.
    pub(super) vendor: Vendor,
    /// The method, in capitals.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query without its question mark, empty where there is none.
    pub query: String,
    /// Header names in lower case, with their values, in order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Bytes,
    /// The emulator's time when the body was read, in unix milliseconds.
    pub at_ms: u64,
}

impl Seen {
    /// A request that came over no socket.
    #[cfg(test)]
    pub(super) fn new(
        endpoint: Endpoint,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
        at_ms: u64,
    ) -> Self {
        let has_header = |name: &str| headers.iter().any(|(held, _)| *held == name);
        let vendor = Vendor::of(path, has_header);
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Self {
            endpoint,
            vendor,
            method: method.into(),
            path: path.into(),
            query: String::new(),
            headers: headers.collect(),
            body,
            at_ms,
        }
    }

    /// The first value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `Value::Null` where it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        out.debug_struct("Seen")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("header_names", &names)
            .field("body_len", &self.body.len())
            .field("at_ms", &self.at_ms)
            .finish()
    }
}

/// Counters, each raised exactly once per event.
#[derive(Debug, Default)]
pub(super) struct Calls {
    by_endpoint: [AtomicU64; Endpoint::Other as usize + 1],
    connections: AtomicU64,
    not_recorded: AtomicU64,
}

impl Calls {
    pub(super) fn count(&self, endpoint: Endpoint) {
        self.by_endpoint[endpoint.index()].fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count_not_recorded(&self) {
        self.not_recorded.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn of(&self, endpoint: Endpoint) -> u64 {
        self.by_endpoint[endpoint.index()].load(Ordering::SeqCst)
    }

    pub(super) fn total(&self) -> u64 {
        self.by_endpoint.iter().map(|count| count.load(Ordering::SeqCst)).sum()
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn not_recorded(&self) -> u64 {
        self.not_recorded.load(Ordering::SeqCst)
    }
}

/// The requests in order of arrival; bodies share memory with what was received.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Vec<Seen>>);

impl Log {
    pub(super) fn push(&self, seen: Seen) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    pub(super) fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn last(&self) -> Option<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last().cloned()
    }
}
