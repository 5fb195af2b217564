//! What is on the wire, and what may not be.

use core::future::IntoFuture;

use serde_json::{Value, json};

use super::{ANSWER, CHAT_ANSWER, KEY, anthropic, openai};
use crate::ErrorKind;
use crate::client::{Client, Part, Request, Tenant, Tool, ToolChoice, Validation};
use crate::provider::loopback::{Loopback, answer};
use llm_cache_core::prompt::{CacheControl, Role, Ttl};

/// A raw request arrives byte for byte, with exactly the headers that the API asks for.
#[tokio::test]
async fn sends_raw_bytes_as_they_are() {
    let server = Loopback::start(vec![answer(200, "request-id: req_1\r\n", ANSWER)]);
    let client = anthropic(&server).beta("b-2").beta("a-1").beta("b-2").build().unwrap();
    let body =
        "{ \"z\":1e0,\t\"new\":[ ], \"model\":\"\\u0078\",\"max_tokens\":5,\"messages\":[]}\n";
    let reply = client.send(Request::raw(body)).await.unwrap();
    assert_eq!(reply.body(), ANSWER.as_bytes());
    assert_eq!(reply.text(), "Four.");
    assert_eq!(reply.request_id(), Some("req_1"));
    assert_eq!(reply.outcome().to_string(), "bypass no_cache");
    assert_eq!(reply.billed_usage().output_tokens, 3);

    let seen = &server.requests()[0];
    assert_eq!(seen.body, body.as_bytes());
    assert!(seen.head.starts_with("POST /v1/messages HTTP/1.1\r\n"), "{}", seen.head);
    assert_eq!(seen.header("x-api-key"), Some(KEY));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(seen.header("anthropic-beta"), Some("a-1,b-2"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
}

/// OpenAI's path and headers, with organisation and project.
#[tokio::test]
async fn speaks_openai() {
    let server = Loopback::start(vec![answer(200, "x-request-id: req_2\r\n", CHAT_ANSWER)]);
    let client = openai(&server).organization("org").project("proj").build().unwrap();
    let reply = client.send("Two and two?").await.unwrap();
    assert_eq!((reply.text().as_str(), reply.request_id()), ("Four.", Some("req_2")));
    let seen = &server.requests()[0];
    assert!(seen.head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(seen.header("openai-organization"), Some("org"));
    assert_eq!(seen.header("openai-project"), Some("proj"));
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    let messages = json!([{"role": "user", "content": "Two and two?"}]);
    assert_eq!(body, json!({"model": "m", "messages": messages}));
}

/// The typed form writes what its setters say, and the client fills in what they leave open.
#[tokio::test]
async fn writes_typed_requests() {
    let server = Loopback::start(vec![answer(200, "", ANSWER)]);
    let client = anthropic(&server).build().unwrap();
    let request = Request::new()
        .cached_system("Be brief.", CacheControl::ephemeral())
        .user("Hi")
        .message(Role::Assistant, [Part::tool_use("t1", "add", r#"{"b":2, "a":1}"#)])
        .message(Role::User, [Part::tool_result("t1", "3").cached(CacheControl::ephemeral())])
        .tool(Tool::function("add", r#"{"type":"object"}"#).description("Adds."))
        .tool_choice(ToolChoice::Auto)
        .stop_sequence("END")
        .extra("service_note", "[1, 2]");
    client.send(&request).await.unwrap();
    let text = String::from_utf8(server.requests()[0].body.clone()).unwrap();
    assert!(text.contains(r#"{"b":2, "a":1}"#), "tool input goes out as it came");
    let body: Value = serde_json::from_str(&text).unwrap();
    let mark = json!({"type": "ephemeral"});
    assert_eq!(
        body,
        json!({
            "model": "m",
            "max_tokens": 4096,
            "system": [{"type": "text", "text": "Be brief.", "cache_control": mark}],
            "tools": [{"name": "add", "description": "Adds.", "input_schema": {"type": "object"}}],
            "tool_choice": {"type": "auto"},
            "stop_sequences": ["END"],
            "messages": [
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1, "b": 2}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": "3",
                     "cache_control": mark}]},
            ],
            "service_note": [1, 2],
        })
    );
}

/// A request that breaks a rule names path and rule and is not sent.
#[tokio::test]
async fn refuses_before_sending() {
    let server = Loopback::start(vec![answer(200, "", ANSWER)]);
    let client = anthropic(&server).build().unwrap();
    let mark = CacheControl::ephemeral();
    let mut many = Request::new().model("claude-opus-4-8");
    for _ in 0..5 {
        many = many.cached_user("x", mark);
    }
    let thinking = Part::thinking("{}").cached(mark);
    for (request, said) in [
        (many, "at most 4 breakpoints"),
        (Request::new().message(Role::Assistant, [thinking]), "messages.0.content.0"),
        (Request::new().user("x").extra("y", "not json"), "not JSON"),
    ] {
        let error = client.send(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(said), "{error}");
    }
    let no_model = Client::anthropic().base_url(&server.url).api_key(KEY).build().unwrap();
    let error = no_model.send("x").await.unwrap_err();
    assert!(error.to_string().contains("no model"), "{error}");
    assert_eq!(server.count(), 0);
}

/// A mark goes to OpenAI with the lifetime that it states; one that the provider lacks names
/// its path and is not sent, whatever the validation.
#[tokio::test]
async fn lifetimes_of_marks() {
    let server = Loopback::start(vec![answer(200, "", CHAT_ANSWER)]);
    let client = openai(&server).build().unwrap();
    let mark = |ttl| CacheControl::ephemeral().with_ttl(ttl);
    let request = |ttl| Request::new().cached_system("Be brief.", mark(ttl)).user("Hi");
    client.send(request(Ttl::TwelveHours).cache_control(mark(Ttl::ThirtyMinutes))).await.unwrap();
    let body: Value = serde_json::from_slice(&server.requests()[0].body).unwrap();
    let explicit = json!({"mode": "explicit", "ttl": "12h"});
    assert_eq!(body["messages"][0]["content"][0]["prompt_cache_breakpoint"], explicit);
    assert_eq!(body["prompt_cache_options"], json!({"mode": "implicit", "ttl": "30m"}));

    let anthropic = anthropic(&server).build().unwrap();
    for (client, ttl) in [
        (&client, Ttl::FiveMinutes),
        (&client, Ttl::OneHour),
        (&anthropic, Ttl::ThirtyMinutes),
        (&anthropic, Ttl::TwelveHours),
    ] {
        for validation in [Validation::Strict, Validation::Warn, Validation::Off] {
            let error = client.send(request(ttl).validation(validation)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.to_string().contains("system.0: this provider has no such"), "{error}");
        }
    }
    assert_eq!(server.count(), 1);
}

/// A token goes out as a bearer, is asked for anew at each attempt, and needs a named tenant.
#[tokio::test]
async fn asks_for_tokens() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let server = Loopback::start(vec![answer(500, "", "{}"), answer(200, "", ANSWER)]);
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&asked);
    let provide = move || Ok(format!("token-{}", counter.fetch_add(1, Ordering::Relaxed)));
    let builder = anthropic(&server).token_provider(provide);
    let client = builder.tenant(Tenant::Named("team".into())).build().unwrap();
    client.send("x").await.unwrap();
    let seen = server.requests();
    assert_eq!(seen[0].header("authorization"), Some("Bearer token-0"));
    assert_eq!(seen[1].header("authorization"), Some("Bearer token-1"));
    assert_eq!(seen[1].header("x-api-key"), None);

    let without = anthropic(&server).token_provider(|| Ok("t".into())).build().unwrap_err();
    assert_eq!(without.kind(), ErrorKind::Config);
    let refused = anthropic(&server)
        .token_provider(|| Err("the vault is shut".into()))
        .tenant(Tenant::Shared)
        .build()
        .unwrap();
    assert_eq!(refused.send("x").await.unwrap_err().kind(), ErrorKind::Authentication);
}

/// Settings that would leak a credential, and missing keys, are told at `build`.
#[tokio::test]
async fn refuses_unsafe_settings() {
    let base = |url: &str| Client::anthropic().api_key(KEY).base_url(url).build();
    for url in ["http://api.example.com", "https://u:p@api.example.com", "nonsense"] {
        assert_eq!(base(url).unwrap_err().kind(), ErrorKind::Config, "{url}");
    }
    let empty = Client::openai().api_key(" ").base_url("http://localhost").build();
    assert_eq!(empty.unwrap_err().kind(), ErrorKind::MissingKey);
    let open = Client::openai().no_credential().tenant(Tenant::Shared);
    assert!(open.base_url("http://models.example.com/v1").build().is_ok());
}

/// Token counts have an endpoint and a body of their own.
#[tokio::test]
async fn counts_tokens() {
    let server = Loopback::start(vec![answer(200, "", r#"{"input_tokens":14}"#)]);
    let client = anthropic(&server).build().unwrap();
    let count = client.count_tokens(Request::new().system("s").user("x").temperature(0.5)).await;
    assert_eq!(count.unwrap(), 14);
    let seen = &server.requests()[0];
    assert!(seen.head.starts_with("POST /v1/messages/count_tokens HTTP/1.1\r\n"));
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    let messages = json!([{"role": "user", "content": "x"}]);
    assert_eq!(body, json!({"model": "m", "system": "s", "messages": messages}));
    let openai = openai(&server).build().unwrap();
    let error = openai.count_tokens("x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

/// The futures can be spawned, and no `Debug` shows a key, a prompt or an answer.
#[tokio::test]
async fn is_sendable_and_discreet() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    let server = Loopback::start(vec![answer(200, "", ANSWER)]);
    let builder = anthropic(&server);
    let shown = format!("{builder:?}");
    let client = builder.build().unwrap();
    let request = Request::new().system("private words").user("private words");
    let shown = shown + &format!("{client:?} {request:?}");
    let reply = sendable(client.send(request)).await.unwrap();
    drop(sendable(client.stream("x")));
    drop(sendable(client.count_tokens("x")));
    drop(sendable(client.extract::<Vec<u8>>("x").into_future()));
    let shown = shown + &format!("{reply:?}");
    for secret in [KEY, "private", "Four"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}
