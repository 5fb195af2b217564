//! The form of the answers, plain and streamed, and the rule behind structured ones.

use super::*;

const SENTENCE: &str = "My name is John and I am 30 years old";

fn person() -> Value {
    json!({"type": "object", "properties": {
        "name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"], "additionalProperties": false})
}

/// Proves that equal requests get equal texts under new ids, and different ones different texts.
#[test]
fn plain_answers_depend_on_the_request_alone() {
    let emulator = emulator();
    let one = post_message(&emulator, &message("a"));
    let again = post_message(&emulator, &message("a")).json();
    let other = post_message(&emulator, &message("b")).json();
    let warmer = post_message(&emulator, &with(message("a"), "temperature", 0.5.into())).json();
    let streamed = with(message("a"), "metadata", json!({"user_id": "u"}));
    let neutral = post_message(&emulator, &streamed).json();
    let answer = one.json();
    assert_eq!(answer["content"], again["content"]);
    assert_eq!(answer["content"], neutral["content"]);
    assert_ne!(answer["id"], again["id"]);
    assert_ne!(answer["content"], other["content"]);
    assert_ne!(answer["content"], warmer["content"]);
    assert_eq!(answer["stop_reason"], "end_turn");
    assert!(answer["content"][0]["text"].as_str().unwrap().contains("not a model"));
    assert_eq!(one.header("content-type"), Some("application/json"));
    assert!(one.header("request-id").is_some() && one.header("anthropic-workspace-id").is_some());
    let chats = [chat("a"), chat("a"), with(chat("a"), "user", "u".into()), chat("b")];
    let [one, again, neutral, other] = chats.map(|body| post_chat(&emulator, &body).json());
    assert_eq!(one["choices"], again["choices"]);
    assert_eq!(one["choices"], neutral["choices"]);
    assert_ne!((&one["id"], &one["choices"]), (&again["id"], &other["choices"]));
    assert_eq!((&one["object"], &one["created"]), (&json!("chat.completion"), &json!(1000)));
}

/// Proves that all four ways to ask for a structured answer give the same person.
#[test]
fn structured_answers_follow_the_rule() {
    let emulator = emulator();
    let wanted = r#"{"name":"John","age":30}"#;
    let format = json!({"format": {"type": "json_schema", "schema": person()}});
    let answer = post_message(&emulator, &with(message(SENTENCE), "output_config", format)).json();
    assert_eq!(answer["content"][0]["text"], wanted);
    let tools = json!([{"name": "person", "input_schema": person()}]);
    let offered = with(message(SENTENCE), "tools", tools);
    let forced = with(offered.clone(), "tool_choice", json!({"type": "tool", "name": "person"}));
    for body in [offered, forced] {
        let answer = post_message(&emulator, &body).json();
        assert_eq!(answer["content"][0]["input"].to_string(), wanted);
        assert_eq!(answer["content"][0]["name"], "person");
        assert_eq!(answer["stop_reason"], "tool_use");
    }
    let schema = json!({"type": "json_schema", "json_schema": {"name": "p", "schema": person()}});
    let answer = post_chat(&emulator, &with(chat(SENTENCE), "response_format", schema)).json();
    assert_eq!(answer["choices"][0]["message"]["content"], wanted);
    let function = json!({"name": "person", "parameters": person()});
    let tools = json!([{"type": "function", "function": function}]);
    let answer = post_chat(&emulator, &with(chat(SENTENCE), "tools", tools)).json();
    let choice = &answer["choices"][0];
    assert_eq!(choice["message"]["tool_calls"][0]["function"]["arguments"], wanted);
    assert_eq!(choice["finish_reason"], "tool_calls");
}

/// Proves that a stream says what the plain answer says, event by event.
#[test]
fn streams_carry_the_same_message() {
    let emulator = emulator();
    let plain = post_message(&emulator, &message("a")).json();
    let answer = post_message(&emulator, &with(message("a"), "stream", true.into()));
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let events: Vec<Value> =
        answer.events().iter().map(|data| serde_json::from_str(data).unwrap()).collect();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds[..3], ["message_start", "ping", "content_block_start"]);
    assert_eq!(kinds[kinds.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
    let texts = events.iter().filter_map(|event| event["delta"]["text"].as_str());
    assert_eq!(texts.collect::<String>(), plain["content"][0]["text"]);
    assert!(answer.text().starts_with("event: message_start\ndata: {"));
    let delta = &events[events.len() - 2];
    assert_eq!(delta["delta"]["stop_reason"], "end_turn");
    let start = &events[0]["message"]["usage"];
    for (name, count) in plain["usage"].as_object().unwrap() {
        match name.as_str() {
            "output_tokens" => assert_eq!(delta["usage"][name], *count),
            "iterations" | "output_tokens_details" => {
                assert_eq!((start.get(name), &delta["usage"][name]), (None, count), "{name}");
            }
            "cache_creation" | "service_tier" | "inference_geo" | "speed" => {
                assert_eq!((&start[name], delta["usage"].get(name)), (count, None), "{name}");
            }
            _ => assert_eq!((&start[name], &delta["usage"][name]), (count, count), "{name}"),
        }
    }
    assert_eq!(delta["delta"]["stop_details"], Value::Null);
    let fast = post_message(&emulator, &with(message("a"), "speed", "fast".into())).json();
    assert_eq!(
        (&plain["usage"]["speed"], &fast["usage"]["speed"]),
        (&"standard".into(), &"fast".into())
    );
}

/// Proves the chunks of a chat stream: the text, the usage chunk when asked for, the end mark.
#[test]
fn chat_streams_end_with_done() {
    let emulator = emulator();
    let plain = post_chat(&emulator, &chat("a")).json();
    let body = with(chat("a"), "stream", true.into());
    let body = with(body, "stream_options", json!({"include_usage": true}));
    let mut events = post_chat(&emulator, &body).events();
    assert_eq!(events.pop().unwrap(), "[DONE]");
    let chunks: Vec<Value> =
        events.iter().map(|data| serde_json::from_str(data).unwrap()).collect();
    let texts = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str());
    assert_eq!(texts.collect::<String>(), plain["choices"][0]["message"]["content"]);
    let last = chunks.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]), (&json!([]), &plain["usage"]));
    assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "stop");
}

/// Proves that `n` choices are given and a token limit cuts them.
#[test]
fn choices_and_limits_are_kept() {
    let emulator = emulator();
    let body = with(with(chat("a"), "n", 3.into()), "max_completion_tokens", 2.into());
    let answer = post_chat(&emulator, &body).json();
    assert_eq!(answer["choices"].as_array().unwrap().len(), 3);
    assert_eq!(answer["choices"][2]["finish_reason"], "length");
    assert_eq!(answer["usage"]["completion_tokens"], 6);
    let answer = post_message(&emulator, &with(message("a"), "max_tokens", 2.into())).json();
    assert_eq!(
        (&answer["stop_reason"], &answer["usage"]["output_tokens"]),
        (&json!("max_tokens"), &json!(2))
    );
}
