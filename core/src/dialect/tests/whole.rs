//! Answers that contradict themselves, in all three dialects.

use super::*;
use std::{string::String, vec::Vec};

/// An answer whose one choice has this message and finish reason.
fn chat(reason: &str, message: Value) -> Value {
    json!({"choices": [{"index": 0, "finish_reason": reason, "message": message}]})
}

fn anthropic(reason: &str, content: Value) -> Value {
    json!({"type": "message", "stop_reason": reason, "content": content})
}

fn responses(output: Value) -> Value {
    json!({"status": "completed", "error": null, "output": output})
}

/// A Chat answer that calls one function with these arguments.
fn chat_call(arguments: Value) -> Value {
    let call = json!({"id": "c", "type": "function",
        "function": {"name": "f", "arguments": arguments}});
    chat("tool_calls", json!({"content": null, "tool_calls": [call]}))
}

fn responses_call(arguments: Value) -> Value {
    responses(json!([{"type": "function_call", "call_id": "c", "name": "f",
        "arguments": arguments}]))
}

fn legacy_call(arguments: Value) -> Value {
    let call = json!({"name": "f", "arguments": arguments});
    chat("function_call", json!({"content": null, "function_call": call}))
}

/// Name and arguments of each call as a caller sees them.
fn seen(dialect: Dialect, body: &Value) -> Vec<(String, String)> {
    let text = body.to_string();
    let reply = Reply::parse(dialect, text.as_bytes()).expect("an object");
    let calls = reply.tool_calls().map(|call| {
        let input = match call.input {
            ToolInput::Json(value) => value.text().to_string(),
            ToolInput::Text(text) | ToolInput::Free(text) => text.chars().collect(),
            ToolInput::Missing => "missing".to_string(),
        };
        (call.name.chars().collect(), input)
    });
    calls.collect()
}

/// Arguments of functions are a JSON object, as text or as such; the empty text stands for one.
#[test]
fn arguments_are_a_json_object() {
    for build in [chat_call, responses_call, legacy_call] {
        let dialect = if build(json!("")).get("status").is_some() { RESPONSES } else { CHAT };
        for whole in [
            json!(""),
            json!("{}"),
            json!(" {\"a\": [1, \"\\u00e9\\ud83d\\ude00\"]}\n"),
            json!({"a": 1}),
            json!({}),
        ] {
            let body = build(whole);
            assert_eq!(verdict(dialect, &body), Verdict::Store, "{body}");
            assert_eq!(seen(dialect, &body).len(), 1, "{body}");
        }
        for broken in [
            json!(null),
            json!("{\"a\":"),
            json!("{\"a\":1}}"),
            json!("{'a':1}"),
            json!("null"),
            json!("[1]"),
            json!("7"),
            json!(" "),
            json!("call f with a = 1"),
            json!([1]),
            json!(7),
            json!(true),
        ] {
            let body = build(broken);
            assert_eq!(verdict(dialect, &body), skip(SkipReason::BrokenToolCall), "{body}");
            assert_eq!(seen(dialect, &body).len(), 1, "no call is invisible: {body}");
        }
    }
}

/// The same of Anthropic's blocks, whose input is an object and nothing else.
#[test]
fn inputs_are_an_object() {
    let call = |kind: &str, input: Value| {
        let block = json!({"type": kind, "id": "t", "name": "f", "input": input});
        anthropic(
            "tool_use",
            json!([{"type": "tool_use", "id": "s", "name": "g", "input": {}}, block]),
        )
    };
    for kind in ["tool_use", "server_tool_use", "mcp_tool_use"] {
        assert_eq!(verdict(ANTHROPIC, &call(kind, json!({"a": 1}))), Verdict::Store);
        for input in [json!(null), json!("{}"), json!(""), json!([]), json!("{\"a\":")] {
            let body = call(kind, input);
            assert_eq!(verdict(ANTHROPIC, &body), skip(SkipReason::BrokenToolCall), "{body}");
        }
    }
    let bare = anthropic("tool_use", json!([{"type": "tool_use", "name": "f"}]));
    assert_eq!(verdict(ANTHROPIC, &bare), skip(SkipReason::BrokenToolCall));
    assert_eq!(seen(ANTHROPIC, &bare), [("f".into(), "missing".into())]);
}

/// Calls without a name, of no known form, or that are no object, are broken and still seen.
#[test]
fn calls_of_no_form() {
    for call in [
        json!({"type": "function", "function": {"arguments": "{}"}}),
        json!({"type": "function", "function": {"name": "", "arguments": "{}"}}),
        json!({"type": "function", "function": {"name": 7, "arguments": "{}"}}),
        json!({"type": "function", "function": "f"}),
        json!({"type": "custom", "custom": {"name": "g", "input": null}}),
        json!({"type": "custom", "custom": {"name": "g", "input": {"a": 1}}}),
        json!({"type": "from_2030", "thing": {}}),
        json!({}),
        json!("f"),
        json!(null),
    ] {
        let whole = json!({"function": {"name": "f", "arguments": "{}"}});
        let body = chat("tool_calls", json!({"content": "x", "tool_calls": [whole, call]}));
        assert_eq!(verdict(CHAT, &body), skip(SkipReason::BrokenToolCall), "{body}");
        assert_eq!(seen(CHAT, &body).len(), 2, "{body}");
    }
    for list in [json!({"id": "c"}), json!("f"), json!(true)] {
        let body = chat("stop", json!({"content": "x", "tool_calls": list}));
        assert_eq!(verdict(CHAT, &body), skip(SkipReason::Malformed), "{body}");
    }
    let nameless = responses(json!([{"type": "function_call", "arguments": "{}"}]));
    assert_eq!(verdict(RESPONSES, &nameless), skip(SkipReason::BrokenToolCall));
}

