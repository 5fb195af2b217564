//! Keys of inputs against bodies that are built, and what a whole answer is.

use std::{format, string::String, string::ToString, vec, vec::Vec};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::Usage;
use crate::dialect::{Dialect, Reply, StreamEnd};
use crate::json::JsonValue;
use crate::key::{Endpoint, KeyError, KeyHasher, RequestKey, Scope, Slot, Tenant, scratch_needed};
use crate::prompt::{Message, Place, Request, Rule, Violation};
use crate::reply::{SkipReason, StreamStep, Verdict};

const DIALECT: Dialect = Dialect::OpenAiEmbeddings;

fn hasher() -> KeyHasher {
    let scope = Scope::new(DIALECT, Endpoint::Id("test"), Tenant::Shared);
    scope.hasher().expect("an id is no URL")
}

fn key(body: &str) -> Result<RequestKey, KeyError> {
    let mut scratch = vec![Slot::EMPTY; scratch_needed(body.as_bytes())?];
    hasher().key(body.as_bytes(), &mut scratch)
}

fn parsed(body: &str) -> JsonValue<'_> {
    JsonValue::parse(body.as_bytes()).expect("JSON")
}

fn inputs(body: &str) -> Result<Vec<EmbeddingInput<'_>>, EmbeddingInputsError> {
    Ok(EmbeddingInputs::of(parsed(body))?.iter().collect())
}

/// A text, with escapes and characters of several bytes, or a list of tokens.
fn any_input() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z \u{e9}\u{1f600}/\"\\\\]{0,12}".prop_map(|text| Value::from(text).to_string()),
        Just(r#""\u00e9\ud83d\ude00\/""#.into()),
        prop::collection::vec(0..100_000_u32, 0..6).prop_map(|tokens| format!("{tokens:?}")),
        Just("[ 1 ,2,\n18014398509481985]".into()),
    ]
}

/// Members beside the inputs, in any order, written as a caller may.
fn any_members() -> impl Strategy<Value = Vec<String>> {
    let members = [
        r#""model" : "text-embedding-3-small""#,
        r#""dimensions":256.0"#,
        r#""encoding_format":"base64""#,
        r#""user":"u-1""#,
        r#""a":{"input":["x"],"b":[1,{"user":1}]}"#,
        r#""zz":null"#,
        r#""\u0061b":-0.0"#,
    ];
    prop::sample::subsequence(members.to_vec(), 0..=members.len())
        .prop_shuffle()
        .prop_map(|members| members.into_iter().map(String::from).collect())
}

proptest! {
    /// The key of each input of a batch is that of the body which is built with this input alone,
    /// with enough memory and with less.
    #[test]
    fn an_input_has_the_key_of_its_body(
        members in any_members(),
        batch in prop::collection::vec(any_input(), 1..5),
        at in any::<prop::sample::Index>(),
        name in prop::sample::select(vec!["input", "\\u0069nput"]),
        less in 0..3_usize,
    ) {
        let body = |input: &str| {
            let mut members = members.clone();
            members.insert(at.index(members.len() + 1), format!("\"{name}\": {input}"));
            format!(" {{ {} }}\n", members.join(" , "))
        };
        let list = format!("[ {} ]", batch.join(" ,"));
        let whole = body(&list);
        let found = inputs(&whole).expect("inputs");
        prop_assert_eq!(found.len(), batch.len());
        let slots = scratch_needed(whole.as_bytes()).expect("JSON").saturating_sub(less);
        for (input, text) in found.iter().zip(&batch) {
            prop_assert_eq!(input.value().text(), text.as_str());
            let mut scratch = vec![Slot::EMPTY; slots];
            let alone = body(text);
            let expected = hasher().key(alone.as_bytes(), &mut scratch.clone());
            prop_assert_eq!(hasher().key_of_input(*input, &mut scratch), expected);
            // Asked for alone, it is the same input.
            let alone = inputs(&alone).expect("an input");
            prop_assert_eq!(alone.len(), 1);
            let again = hasher().key_of_input(alone[0], &mut scratch);
            prop_assert_eq!(again, expected);
        }
        let (before, behind) = EmbeddingInputs::of(parsed(&whole)).expect("inputs").around();
        prop_assert_eq!(format!("{before}{list}{behind}"), whole.trim());
    }
}

