//! Whose API a request is for: the shape of every error, and of what both vendors have alike.

use bytes::Bytes;

use super::answer::Answer;
use super::dispatch::{Handled, request_id};
use super::fault::Fault;
use super::log::{Endpoint, Seen};
use super::state::State;
use super::{anthropic, openai};

/// One of the two providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vendor {
    Anthropic,
    OpenAi,
}

/// Paths, and all below them, that one vendor has alone.
const PATHS: &[(&str, Vendor)] = &[
    ("/v1/messages", Vendor::Anthropic),
    ("/v1/chat", Vendor::OpenAi),
    ("/v1/responses", Vendor::OpenAi),
    ("/v1/embeddings", Vendor::OpenAi),
];

/// Headers that only clients of the Messages API send.
const ANTHROPIC_HEADERS: &[&str] = &["anthropic-version", "anthropic-beta", "x-api-key"];

impl Vendor {
    /// The path decides; where no vendor has it alone, the headers do.
    pub(super) fn of(path: &str, has_header: impl Fn(&str) -> bool) -> Self {
        let below = |(root, _): &&(&str, Self)| {
            path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match PATHS.iter().find(below) {
            Some((_, vendor)) => *vendor,
            None if ANTHROPIC_HEADERS.iter().any(|name| has_header(name)) => Self::Anthropic,
            None => Self::OpenAi,
        }
    }

    /// Answers a request.
    pub(super) fn respond(
        self,
        state: &State,
        seen: &Seen,
        fault: Option<&Fault>,
        id: u64,
    ) -> Handled {
        match self {
            Self::Anthropic => anthropic::respond(state, seen, fault, id),
            Self::OpenAi => openai::respond(state, seen, fault, id),
        }
    }

    /// In replay mode: a request that the recording does not hold.
    pub(super) fn not_recorded(self, id: u64) -> Answer {
        let why = "not in the recording";
        match self {
            Self::Anthropic => anthropic::error(404, "not_found_error", why, id),
            Self::OpenAi => openai::not_found(why, id),
        }
    }

    /// Cloudflare answers before Anthropic does: not JSON, and no provider's request id.
    pub(super) fn too_large(self, id: u64) -> Answer {
        match self {
            Self::Anthropic => Answer::plain(
                413,
                "text/html",
                "<html><head><title>413 Request Entity Too Large</title></head></html>",
            ),
            Self::OpenAi => openai::too_large(id),
        }
    }

    /// The answer of a fault that refuses; `None` for the others.
    pub(super) fn fault_answer(self, fault: &Fault, id: u64) -> Option<Answer> {
        match self {
            Self::Anthropic => anthropic::fault_answer(fault, id),
            Self::OpenAi => openai::fault_answer(fault, id),
        }
    }

    /// What ends a stream of `endpoint` after status 200 and `events` events.
    pub(super) fn error_event(self, endpoint: Endpoint, events: usize) -> Bytes {
        Bytes::from(match self {
            Self::Anthropic => anthropic::error_event(),
            Self::OpenAi => openai::error_event(endpoint, events),
        })
    }

    pub(super) fn with_request_id(self, answer: Answer, id: u64) -> Answer {
        let name = match self {
            Self::Anthropic => "request-id",
            Self::OpenAi => "x-request-id",
        };
        answer.header(name, request_id(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a path which one vendor has alone decides, and that headers do for all others.
    #[test]
    fn path_then_headers_decide() {
        let none = |_: &str| false;
        let anthropic = |name: &str| name == "anthropic-version";
        for (path, bare, versioned) in [
            ("/v1/messages", Vendor::Anthropic, Vendor::Anthropic),
            ("/v1/messages/batches", Vendor::Anthropic, Vendor::Anthropic),
            ("/v1/messagesque", Vendor::OpenAi, Vendor::Anthropic),
            ("/v1/chat/completions", Vendor::OpenAi, Vendor::OpenAi),
            ("/v1/responses/resp_1", Vendor::OpenAi, Vendor::OpenAi),
            ("/v1/models", Vendor::OpenAi, Vendor::Anthropic),
            ("/", Vendor::OpenAi, Vendor::Anthropic),
        ] {
            assert_eq!((Vendor::of(path, none), Vendor::of(path, anthropic)), (bare, versioned));
        }
    }
}