/// Custom tools take free text, which is kept as it is and is no JSON.
#[test]
fn custom_tools_take_text() {
    for input in ["", "{\"a\":", "rm -rf /tmp/x"] {
        let call = json!({"id": "c", "type": "custom", "custom": {"name": "g", "input": input}});
        let body = chat("tool_calls", json!({"content": null, "tool_calls": [call]}));
        assert_eq!(verdict(CHAT, &body), Verdict::Store);
        assert_eq!(seen(CHAT, &body), [("g".into(), input.into())]);
        let body = responses(json!([{"type": "custom_tool_call", "call_id": "c", "name": "g",
            "input": input}]));
        assert_eq!(verdict(RESPONSES, &body), Verdict::Store);
        assert_eq!(seen(RESPONSES, &body), [("g".into(), input.into())]);
    }
}

/// Calls of tools that OpenAI defines and the caller runs are seen, those it ran itself are not.
#[test]
fn tools_that_openai_defines() {
    let action = json!({"type": "exec", "command": ["ls"]});
    for (kind, member) in [
        ("local_shell_call", "action"),
        ("shell_call", "action"),
        ("computer_call", "action"),
        ("apply_patch_call", "operation"),
    ] {
        let body = responses(json!([{"type": kind, "call_id": "c", member: action}]));
        assert_eq!(verdict(RESPONSES, &body), Verdict::Store, "{body}");
        assert_eq!(seen(RESPONSES, &body), [(kind.into(), action.to_string())]);
        let body = responses(json!([{"type": kind, "call_id": "c"}]));
        assert_eq!(verdict(RESPONSES, &body), skip(SkipReason::BrokenToolCall), "{body}");
    }
    let search = |execution: &str| {
        responses(json!([{"type": "tool_search_call", "execution": execution, "arguments": {}}]))
    };
    assert_eq!(seen(RESPONSES, &search("client")).len(), 1);
    assert_eq!(verdict(RESPONSES, &search("server")), skip(SkipReason::Empty));
}

/// A stop reason that announces a call has one, in each choice.
#[test]
fn announced_calls_are_there() {
    let none = skip(SkipReason::NoToolCall);
    for message in [
        json!({"content": null}),
        json!({"content": "text all the same"}),
        json!({"content": null, "tool_calls": []}),
        json!({"content": null, "tool_calls": null, "function_call": null}),
    ] {
        for reason in ["tool_calls", "function_call"] {
            assert_eq!(verdict(CHAT, &chat(reason, message.clone())), none, "{message}");
        }
    }
    let mut two = chat_call(json!("{}"));
    let second = json!({"finish_reason": "tool_calls", "message": {"content": "x"}});
    two["choices"].as_array_mut().expect("choices").push(second);
    assert_eq!(verdict(CHAT, &two), none);
    for content in [
        json!([]),
        json!([{"type": "text", "text": "x"}]),
        json!([{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}]),
    ] {
        assert_eq!(verdict(ANTHROPIC, &anthropic("tool_use", content)), none);
    }
    // A call that is not announced is what forced calls look like.
    let call = json!({"function": {"name": "f", "arguments": "{}"}});
    let body = chat("stop", json!({"content": "", "tool_calls": [call]}));
    assert_eq!(verdict(CHAT, &body), Verdict::Store);
}

