//! Streams of events, and what they build.

use super::*;

/// Proves that a stream builds, event by event, what it ends with: each kind of item, and each
/// ending.
#[test]
fn streams_build_the_response() {
    let api = Api::new();
    let function = json!({"type": "function", "name": "person", "parameters": person()});
    let shell = json!({"type": "custom", "name": "shell"});
    for (body, fault, ending) in [
        (ask(json!("Hello")), None, "response.completed"),
        (with(ask(json!(SENTENCE)), "tools", json!([function])), None, "response.completed"),
        (with(ask(json!(SENTENCE)), "tools", json!([shell])), None, "response.completed"),
        (with(ask(json!("Hello")), "max_output_tokens", 16.into()), None, "response.incomplete"),
        (ask(json!("Hello")), Some(Fault::Refusal), "response.completed"),
    ] {
        let streamed = with(body.clone(), "stream", true.into());
        let events = api.events(&streamed, fault.as_ref());
        let whole = &events.last().unwrap()["response"];
        assert_eq!(events.last().unwrap()["type"], ending);
        let plain = api.call_with("POST", "/v1/responses", "sk-test", &body, fault.as_ref()).1;
        assert_eq!(without_ids(&plain), without_ids(whole));
        assert_eq!(built(&events), whole["output"]);
        let begun = &events[0]["response"];
        assert_eq!((&begun["status"], &begun["output"]), (&json!("in_progress"), &json!([])));
        assert!(begun["usage"].is_null() && whole["usage"].is_object());
        let path = format!("/v1/responses/{}", whole["id"].as_str().unwrap());
        assert_eq!(api.call("GET", &path, "sk-test", &json!({})).1, *whole);
    }
}

/// Proves the padding of deltas: there unless it is declined.
#[test]
fn padding_can_be_declined() {
    let api = Api::new();
    let body = with(ask(json!("Hello")), "stream", true.into());
    let is_delta = |event: &&Value| event["type"] == "response.output_text.delta";
    let padded = api.events(&body, None);
    assert!(padded.iter().filter(is_delta).all(|event| event["obfuscation"].is_string()));
    let body = with(body, "stream_options", json!({"include_obfuscation": false}));
    assert!(api.events(&body, None).iter().all(|event| event.get("obfuscation").is_none()));
}

/// What a reader puts together from the deltas of a stream, checked against each `done`.
fn built(events: &[Value]) -> Value {
    let mut items: Vec<Value> = Vec::new();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
        let index = event["output_index"].as_u64().unwrap_or_default() as usize;
        let part = format!("/content/{}", event["content_index"].as_u64().unwrap_or_default());
        let name = event["type"].as_str().unwrap();
        let text = match name.trim_end_matches(".delta").trim_end_matches(".done") {
            "response.output_text" => format!("{part}/text"),
            "response.refusal" => format!("{part}/refusal"),
            "response.function_call_arguments" => "/arguments".into(),
            "response.custom_tool_call_input" => "/input".into(),
            _ => String::new(),
        };
        match name {
            "response.output_item.added" => items.push(event["item"].clone()),
            "response.output_item.done" => {
                items[index]["status"] = event["item"]["status"].clone();
                assert_eq!(items[index], event["item"]);
            }
            "response.content_part.added" => {
                items[index]["content"].as_array_mut().unwrap().push(event["part"].clone());
            }
            "response.content_part.done" => {
                assert_eq!(items[index].pointer(&part), event.get("part"));
            }
            _ if text.is_empty() => {}
            _ if name.ends_with(".delta") => {
                let held = items[index].pointer_mut(&text).unwrap();
                let grown =
                    format!("{}{}", held.as_str().unwrap(), event["delta"].as_str().unwrap());
                *held = grown.into();
            }
            _ => {
                let member = text.rsplit('/').next().unwrap();
                assert_eq!(items[index].pointer(&text), event.get(member));
            }
        }
    }
    items.into()
}

/// A response less what differs between two of the same request.
fn without_ids(response: &Value) -> Value {
    let mut response = response.clone();
    response["id"] = Value::Null;
    for item in response["output"].as_array_mut().unwrap() {
        item["id"] = Value::Null;
        item["call_id"] = Value::Null;
    }
    response
}
