//! The second provider's APIs over the socket.

use super::*;
use crate::emulator::Endpoint;
use crate::raw_http::send;

fn chunks(emulator: &Emulator, body: &Value) -> Vec<Value> {
    let mut events = post_chat(emulator, body).events();
    assert_eq!(events.pop().unwrap(), "[DONE]");
    events.iter().map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn message(emulator: &Emulator, body: &Value) -> Value {
    let answer = post_chat(emulator, body).json();
    assert!(answer["choices"].is_array(), "{answer}");
    answer["choices"][0]["message"].clone()
}

fn person() -> Value {
    json!({"type": "object", "properties": {
        "name": {"type": "string"}, "age": {"type": "integer"}}})
}

/// Proves that a JSON object is answered with one, filled where the words hold a schema, and that
/// the word must stand there.
#[test]
fn json_objects_are_given() {
    let emulator = emulator();
    let ask = |text: &str| with(chat(text), "response_format", json!({"type": "json_object"}));
    let free = message(&emulator, &ask("As Json, please."))["content"].clone();
    assert!(serde_json::from_str::<Value>(free.as_str().unwrap()).unwrap().is_object());
    let text = format!("I am Bo and 7. A JSON codeblock by {}", person());
    let wanted = r#"{"name":"Bo","age":7}"#;
    assert_eq!(message(&emulator, &ask(&text))["content"], wanted);
    let fenced = message(&emulator, &chat(&text))["content"].clone();
    assert_eq!(fenced, format!("```json\n{wanted}\n```"));
    let error = post_chat(&emulator, &ask("Hello")).json()["error"].clone();
    assert_eq!(error["param"], "messages");
    assert!(error["message"].as_str().unwrap().contains("must contain the word 'json'"));
}

/// Proves that users' messages in a row are one turn: what follows the facts hides none of them.
#[test]
fn messages_in_a_row_are_one_turn() {
    let emulator = emulator();
    let body = json!({"model": "gpt-5", "messages": [
        {"role": "system", "content": person().to_string()},
        {"role": "user", "content": "I am Bo and 7."},
        {"role": "user", "content": "Answer as the system says."}]});
    assert_eq!(message(&emulator, &body)["content"], r#"{"name":"Bo","age":7}"#);
}

/// Proves custom tools, plain and streamed: free text, whole in both.
#[test]
fn custom_tools_are_called() {
    let emulator = emulator();
    let shell = json!({"type": "custom", "custom": {"name": "shell"}});
    let body = with(chat("List files."), "tools", json!([shell]));
    let call = message(&emulator, &body)["tool_calls"][0].clone();
    assert_eq!((&call["type"], &call["custom"]["name"]), (&json!("custom"), &json!("shell")));
    let function = json!({"type": "function", "function": {"name": "f", "parameters": person()}});
    let both = with(body.clone(), "tools", json!([function, shell]));
    let named = json!({"type": "custom", "custom": {"name": "shell"}});
    let forced = message(&emulator, &with(both.clone(), "tool_choice", named));
    assert_eq!(forced["tool_calls"][0]["type"], "custom");
    assert_eq!(message(&emulator, &both)["tool_calls"][0]["type"], "function");
    let streamed = chunks(&emulator, &with(body, "stream", true.into()));
    let inputs = streamed.iter().filter_map(|chunk| {
        chunk["choices"][0]["delta"]["tool_calls"][0]["custom"]["input"].as_str()
    });
    assert_eq!(inputs.collect::<String>(), call["custom"]["input"]);
    assert_eq!(streamed.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}

/// Proves that each choice has words of its own, and that a stream takes turns between them.
#[test]
fn choices_differ_and_take_turns() {
    let emulator = emulator();
    let body = with(chat("a"), "n", 3.into());
    let answer = post_chat(&emulator, &body).json();
    let texts: Vec<&str> = answer["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| choice["message"]["content"].as_str().unwrap())
        .collect();
    assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2]);
    let streamed = chunks(&emulator, &with(body.clone(), "stream", true.into()));
    let order: Vec<u64> =
        streamed.iter().map(|chunk| chunk["choices"][0]["index"].as_u64().unwrap()).collect();
    assert_eq!(order[..6], [0, 1, 2, 0, 1, 2]);
    for (index, text) in texts.iter().enumerate() {
        let own = streamed.iter().map(|chunk| &chunk["choices"][0]);
        let own = own.filter(|choice| choice["index"] == index);
        let deltas = own.filter_map(|choice| choice["delta"]["content"].as_str());
        assert_eq!(deltas.collect::<String>(), *text);
    }
    let refused = post_chat(&emulator, &with(body, "n", 129.into())).json();
    assert_eq!(refused["error"]["code"], "integer_above_max_value");
}

/// Proves the contract of `stream_options`: the usage chunk and the nulls before it if and only if
/// they are asked for, padding unless it is declined, and no options without a stream.
#[test]
fn stream_options_are_obeyed() {
    let emulator = emulator();
    let plain = with(chat("a"), "stream", true.into());
    let ask = |options: Value| chunks(&emulator, &with(plain.clone(), "stream_options", options));
    for bare in [ask(json!({})), ask(json!({"include_usage": false})), ask(json!(null))] {
        assert!(bare.iter().all(|chunk| chunk.get("usage").is_none()));
        assert!(bare.iter().all(|chunk| chunk["choices"].as_array().unwrap().len() == 1));
        assert!(bare.iter().all(|chunk| chunk["obfuscation"].is_string()));
    }
    let mut counted = ask(json!({"include_usage": true, "include_obfuscation": false}));
    let last = counted.pop().unwrap();
    assert!(last["choices"].as_array().unwrap().is_empty() && last["usage"].is_object());
    assert!(counted.iter().all(|chunk| chunk.get("usage") == Some(&Value::Null)));
    assert!(counted.iter().all(|chunk| chunk.get("obfuscation").is_none()));
    let error = post_chat(&emulator, &with(chat("a"), "stream_options", json!({}))).json();
    assert_eq!(error["error"]["param"], "stream_options");
}

/// Proves that what a chat writes to the prompt cache is readable once its answer begins, for as
/// long as the mark says.
#[test]
fn chats_are_cached() {
    let emulator = emulator();
    let part = json!({"type": "text", "text": "x".repeat(8192),
        "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}});
    let body = json!({"model": "gpt-6-sol", "prompt_cache_options": {"mode": "explicit"},
        "messages": [{"role": "user", "content": [part, {"type": "text", "text": "Hello"}]}]});
    let details = || {
        let usage = post_chat(&emulator, &body).json()["usage"].clone();
        assert_eq!(usage["prompt_tokens"], 2050);
        let details = &usage["prompt_tokens_details"];
        (details["cached_tokens"].clone(), details["cache_write_tokens"].clone())
    };
    assert_eq!(details(), (json!(0), json!(2048)));
    assert_eq!(details(), (json!(2048), json!(0)));
    emulator.advance(12 * 60 * 60 * 1000);
    assert_eq!(details(), (json!(0), json!(2048)));
}

/// Proves that responses and embeddings are served over the socket, counted apart, and refuse in
/// this provider's shape.
#[test]
fn the_other_endpoints_are_served() {
    let emulator = emulator();
    let base = emulator.openai_base_url();
    let body = json!({"model": "gpt-5", "input": "Hello"});
    let answer = post(&base, "/responses", OPENAI, &body).unwrap();
    assert_eq!((answer.status, &answer.json()["object"]), (200, &json!("response")));
    assert!(answer.header("x-request-id").is_some());
    let path = format!("/responses/{}", answer.json()["id"].as_str().unwrap());
    let kept = send("GET", &base, &path, OPENAI, b"").unwrap();
    assert_eq!((kept.status, kept.json()), (200, answer.json()));
    let body = json!({"model": "text-embedding-3-small", "input": "Hello"});
    let embedded = post(&base, "/embeddings", OPENAI, &body).unwrap();
    assert_eq!((embedded.status, &embedded.json()["object"]), (200, &json!("list")));
    for (method, path, status) in [
        ("GET", "/embeddings", 405),
        ("GET", "/chat/completions", 405),
        ("PUT", "/responses", 405),
        ("GET", "/responses/resp_0", 404),
    ] {
        let refused = send(method, &base, path, OPENAI, b"").unwrap();
        let error = refused.json()["error"].clone();
        assert_eq!((refused.status, &error["type"]), (status, &json!("invalid_request_error")));
        assert!(error.get("param").is_some() && error.get("code").is_some(), "{error}");
    }
    for path in ["/embeddings", "/responses", "/chat/completions"] {
        let stranger = post(&base, path, &[], &body).unwrap();
        assert_eq!((stranger.status, stranger.json()["error"].is_object()), (401, true));
        let broken = send("POST", &base, path, OPENAI, b"{").unwrap();
        assert_eq!((broken.status, broken.json()["error"].is_object()), (400, true));
    }
    assert_eq!((emulator.calls(Endpoint::Responses), emulator.calls(Endpoint::Embeddings)), (6, 4));
}
