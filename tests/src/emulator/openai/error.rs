//! Error bodies of the Chat Completions API.

use serde_json::json;

use super::super::answer::Answer;
use super::super::dispatch::request_id;
use super::super::fault::Fault;

/// `{"error":{"message","type","param","code"}}`, param and code null.
pub(super) fn error(status: u16, kind: &str, message: &str, id: u64) -> Answer {
    coded(status, kind, message, None, None, id)
}

/// [`error`] with a code and the parameter it is about.
pub(super) fn coded(
    status: u16,
    kind: &str,
    message: &str,
    code: Option<&str>,
    param: Option<&str>,
    id: u64,
) -> Answer {
    let error = json!({"message": message, "type": kind, "param": param, "code": code});
    Answer::json(status, &json!({"error": error})).header("x-request-id", request_id(id))
}

/// The answer of a fault that refuses; `None` for the others.
pub(in super::super) fn fault_answer(fault: &Fault, id: u64) -> Option<Answer> {
    Some(match fault {
        Fault::RateLimit { .. } => {
            coded(429, "requests", "Rate limit reached.", Some("rate_limit_exceeded"), None, id)
        }
        Fault::SpendLimit => coded(
            429,
            "insufficient_quota",
            "You exceeded your current quota.",
            Some("insufficient_quota"),
            None,
            id,
        ),
        Fault::Overloaded => error(503, "server_error", "The engine is currently overloaded.", id),
        Fault::ServerError => error(500, "server_error", "The server had an error.", id),
        _ => return None,
    })
}

/// The data that ends a stream after status 200.
pub(in super::super) fn error_event() -> String {
    let error = json!({"message": "The server had an error.", "type": "server_error",
        "param": null, "code": null});
    format!("data: {}\n\n", json!({"error": error}))
}

pub(in super::super) fn too_large(id: u64) -> Answer {
    error(413, "invalid_request_error", "Request body too large.", id)
}

pub(in super::super) fn not_found(why: &str, id: u64) -> Answer {
    error(404, "invalid_request_error", why, id)
}

pub(in super::super) fn wrong_method(method: &str, path: &str, id: u64) -> Answer {
    let message = format!("Not allowed to {method} on {path}.");
    coded(405, "invalid_request_error", &message, Some("method_not_supported"), None, id)
}
