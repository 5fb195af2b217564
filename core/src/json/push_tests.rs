//! The scanner of pieces agrees with the reader of whole texts.

use std::{format, string::String, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::json::{DEPTH_MAX, JsonValue};

/// The text written again from its parts, its strings decoded, and the offset of an error.
fn rewritten(pieces: &[&[u8]]) -> Result<Vec<u8>, JsonError> {
    let mut scanner = PushScanner::NEW;
    let mut out = Vec::new();
    for mut bytes in pieces.iter().copied() {
        while let Some(part) = scanner.next(&mut bytes)? {
            match part {
                PushPart::Open(Container::Object) => out.push(b'{'),
                PushPart::Open(Container::Array) => out.push(b'['),
                PushPart::Close => out.push(b')'),
                PushPart::Name | PushPart::String => out.push(b'"'),
                PushPart::TextEnd => out.extend_from_slice(b"\" "),
                PushPart::Text(text) => out.extend_from_slice(text),
                PushPart::Char(character) => {
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                PushPart::Scalar(scalar) => {
                    out.push(b' ');
                    out.extend_from_slice(scalar);
                }
                PushPart::MoreOfScalar(scalar) => out.extend_from_slice(scalar),
            }
        }
        assert!(bytes.is_empty());
    }
    scanner.finish().map(|()| out)
}

/// Cut at any place, a text gives the same parts, and is taken exactly where the reader takes it.
fn check(text: &[u8]) {
    let whole = rewritten(&[text]);
    assert_eq!(whole.is_ok(), JsonValue::parse(text).is_ok(), "{}", text.escape_ascii());
    for cut in 0..=text.len() {
        let (left, right) = text.split_at(cut);
        assert_eq!(rewritten(&[left, right]), whole, "{} cut at {cut}", text.escape_ascii());
    }
    let bytes: Vec<&[u8]> = text.chunks(1).collect();
    assert_eq!(rewritten(&bytes), whole, "{}", text.escape_ascii());
}

/// Texts of every kind, and every rule broken once.
#[test]
fn agrees_with_the_reader_wherever_a_text_is_cut() {
    let texts: [&[u8]; 24] = [
        br#" {"a" : [1, -0.5e+10, true, false, null, "x\n\u00e9\ud83d\uDE00\/"], "":{}, "b":[]} "#,
        "\"\u{e9}\u{20ac}\u{1f600}\"".as_bytes(),
        b"12",
        b"-",
        b"01",
        b"1.",
        b"1e",
        b"tru",
        b"trux",
        b"nulll",
        b"",
        b" ",
        b"[1,]",
        b"{\"a\":1,}",
        b"{\"a\" 1}",
        b"[1}",
        b"[] []",
        b"\"\\x\"",
        b"\"\\u12g4\"",
        b"\"\\ud800\"",
        b"\"\\ud800\\u0041\"",
        b"\"\\udc00\"",
        b"\"a\nb\"",
        b"\"\xe2\x82",
    ];
    texts.iter().for_each(|text| check(text));
    for bad in [b"\"\xe2\x82\"".as_slice(), b"\"\xff\"", b"\"\xed\xa0\x80\"", b"\"\xf5\"", b"\xc3"]
    {
        check(bad);
    }
    for depth in [DEPTH_MAX, DEPTH_MAX + 1] {
        check(format!("{}{}", "[".repeat(depth), "]".repeat(depth)).as_bytes());
    }
}

proptest! {
    /// Texts put together from tokens, good and bad.
    #[test]
    fn agrees_with_the_reader_on_generated_texts(
        pieces in proptest::collection::vec(
            proptest::sample::select(std::vec![
                "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\\u00e9", "\\ud83d\\ude00", "\u{e9}",
                "12.5e+7", "null", "true", " ", "\"key\":", "\\", "-0", "1",
            ]),
            0..if cfg!(miri) { 4 } else { 12 },
        ),
    ) {
        let text: String = pieces.concat();
        check(text.as_bytes());
    }
}
