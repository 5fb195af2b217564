use super::*;
use serde::Deserialize;

#[derive(Debug, Deserialize, PartialEq)]
struct Person<'a> {
    name: &'a str,
    age: u8,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Owned {
    #[serde(deserialize_with = "owned")]
    name: std::string::String,
}

/// What `heapless::String` does with its own `Deserialize`.
fn owned<'de, D: serde::Deserializer<'de>>(from: D) -> Result<std::string::String, D::Error> {
    struct Visitor;
    impl serde::de::Visitor<'_> for Visitor {
        type Value = std::string::String;
        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("a string")
        }
        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(text.into())
        }
    }
    from.deserialize_str(Visitor)
}

fn answer(text: &str) -> std::string::String {
    json!({"content": [{"type": "text", "text": text}]}).to_string()
}

/// A typed answer, borrowed from the caller's buffer; one byte less is reported with the need.
#[test]
fn text_decodes_in_place() {
    let document = r#"{ "name": "Zo\u00eb", "extra": [1.5, null], "age": 30 }"#;
    let body = answer(document);
    let reply = Reply::parse(ANTHROPIC, body.as_bytes()).expect("an object");
    let mut buffer = [0; 128];
    let needed = document.len() + r#"Zo\u00eb""#.len();
    let short = reply.decode::<Person<'_>>(&mut buffer[..needed - 1]);
    assert_eq!(short, Err(DecodeError::BufferTooSmall { needed }));
    let person = reply.decode::<Person<'_>>(&mut buffer[..needed]);
    assert_eq!(person, Ok(Person { name: "Zo\u{eb}", age: 30 }));
}

/// Tool inputs decode whether they come as an object or as a string.
#[test]
fn tool_inputs_decode() {
    let expected = Ok(Person { name: "Al", age: 1 });
    let mut buffer = [0; 64];
    let input = json!({"name": "Al", "age": 1});
    let body = json!({"content": [{"type": "tool_use", "name": "f", "input": input}]}).to_string();
    let reply = Reply::parse(ANTHROPIC, body.as_bytes()).expect("an object");
    assert_eq!(reply.decode_tool_input("f", &mut buffer), expected);
    let absent = reply.decode_tool_input::<Person<'_>>("g", &mut buffer);
    assert_eq!(absent, Err(DecodeError::Absent));
    assert_eq!(reply.decode::<Person<'_>>(&mut buffer), Err(DecodeError::Absent));

    let call = json!({"function": {"name": "f", "arguments": input.to_string()}});
    let body = json!({"choices": [{"message": {"tool_calls": [call]}}]}).to_string();
    let reply = Reply::parse(CHAT, body.as_bytes()).expect("an object");
    assert_eq!(reply.decode_tool_input("f", &mut buffer), expected);
}

/// No JSON and JSON of another type are two errors.
#[test]
fn what_does_not_decode() {
    let mut buffer = [0; 128];
    for (text, is_json) in [
        ("Sure! {\"name\":\"Al\",\"age\":1}", false),
        ("{\"name\":\"Al\",\"age\":1}}", false),
        ("{\"name\":\"Al\",\"age\":01}", false),
        ("{\"name\":\"Al\"}", true),
        ("{\"name\":\"Al\",\"age\":300}", true),
        ("[]", true),
    ] {
        let body = answer(text);
        let reply = Reply::parse(ANTHROPIC, body.as_bytes()).expect("an object");
        match reply.decode::<Person<'_>>(&mut buffer) {
            Err(DecodeError::Mismatch(_)) => assert!(is_json, "{text}"),
            Err(DecodeError::NotJson(_)) => assert!(!is_json, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

proptest::proptest! {
    /// Any text survives any mixture of plain and escaped spelling, pairs of surrogates included,
    /// in a buffer of the size that the error names.
    #[test]
    fn strings_survive(parts in proptest::collection::vec(
        ("[a\"\\\\/\u{0}-\u{1f}\u{e9}\u{1f600}]{0,3}", proptest::bool::ANY), 0..6
    )) {
        let mut document = std::string::String::from("{\"name\":\"");
        let mut name = std::string::String::new();
        for (text, is_escaped) in &parts {
            name += text;
            if *is_escaped {
                text.encode_utf16().for_each(|unit| document += &std::format!("\\u{unit:04X}"));
            } else {
                let quoted = json!(text).to_string();
                document += &quoted[1..quoted.len() - 1];
            }
        }
        document += "\"}";
        let body = answer(&document);
        let reply = Reply::parse(ANTHROPIC, body.as_bytes()).expect("an object");
        let Err(DecodeError::BufferTooSmall { needed }) = reply.decode::<Owned>(&mut []) else {
            panic!("an empty buffer does");
        };
        let mut buffer = std::vec![0; needed];
        proptest::prop_assert_eq!(reply.decode::<Owned>(&mut buffer), Ok(Owned { name }));
    }
}

/// A member that the type does not know may be nested, but not so deep that skipping it takes more
/// stack than a device has.
#[test]
fn nesting_is_bounded() {
    use crate::json::JsonErrorKind::TooDeep;
    for (levels, expected) in [
        (DECODE_DEPTH_MAX - 1, Ok([7])),
        (DECODE_DEPTH_MAX, Err(DecodeError::NotJson(TooDeep.at(10 + DECODE_DEPTH_MAX)))),
    ] {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        let text = std::format!(r#"{{"unknown":{open}{close},"age":7}}"#);
        let body = json!({"content": [{"type": "text", "text": text}]}).to_string();
        let reply = Reply::parse(ANTHROPIC, body.as_bytes()).expect("JSON");
        let mut buffer = [0; 256];
        let found = reply.decode::<Age>(&mut buffer).map(|age| [age.age]);
        assert_eq!(found, expected);
    }
}

#[derive(Deserialize)]
struct Age {
    age: u8,
}