/// A text, a list of tokens, and lists of these are inputs; a list of tokens is one of them.
#[test]
fn what_an_input_is() {
    let texts = |input: &str| {
        let body = format!(r#"{{"input":{input}}}"#);
        let found = inputs(&body)?;
        Ok(found.iter().map(|input| String::from(input.value().text())).collect::<Vec<_>>())
    };
    assert_eq!(texts(r#""a""#), Ok(vec![r#""a""#.into()]));
    assert_eq!(texts("[1, 2]"), Ok(vec!["[1, 2]".into()]));
    assert_eq!(texts("[]"), Ok(vec!["[]".into()]));
    assert_eq!(texts(r#"["a",[1]]"#), Ok(vec![r#""a""#.into(), "[1]".into()]));
    assert_eq!(texts("[[1],[2,3]]"), Ok(vec!["[1]".into(), "[2,3]".into()]));
    for unreadable in ["null", "7", "{}", "[1.5]", "[1,\"a\"]", "[[[1]]]", "[{}]", "[null]"] {
        assert_eq!(texts(unreadable), Err(EmbeddingInputsError::Unreadable), "{unreadable}");
    }
    let refused = |body| inputs(body).map(|found| found.len());
    assert_eq!(refused("[]"), Err(EmbeddingInputsError::NotAnObject));
    assert_eq!(refused(r#"{"model":"m"}"#), Err(EmbeddingInputsError::NotOneInput));
    let twice = r#"{"input":"a","\u0069nput":"b"}"#;
    assert_eq!(refused(twice), Err(EmbeddingInputsError::NotOneInput));
}

/// What differs between requests for the same input counts, the end user's name alone does not.
#[test]
fn what_counts() {
    let base = key(r#"{"model":"m","input":"a"}"#);
    assert_eq!(key(r#"{"input":"a","user":"u","model":"m"}"#), base);
    for other in [
        r#"{"model":"n","input":"a"}"#,
        r#"{"model":"m","input":["a"]}"#,
        r#"{"model":"m","input":"a","dimensions":8}"#,
        r#"{"model":"m","input":"a","encoding_format":"base64"}"#,
        r#"{"model":"m","input":"a","encoding_format":"float"}"#,
        r#"{"model":"m","input":"a","safety_identifier":"u"}"#,
        r#"{"model":"m","input":"a","x":null}"#,
    ] {
        assert_ne!(key(other), base, "{other}");
    }
}

/// A fault beside the inputs is told with its place in the body that has this input alone.
#[test]
fn faults_are_those_of_the_body() {
    let body = r#"{"input":["abc","d"],"x":{"y":1,"y":2},"z":1e999}"#;
    let alone = r#"{"input":"d","x":{"y":1,"y":2},"z":1e999}"#;
    let input = inputs(body).expect("inputs")[1];
    let mut scratch = [Slot::EMPTY; 16];
    let fault = hasher().key_of_input(input, &mut scratch);
    assert_eq!(fault, key(alone));
    assert!(matches!(fault, Err(KeyError::DuplicateName { .. })), "{fault:?}");
}

fn verdict(body: &Value) -> Verdict {
    Verdict::of(DIALECT, 200, body.to_string().as_bytes())
}

fn answer(entries: &[(u64, Value)]) -> Value {
    let data: Vec<_> = entries
        .iter()
        .map(|(index, vector)| json!({"object": "embedding", "index": index, "embedding": vector}))
        .collect();
    json!({"object": "list", "data": data, "model": "m",
        "usage": {"prompt_tokens": 7, "total_tokens": 7}})
}

/// A whole answer has one vector for each index from 0 on, each once, and no error anywhere.
#[test]
fn what_a_whole_answer_is() {
    let skip = |why| Verdict::Skip { why };
    let (a, b) = (json!([0.5, -1]), json!("AACAPw=="));
    for whole in [
        answer(&[(0, a.clone())]),
        answer(&[(0, a.clone()), (1, b.clone())]),
        answer(&[(2, a.clone()), (0, b.clone()), (1, b.clone())]),
    ] {
        assert_eq!(verdict(&whole), Verdict::Store, "{whole}");
        assert_eq!(
            Verdict::of(DIALECT, 201, whole.to_string().as_bytes()),
            skip(SkipReason::Status)
        );
    }
    for (broken, why) in [
        (answer(&[]), SkipReason::Empty),
        (answer(&[(0, json!([]))]), SkipReason::Empty),
        (answer(&[(0, json!(""))]), SkipReason::Empty),
        (answer(&[(1, a.clone())]), SkipReason::Malformed),
        (answer(&[(0, a.clone()), (0, b.clone())]), SkipReason::Malformed),
        (answer(&[(0, a.clone()), (2, b.clone())]), SkipReason::Malformed),
        (answer(&[(4000, a.clone()), (0, b)]), SkipReason::Malformed),
        (answer(&[(0, json!([0.5, null]))]), SkipReason::Malformed),
        (answer(&[(0, json!(null))]), SkipReason::Malformed),
        (json!({"object": "list"}), SkipReason::Malformed),
        (json!({"object": "list", "data": {}}), SkipReason::Malformed),
        (json!({"object": "list", "data": [7]}), SkipReason::Malformed),
        (json!({"data": [{"index": -1, "embedding": [1]}]}), SkipReason::Malformed),
        (json!({"data": [{"embedding": [1]}]}), SkipReason::Malformed),
        (json!({"error": {"message": "no"}, "data": []}), SkipReason::ErrorBody),
        (json!({"data": [{"index": 0, "embedding": a, "error": {}}]}), SkipReason::ErrorBody),
    ] {
        assert_eq!(verdict(&broken), skip(why), "{broken}");
    }
}

/// Vectors are told apart by their index up to OpenAI's number of inputs, and behind that where
/// they come in order.
#[test]
fn many_vectors() {
    let of = |indices: Vec<u64>| {
        let entries: Vec<_> = indices.into_iter().map(|index| (index, json!([1]))).collect();
        verdict(&answer(&entries))
    };
    for len in [63, 64, 65, 2048] {
        assert_eq!(of((0..len).rev().collect()), Verdict::Store, "{len}");
        assert_ne!(of((1..len + 1).rev().collect()), Verdict::Store, "{len}");
    }
    assert_eq!(of((0..2100).collect()), Verdict::Store);
    assert_ne!(of((0..2100).rev().collect()), Verdict::Store);
    assert_ne!(of((0..2100).chain([2099]).collect()), Verdict::Store);
}

/// Vectors are given as the bytes that were received, each to its input.
#[test]
fn vectors_are_the_bytes_that_came() {
    let body = r#"{"data":[{"index":1,"embedding":[1.0,2e0 ]},{"embedding":"AA\/=","index":0}]}"#;
    let vectors = EmbeddingVectors::of(parsed(body)).expect("a whole answer");
    assert_eq!(vectors.len(), 2);
    assert_eq!(vectors.get(0).map(|vector| vector.text()), Some(r#""AA\/=""#));
    assert_eq!(vectors.get(1).map(|vector| vector.text()), Some("[1.0,2e0 ]"));
    assert!(vectors.get(2).is_none());
}

/// The usage is the input's; there is no text, no call and no stop reason.
#[test]
fn usage_and_what_is_absent() {
    let text = answer(&[(0, json!([1]))]).to_string();
    let reply = Reply::parse(DIALECT, text.as_bytes()).expect("an object");
    assert_eq!(reply.usage(), Some(Usage { input_tokens: 7, ..Usage::default() }));
    assert_eq!(reply.text().count() + reply.tool_calls().count(), 0);
    assert!(reply.refusal().is_none());
}

/// A typed request has no place here, and no event ends a stream.
#[test]
fn what_has_no_meaning_is_refused() {
    let messages = [Message::user("a")];
    let refused = Request::new("m", 9, &messages).check(DIALECT);
    assert_eq!(refused, Err(Violation::new(Place::Body, Rule::Unsupported)));
    let mut end = StreamEnd::new(DIALECT, None);
    for (name, data) in [("", "[DONE]"), ("message_stop", "{}"), ("response.completed", "{}")] {
        assert_eq!(end.take(name, data), StreamStep::Go);
    }
}
