//! Error bodies of this provider: `{"error":{"message","type","param","code"}}`.

use serde_json::json;

use super::super::answer::Answer;
use super::super::dispatch::request_id;
use super::super::fault::Fault;
use super::super::log::Endpoint;

/// The type of every error that the caller has caused.
const INVALID: &str = "invalid_request_error";

/// Why a request is refused: an error of type `invalid_request_error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    status: u16,
    message: String,
    code: Option<&'static str>,
    param: Option<String>,
}

impl Refused {
    /// 400 with a message alone.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into(), code: None, param: None }
    }

    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(super) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The parameter that the message is about, as `input[0].content`.
    pub(super) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// A parameter that must be there.
    pub(super) fn missing(param: &str) -> Self {
        let message = format!("Missing required parameter: '{param}'.");
        Self::invalid(message).code("missing_required_parameter").param(param)
    }

    /// A parameter that the provider does not have.
    pub(super) fn unknown(param: &str) -> Self {
        let message = format!("Unknown parameter: '{param}'.");
        Self::invalid(message).code("unknown_parameter").param(param)
    }

    /// A parameter that the model does not take.
    pub(super) fn unsupported(param: &str) -> Self {
        let message = format!("Unsupported parameter: '{param}' is not supported with this model.");
        Self::invalid(message).code("unsupported_parameter").param(param)
    }

    /// A value that is none of `supported`.
    pub(super) fn value(param: &str, value: &str, supported: &[&str]) -> Self {
        let quoted: Vec<String> = supported.iter().map(|value| format!("'{value}'")).collect();
        let supported = match quoted.as_slice() {
            [one] => format!("Supported values are: {one}."),
            [one, other] => format!("Supported values are: {one} and {other}."),
            [most @ .., last] => {
                format!("Supported values are: {}, and {last}.", most.join(", "))
            }
            [] => String::new(),
        };
        Self::invalid(format!("Invalid value: '{value}'. {supported}"))
            .code("invalid_value")
            .param(param)
    }

    /// A member of another JSON type than `expected`, as `an array`.
    pub(super) fn kind(param: &str, expected: &str, found: &serde_json::Value) -> Self {
        use serde_json::Value;
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(number) if number.is_f64() => "a decimal",
            Value::Number(_) => "an integer",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        let message =
            format!("Invalid type for '{param}': expected {expected}, but got {found} instead.");
        Self::invalid(message).code("invalid_type").param(param)
    }

    pub(super) fn into_answer(self, id: u64) -> Answer {
        let param = self.param.as_deref();
        coded(self.status, INVALID, &self.message, self.code, param, id)
    }
}

fn coded(
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
    let failed = |status, message| coded(status, "server_error", message, None, None, id);
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
        Fault::Overloaded => failed(503, "The engine is currently overloaded."),
        Fault::ServerError => failed(500, "The server had an error."),
        _ => return None,
    })
}

/// What ends a stream of `endpoint` after status 200 and `events` events.
pub(in super::super) fn error_event(endpoint: Endpoint, events: usize) -> String {
    let message = "The server had an error.";
    if endpoint == Endpoint::Responses {
        let data = json!({"type": "error", "code": "server_error", "message": message,
            "param": null, "sequence_number": events});
        return format!("event: error\ndata: {data}\n\n");
    }
    let error = json!({"message": message, "type": "server_error", "param": null, "code": null});
    format!("data: {}\n\n", json!({"error": error}))
}

pub(in super::super) fn too_large(id: u64) -> Answer {
    Refused::invalid("Request body too large.").status(413).into_answer(id)
}

/// A request that a recording does not hold.
pub(in super::super) fn not_found(why: &str, id: u64) -> Answer {
    Refused::invalid(why).status(404).into_answer(id)
}

/// A path that the provider does not have.
pub(in super::super) fn unknown_path(method: &str, path: &str, id: u64) -> Answer {
    Refused::invalid(format!("Invalid URL ({method} {path})")).status(404).into_answer(id)
}

/// A path that the provider has, with another method.
pub(super) fn other_method(method: &str, path: &str) -> Refused {
    Refused::invalid(format!(
        "Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)"
    ))
    .status(405)
    .code("method_not_supported")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the provider's way to list values.
    #[test]
    fn values_are_listed() {
        let message = |supported: &[&str]| Refused::value("p", "x", supported).message;
        assert_eq!(message(&["a"]), "Invalid value: 'x'. Supported values are: 'a'.");
        assert_eq!(message(&["a", "b"]), "Invalid value: 'x'. Supported values are: 'a' and 'b'.");
        assert_eq!(
            message(&["a", "b", "c"]),
            "Invalid value: 'x'. Supported values are: 'a', 'b', and 'c'."
        );
        let kind = Refused::kind("p[0]", "an array", &json!(1.5));
        assert_eq!(
            kind.message,
            "Invalid type for 'p[0]': expected an array, but got a decimal instead."
        );
    }
}
