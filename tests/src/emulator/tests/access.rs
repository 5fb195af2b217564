//! Who gets in, and what is counted.

use super::*;
use crate::emulator::Endpoint;
use crate::raw_http::send;

/// Proves that counters and log see every request, with the emulator's time.
#[test]
fn every_request_is_counted_and_logged() {
    let emulator = emulator();
    post_message(&emulator, &message("one"));
    emulator.advance(5);
    post(&emulator.base_url(), "/v1/messages?beta=true", &[], &json!([])).unwrap();
    post_chat(&emulator, &chat("two"));
    let lost = send("GET", &emulator.base_url(), "/elsewhere", &[], b"").unwrap();
    assert_eq!(lost.status, 404);
    assert_eq!((emulator.upstream_calls(), emulator.connections()), (4, 4));
    assert_eq!(emulator.calls(Endpoint::Messages), 2);
    assert_eq!(emulator.calls(Endpoint::ChatCompletions), 1);
    let seen = emulator.requests();
    assert_eq!(seen[0].json(), message("one"));
    assert_eq!((seen[0].header("x-api-key"), seen[0].at_ms), (Some("sk-test"), 1_000_000));
    assert_eq!((seen[1].query.as_str(), seen[1].at_ms), ("beta=true", 1_000_005));
    assert!(!format!("{seen:?}").contains("sk-test"));
}

type Headers<'a> = &'a [(&'a str, &'a str)];

/// Proves the checks on headers, with their status and type.
#[test]
fn headers_decide_who_gets_in() {
    let emulator = emulator();
    let version = ("anthropic-version", "2023-06-01");
    let key = ("x-api-key", "sk-test");
    let cases: &[(Headers<'_>, u16, &str, &str)] = &[
        (&[version], 401, "authentication_error", "x-api-key header is required"),
        (
            &[version, key, ("authorization", "Bearer t")],
            401,
            "authentication_error",
            "x-api-key and authorization must not be set at the same time",
        ),
        (&[version, ("x-api-key", "sk-invalid")], 401, "authentication_error", "invalid x-api-key"),
        (&[key], 400, "invalid_request_error", "anthropic-version: header is required"),
        (
            &[key, ("anthropic-version", "2022-01-01")],
            400,
            "invalid_request_error",
            "anthropic-version: \"2022-01-01\" is not a valid version",
        ),
        (
            &[key, version, ("anthropic-beta", "prompt-caching-2024-07-31,new-thing-2030-01-01")],
            400,
            "invalid_request_error",
            "Unexpected value(s) `new-thing-2030-01-01` for the `anthropic-beta` header.",
        ),
    ];
    for (headers, status, kind, text) in cases {
        let answer = post(&emulator.base_url(), "/v1/messages", headers, &message("hi")).unwrap();
        let body = answer.json();
        assert_eq!(answer.status, *status, "{text}");
        assert_eq!(
            (&body["error"]["type"], &body["error"]["message"]),
            (&json!(kind), &json!(text))
        );
        assert_eq!(body["request_id"].as_str(), answer.header("request-id"));
    }
    let bearer = [version, ("authorization", "Bearer token")];
    let answer = post(&emulator.base_url(), "/v1/messages", &bearer, &message("hi")).unwrap();
    assert_eq!(answer.status, 200);
}

/// Proves the checks on the body's members and on the model, in both providers' forms.
#[test]
fn bodies_and_models_are_checked() {
    let emulator = emulator();
    let without = |member: &str| {
        let mut body = message("hi");
        body.as_object_mut().unwrap().shift_remove(member);
        body
    };
    let text = |body: &Value| post_message(&emulator, body).json()["error"]["message"].clone();
    assert_eq!(text(&without("model")), "model: Field required");
    assert_eq!(text(&without("max_tokens")), "max_tokens: Field required");
    assert_eq!(text(&without("messages")), "messages: Field required");
    let unknown = with(message("hi"), "model", "claude-does-not-exist".into());
    let answer = post_message(&emulator, &unknown);
    assert_eq!(
        (answer.status, &answer.json()["error"]["message"]),
        (404, &json!("model: claude-does-not-exist"))
    );
    let answer = post_chat(&emulator, &with(chat("hi"), "model", "gpt-does-not-exist".into()));
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("model_not_found")));
    let base = emulator.openai_base_url();
    let answer = post(&base, "/chat/completions", &[], &chat("hi")).unwrap();
    assert_eq!(answer.status, 401);
    let broken = send("POST", &base, "/chat/completions", OPENAI, b"{").unwrap();
    assert_eq!(
        (broken.status, &broken.json()["error"]["type"]),
        (400, &json!("invalid_request_error"))
    );
}

