//! What an API version no longer takes.

use super::*;
use crate::json::JsonValue;
use std::string::ToString;

fn refused(version: &str, body: &str) -> Option<String> {
    let body = JsonValue::parse(body.as_bytes()).expect("JSON");
    check_api_version(body, version).err().map(|violation| violation.to_string())
}

/// Under 2026-10-21 sampling, documents of the assistant and citations of the user are refused with
/// their place, and taken under the first version.
#[test]
fn what_2026_10_21_refuses() {
    for (body, place) in [
        (r#"{"temperature":1}"#, "temperature"),
        (r#"{"top_p":0.5}"#, "top_p"),
        (r#"{"messages":[],"top_\u006b":1}"#, "top_k"),
        (r#"{"temperature":"warm"}"#, "temperature"),
        (
            r#"{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[
                {"type":"text","text":"a"},{"type":"document","source":{}}]}]}"#,
            "messages.1.content.1",
        ),
        (
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":"a",
                "citations":[{"type":"char_location"}]}]}]}"#,
            "messages.0.content.0.citations",
        ),
    ] {
        let text = refused("2026-10-21", body).unwrap_or_default();
        assert_eq!(text.split(':').next(), Some(place), "{body}: {text}");
        assert_eq!(refused("2023-06-01", body), None, "{body}");
        assert_eq!(refused("2031-01-01", body), None, "a version that is not known: {body}");
    }
}

/// What is alike and allowed: null, documents of the user, citations that are empty, on a document,
/// or the assistant's own.
#[test]
fn what_2026_10_21_takes() {
    for body in [
        r#"{"temperature":null,"top_p":null,"max_tokens":9}"#,
        r#"{"tools":[{"name":"f","input_schema":{"temperature":1}}]}"#,
        r#"{"messages":[{"role":"user","content":[{"type":"document","source":{},
            "citations":{"enabled":true}},{"type":"text","text":"a","citations":[]},
            {"type":"text","text":"a","citations":null}]},{"role":"assistant","content":[
            {"type":"text","text":"b","citations":[{"type":"char_location"}]}]}]}"#,
        r#"{"messages":"none"}"#,
        "[]",
    ] {
        assert_eq!(refused("2026-10-21", body), None, "{body}");
    }
}
