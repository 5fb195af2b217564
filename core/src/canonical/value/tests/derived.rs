//! Types as they are written in earnest.

use core::net::Ipv4Addr;

use super::*;
use crate::key::{Dialect, Endpoint, Scope, Tenant};
use serde_json::value::{RawValue, to_raw_value};
use std::{
    borrow::ToOwned,
    boxed::Box,
    collections::{BTreeMap, HashMap},
    string::ToString,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Everyday {
    last_name: &'static str,
    #[serde(rename = "a")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<u8>,
    #[serde(skip)]
    _secret: u8,
    #[serde(flatten)]
    more: BTreeMap<String, f32>,
    #[serde(flatten)]
    inner: Inner,
    kinds: Kinds,
    raw: Box<RawValue>,
    value: serde_json::Value,
    nothing: Option<Option<()>>,
    unit: (),
    pair: (u128, i128),
    addresses: HashMap<Ipv4Addr, char>,
}

#[derive(Clone, Serialize)]
struct Inner {
    zeta: f64,
    alpha: [u8; 3],
}

#[derive(Serialize)]
struct Kinds(Vec<External>, Vec<Internal>, Vec<Adjacent>, Vec<Untagged>);

#[derive(Serialize)]
enum External {
    Unit,
    Newtype(Inner),
    Tuple(f32, Option<bool>),
    Struct { zulu: u8, bravo: Inner },
    Empty {},
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Internal {
    Unit,
    Newtype(Inner),
    Struct { zulu: u8, bravo: Inner },
}

#[derive(Serialize)]
#[serde(tag = "type", content = "content")]
enum Adjacent {
    Unit,
    Newtype(Inner),
    Tuple(f32, Option<bool>),
    Struct { zulu: u8, bravo: Inner },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Untagged {
    Unit,
    Newtype(Inner),
    Tuple(f32, Option<bool>),
    Struct { zulu: u8, bravo: Inner },
}

fn everyday() -> Everyday {
    let inner = Inner { zeta: -0.0, alpha: [9, 8, 7] };
    let (zulu, bravo) = (1, inner.clone());
    Everyday {
        last_name: "O\"Brien\u{1}",
        first_name: Some("Zo\u{eb}".into()),
        absent: None,
        _secret: 1,
        more: [("tenth", 0.1), ("big", f32::MAX), ("small", 1e-45)]
            .map(|(name, value)| (name.to_string(), value))
            .into(),
        inner: inner.clone(),
        kinds: Kinds(
            vec![
                External::Unit,
                External::Newtype(inner.clone()),
                External::Tuple(16_777_216.0, None),
                External::Struct { zulu, bravo: bravo.clone() },
                External::Empty {},
            ],
            vec![
                Internal::Unit,
                Internal::Newtype(inner.clone()),
                Internal::Struct { zulu, bravo: bravo.clone() },
            ],
            vec![
                Adjacent::Unit,
                Adjacent::Newtype(inner.clone()),
                Adjacent::Tuple(1e21, Some(true)),
                Adjacent::Struct { zulu, bravo: bravo.clone() },
            ],
            vec![
                Untagged::Unit,
                Untagged::Newtype(inner),
                Untagged::Tuple(1e-7, Some(false)),
                Untagged::Struct { zulu, bravo },
            ],
        ),
        raw: RawValue::from_string(r#"{ "z":[1.0, 1e3] , "a":"\u0061\/" }"#.into()).expect("JSON"),
        value: serde_json::json!({
            "seed": 4_611_686_018_427_387_905_u64,
            "nested": [{"b": 1, "a": 2.5e300}],
        }),
        nothing: Some(None),
        unit: (),
        pair: (u128::MAX, i128::MIN),
        addresses: [[10, 0, 0, 1], [9, 255, 0, 1]]
            .map(|parts| (Ipv4Addr::from(parts), '\u{1f600}'))
            .into(),
    }
}

/// All that the derive macro makes, and the types that come with std and serde_json.
#[test]
fn derived_types_are_their_text() {
    let value = everyday();
    assert_eq!(canonical(&value), Ok(canonical_text(&value, &Everything).expect("a form")));
    assert_eq!(canonical(&to_raw_value(&value).expect("a text")), canonical(&value));
    // (The 128-bit integers elsewhere do not fit into a `Value`.)
    let text = serde_json::to_string(&value.kinds).expect("a text");
    let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(canonical(&read), canonical(&value.kinds));
}

#[derive(Serialize)]
struct Request {
    model: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    messages: Vec<Message>,
    metadata: BTreeMap<&'static str, &'static str>,
    #[serde(flatten)]
    other: HashMap<String, serde_json::Value>,
}

#[derive(Serialize)]
struct Message {
    role: &'static str,
    content: Vec<serde_json::Value>,
}

fn request(marked: bool) -> Request {
    let mut block = serde_json::json!({"type": "text", "text": "Hello"});
    let mut request = Request {
        model: "claude",
        stream: marked.then_some(true),
        messages: vec![],
        metadata: [("trace", "t")].into(),
        other: [("tools".to_owned(), serde_json::json!([{"cache_control": 1}]))].into(),
    };
    if marked {
        block["cache_control"] = serde_json::json!({"type": "ephemeral"});
        request.metadata.insert("user_id", "u-1");
    }
    request.messages.push(Message { role: "user", content: vec![block] });
    request
}

/// A typed request has the key of its text in every dialect, and what a dialect leaves out is left
/// out of the value as well.
#[test]
fn a_typed_request_has_the_key_of_its_text() {
    let dialects =
        [Dialect::AnthropicMessages, Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::Json];
    for dialect in dialects.into_iter().skip(if cfg!(miri) { 3 } else { 0 }) {
        let scope = Scope::new(dialect, Endpoint::Id("test"), Tenant::Shared);
        let hasher = scope.hasher().expect("an endpoint");
        let mut scratch = [Slot::EMPTY; 64];
        let mut keys = [true, false].map(|marked| {
            let request = request(marked);
            let text = serde_json::to_vec(&request).expect("a text");
            let key = hasher.key_of(&request, &mut scratch).expect("a key");
            assert_eq!(hasher.key(&text, &mut scratch), Ok(key), "{dialect:?}");
            #[cfg(feature = "alloc")]
            assert_eq!(hasher.key_of_alloc(&request), Ok(key), "{dialect:?}");
            key
        });
        keys.sort();
        assert_eq!(keys[0] == keys[1], dialect == Dialect::AnthropicMessages, "{dialect:?}");
    }
}

/// More slots than the stack holds come from the heap.
#[cfg(feature = "alloc")]
#[test]
fn the_heap_gives_the_same_key() {
    let scope = Scope::new(Dialect::Json, Endpoint::Id("test"), Tenant::Shared);
    let hasher = scope.hasher().expect("an endpoint");
    let value: HashMap<_, _> = (0..65).map(|at| (at.to_string(), [at; 2])).collect();
    let text = serde_json::to_vec(&value).expect("a text");
    assert_eq!(hasher.key_of_alloc(&value).ok(), hasher.key_alloc(&text).ok());
}
