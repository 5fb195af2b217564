//! `GET /v1/models` and `/v1/models/{id}` as OpenAI lists them.
//!
//! Source: the SDK of November 2026 and field reports for shape and names; dates of release are not
//! published there, so `created` is zero.

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::dispatch::request_id;
use super::super::log::Seen;
use super::super::models;
use super::access;
use super::error::{Refused, other_method};

const MODELS: &[&str] = &[
    "gpt-6.2-astra",
    "gpt-6.2-sol",
    "gpt-6.1-sol",
    "gpt-6.1-terra",
    "gpt-6-astra",
    "gpt-6-sol",
    "gpt-6-luna",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "gpt-5.6-luna",
    "text-embedding-3-large",
    "text-embedding-3-small",
    "text-embedding-ada-002",
];

/// Either listing; the path has been recognised.
pub(super) fn listing(seen: &Seen, id: u64) -> Result<Answer, Refused> {
    access::key(seen)?;
    if seen.method != "GET" {
        return Err(other_method(&seen.method, &seen.path));
    }
    let body = match seen.path.strip_prefix("/v1/models/") {
        Some(name) if is_known(name) => model(name),
        Some(name) => {
            let refused = Refused::invalid(format!("The model '{name}' does not exist"));
            return Err(refused.status(404).code("model_not_found").param("model"));
        }
        None => {
            let data: Vec<Value> = MODELS.iter().map(|name| model(name)).collect();
            json!({"object": "list", "data": data})
        }
    };
    Ok(Answer::json(200, &body).header("x-request-id", request_id(id)))
}

fn is_known(name: &str) -> bool {
    models::is_chat_model(name) || MODELS.contains(&name)
}

fn model(name: &str) -> Value {
    json!({"id": name, "object": "model", "created": 0, "owned_by": "openai"})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::tests::{OPENAI, emulator};
    use crate::raw_http::send;

    /// Proves the list, one model, and the refusals in this vendor's shape.
    #[test]
    fn models_are_listed() {
        let emulator = emulator();
        let ask = |path: &str, headers| {
            send("GET", &emulator.openai_base_url(), &format!("/models{path}"), headers, b"")
                .unwrap()
        };
        let list = ask("", OPENAI).json();
        assert_eq!(
            (&list["object"], list["data"].as_array().unwrap().len()),
            (&"list".into(), MODELS.len())
        );
        assert_eq!(ask("/gpt-6-sol", OPENAI).json(), model("gpt-6-sol"));
        let lost = ask("/gpt-does-not-exist", OPENAI);
        assert_eq!((lost.status, &lost.json()["error"]["code"]), (404, &"model_not_found".into()));
        assert_eq!(ask("", &[]).status, 401);
        let wrong = send("POST", &emulator.openai_base_url(), "/models", OPENAI, b"").unwrap();
        assert_eq!(
            (wrong.status, &wrong.json()["error"]["code"]),
            (405, &"method_not_supported".into())
        );
    }
}
