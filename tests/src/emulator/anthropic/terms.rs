//! What a request may hold under the API version and the betas that its headers name.
//!
//! Source: the provider's page on versions, Oct 2026, for what version 2026-10-21 refuses, and its
//! SDKs for what needs a beta. Nobody quotes the texts; they are in the form of the API's validator.

use serde_json::Value;

use super::access::Access;
use super::positions::elements;

/// The version that no longer takes what [`VERSION_RULES`] name.
const VERSION: &str = "2026-10-21";

/// Each gives the message of its first violation.
const VERSION_RULES: &[fn(&Value) -> Option<String>] =
    &[sampling, assistant_document, user_citations];

/// Members that only a beta has.
const BETA_MEMBERS: &[(&str, &str)] =
    &[("thread", "message-threads-2026-08-12"), ("output_format", "structured-outputs-2025-11-13")];

/// The message of the first violation; a member that is null is absent.
pub(super) fn violation(body: &Value, access: &Access<'_>) -> Option<String> {
    let member = |(name, beta): &&(&str, &str)| !body[*name].is_null() && !access.has_beta(beta);
    if let Some((name, _)) = BETA_MEMBERS.iter().find(member) {
        return Some(extra(name));
    }
    if !body["output_format"].is_null() && !body["output_config"]["format"].is_null() {
        return Some("output_format: cannot be set together with output_config.format".into());
    }
    if access.version != VERSION {
        return None;
    }
    VERSION_RULES.iter().find_map(|rule| rule(body))
}

fn extra(path: &str) -> String {
    format!("{path}: Extra inputs are not permitted")
}

fn sampling(body: &Value) -> Option<String> {
    let given = |name: &&&str| !body[**name].is_null();
    ["temperature", "top_p", "top_k"].iter().find(given).map(|name| extra(name))
}

fn assistant_document(body: &Value) -> Option<String> {
    find_block(body, "assistant", |block, path| {
        (block["type"] == "document").then(|| {
            format!(
                "{path}: Input tag 'document' found using 'type' does not match any of the \
                 expected tags of an assistant message"
            )
        })
    })
}

fn user_citations(body: &Value) -> Option<String> {
    find_block(body, "user", |block, path| {
        let cites = block["citations"].as_array().is_some_and(|citations| !citations.is_empty());
        (block["type"] == "text" && cites).then(|| extra(&format!("{path}.text.citations")))
    })
}

/// The first message that `check` has about a block of a turn of `role`.
fn find_block(
    body: &Value,
    role: &str,
    check: impl Fn(&Value, &str) -> Option<String>,
) -> Option<String> {
    let turns = elements(body, "messages").iter().enumerate();
    let blocks = turns.filter(|(_, turn)| turn["role"] == role).flat_map(|(at, turn)| {
        let blocks = elements(turn, "content").iter().enumerate();
        blocks.map(move |(index, block)| (format!("messages.{at}.content.{index}"), block))
    });
    blocks.into_iter().find_map(|(path, block)| check(block, &path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::tests::{ANTHROPIC, emulator, message, post_message, with};
    use crate::raw_http::post;
    use serde_json::json;

    const NEWEST: &[(&str, &str)] =
        &[("authorization", "Bearer sk-test"), ("anthropic-version", VERSION)];

    fn turns(assistant: Value, user: Value) -> Value {
        let turns = json!([{"role": "user", "content": "a"},
            {"role": "assistant", "content": assistant}, {"role": "user", "content": user}]);
        with(message("a"), "messages", turns)
    }

    /// Proves what the newer version refuses and the older one takes, and that empty citations,
    /// null members, documents of users and citations of assistants are taken by both.
    #[test]
    fn each_version_has_its_rules() {
        let emulator = emulator();
        let document = json!([{"type": "document", "source": {"type": "text", "data": "d"}}]);
        let text =
            |citations: Value| json!([{"type": "text", "text": "t", "citations": citations}]);
        let cited = text(json!([{"type": "char_location"}]));
        let refused = [
            (with(message("a"), "temperature", 1.into()), "temperature: Extra inputs"),
            (with(message("a"), "top_p", 0.5.into()), "top_p: Extra inputs"),
            (with(message("a"), "top_k", 5.into()), "top_k: Extra inputs"),
            (turns(document.clone(), json!("b")), "messages.1.content.0: Input tag 'document'"),
            (turns(json!("b"), cited.clone()), "messages.2.content.0.text.citations: Extra inputs"),
        ];
        let ask = |body: &Value| post(&emulator.base_url(), "/v1/messages", NEWEST, body).unwrap();
        for (body, text) in refused {
            let answer = ask(&body);
            let said = answer.json()["error"]["message"].to_string();
            assert_eq!((answer.status, said.contains(text)), (400, true), "{said}");
            assert_eq!(post_message(&emulator, &body).status, 200, "{text}");
        }
        for body in [
            with(message("a"), "temperature", Value::Null),
            turns(json!("b"), text(json!([]))),
            turns(json!("b"), text(Value::Null)),
            turns(cited, document),
        ] {
            assert_eq!(ask(&body).status, 200, "{body}");
        }
        let counted = with(message("a"), "temperature", 1.into());
        let count =
            |headers| post(&emulator.base_url(), "/v1/messages/count_tokens", headers, &counted);
        assert_eq!((count(NEWEST).unwrap().status, count(ANTHROPIC).unwrap().status), (400, 200));
    }

    /// Proves that the former name of the format works with its beta, alone, and not without.
    #[test]
    fn the_former_format_needs_its_beta() {
        let emulator = emulator();
        let format = json!({"type": "json_schema", "schema": {"type": "object", "properties": {
            "age": {"type": "integer"}}, "required": ["age"], "additionalProperties": false}});
        let body = with(message("I am 30"), "output_format", format.clone());
        let answer = post_message(&emulator, &body);
        let message = &answer.json()["error"]["message"];
        assert_eq!(message, "output_format: Extra inputs are not permitted");
        let beta = ("anthropic-beta", "pdfs-2024-09-25, structured-outputs-2025-11-13");
        let headers = [ANTHROPIC, &[beta]].concat();
        let ask =
            |body: &Value| post(&emulator.base_url(), "/v1/messages", &headers, body).unwrap();
        assert_eq!(ask(&body).json()["content"][0]["text"], r#"{"age":30}"#);
        let both = with(body, "output_config", json!({"format": format}));
        assert_eq!(ask(&both).status, 400);
    }
}
