//! Bodies read into the model and written again, against an independent reader of JSON.

use super::generated::with_request;
use super::*;
use crate::json::JsonValue;
use proptest::prelude::*;
use serde_json::Value;
use std::{format, vec};

const DIALECTS: [Dialect; 3] =
    [Dialect::AnthropicMessages, Dialect::OpenAiChat, Dialect::OpenAiResponses];

/// Runs `test` on the decoded request, in exactly as much memory as it says it needs.
fn with_decoded<R>(
    dialect: Dialect,
    body: &str,
    test: impl FnOnce(Result<Request<'_>, DecodeError>) -> R,
) -> R {
    let body = JsonValue::parse(body.as_bytes()).expect("JSON");
    let needs = DecodeNeeds::of(body);
    let (mut tools, mut messages) = (
        vec![Tool::Raw(RawObject::new(RAW)); needs.tools],
        vec![Message::user(""); needs.messages],
    );
    let (mut blocks, mut extra) =
        (vec![Block::text(""); needs.blocks], vec![("", RAW); needs.extra]);
    let (mut stop_sequences, mut text) = (vec![""; needs.stop_sequences], vec![0; needs.text]);
    test(Request::decode(
        dialect,
        body,
        DecodeMemory {
            tools: &mut tools,
            messages: &mut messages,
            blocks: &mut blocks,
            extra: &mut extra,
            stop_sequences: &mut stop_sequences,
            text: &mut text,
        },
    ))
}

const RAW: RawJson<'_> = RawJson::assume_valid("{}");

/// Encodes without the provider's rules; `None` where the dialect has no place for it.
fn written(request: &Request<'_>, dialect: Dialect) -> Option<String> {
    let mut bytes = vec![0; 1 << 16];
    let mut rest = bytes.as_mut_slice();
    match request.encode_unvalidated(dialect, &mut rest) {
        Ok(()) => {}
        Err(EncodeError::Rejected(_)) => return None,
        Err(EncodeError::Write(error)) => panic!("{error}"),
    }
    let len = (1 << 16) - rest.len();
    bytes.truncate(len);
    Some(String::from_utf8(bytes).expect("UTF-8"))
}

/// As the independent reader sees it, less the two spellings of "no mark" that are not kept.
fn seen(body: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_str(body).ok()?;
    if value["cache_control"]["ttl"].is_null()
        && let Some(mark) = value["cache_control"].as_object_mut()
    {
        mark.remove("ttl");
    }
    if value["cache_control"].is_null() {
        value.as_object_mut()?.remove("cache_control");
    }
    Some(value)
}

/// The body written again is equal as JSON; and from then on byte for byte.
fn assert_comes_back(dialect: Dialect, body: &str) {
    let again = with_decoded(dialect, body, |decoded| {
        written(&decoded.expect(body), dialect).unwrap_or_else(|| panic!("no place for {body}"))
    });
    assert_eq!(seen(&again), seen(body), "{again}\n{body}");
    let third = with_decoded(dialect, &again, |decoded| {
        written(&decoded.expect("decoded before"), dialect).expect("written before")
    });
    assert_eq!(third, again);
}

/// Each member in forms that have a typed place, and in forms that have none.
const MEMBERS: [(&str, &[&str]); 26] = [
    ("max_tokens", &["9", "1e2", "-0", "4294967296", "null"]),
    ("max_completion_tokens", &["9", "9.0"]),
    ("max_output_tokens", &["9", "9.0"]),
    ("reasoning", &[r#"{"effort":"low"}"#, r#"{"effort":"low","summary":"auto"}"#, "{}"]),
    (
        "text",
        &[
            r#"{"format":{"type":"json_schema","name":"n","schema":{ },"strict":true}}"#,
            r#"{"format":{"type":"json_schema","schema":{},"name":"n","strict":null}}"#,
            r#"{"format":{"type":"text"}}"#,
            r#"{"verbosity":"low"}"#,
        ],
    ),
    ("instructions", &[r#""plain""#, r#""\u00e9""#, "null"]),
    ("temperature", &["0.7", "1.0", "-0", "1e-7", "0.70", "1e400", "\"x\""]),
    ("top_p", &["1", "1E0"]),
    ("top_k", &["40", "4e1"]),
    ("stop_sequences", &[r#"["a","\u0062"]"#, "[]", r#"["a",1]"#, r#""a""#]),
    ("stop", &[r#"["\n"]"#, r#""x""#, "null"]),
    (
        "metadata",
        &[r#"{"user_id":"u\/"}"#, r#"{"user_id":null}"#, r#"{"user_id":"u","b":1}"#, "{}"],
    ),
    ("service_tier", &[r#""auto""#, "null"]),
    ("diagnostics", &[r#"{"previous_message_id":null}"#, r#"{"previous_message_id":1}"#, "{}"]),
    ("stream", &["true", "false", "null"]),
    ("thinking", &[r#"{"type":"adaptive"}"#, "null"]),
    (
        "output_config",
        &[
            r#"{"effort":"low","format":{"schema":{"a":1.0},"type":"json_schema"}}"#,
            r#"{"effort":null}"#,
            r#"{"format":{"type":"json_schema","schema":{},"name":"n"}}"#,
            r#"{"format":{"type":"text"}}"#,
            r#"{"format":null}"#,
            "{}",
        ],
    ),
    (
        "cache_control",
        &[
            r#"{"type":"ephemeral"}"#,
            r#"{"ttl":"1h","type":"ephemeral"}"#,
            r#"{"type":"ephemeral","ttl":null}"#,
            "null",
        ],
    ),
    (
        "prompt_cache_options",
        &[
            r#"{"mode":"implicit"}"#,
            r#"{"mode":"implicit","ttl":"30m"}"#,
            r#"{"ttl":"12h","mode":"implicit"}"#,
            r#"{"mode":"implicit","ttl":"1h"}"#,
            r#"{"mode":"implicit","ttl":null}"#,
            r#"{"mode":"explicit","ttl":"30m"}"#,
            r#"{"ttl":"30m"}"#,
        ],
    ),
    ("tools", &[r#"[{"name":"a" , "x":1.0},{"type":"b"}]"#, "[]", "[1]", "null", "{}"]),
    (
        "tool_choice",
        &[
            r#"{"type":"auto"}"#,
            r#"{"type":"any","disable_parallel_tool_use":true}"#,
            r#"{"type":"tool","name":"f\u0020"}"#,
            r#"{"type":"tool"}"#,
            r#"{"type":"none"}"#,
            r#"{"type":"none","disable_parallel_tool_use":true}"#,
            r#"{"type":"auto","disable_parallel_tool_use":false}"#,
            r#"{"type":"auto","type":"any"}"#,
            r#""required""#,
            r#"{"type":"function","function":{"name":"f"}}"#,
            r#"{"type":"function","name":"f"}"#,
            r#"{"type":"function","function":{"name":"f","x":1}}"#,
        ],
    ),
    (
        "response_format",
        &[
            r#"{"type":"json_schema","json_schema":{"name":"n","schema":{ },"strict":true}}"#,
            r#"{"type":"json_schema","json_schema":{"schema":{},"name":"n"}}"#,
            r#"{"type":"json_schema","json_schema":{"name":"n","schema":{},"strict":false}}"#,
            r#"{"type":"json_object"}"#,
        ],
    ),
    ("parallel_tool_calls", &["false", "true"]),
    ("system", &[r#""plain""#, r#""\u00e9""#, r#"[{"type":"text","text":"\/"}]"#, "[]", "null"]),
    ("reasoning_effort", &[r#""high""#, "null"]),
    ("\\u0061 name", &["[1.0, 2]"]),
];

/// Messages in forms that have a typed place, and in forms that have none.
const MESSAGES: [&str; 15] = [
    r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#,
    r#"{"type":"function_call_output","call_id":"c","output":[{"text":"\/"}]}"#,
    r#"{"type":"message","role":"user","content":"a"}"#,
    r#"{"role":"user","content":"plain"}"#,
    r#"{"content":"line\nbreak","role":"user"}"#,
    r#"{"role":"assistant","content":[{"type":"text","text":"\u0061"},{"a" : 1.0}]}"#,
    r#"{"role":"assistant","content":[{"type":"thinking","signature":"\/"},{"type":"tool_use"}]}"#,
    r#"{"role":"assistant","content":null,"tool_calls":[{"id":"c"}]}"#,
    r#"{"role":"assistant","content":[]}"#,
    r#"{"role":"tool","tool_call_id":"c","content":"r"}"#,
    r#"{"role":"system","content":[{"type":"text"}]}"#,
    r#"{"role":"developer","content":[{"text":"x"}]}"#,
    r#"{"role":"user","content":[{"type":"text"},1]}"#,
    r#"{"role":"user","content":"a","content":"b"}"#,
    "{}",
];

proptest! {
    /// A body of any members, typed or odd, comes back as it was.
    #[test]
    fn bodies_come_back(
        members in proptest::collection::vec(any::<u8>(), MEMBERS.len()),
        messages in proptest::collection::vec(0..MESSAGES.len(), 0..5),
    ) {
        let mut body = String::from(r#"{"model":"m\u0061""#);
        for ((name, values), choice) in MEMBERS.iter().zip(members) {
            // Half of them absent.
            if let Some(value) = values.get(usize::from(choice) % (2 * values.len())) {
                body += &format!(r#" , "{name}": {value}"#);
            }
        }
        let messages: Vec<_> = messages.into_iter().map(|index| MESSAGES[index]).collect();
        let list = format!("[{}]", messages.join(", "));
        for dialect in DIALECTS {
            let name = if dialect == Dialect::OpenAiResponses { "input" } else { "messages" };
            assert_comes_back(dialect, &format!(r#"{body},"{name}":{list}}}"#));
        }
    }

    /// Whatever the encoder writes, the decoder reads: the same JSON, and the same key.
    #[test]
    fn what_was_encoded_is_decoded(
        tape in proptest::collection::vec(any::<u8>(), 0..if cfg!(miri) { 50 } else { 300 }),
    ) {
        with_request(&tape, |request| {
            for dialect in DIALECTS {
                let Some(body) = written(request, dialect) else { continue };
                // Raw pieces of the generator may be what no body has in that place.
                let is_raw = |message: &Message<'_>| matches!(message.content, Content::Whole(_));
                let is_odd = request.messages.iter().any(is_raw);
                with_decoded(dialect, &body, |decoded| match decoded {
                    Ok(decoded) => {
                        // A raw extra member that turns out to be tools may bring foreign marks.
                        let is_foreign =
                            dialect != Dialect::AnthropicMessages && body.contains("cache_control");
                        match written(&decoded, dialect) {
                            Some(again) => assert_eq!(seen(&again), seen(&body)),
                            None => assert!(is_foreign, "{body}"),
                        }
                    }
                    Err(DecodeError::Rejected(why)) => {
                        assert!(is_odd && why.rule == Rule::NotAnObject, "{why}: {body}");
                    }
                    Err(error) => panic!("{error}: {body}"),
                });
            }
        });
    }
}

/// What has a typed place is there; the rest is raw, and marks can be put on it.
#[test]
fn typed_and_raw() {
    let body = concat!(
        r#"{"model":"m","max_tokens":9,"temperature":0.5,"top_p":1.0,"system":"s","#,
        r#""tools":[{"name":"f"}],"tool_choice":{"type":"tool","name":"f"},"stream":true,"#,
        r#""messages":[{"role":"user","content":"q"},{"role":"assistant","content":"#,
        r#"[{"type":"thinking"},{"type":"text" ,"text":"\u0061"}]},"#,
        r#"{"role":"user","content":"a\nb"}]}"#,
    );
    with_decoded(Dialect::AnthropicMessages, body, |decoded| {
        let request = decoded.expect("a body without fault");
        assert_eq!((request.model, request.max_tokens), ("m", Some(9)));
        assert_eq!((request.temperature, request.top_p), (Some(0.5), None));
        assert_eq!(request.extra, [("top_p", RawJson::assume_valid("1.0"))]);
        assert_eq!(request.system, Some(SystemPrompt::Text("s")));
        assert_eq!(request.tool_choice, Some(ToolChoice::new(ToolChoiceMode::Tool("f"))));
        assert!(request.stream);
        let [question, answer, whole] = request.messages else { panic!("three messages") };
        assert_eq!(*question, Message::user("q"));
        assert_eq!((answer.role, whole.role), (Role::Assistant, Role::User));
        assert!(matches!(whole.content, Content::Whole(_)));
        let [thinking, Block::Raw(text)] = answer.content.blocks() else { panic!("two blocks") };
        assert!(matches!(thinking, Block::Thinking(_)));

        let mut blocks = [*thinking, Block::Raw(*text)];
        assert!(blocks[1].set_cache_control(Some(MARK)));
        let messages = [Message::assistant_blocks(&blocks)];
        let marked = Request { messages: &messages, ..request };
        let body = written(&marked, Dialect::AnthropicMessages).expect("it can be marked");
        let block = r#"{"type":"text" ,"text":"\u0061","cache_control":{"type":"ephemeral"}}"#;
        assert!(body.contains(block), "{body}");
    });
}

/// What is no body is refused with the place and the rule.
#[test]
fn what_is_no_body() {
    let model = Place::Member("model");
    let cases = [
        ("[]", Place::Body, Rule::NotAnObject),
        ("{}", model, Rule::Missing),
        (r#"{"model":1,"messages":[]}"#, model, Rule::Missing),
        (r#"{"model":"m"}"#, Place::Member("messages"), Rule::Missing),
        (r#"{"model":"m","messages":{}}"#, Place::Member("messages"), Rule::Missing),
        (r#"{"model":"m","messages":[{},1]}"#, Place::Message(1), Rule::NotAnObject),
        (r#"{"model":"m","model":"m","messages":[]}"#, Place::Body, Rule::DuplicateMember),
        (r#"{"x":1,"model":"m","messages":[],"\u0078":2}"#, Place::Body, Rule::DuplicateMember),
    ];
    for (body, place, rule) in cases {
        for dialect in [Dialect::AnthropicMessages, Dialect::OpenAiChat] {
            let expected = Some(DecodeError::Rejected(Violation::new(place, rule)));
            with_decoded(dialect, body, |decoded| assert_eq!(decoded.err(), expected, "{body}"));
        }
    }
    let body = r#"{"model":"m","messages":[],"cache_control":{"type":"persistent"}}"#;
    let violation = Violation::new(Place::Member("cache_control"), Rule::BadCacheControl);
    with_decoded(Dialect::AnthropicMessages, body, |decoded| {
        assert_eq!(decoded.err(), Some(DecodeError::Rejected(violation)));
    });
}

/// The Responses API has no member that must be there besides the model, and `input` may be a text.
#[test]
fn responses_without_a_list() {
    let dialect = Dialect::OpenAiResponses;
    assert_comes_back(dialect, r#"{"model":"m"}"#);
    assert_comes_back(dialect, r#"{"model":"m","input":"a question","previous_response_id":"r"}"#);
    assert_comes_back(dialect, r#"{"model":"m","input":[]}"#);
    let place = Place::Member("model");
    let missing = Some(DecodeError::Rejected(Violation::new(place, Rule::Missing)));
    with_decoded(dialect, "{}", |decoded| assert_eq!(decoded.err(), missing));
    let unsupported = Violation::new(Place::Body, Rule::Unsupported);
    with_decoded(Dialect::Json, "{}", |decoded| {
        assert_eq!(decoded.err(), Some(DecodeError::Rejected(unsupported)));
    });
}

/// Too little memory of any kind is told, with what would do.
#[test]
fn too_little_memory_is_told() {
    let body = concat!(
        r#"{"model":"\u006d","messages":[{"role":"user","content":[{}, {}]}],"#,
        r#""tools":[{}],"stop_sequences":["x"],"top_p":1.0}"#,
    );
    let body = JsonValue::parse(body.as_bytes()).expect("JSON");
    let needs = DecodeNeeds::of(body);
    assert_eq!((needs.tools, needs.messages, needs.blocks), (1, 1, 2));
    assert_eq!((needs.stop_sequences, needs.extra), (1, 5));
    for short in 0..7 {
        let room = |index: usize, len: usize| if index == short { 0 } else { len };
        let tool = Tool::Raw(RawObject::new(RAW));
        let (mut tools, mut messages) = ([tool], [Message::user("")]);
        let (mut blocks, mut extra) = ([Block::text(""); 2], [("", RAW)]);
        let (mut stop_sequences, mut text) = ([""], [0]);
        let memory = DecodeMemory {
            tools: &mut tools[..room(0, 1)],
            messages: &mut messages[..room(1, 1)],
            blocks: &mut blocks[..room(2, 2)],
            extra: &mut extra[..room(3, 1)],
            stop_sequences: &mut stop_sequences[..room(4, 1)],
            text: &mut text[..room(5, 1)],
        };
        let decoded = Request::decode(Dialect::AnthropicMessages, body, memory);
        let expected = (short < 6).then_some(DecodeError::MemoryTooSmall(needs));
        assert_eq!(decoded.err(), expected, "{short}");
    }
}
