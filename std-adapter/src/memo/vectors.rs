//! The published vectors of the memo key.

use std::fmt::Write as _;

use llm_cache_core::canonical::Sink as _;
use serde::Deserialize;
use serde_json::Value;

use super::{
    constant::Constants,
    key::MemoKey,
    site::{Identity, ResultForm, Site},
};

const VECTORS: &str = include_str!("../../../tests/data/memo-v2.jsonl");

#[derive(Deserialize)]
struct Line {
    package: String,
    module: String,
    function: String,
    tokens: Option<String>,
    version: Option<String>,
    schema: Option<String>,
    r#type: Option<String>,
    type_version: Option<String>,
    constants: Vec<(String, Value)>,
    parts: Vec<(String, String, Value)>,
    key: String,
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(byte).collect()
}

/// Adds a constant of the type that the vector's value stands for.
fn add(name: &str, value: &Value, out: &mut Constants) {
    let name = leak(name);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let member = |name: &str| value.get(name);
    match value {
        Value::String(value) => return out.constant(name, value.as_str()),
        Value::Bool(value) => return out.constant(name, value),
        Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            if let Some(texts) = texts {
                return out.constant(name, &texts[..]);
            }
            if let [Value::Array(a), Value::Array(b)] = &items[..] {
                return out.constant(name, &[[text(&a[0])], [text(&b[0])]]);
            }
            let number: u64 = text(&items[0]["integer"]).parse().expect("a number");
            return out.constant(name, &(number, text(&items[1]), items[2] == true));
        }
        _ => {}
    }
    if let Some(value) = member("integer").map(text) {
        match value.parse::<i128>() {
            Ok(value) => out.constant(name, &value),
            Err(_) => out.constant(name, &value.parse::<u128>().expect("a number")),
        }
    } else if let Some(value) = member("float") {
        out.constant(name, &value.as_f64().expect("a number"));
    } else if let Some(value) = member("char").map(text) {
        out.constant(name, &value.chars().next().expect("a character"));
    } else if let Some(value) = member("bytes").map(text) {
        out.constant(name, &unhex(&value)[..]);
    } else if let Some(value) = member("some") {
        match value.as_str() {
            Some(value) => out.constant(name, &Some(value)),
            None => out.constant(name, &Some(None::<u8>)),
        }
    } else {
        out.constant(name, &None::<u8>);
    }
}

/// Every published line has its key.
#[test]
fn published_vectors_hold() {
    let mut count = 0;
    for line in VECTORS.lines() {
        let line: Line = serde_json::from_str(line).expect("a vector");
        let identity = match (&line.tokens, &line.version) {
            (Some(tokens), _) => Identity::Tokens(unhex(tokens).try_into().expect("32 bytes")),
            (None, version) => Identity::Version(leak(version.as_deref().expect("a version"))),
        };
        let [package, module, function] =
            [&line.package, &line.module, &line.function].map(|text| leak(text));
        let site = Site::new(package, module, function, identity);
        let form = match &line.schema {
            Some(schema) => ResultForm::Schema(Some(schema.clone().into_bytes())),
            None => ResultForm::Named {
                name: leak(line.r#type.as_deref().expect("a type")),
                version: leak(line.type_version.as_deref().expect("a version")),
            },
        };
        let mut constants = Constants::default();
        line.constants.iter().for_each(|(name, value)| add(name, value, &mut constants));
        let mut key = MemoKey::<u8>::with(site.hash_of(&form, &constants));
        for (kind, name, value) in &line.parts {
            let bytes = match value.as_str() {
                Some(text) => text.as_bytes().to_vec(),
                None => unhex(value["hex"].as_str().expect("hexadecimal")),
            };
            let text = || String::from_utf8(bytes.clone()).expect("a text");
            match kind.as_str() {
                "namespace" => key.namespace(&text()),
                "type" => key.type_name(&text()),
                "value" | "argument" => key.part_of(kind, name, |part| {
                    part.write(&bytes);
                    Ok(())
                }),
                _ => key.part(kind, name, &bytes),
            }
        }
        let found = key.finish().key.expect("a key");
        assert_eq!(hex(found.as_bytes()), line.key, "{}", line.function);
        count += 1;
    }
    assert_eq!(count, 28);
}
