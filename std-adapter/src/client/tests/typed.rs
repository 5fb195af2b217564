//! Typed answers, both ways, and what becomes of those that do not decode.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{anthropic, openai};
use crate::ErrorKind;
use crate::cache::Cache;
use crate::client::{Request, Via};
use crate::provider::loopback::{Loopback, answer};

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
struct Person {
    /// Full name.
    name: String,
    age: u8,
}

/// The same schema as [`Person`], and a stricter idea of it.
#[derive(Debug, Deserialize)]
struct Namesake {
    #[serde(rename = "age")]
    _age: bool,
}

impl JsonSchema for Namesake {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Person::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Person::json_schema(generator)
    }
}

fn message(content: &Value, stop: &str) -> Vec<u8> {
    let body = json!({"type": "message", "role": "assistant", "content": content,
        "stop_reason": stop, "usage": {"input_tokens": 1, "output_tokens": 2}});
    answer(200, "request-id: req_1\r\n", &body.to_string())
}

fn text(text: &str) -> Vec<u8> {
    message(&json!([{"type": "text", "text": text}]), "end_turn")
}

fn choice(message: &Value, stop: &str) -> Vec<u8> {
    let body = json!({"object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": stop, "message": message}]});
    answer(200, "", &body.to_string())
}

fn sent(server: &Loopback) -> Value {
    serde_json::from_slice(&server.requests()[0].body).unwrap()
}

const ADA: &str = r#"{"name":"Ada \u00e9","age":36}"#;

fn ada() -> Person {
    Person { name: "Ada \u{e9}".into(), age: 36 }
}

/// The schema goes out in the provider's own form; the value comes back, and from the cache again.
#[tokio::test]
async fn extracts_by_output_format() {
    let server = Loopback::start(vec![text(ADA)]);
    let client = anthropic(&server).cache(Cache::builder().build()).build().unwrap();
    let first = client.extract::<Person>("I am Ada, 36").await.unwrap();
    assert_eq!((&*first, first.outcome().to_string().as_str()), (&ada(), "miss absent"));
    let second = client.extract::<Person>("I am Ada, 36").await.unwrap();
    assert!(second.outcome().is_hit());
    assert_eq!(second.billed_usage().output_tokens, 0);
    assert_eq!(second.into_inner(), ada());
    assert_eq!(server.count(), 1);
    let format = &sent(&server)["output_config"]["format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!(format["schema"]["additionalProperties"], false);

    let message = json!({"role": "assistant", "content": ADA});
    let server = Loopback::start(vec![choice(&message, "stop")]);
    let client = openai(&server).build().unwrap();
    assert_eq!(*client.extract::<Person>("I am Ada, 36").await.unwrap(), ada());
    let format = &sent(&server)["response_format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!(format["json_schema"]["strict"], true);
    assert_eq!(format["json_schema"]["name"], "Person");
    assert_eq!(format["json_schema"]["schema"]["required"], json!(["name", "age"]));
}

/// By a tool: forced where the model allows it, offered as strict where not.
#[tokio::test]
async fn extracts_by_tool() {
    let input: Value = serde_json::from_str(ADA).unwrap();
    let call = json!([{"type": "text", "text": "Here."},
        {"type": "tool_use", "id": "t", "name": "Person", "input": input}]);
    for (model, choice) in [
        ("claude-opus-4-5", json!({"type": "tool", "name": "Person"})),
        ("claude-opus-5-5", json!({"type": "auto"})),
    ] {
        let server = Loopback::start(vec![message(&call, "tool_use")]);
        let client = anthropic(&server).model(model).build().unwrap();
        let person = client.extract::<Person>("I am Ada, 36").via(Via::Tool).await.unwrap();
        assert_eq!(*person, ada());
        let body = sent(&server);
        assert_eq!(body["tool_choice"], choice);
        let strict = body["tools"][0]["strict"] == json!(true);
        assert_eq!(strict, choice["type"] == "auto");
    }
    let message = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "t", "type": "function", "function": {"name": "Person", "arguments": ADA}}]});
    let server = Loopback::start(vec![choice(&message, "tool_calls")]);
    let client = openai(&server).build().unwrap();
    let person = client.extract::<Person>("I am Ada, 36").via(Via::Tool).await.unwrap();
    assert_eq!(*person, ada());
    assert_eq!(sent(&server)["tool_choice"]["function"]["name"], "Person");
}

/// A type that is no object is asked for and unpacked inside one.
#[tokio::test]
async fn unwraps_what_is_no_object() {
    let server = Loopback::start(vec![text(r#"{"value":[1,2]}"#)]);
    let client = anthropic(&server).build().unwrap();
    assert_eq!(client.extract::<Vec<u8>>("x").await.unwrap().into_inner(), [1, 2]);
}

/// What does not decode is an error with its kind, shows no answer, and is not stored.
#[tokio::test]
async fn stores_nothing_that_does_not_decode() {
    let tool = json!([{"type": "text", "text": "No tool."}]);
    for (answers, via, kind) in [
        (text(r#"{"name":"private"}"#), Via::OutputFormat, ErrorKind::Decode),
        (text("private words"), Via::OutputFormat, ErrorKind::Decode),
        (message(&tool, "end_turn"), Via::Tool, ErrorKind::Decode),
        (
            message(&json!([{"type": "text", "text": ADA}]), "max_tokens"),
            Via::OutputFormat,
            ErrorKind::Decode,
        ),
        (message(&json!([]), "refusal"), Via::OutputFormat, ErrorKind::Refused),
    ] {
        let server = Loopback::start(vec![answers]);
        let cache = Cache::builder().build();
        let client = anthropic(&server).cache(cache.clone()).build().unwrap();
        for expected in 1..=2 {
            let error = client.extract::<Person>("x").via(via).await.unwrap_err();
            assert_eq!((error.kind(), server.count()), (kind, expected), "{error}");
            assert_eq!(error.request_id(), Some("req_1"));
            assert!(!format!("{error} {error:?}").contains("private"), "{error:?}");
            assert!(error.provider_body().starts_with(b"{"), "the caller may look at it");
        }
        assert_eq!(cache.stats().memory_entries, 0);
    }
}

/// A stored answer that no longer decodes is fetched anew, which is reported.
#[tokio::test]
async fn refetches_what_no_longer_decodes() {
    let server = Loopback::start(vec![text(ADA), text(r#"{"name":"x","age":true}"#)]);
    let client = anthropic(&server).cache(Cache::builder().build()).build().unwrap();
    client.extract::<Person>("x").await.unwrap();
    let other = client.extract::<Namesake>("x").await.unwrap();
    assert_eq!(other.outcome().to_string(), "miss undecodable");
    assert_eq!(server.count(), 2);
}

/// Fifty callers whose answer does not decode cost one call, not fifty.
#[tokio::test]
async fn shares_what_does_not_decode() {
    let server = Loopback::start(vec![text("no json")]);
    let client = anthropic(&server).cache(Cache::builder().build()).build().unwrap();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.extract::<Person>("x").await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err().kind(), ErrorKind::Decode);
    }
    assert_eq!(server.count(), 1);
}

/// A raw request cannot take a schema.
#[tokio::test]
async fn refuses_a_raw_request() {
    let server = Loopback::start(vec![text(ADA)]);
    let client = anthropic(&server).build().unwrap();
    let error = client.extract::<Person>(Request::raw("{}")).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::InvalidRequest, 0));
}