/// An answer that says nothing is not kept: no content, white space, or reasoning alone.
#[test]
fn empty_answers() {
    let empty = skip(SkipReason::Empty);
    for message in [
        json!({"content": null}),
        json!({"content": ""}),
        json!({"content": " \n"}),
        json!({"content": []}),
        json!({}),
        json!({"content": null, "reasoning_content": "hm", "reasoning": "hm"}),
        json!({"content": "", "tool_calls": [], "audio": null, "images": []}),
        json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}),
        json!({"content": [{"type": "text", "text": ""}]}),
    ] {
        assert_eq!(verdict(CHAT, &chat("stop", message.clone())), empty, "{message}");
        let mut two = chat("stop", json!({"content": "x"}));
        let second = json!({"finish_reason": "stop", "message": message});
        two["choices"].as_array_mut().expect("choices").push(second);
        assert_eq!(verdict(CHAT, &two), empty, "as the second choice");
    }
    for content in [
        json!([]),
        json!([{"type": "text", "text": ""}]),
        json!([{"type": "text", "text": "\n\n"}]),
        json!([{"type": "thinking", "thinking": "hm", "signature": "s"}]),
        json!([{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": ""}]),
    ] {
        for reason in ["end_turn", "stop_sequence"] {
            assert_eq!(verdict(ANTHROPIC, &anthropic(reason, content.clone())), empty);
        }
    }
    for output in [
        json!([]),
        json!([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}]),
        json!([{"type": "message", "content": []}]),
        json!([{"type": "message", "content": [{"type": "output_text", "text": ""}]}]),
        json!([{"type": "image_generation_call", "status": "completed", "result": null}]),
    ] {
        assert_eq!(verdict(RESPONSES, &responses(output.clone())), empty, "{output}");
    }
}

/// A picture, a sound or a file is an answer.
#[test]
fn answers_beside_text() {
    for message in [
        json!({"content": null, "audio": {"id": "a", "data": "AA=="}}),
        json!({"content": "", "images": [{"type": "image_url", "image_url": {"url": "u"}}]}),
        json!({"content": [{"type": "image_url", "image_url": {"url": "u"}}]}),
        json!({"content": [{"type": "text", "text": "x"}]}),
    ] {
        assert_eq!(verdict(CHAT, &chat("stop", message.clone())), Verdict::Store, "{message}");
    }
    let upload = anthropic("end_turn", json!([{"type": "container_upload", "file_id": "f"}]));
    assert_eq!(verdict(ANTHROPIC, &upload), Verdict::Store);
    let picture = json!([{"type": "image_generation_call", "status": "completed", "result": "AA"}]);
    assert_eq!(verdict(RESPONSES, &responses(picture)), Verdict::Store);
}

/// An error beside an answer is an error: on the body, a choice, its message, a block, an item.
#[test]
fn errors_beside_answers() {
    let error = json!({"message": "upstream went away", "code": 502});
    let good = [
        (
            CHAT,
            chat("stop", json!({"content": "half"})),
            &["", "/choices/0", "/choices/0/message"][..],
        ),
        (
            ANTHROPIC,
            anthropic("end_turn", json!([{"type": "text", "text": "half"}])),
            &["", "/content/0"],
        ),
        (
            RESPONSES,
            responses(json!([{"type": "message", "status": "completed",
            "content": [{"type": "output_text", "text": "half"}]}])),
            &["", "/output/0"],
        ),
    ];
    for (dialect, body, places) in good {
        assert_eq!(verdict(dialect, &body), Verdict::Store, "{body}");
        for place in places {
            for value in [error.clone(), json!("gone"), json!([1])] {
                let mut broken = body.clone();
                broken.pointer_mut(place).expect("a place")["error"] = value;
                assert_eq!(verdict(dialect, &broken), skip(SkipReason::ErrorBody), "{broken}");
            }
            let mut silent = body.clone();
            silent.pointer_mut(place).expect("a place")["error"] = json!(null);
            assert_eq!(verdict(dialect, &silent), Verdict::Store, "{silent}");
        }
    }
    let mut second = chat("stop", json!({"content": "x"}));
    let choice = json!({"finish_reason": "stop", "message": {"content": "y"}, "error": error});
    second["choices"].as_array_mut().expect("choices").push(choice);
    assert_eq!(verdict(CHAT, &second), skip(SkipReason::ErrorBody));
}

/// Items that did not end well, and parts that are of no known kind.
#[test]
fn items_that_did_not_end() {
    for status in ["in_progress", "incomplete", "failed", "calling", "from_2030", ""] {
        let body = responses(json!([
            {"type": "message", "content": [{"type": "output_text", "text": "x"}]},
            {"type": "mcp_call", "status": status, "name": "f", "arguments": "{}"}]));
        assert_eq!(verdict(RESPONSES, &body), skip(SkipReason::Incomplete), "{body}");
    }
    let malformed = skip(SkipReason::Malformed);
    assert_eq!(verdict(RESPONSES, &responses(json!(["x"]))), malformed);
    assert_eq!(verdict(ANTHROPIC, &anthropic("end_turn", json!(["x"]))), malformed);
    assert_eq!(verdict(CHAT, &chat("stop", json!({"content": {"text": "x"}}))), malformed);
    assert_eq!(verdict(CHAT, &chat("stop", json!({"content": 7}))), malformed);
    let refused = json!({"content": [{"type": "refusal", "refusal": "no"}]});
    assert_eq!(verdict(CHAT, &chat("stop", refused)), skip(SkipReason::Refusal));
}

/// Arguments that are the empty text decode as an object without members.
#[test]
fn empty_arguments_decode() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Nothing {}
    for body in [chat_call(json!("")), chat_call(json!("{}")), chat_call(json!({}))] {
        let text = body.to_string();
        let reply = Reply::parse(CHAT, text.as_bytes()).expect("an object");
        let decoded = reply.decode_tool_input::<Nothing>("f", &mut [0; 8]);
        assert_eq!(decoded, Ok(Nothing {}), "{body}");
    }
}
