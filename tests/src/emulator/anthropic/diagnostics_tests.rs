//! Cache diagnostics and the form of `usage`, over the socket.

use serde_json::{Value, json};

use crate::emulator::{Emulator, Fault, Options};
use crate::raw_http::post;

fn emulator() -> Emulator {
    Emulator::start(Options::new().now_ms(0)).unwrap()
}

fn conversation() -> Value {
    json!({"model": "claude-opus-5", "max_tokens": 5, "system": "12345678",
        "tools": [{"name": "t", "input_schema": {}}],
        "messages": [{"role": "user", "content": "four"}, {"role": "assistant", "content": "five"},
            {"role": "user", "content": "sixteen letters!"}]})
}

fn send(emulator: &Emulator, key: &str, betas: &str, body: &Value) -> Value {
    let headers =
        [("x-api-key", key), ("anthropic-version", "2023-06-01"), ("anthropic-beta", betas)];
    post(&emulator.base_url(), "/v1/messages", &headers, body).unwrap().json()
}

/// `diagnostics` of the second of two requests, the second made by `edit` from the first.
fn compared(edit: impl Fn(&mut Value)) -> Value {
    let emulator = emulator();
    let mut body = conversation();
    body["diagnostics"] = json!({"previous_message_id": null});
    let first = send(&emulator, "sk-one", "", &body);
    assert_eq!(first["diagnostics"], Value::Null, "a first turn has nothing to compare with");
    edit(&mut body);
    body["diagnostics"] = json!({"previous_message_id": first["id"]});
    send(&emulator, "sk-one", "", &body)["diagnostics"].clone()
}

/// Proves the earliest difference of each kind, with the tokens from there on.
#[test]
fn the_earliest_difference_is_named() {
    let changed = |kind: &str, tokens: u64| json!({"cache_miss_reason": {"type": kind, "cache_missed_input_tokens": tokens}});
    let tool = 8;
    assert_eq!(compared(|_| {}), Value::Null);
    assert_eq!(
        compared(|body| body["model"] = "claude-opus-4-8".into()),
        changed("model_changed", 16)
    );
    let without_tools = |body: &mut Value| body["tools"] = json!([]);
    assert_eq!(compared(without_tools), changed("tools_changed", 8 + tool));
    let two = |body: &mut Value| {
        body["system"] = "other".into();
        body["messages"][0]["content"] = "x".into();
    };
    assert_eq!(compared(two), changed("system_changed", 8));
    let early = |body: &mut Value| body["messages"][1]["content"] = "x".into();
    assert_eq!(compared(early), changed("messages_changed", 5));
    let grown = |body: &mut Value| {
        let turns = body["messages"].as_array_mut().unwrap();
        turns.push(json!({"role": "assistant", "content": "new"}));
        turns[0]["content"] = json!([{"type": "text", "text": "four",
            "cache_control": {"type": "ephemeral"}}]);
    };
    assert_eq!(compared(grown), Value::Null, "growth and marks are no difference");
    let unavailable = json!({"cache_miss_reason": {"type": "unavailable"}});
    assert_eq!(compared(|body| body["tool_choice"] = json!({"type": "none"})), unavailable);
    assert_eq!(compared(|body| body["output_config"] = json!({"effort": "low"})), unavailable);
}

/// Proves what is kept: requests that ask for it, within a workspace; that betas are compared as a
/// set; and the answer of a comparison that has not ended.
#[test]
fn only_requests_that_ask_are_kept() {
    let emulator = emulator();
    let mut asking = conversation();
    let silent = send(&emulator, "sk-one", "", &asking);
    assert_eq!(silent.get("diagnostics"), Some(&Value::Null), "always there");
    asking["diagnostics"] = json!({"previous_message_id": silent["id"]});
    let not_found = json!({"cache_miss_reason": {"type": "previous_message_not_found"}});
    let kept = send(&emulator, "sk-one", "files-api-2025-04-14,skills-2025-10-02", &asking);
    assert_eq!(kept["diagnostics"], not_found);
    asking["diagnostics"] = json!({"previous_message_id": kept["id"]});
    assert_eq!(send(&emulator, "sk-two", "", &asking)["diagnostics"], not_found);
    let reordered = "skills-2025-10-02, files-api-2025-04-14";
    assert_eq!(send(&emulator, "sk-one", reordered, &asking)["diagnostics"], Value::Null);
    let other = send(&emulator, "sk-one", "skills-2025-10-02", &asking);
    assert_eq!(other["diagnostics"], json!({"cache_miss_reason": {"type": "unavailable"}}));
    emulator.fault(Fault::DiagnosticsPending);
    let pending = send(&emulator, "sk-one", "", &asking);
    assert_eq!(pending["diagnostics"], json!({"cache_miss_reason": null}));
}

/// Proves that a stream carries diagnostics and iterations in its first event, and that the one
/// iteration has the counts of the whole.
#[test]
fn a_stream_begins_with_diagnostics_and_usage() {
    let emulator = emulator();
    let mut body = conversation();
    body["diagnostics"] = json!({"previous_message_id": "msg_unknown"});
    let plain = send(&emulator, "sk-one", "", &body);
    let usage = &plain["usage"];
    for name in ["input_tokens", "output_tokens", "cache_creation", "cache_read_input_tokens"] {
        assert_eq!(usage["iterations"][0][name], usage[name], "{name}");
    }
    assert_eq!(usage["iterations"][0]["type"], "message");
    body["stream"] = true.into();
    let headers = [("x-api-key", "sk-one"), ("anthropic-version", "2023-06-01")];
    let streamed = post(&emulator.base_url(), "/v1/messages", &headers, &body).unwrap();
    let text = streamed.text();
    let start = text.lines().find(|line| line.contains("message_start\",")).unwrap();
    assert!(start.contains("previous_message_not_found") && start.contains("cache_creation"));
}
