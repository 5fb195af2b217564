//! The Responses API without a socket.

mod streams;

use serde_json::{Value, json};

use crate::emulator::Options;
use crate::emulator::answer::Answer;
use crate::emulator::dispatch::Handled;
use crate::emulator::fault::Fault;
use crate::emulator::log::{Endpoint, Seen};
use crate::emulator::state::State;

const SENTENCE: &str = "My name is John and I am 30 years old";

struct Api {
    state: State,
}

impl Api {
    fn new() -> Self {
        Self { state: State::new(Options::new().now_ms(7_000)) }
    }

    fn call(&self, method: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
        self.call_with(method, path, key, body, None)
    }

    fn call_with(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: &Value,
        fault: Option<&Fault>,
    ) -> (u16, Value) {
        let answer = self.answer(method, path, key, body, fault);
        (answer.status, serde_json::from_slice(&answer.pieces.concat()).unwrap())
    }

    fn answer(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: &Value,
        fault: Option<&Fault>,
    ) -> Answer {
        let seen = Seen::new(
            Endpoint::Responses,
            method,
            path,
            &[("authorization", &format!("Bearer {key}"))],
            body.to_string().into(),
            self.state.clock.now_ms(),
        );
        let Handled { answer, writes } =
            crate::emulator::openai::respond(&self.state, &seen, fault, self.state.next_id());
        writes.commit(&mut self.state.prefixes.lock().unwrap());
        answer
    }

    /// The data of a stream's events; each is named as its data says.
    fn events(&self, body: &Value, fault: Option<&Fault>) -> Vec<Value> {
        let answer = self.answer("POST", "/v1/responses", "sk-test", body, fault);
        let text = String::from_utf8(answer.pieces.concat()).unwrap();
        let event = |text: &str| {
            let (name, data) = text.split_once("\ndata: ").unwrap();
            let data: Value = serde_json::from_str(data).unwrap();
            assert_eq!(name.strip_prefix("event: "), data["type"].as_str());
            data
        };
        text.trim_end().split("\n\n").map(event).collect()
    }

    fn post(&self, body: &Value) -> (u16, Value) {
        self.call("POST", "/v1/responses", "sk-test", body)
    }

