//! The reader against serde_json, and each of its errors with its place.

use super::*;
use proptest::prelude::*;
use std::{format, string::String, vec, vec::Vec};

fn read_all(text: &[u8]) -> Result<Vec<String>, JsonError> {
    let mut reader = Reader::new(text);
    let mut tokens = vec![];
    while let Some(token) = reader.next()? {
        assert!(reader.token_offset() < reader.offset() && reader.offset() <= text.len());
        tokens.push(match token {
            Token::Name(name) => format!("{}:", name.raw()),
            Token::String(string) => format!("{:?}", string.raw()),
            Token::Number(number) => number.raw().into(),
            other => format!("{other:?}"),
        });
    }
    Ok(tokens)
}

/// The tokens come in order, with names told from strings and white space ignored.
#[test]
fn tokens_in_order() {
    let text = b" {\"a\" : [1,-2.5e+3 , \"x\"], \"b\":{ },\n\"c\":[\t],\"d\":true,\"e\":false,\"f\":null}\r";
    let tokens = read_all(text).expect("JSON");
    let expected = "ObjectStart a: ArrayStart 1 -2.5e+3 \"x\" ArrayEnd b: ObjectStart ObjectEnd c: \
                    ArrayStart ArrayEnd d: Bool(true) e: Bool(false) f: Null ObjectEnd";
    assert_eq!(tokens.join(" "), expected);
}

/// Every kind of error is reported at its place.
#[test]
fn errors_have_places() {
    use JsonErrorKind::*;
    let cases: &[(&[u8], JsonErrorKind, usize)] = &[
        (b"", UnexpectedEnd, 0),
        (b"  ", UnexpectedEnd, 2),
        (b"[1", UnexpectedEnd, 2),
        (b"[1,", UnexpectedEnd, 3),
        (b"{\"a\"", UnexpectedEnd, 4),
        (b"{\"a\":", UnexpectedEnd, 5),
        (b"\"abc", UnexpectedEnd, 4),
        (b"\"\\u12", UnexpectedEnd, 5),
        (b"-", UnexpectedEnd, 1),
        (b"1.", UnexpectedEnd, 2),
        (b"1e+", UnexpectedEnd, 3),
        (b"tru", UnexpectedEnd, 3),
        (b"trve", UnexpectedByte, 2),
        (b"01", UnexpectedByte, 1),
        (b"+1", UnexpectedByte, 0),
        (b".5", UnexpectedByte, 0),
        (b"1.x", UnexpectedByte, 2),
        (b"[1,]", UnexpectedByte, 3),
        (b"{,}", UnexpectedByte, 1),
        (b"{\"a\":1,}", UnexpectedByte, 7),
        (b"{\"a\" 1}", UnexpectedByte, 5),
        (b"{1:2}", UnexpectedByte, 1),
        (b"[1}", UnexpectedByte, 2),
        (b"1 2", UnexpectedByte, 2),
        (b"\xef\xbb\xbf1", UnexpectedByte, 0),
        (b"\"a\nb\"", ControlCharacter, 2),
        (b"\"a\\x\"", InvalidEscape, 2),
        (b"\"a\\u12g4\"", InvalidEscape, 2),
        (b"\"\\ud800\"", LoneSurrogate, 1),
        (b"\"\\ud800\\n\"", LoneSurrogate, 1),
        (b"\"\\ud800\\ud800\"", LoneSurrogate, 1),
        (b"\"ab\\udc00\"", LoneSurrogate, 3),
        (b"\"a\xff\"", InvalidUtf8, 2),
        (b"\"a\xed\xa0\x80\"", InvalidUtf8, 2),
        (b"1\xff", InvalidUtf8, 1),
        (b"[1 x\xff", UnexpectedByte, 3),
    ];
    for (text, kind, offset) in cases {
        let expected = JsonError { kind: *kind, offset: *offset };
        assert_eq!(read_all(text).err(), Some(expected), "{}", String::from_utf8_lossy(text));
        assert_eq!(JsonValue::parse(text).err(), Some(expected));
    }
}

/// 128 open containers are read, one more is refused at its bracket.
#[test]
fn depth_is_limited() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let text = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert!(read_all(text(DEPTH_MAX).as_bytes()).is_ok());
        let error = JsonErrorKind::TooDeep.at(DEPTH_MAX * open.len());
        assert_eq!(read_all(text(DEPTH_MAX + 1).as_bytes()), Err(error));
    }
}

/// A value is looked into by name; of duplicates the last one counts.
#[test]
fn values_are_looked_into() {
    let text = br#" {"a":[1,{"b":"x\n"}],"n":2,"n":-3.5,"\u0061z":true,"z":null,"o":{}} "#;
    let value = JsonValue::parse(text).expect("JSON");
    assert_eq!(value.kind(), JsonKind::Object);
    let a = value.get("a").expect("a member");
    assert_eq!(a.text(), r#"[1,{"b":"x\n"}]"#);
    let elements: Vec<_> = a.elements().collect();
    assert_eq!(elements.len(), 2);
    assert_eq!(elements[0].as_u64(), Some(1));
    assert!(elements[1].get("b").and_then(|b| b.as_str()).expect("a string").eq_str("x\n"));
    assert_eq!(value.get("n").and_then(|n| n.as_f64()), Some(-3.5));
    assert_eq!(value.get("az").and_then(|n| n.as_bool()), Some(true));
    assert!(value.get("z").is_some_and(|z| z.is_null()));
    assert!(value.get("o").is_some_and(|o| o.members().next().is_none()));
    assert!(value.get("absent").is_none() && a.get("a").is_none());
    assert_eq!(value.members().count(), 6);
    assert_eq!(value.elements().count(), 0);
    assert_eq!(format!("{a:?}"), "JsonValue(Array, 15 bytes)");
}

/// Rebuilds a value through our view of it, for comparison with serde_json's.
fn rebuild(value: JsonValue<'_>) -> serde_json::Value {
    use serde_json::Value;
    match value.kind() {
        JsonKind::Object => Value::Object(
            value.members().map(|(name, value)| (name.chars().collect(), rebuild(value))).collect(),
        ),
        JsonKind::Array => value.elements().map(rebuild).collect(),
        JsonKind::String => value.as_str().map(|s| s.chars().collect::<String>()).into(),
        JsonKind::Number => serde_json::from_str(value.text()).expect("a number"),
        JsonKind::Bool => value.as_bool().into(),
        JsonKind::Null => Value::Null,
    }
}

proptest! {
    /// On random texts of JSON's own characters we accept what serde_json accepts, and read the
    /// same value.
    #[test]
    fn agrees_with_serde_json(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"", "\\", "\\n", "\\ud83d", "\\ude00", "\\u0041",
                "\"a\"", "\"b\":", "1", "0", "-", ".", "e", "5e1", "true", "null", "false", " ",
                "\n", "\u{e9}", "\u{1f600}", "\u{1}",
            ]),
            0..12,
        ),
    ) {
        let text = pieces.concat();
        let ours = JsonValue::parse(text.as_bytes());
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}", text);
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            prop_assert_eq!(rebuild(ours), theirs);
        }
    }

    /// Any bytes at all are read without a panic, and a cut text says where its UTF-8 ends.
    #[test]
    fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Err(error) = read_all(&text) {
            prop_assert!(error.offset <= text.len());
        }
    }
}
