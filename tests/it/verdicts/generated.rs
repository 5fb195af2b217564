//! Answers drawn at random, whole ones and ones that went wrong somewhere, judged by the library
//! and by the straightforward reading.

use llm_cache_core::key::Dialect;
use llm_cache_core::reply::Verdict;
use proptest::bool::weighted;
use proptest::collection;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::straight;

const ANTHROPIC: Dialect = Dialect::AnthropicMessages;
const CHAT: Dialect = Dialect::OpenAiChat;
const RESPONSES: Dialect = Dialect::OpenAiResponses;

fn verdict(dialect: Dialect, body: &Value) -> Verdict {
    Verdict::of(dialect, 200, body.to_string().as_bytes())
}

/// Stop reasons of all providers, their neighbours, and values of other types.
fn reason() -> impl Strategy<Value = Value> {
    let known = [
        "end_turn",
        "stop_sequence",
        "tool_use",
        "max_tokens",
        "pause_turn",
        "refusal",
        "stop",
        "tool_calls",
        "function_call",
        "length",
        "content_filter",
        "completed",
        "queued",
        "",
    ];
    let odd = [Value::Null, json!(1), json!(["stop"]), json!("STOP"), json!("stop ")];
    let all = known.map(Value::from).into_iter().chain(odd).collect::<Vec<_>>();
    select(all)
}

/// Values that a tool's arguments, a text or an error may have where providers go wrong.
fn odd() -> impl Strategy<Value = Value> {
    let all = [
        json!(null),
        json!(""),
        json!(" \n"),
        json!("x"),
        json!("{}"),
        json!("{\"a\":[1,\"\u{e9}\"]}"),
        json!("{\"a\":"),
        json!("[1]"),
        json!("null"),
        json!({}),
        json!({"a": 1}),
        json!([]),
        json!(["x"]),
        json!(7),
        json!(false),
    ];
    select(all.to_vec())
}

/// Mostly `usual`, at times whatever.
fn mostly(usual: Value) -> impl Strategy<Value = Value> {
    prop_oneof![5 => Just(usual), 1 => odd()]
}

