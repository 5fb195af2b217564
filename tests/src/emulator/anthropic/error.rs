//! Error bodies of the Messages API.

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::dispatch::request_id;
use super::super::fault::Fault;

/// `{"type":"error","error":{"type","message"},"request_id"}` with the id in the header too.
pub(in super::super) fn error(status: u16, kind: &str, message: &str, id: u64) -> Answer {
    detailed(status, &json!({"type": kind, "message": message}), id)
}

/// [`error`] with the code in `details` by which a client tells it from others of its kind.
pub(super) fn coded(status: u16, kind: &str, message: &str, code: &str, id: u64) -> Answer {
    let details = json!({"error_code": code});
    detailed(status, &json!({"type": kind, "message": message, "details": details}), id)
}

fn detailed(status: u16, error: &Value, id: u64) -> Answer {
    let id = request_id(id);
    let body = json!({"type": "error", "error": error, "request_id": id});
    Answer::json(status, &body).header("request-id", id)
}

/// The answer of a fault that refuses; `None` for the others.
pub(in super::super) fn fault_answer(fault: &Fault, id: u64) -> Option<Answer> {
    Some(match fault {
        Fault::RateLimit { .. } => {
            error(429, "rate_limit_error", "This request would exceed the rate limit.", id)
        }
        Fault::SpendLimit => detailed(
            429,
            &json!({
                "type": "rate_limit_error",
                "message": "The spend limit of this organization is reached.",
                "details": {"error_code": "enforced_spend_limit_reached"},
            }),
            id,
        ),
        Fault::Overloaded => error(529, "overloaded_error", "Overloaded", id),
        Fault::ServerError => error(500, "api_error", "Internal server error", id),
        _ => return None,
    })
}

/// The event that ends a stream after status 200.
pub(in super::super) fn error_event() -> String {
    let data =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    format!("event: error\ndata: {data}\n\n")
}