    fn good(&self, body: &Value) -> Value {
        let (status, answer) = self.post(body);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// `STATUS CODE PARAM: MESSAGE` of a refusal.
    fn refused(&self, body: &Value) -> String {
        let (status, answer) = self.post(body);
        let error = &answer["error"];
        assert_eq!(error["type"], "invalid_request_error", "{body} {answer}");
        let text = |name: &str| error[name].as_str().unwrap_or("-").to_string();
        format!("{status} {} {}: {}", text("code"), text("param"), text("message"))
    }
}

fn ask(input: Value) -> Value {
    json!({"model": "gpt-6-sol", "input": input})
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

fn person() -> Value {
    json!({"type": "object", "properties": {
        "name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"], "additionalProperties": false})
}

/// Proves the form of a plain response, and that a string and the message it stands for are one
/// request.
#[test]
fn a_response_has_its_form() {
    let api = Api::new();
    let body = with(ask(json!("Hello")), "instructions", "Be brief.".into());
    let answer = api.good(&body);
    let item = &answer["output"][0];
    assert_eq!((&answer["object"], &answer["status"]), (&json!("response"), &json!("completed")));
    assert_eq!((&item["type"], &item["role"]), (&json!("message"), &json!("assistant")));
    assert_eq!(item["content"][0]["type"], "output_text");
    assert!(item["content"][0]["text"].as_str().unwrap().contains("not a model"));
    assert_eq!((&answer["created_at"], &answer["instructions"]), (&json!(7), &json!("Be brief.")));
    assert_eq!(answer["text"], json!({"format": {"type": "text"}, "verbosity": "medium"}));
    assert_eq!((&answer["store"], &answer["tool_choice"]), (&json!(true), &json!("auto")));
    let messages = json!([{"role": "user", "content": "Hello"}]);
    let spelled = api.good(&with(body.clone(), "input", messages));
    assert_eq!(spelled["output"][0]["content"], item["content"]);
    assert_ne!(spelled["id"], answer["id"]);
    let other = api.good(&ask(json!("Hello")));
    assert_ne!(other["output"][0]["content"], item["content"]);
}

/// Proves all ways to ask for JSON and for tools, of both kinds.
#[test]
fn formats_and_tools_are_followed() {
    let api = Api::new();
    let wanted = r#"{"name":"John","age":30}"#;
    let text = |body: &Value| api.good(body)["output"][0]["content"][0]["text"].clone();
    let schema = json!({"format": {"type": "json_schema", "name": "p", "schema": person()}});
    assert_eq!(text(&with(ask(json!(SENTENCE)), "text", schema)), wanted);
    let object = json!({"format": {"type": "json_object"}});
    let prompted = format!("{SENTENCE}. Answer in JSON as {}", person());
    assert_eq!(text(&with(ask(json!(prompted)), "text", object.clone())), wanted);
    let free = text(&with(ask(json!("Any JSON.")), "text", object));
    assert!(serde_json::from_str::<Value>(free.as_str().unwrap()).unwrap().is_object());

    let function = json!({"type": "function", "name": "person", "parameters": person()});
    let shell = json!({"type": "custom", "name": "shell"});
    let offered = with(ask(json!(SENTENCE)), "tools", json!([function, shell]));
    let answer = api.good(&offered);
    let call = &answer["output"][0];
    assert_eq!((&call["type"], &call["arguments"]), (&json!("function_call"), &json!(wanted)));
    assert_eq!(answer["tools"][0]["strict"], true);
    let named = json!({"type": "custom", "name": "shell"});
    let call = api.good(&with(offered.clone(), "tool_choice", named))["output"][0].clone();
    assert_eq!((&call["type"], &call["name"]), (&json!("custom_tool_call"), &json!("shell")));
    assert!(call["input"].as_str().unwrap().contains("not a model"));
    let allowed = json!({"type": "allowed_tools", "mode": "required",
        "tools": [{"type": "custom", "name": "shell"}]});
    let call = api.good(&with(offered.clone(), "tool_choice", allowed))["output"][0].clone();
    assert_eq!(call["name"], "shell");
    let none = api.good(&with(offered, "tool_choice", "none".into()));
    assert_eq!(none["output"][0]["type"], "message");
}

/// Proves that a follow-up sees the conversation, with the words of the whole input at once.
#[test]
fn a_follow_up_continues_the_conversation() {
    let api = Api::new();
    let tools = json!([{"type": "function", "name": "person", "parameters": person()}]);
    let first = with(ask(json!(SENTENCE)), "tools", tools.clone());
    let answer = api.good(&first);
    let call_id = answer["output"][0]["call_id"].clone();
    let output = json!([{"type": "function_call_output", "call_id": call_id, "output": "done"}]);
    let next = with(ask(output.clone()), "tools", tools.clone());
    let followed = api.good(&with(next.clone(), "previous_response_id", answer["id"].clone()));
    assert_eq!(followed["output"][0]["type"], "message");
    assert_eq!(followed["previous_response_id"], answer["id"]);
    let mut whole = vec![json!({"role": "user", "content": SENTENCE}), answer["output"][0].clone()];
    whole.extend(output.as_array().unwrap().iter().cloned());
    let at_once = api.good(&with(next, "input", whole.into()));
    assert_eq!(at_once["output"][0]["content"], followed["output"][0]["content"]);
    let deaf = with(ask(json!("And?")), "previous_response_id", answer["id"].clone());
    assert_eq!(
        api.refused(&deaf),
        format!(
            "400 - input: No tool output found for function call {}.",
            call_id.as_str().unwrap()
        )
    );
    let reference = json!([{"type": "item_reference", "id": followed["output"][0]["id"]},
        {"role": "user", "content": "And?"}]);
    assert_eq!(api.good(&ask(reference))["status"], "completed");
}

/// Proves that responses can be fetched and deleted by their owner, that nothing is kept where
/// the request says so, and what an unknown id is answered with.
#[test]
fn responses_are_kept() {
    let api = Api::new();
    let answer = api.good(&ask(json!("Hello")));
    let id = answer["id"].as_str().unwrap();
    let path = format!("/v1/responses/{id}");
    let call = |method: &str, key: &str| api.call(method, &path, key, &json!({}));
    assert_eq!(call("GET", "sk-test"), (200, answer.clone()));
    assert_eq!(call("GET", "sk-other").0, 404);
    assert_eq!(call("GET", "sk-invalid").0, 401);
    assert_eq!(call("PUT", "sk-test").0, 405);
    let deleted = json!({"id": id, "object": "response", "deleted": true});
    assert_eq!(call("DELETE", "sk-test"), (200, deleted));
    let (status, gone) = call("GET", "sk-test");
    let message = &gone["error"]["message"];
    assert_eq!((status, message), (404, &json!(format!("Response with id '{id}' not found."))));
    let next = with(ask(json!("And?")), "previous_response_id", id.into());
    assert_eq!(
        api.refused(&next),
        format!(
            "400 previous_response_not_found previous_response_id: Previous response with id '{id}' \
             not found."
        )
    );
    let unkept = api.good(&with(ask(json!("Hello")), "store", false.into()));
    let next = with(ask(json!("And?")), "previous_response_id", unkept["id"].clone());
    assert!(api.refused(&next).starts_with("400 previous_response_not_found"));
    assert_eq!(api.call("GET", "/v1/responses", "sk-test", &json!({})).0, 405);
    assert_eq!(api.call("GET", "/v1/responses/a/b", "sk-test", &json!({})).0, 404);
}

/// Proves that limits, refusals and what no list has are told in the provider's form.
#[test]
fn endings_are_told() {
    let api = Api::new();
    let cut = api.good(&with(ask(json!("Hello")), "max_output_tokens", 16.into()));
    assert_eq!(cut["status"], "incomplete");
    assert_eq!(cut["incomplete_details"], json!({"reason": "max_output_tokens"}));
    assert_eq!(
        (&cut["usage"]["output_tokens"], &cut["output"][0]["status"]),
        (&json!(16), &json!("incomplete"))
    );
    assert!(cut["completed_at"].is_null());
    let faulty = |fault: Fault| {
        api.call_with("POST", "/v1/responses", "sk", &ask(json!("Hello")), Some(&fault)).1
    };
    let refused = faulty(Fault::Refusal);
    assert_eq!(refused["output"][0]["content"][0]["type"], "refusal");
    assert_eq!(refused["status"], "completed");
    let unknown = faulty(Fault::UnknownStopReason);
    assert_eq!(unknown["incomplete_details"]["reason"], "emulator_unknown_reason");
}

/// Proves the split of what is written, the answer to a request that only prepares the cache, and
/// that what it wrote is read.
#[test]
fn prompts_are_cached() {
    let api = Api::new();
    let mark = |ttl: &str| json!({"mode": "explicit", "ttl": ttl});
    let part = |text: &str, ttl: &str| {
        json!({"type": "input_text", "text": text.repeat(4096),
        "prompt_cache_breakpoint": mark(ttl)})
    };
    let message = json!([{"role": "user", "content": [part("a", "12h"), part("b", "30m"),
        {"type": "input_text", "text": "Hello"}]}]);
    let body =
        with(ask(message), "prompt_cache_options", json!({"mode": "explicit", "prewarm": true}));
    let usage = |body: &Value| api.good(body)["usage"]["input_tokens_details"].clone();
    let warm = api.good(&body);
    assert_eq!((&warm["output"], &warm["usage"]["output_tokens"]), (&json!([]), &json!(0)));
    assert_eq!(
        warm["usage"]["input_tokens_details"],
        json!({"cached_tokens": 0, "cache_write_tokens": 2048, "cache_write_tokens_details":
            {"ttl_30m_tokens": 1024, "ttl_12h_tokens": 1024}})
    );
    assert_eq!(warm["prompt_cache_options"], json!({"mode": "explicit", "ttl": "30m"}));
    let hot = with(body, "prompt_cache_options", json!({"mode": "explicit"}));
    assert_eq!(usage(&hot)["cached_tokens"], 2048);
    let other = api.call("POST", "/v1/responses", "sk-other", &hot).1;
    assert_eq!(other["usage"]["input_tokens_details"]["cached_tokens"], 0, "another key");
    let older = usage(&json!({"model": "gpt-5", "input": "a".repeat(9000)}));
    assert_eq!(older, json!({"cached_tokens": 0, "cache_write_tokens": 0}));
}

/// Proves what a request is told that names a response to compare with.
#[test]
fn differences_are_named() {
    let api = Api::new();
    let first = with(ask(json!([{"role": "user", "content": "a"}])), "tools", json!([]));
    let id = api.good(&first)["id"].clone();
    let told = |body: Value| {
        let options = json!({"comparison_response_id": id});
        let answer = api.good(&with(body, "prompt_cache_options", options));
        answer["prompt_cache_diagnostics"].clone()
    };
    assert_eq!(told(first.clone()), json!({"type": "cache_hit"}));
    let grown = json!([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]);
    assert_eq!(told(with(first.clone(), "input", grown)), json!({"type": "cache_hit"}));
    let reason =
        |name: &str, value: Value| told(with(first.clone(), name, value))["reason"].clone();
    assert_eq!(reason("input", json!([{"role": "user", "content": "b"}])), "input_changed");
    assert_eq!(reason("model", json!("gpt-6.2-sol")), "model_changed");
    assert_eq!(reason("tools", json!([{"type": "custom", "name": "t"}])), "tools_changed");
    assert_eq!(reason("text", json!({"verbosity": "low"})), "verbosity_changed");
    let options = json!({"comparison_response_id": "resp_0"});
    let answer = api.good(&with(first, "prompt_cache_options", options));
    assert_eq!(answer["prompt_cache_diagnostics"]["type"], "comparison_response_not_found");
}

/// Proves what is refused, in the provider's words.
#[test]
fn bad_requests_are_refused() {
    let api = Api::new();
    let hello = || ask(json!("Hello"));
    let cases = [
        (
            with(hello(), "model", "gpt-does-not-exist".into()),
            "400 model_not_found model: The requested model 'gpt-does-not-exist' does not exist.",
        ),
        (json!({"model": "gpt-6-sol"}), "400 missing_required_parameter -: One of \"input\""),
        (ask(json!(5)), "400 invalid_type input: Invalid type for 'input'"),
        (ask(json!(["a"])), "400 invalid_type input[0]:"),
        (ask(json!([{"text": "a"}])), "400 missing_required_parameter input[0].type:"),
        (
            ask(json!([{"type": "messages"}])),
            "400 invalid_value input[0].type: Invalid value: 'messages'.",
        ),
        (ask(json!([{"role": "user"}])), "400 missing_required_parameter input[0].content:"),
        (ask(json!([{"role": "tool", "content": "a"}])), "400 invalid_value input[0].role:"),
        (
            ask(json!([{"role": "user", "content": [{"type": "text", "text": "a"}]}])),
            "400 invalid_value input[0].content[0].type: Invalid value: 'text'.",
        ),
        (
            ask(json!([{"type": "function_call_output", "call_id": "c", "output": "a"}])),
            "400 - input: No tool call found for function call output with call_id c.",
        ),
        (
            ask(json!([{"type": "item_reference", "id": "msg_0"}])),
            "404 - input: Item with id 'msg_0' not found.",
        ),
        (
            with(hello(), "tools", json!([{"type": "function", "function": {"name": "a"}}])),
            "400 missing_required_parameter tools[0].name:",
        ),
        (
            with(hello(), "tool_choice", json!({"type": "function", "name": "a"})),
            "400 - tool_choice: Tool choice 'a' not found in 'tools' parameter.",
        ),
        (
            with(hello(), "text", json!({"format": {"type": "json_object"}})),
            "400 - input: Response input messages must contain the word 'json'",
        ),
        (
            with(hello(), "text", json!({"format": {"type": "json_schema", "schema": {}}})),
            "400 missing_required_parameter text.format.name:",
        ),
        (
            with(hello(), "text", json!({"format": {"type": "yaml"}})),
            "400 invalid_value text.format.type:",
        ),
        (
            with(hello(), "max_output_tokens", json!(5)),
            "400 integer_below_min_value max_output_tokens: Invalid 'max_output_tokens': integer \
             below minimum value. Expected a value >= 16, but got 5 instead.",
        ),
        (
            with(hello(), "temperature", json!(-1)),
            "400 decimal_below_min_value temperature: Invalid 'temperature': decimal below minimum \
             value. Expected a value >= 0, but got -1 instead.",
        ),
        (with(hello(), "background", json!(true)), "400 unsupported_parameter background:"),
        (with(hello(), "conversation", json!("conv_1")), "400 unsupported_parameter conversation:"),
        (
            with(hello(), "prompt_cache_options", json!({"ttl": "1h"})),
            "400 invalid_value prompt_cache_options.ttl:",
        ),
    ];
    for (body, text) in cases {
        let refused = api.refused(&body);
        assert!(refused.starts_with(text), "{refused}");
    }
}
