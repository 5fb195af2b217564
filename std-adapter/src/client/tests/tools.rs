//! Tool calls of an answer, as the caller reads them.

use serde_json::{Value, json};

use super::{anthropic, openai};
use crate::cache::Cache;
use crate::client::ToolCall;
use crate::provider::loopback::{Loopback, answer};

fn chat(calls: &Value) -> Loopback {
    let body = json!({"choices": [{"index": 0, "finish_reason": "tool_calls",
        "message": {"role": "assistant", "content": null, "tool_calls": calls}}]});
    Loopback::start(vec![answer(200, "", &body.to_string())])
}

fn call(arguments: &Value) -> Value {
    json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}})
}

/// Arguments as text, as an object, empty, missing and cut: each call is there, and the answer is
/// stored exactly when all of them can be run.
#[tokio::test]
async fn every_call_is_seen() {
    for (arguments, input, verdict) in [
        (json!("{\"a\":1}"), Some("{\"a\":1}"), None),
        (json!({"a": 1}), Some("{\"a\":1}"), None),
        (json!(""), Some("{}"), None),
        (json!(null), None, Some("broken_tool_call")),
        (json!("{\"a\":"), Some("{\"a\":"), Some("broken_tool_call")),
    ] {
        let server = chat(&json!([call(&arguments)]));
        let client = openai(&server).cache(Cache::builder().build()).build().unwrap();
        let reply = client.send("x").await.unwrap();
        let [ToolCall { id, name, input: found, is_whole }] = &reply.tool_calls()[..] else {
            panic!("one call: {arguments}");
        };
        assert_eq!((id.as_deref(), name.as_str()), (Some("c"), "f"));
        assert_eq!((found.as_deref(), *is_whole), (input, verdict.is_none()), "{arguments}");
        assert_eq!(reply.tool_input("f").as_deref(), input);
        assert_eq!(reply.verdict().skip_reason().map(|why| why.as_str()), verdict);
    }
}

/// Custom tools take free text; and no arguments show in `Debug`.
#[tokio::test]
async fn custom_tools_and_debug() {
    let custom = json!({"id": "c", "type": "custom", "custom": {"name": "g", "input": "secret"}});
    let server = chat(&json!([call(&json!("{}")), custom]));
    let reply = openai(&server).build().unwrap().send("x").await.unwrap();
    let calls = reply.tool_calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1].input.as_deref(), Some("secret"));
    assert!(calls[1].is_whole);
    assert!(!format!("{calls:?}").contains("secret"));
    let body = json!({"type": "message", "stop_reason": "tool_use", "content": [
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}]});
    let server = Loopback::start(vec![answer(200, "", &body.to_string())]);
    let reply = anthropic(&server).build().unwrap().send("x").await.unwrap();
    assert_eq!(reply.tool_calls()[0].input.as_deref(), Some("{\"a\":1}"));
}
