//! Tokens as thick as they come, white space, and members that are left out of the key.

use super::{Hostile, MB, list, repeated};

pub(super) fn bodies(_seed: u64) -> Vec<Hostile> {
    let spaces = |len: usize| " ".repeat(len);
    let marked = r#"{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}"#;
    let named = r#"{"cache_contro\u006b":0,"cache_contro\u006d":0,"cache_contro\u006e":0}"#;
    let (messages, end) = (r#"{"messages":[{"content":["#, "]}]}");
    vec![
        ("empty arrays", repeated(MB, "[", "]", "[]")),
        ("empty objects", repeated(MB, "[", "]", "{}")),
        ("objects of 1 member", repeated(MB, "[", "]", r#"{"":0}"#)),
        ("members that are empty objects", members(r"{}")),
        ("members that are empty arrays", members("[]")),
        ("words", repeated(MB, "[", "]", "null,true,false")),
        ("white space only", format!("[{}]", spaces(MB - 2)).into_bytes()),
        ("white space between elements", repeated(MB, "[ ", " ]", " \n 1 \t ")),
        ("white space between members", spaced_objects()),
        ("line breaks and indentation", repeated(MB, "[", "]", &format!("\n{}1", spaces(40)))),
        ("blocks with marks", repeated(MB, messages, end, marked)),
        ("blocks with names like a mark's", repeated(MB, messages, end, named)),
    ]
}

fn members(value: &str) -> Vec<u8> {
    list(MB, "{", "}", |at, out| out.extend(format!(r#""{at:05x}":{value}"#).bytes()))
}

fn spaced_objects() -> Vec<u8> {
    repeated(MB, "[", "]", "\n  {\r\n    \"b\" : 0 ,\r\n    \"a\" : 0\r\n  }")
}