/// Proves that a body over the limit is refused, not in the provider's form, and answered even so.
#[test]
fn a_body_over_the_limit_is_refused() {
    let emulator = Emulator::start(Options::new().body_bytes_max(1000)).unwrap();
    let answer = post_message(&emulator, &message(&"x".repeat(3_000_000)));
    assert_eq!((answer.status, answer.header("content-type")), (413, Some("text/html")));
    assert_eq!(emulator.upstream_calls(), 1);
    assert_eq!(post_message(&emulator, &message("short")).status, 200);
}

/// Proves that a steerable emulator does as it is told, counts no steering, tells no credential,
/// and that any other has no such paths.
#[test]
fn programs_steer_by_http() {
    let emulator = Emulator::start(Options::new().steerable()).unwrap();
    let base = emulator.base_url();
    let fault = json!({"fault": "rate_limit", "retry_after_seconds": 3});
    assert_eq!(post(&base, "/emulator/fault", &[], &fault).unwrap().status, 200);
    for nothing in [json!({"fault": "unheard-of"}), json!({"fault": "body_cut"}), json!([])] {
        assert_eq!(post(&base, "/emulator/fault", &[], &nothing).unwrap().status, 400);
    }
    let answer = post_message(&emulator, &message("hi"));
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("3")));
    let told = |path: &str| send("GET", &base, path, &[], b"").unwrap();
    assert_eq!(told("/emulator/calls").json(), json!({"calls": 1}));
    let last = told("/emulator/last");
    assert_eq!(
        (&last.json()["path"], &last.json()["body"]),
        (&json!("/v1/messages"), &message("hi"))
    );
    assert!(!last.text().contains("sk-test"));
    assert_eq!(told("/emulator/elsewhere").status, 404);
    assert_eq!(emulator.upstream_calls(), 1);
    let other = super::emulator();
    assert_eq!(post(&other.base_url(), "/emulator/fault", &[], &fault).unwrap().status, 404);
    assert_eq!((other.upstream_calls(), post_message(&other, &message("hi")).status), (1, 200));
}

/// Proves that a path or method that is not there is refused in the shape of whoever asked.
#[test]
fn lost_requests_are_refused_in_their_own_shape() {
    let emulator = emulator();
    let ask = |method: &str, path: &str, headers: Headers<'_>| {
        send(method, &emulator.base_url(), path, headers, b"{}").unwrap()
    };
    let lost = ask("POST", "/v1/messages/batches", ANTHROPIC);
    assert_eq!((lost.status, &lost.json()["type"]), (404, &json!("error")));
    assert_eq!(lost.json()["error"], json!({"type": "not_found_error", "message": "Not Found"}));
    assert_eq!(lost.json()["request_id"].as_str(), lost.header("request-id"));
    assert_eq!(ask("GET", "/v1/files", ANTHROPIC).json(), {
        let mut same = lost.json();
        same["request_id"] = "req_emulator_000002".into();
        same
    });
    let lost = ask("POST", "/v1/completions", OPENAI);
    let expected = json!({"message": "Invalid URL (POST /v1/completions)",
        "type": "invalid_request_error", "param": null, "code": null});
    assert_eq!((lost.status, lost.json()), (404, json!({"error": expected})));
    assert!(lost.header("x-request-id").is_some() && lost.header("request-id").is_none());

    let broken = send("POST", &emulator.base_url(), "/v1/messages", ANTHROPIC, b"{").unwrap();
    let error = &broken.json()["error"];
    assert_eq!((broken.status, &error["type"]), (400, &json!("invalid_request_error")));
    assert_eq!(broken.json()["type"], "error");

    let wrong = ask("GET", "/v1/messages", ANTHROPIC);
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("POST")));
    assert_eq!(wrong.json()["error"]["message"], "Method Not Allowed");
    let wrong = ask("DELETE", "/v1/chat/completions", OPENAI);
    assert_eq!(wrong.status, 405);
    assert_eq!(wrong.json()["error"]["code"], "method_not_supported");
}