/// An object of these members, each of which may be absent.
fn object_of(members: [(&'static str, BoxedStrategy<Value>); 5]) -> BoxedStrategy<Value> {
    let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    (values, collection::vec(weighted(0.85), names.len()))
        .prop_map(move |(values, there)| {
            let members = names.iter().zip(values).zip(there).filter(|(_, there)| *there);
            members.map(|((name, value), _)| ((*name).to_owned(), value)).collect()
        })
        .boxed()
}

fn one_of(values: &[Value]) -> BoxedStrategy<Value> {
    select(values.to_vec()).boxed()
}

fn chat_call() -> BoxedStrategy<Value> {
    let function = object_of([
        ("name", mostly(json!("f")).boxed()),
        ("arguments", prop_oneof![2 => mostly(json!("{}")), 1 => odd()].boxed()),
        ("x", Just(json!(1)).boxed()),
        ("y", Just(json!(1)).boxed()),
        ("z", Just(json!(1)).boxed()),
    ]);
    let custom = odd().prop_map(|input| json!({"name": "g", "input": input}));
    prop_oneof![
        6 => (function, odd()).prop_map(|(function, id)| json!({"id": id, "function": function})),
        2 => custom.prop_map(|custom| json!({"type": "custom", "custom": custom})),
        1 => odd(),
    ]
    .boxed()
}

fn chat_message() -> BoxedStrategy<Value> {
    let part = one_of(&[
        json!({"type": "text", "text": "x"}),
        json!({"type": "text", "text": ""}),
        json!({"type": "thinking", "thinking": "x"}),
        json!({"type": "image_url", "image_url": {}}),
        json!({"type": "refusal", "refusal": "no"}),
    ]);
    let parts = collection::vec(part, 0..3).prop_map(Value::from);
    let calls = collection::vec(chat_call(), 0..3).prop_map(Value::from);
    let call = json!({"name": "f", "arguments": "{}"});
    let legacy = prop_oneof![6 => Just(json!(null)), 1 => Just(call),
        1 => odd()];
    object_of([
        ("content", prop_oneof![3 => odd(), 1 => parts].boxed()),
        ("tool_calls", prop_oneof![4 => calls, 1 => odd()].boxed()),
        ("function_call", legacy.boxed()),
        ("refusal", prop_oneof![6 => Just(json!(null)), 1 => odd()].boxed()),
        ("audio", prop_oneof![6 => Just(json!(null)), 1 => odd()].boxed()),
    ])
}

fn chat_choice() -> BoxedStrategy<Value> {
    let known = prop_oneof![Just(json!("stop")), Just(json!("tool_calls"))];
    object_of([
        ("finish_reason", prop_oneof![4 => known, 1 => reason()].boxed()),
        ("message", prop_oneof![9 => chat_message(), 1 => odd()].boxed()),
        ("error", prop_oneof![9 => Just(json!(null)), 1 => odd()].boxed()),
        ("index", Just(json!(0)).boxed()),
        ("delta", Just(json!({})).boxed()),
    ])
}

fn block() -> BoxedStrategy<Value> {
    let kinds = ["text", "tool_use", "server_tool_use", "thinking", "image", "from_2030"];
    object_of([
        ("type", one_of(&kinds.map(Value::from))),
        ("text", odd().boxed()),
        ("name", mostly(json!("f")).boxed()),
        ("input", prop_oneof![2 => mostly(json!({})), 1 => odd()].boxed()),
        ("error", prop_oneof![9 => Just(json!(null)), 1 => odd()].boxed()),
    ])
}

fn item() -> BoxedStrategy<Value> {
    let kinds = ["message", "function_call", "custom_tool_call", "shell_call", "reasoning"];
    let part = one_of(&[
        json!({"type": "output_text", "text": "x"}),
        json!({"type": "output_text", "text": " "}),
        json!({"type": "refusal", "refusal": "no"}),
        json!({"type": "from_2030"}),
    ]);
    let status = prop_oneof![8 => Just(json!("completed")), 1 => reason(), 1 => odd()];
    let parts = collection::vec(part, 0..3).prop_map(Value::from);
    let rest = (mostly(json!("f")), odd(), odd(), prop_oneof![9 => Just(json!(null)), 1 => odd()]);
    (one_of(&kinds.map(Value::from)), status, parts, rest)
        .prop_map(|(kind, status, parts, (name, text, action, error))| {
            json!({"type": kind, "status": status, "content": parts, "name": name,
                "arguments": text, "input": text, "action": action, "error": error})
        })
        .boxed()
}

proptest! {
    /// Chat answers are stored exactly when the straightforward reading of [`straight`] says so.
    #[test]
    fn chat_verdicts_agree(
        choices in collection::vec(prop_oneof![12 => chat_choice(), 1 => odd()], 0..3),
        error in prop_oneof![12 => Just(Value::Null), 1 => odd()],
        status in select(vec![200_u16, 200, 200, 201, 429]),
    ) {
        let body = json!({"choices": choices, "error": error});
        let expected = status == 200 && straight::is_sound(CHAT, &body);
        let found = Verdict::of(CHAT, status, body.to_string().as_bytes());
        prop_assert_eq!(found.is_store(), expected, "{} {:?}", body, found);
    }

    /// The same for Anthropic's answers.
    #[test]
    fn anthropic_verdicts_agree(
        content in collection::vec(prop_oneof![12 => block(), 1 => odd()], 0..4),
        reason in prop_oneof![
            2 => Just(json!("end_turn")), 2 => Just(json!("tool_use")), 1 => reason(),
        ],
        kind in select(vec!["message", "message", "message", "error"]),
    ) {
        let body = json!({"type": kind, "content": content, "stop_reason": reason});
        let found = verdict(ANTHROPIC, &body);
        let expected = straight::is_sound(ANTHROPIC, &body);
        prop_assert_eq!(found.is_store(), expected, "{} {:?}", body, found);
    }

    /// The same for Responses answers.
    #[test]
    fn responses_verdicts_agree(
        output in collection::vec(prop_oneof![12 => item(), 1 => odd()], 0..4),
        status in prop_oneof![8 => Just(json!("completed")), 1 => reason()],
        error in prop_oneof![12 => Just(Value::Null), 1 => odd()],
    ) {
        let body = json!({"status": status, "output": output, "error": error});
        let found = verdict(RESPONSES, &body);
        let expected = straight::is_sound(RESPONSES, &body);
        prop_assert_eq!(found.is_store(), expected, "{} {:?}", body, found);
    }

    /// The same for vectors.
    #[test]
    fn embeddings_verdicts_agree(
        indices in prop_oneof![
            2 => Just(vec![0, 1, 2]).prop_shuffle(),
            1 => collection::vec(0..3_u64, 0..4),
        ],
        vectors in collection::vec(
            prop_oneof![6 => Just(json!([0.5, -1])), 3 => Just(json!("AACAPw==")), 1 => odd()], 4,
        ),
        fault in prop_oneof![12 => Just(Value::Null), 1 => odd()],
    ) {
        let data: Vec<_> = indices.iter().zip(vectors).map(|(index, vector)| {
            json!({"object": "embedding", "index": index, "embedding": vector, "error": fault})
        }).collect();
        let body = json!({"object": "list", "data": data});
        let found = verdict(Dialect::OpenAiEmbeddings, &body);
        let expected = straight::is_sound(Dialect::OpenAiEmbeddings, &body);
        prop_assert_eq!(found.is_store(), expected, "{} {:?}", body, found);
    }
}
