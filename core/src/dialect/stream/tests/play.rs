//! Messages played, and what the stream is assembled to again.

use std::{format, string::String, vec::Vec};

use super::{AssembleError, Text, assemble_in};
use crate::dialect::Dialect;
use crate::dialect::stream::{
    FixedMemory, Lane, Part, PlayOptions, Player, Unplayable, same_meaning,
};
use crate::json::JsonValue;
use crate::sse::SseEvents;

const MESSAGE: &str = concat!(
    r#"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":["#,
    r#"{"type":"thinking","thinking":"so\n\ud83d\ude00","signature":"S=="},"#,
    r#"{"type":"redacted_thinking","data":"x"},"#,
    r#"{"type":"text","text":"Hell\u00f6 \"you\"","citations":[{"n":1},{"n":2}]},"#,
    r#"{"type":"text","text":"","citations":null},"#,
    r#"{"type":"server_tool_use","id":"s","name":"web","input":{"q": "a\n\"b\" c"}},"#,
    r#"{"type":"web_search_tool_result","tool_use_id":"s","content":[{"a":1}]},"#,
    r#"{"type":"tool_use","id":"t","name":"n","input":{},"caller":{"type":"direct"}}],"#,
    r#""stop_reason":"tool_use","stop_sequence":null,"stop_details":null,"#,
    r#""container":{"id":"c"},"context_management":{"applied_edits":[]},"x":[1],"#,
    r#""usage":{"input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":2},"#,
    r#""service_tier":"standard","output_tokens":12,"server_tool_use":{"web":1}}}"#
);

const COMPLETION: &str = concat!(
    r#"{"id":"c","object":"chat.completion","created":5,"model":"m","service_tier":"default","#,
    r#""choices":[{"index":0,"message":{"role":"assistant","content":"Hi \ud83d\ude00 \\ you","#,
    r#""refusal":null,"annotations":[],"reasoning_content":"so","tool_calls":["#,
    r#"{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},"#,
    r#"{"id":"b","type":"function","function":{"name":"g","arguments":""},"extra":{"s":"t"}},"#,
    r#"{"id":"d","type":"custom","custom":{"name":"h","input":"free"}}],"#,
    r#""audio":{"id":"au","data":"QQ==","transcript":"x","expires_at":1}},"#,
    r#""logprobs":{"content":[{"token":"Hi"}],"refusal":null},"finish_reason":"tool_calls"},"#,
    r#"{"index":1,"message":{"role":"assistant","content":null,"refusal":"no","#,
    r#""function_call":{"name":"f","arguments":"{}"}},"logprobs":null,"finish_reason":"stop","#,
    r#""content_filter_results":{"hate":{"filtered":false}}}],"#,
    r#""usage":{"prompt_tokens":1,"total_tokens":7},"system_fingerprint":null,"x_groq":{"id":"r"}}"#
);

fn play(dialect: Dialect, message: &str, options: PlayOptions) -> Result<String, Unplayable> {
    let message = JsonValue::parse(message.as_bytes()).expect("a message is JSON");
    let mut player = Player::new(dialect, message, options)?;
    let mut wire = Text(Vec::new());
    while player.write_next(&mut wire) {}
    assert!(!player.write_next(&mut wire), "the end is the end");
    Ok(String::from_utf8(wire.0).expect("a stream is text"))
}

/// The data of the events of a stream; their names are those that their data say.
fn data_of(stream: &str) -> Vec<String> {
    let mut memory = [0; 4096];
    let (mut events, mut bytes) = (SseEvents::in_buffer(&mut memory), stream.as_bytes());
    let mut all = Vec::new();
    while let Some(event) = events.next_event(&mut bytes).expect("an event") {
        if let Ok(root) = JsonValue::parse(event.data.as_bytes()) {
            let told = root.get("type").and_then(|told| told.as_str());
            assert_eq!(told.map_or("", |told| told.raw()), event.name);
        }
        all.push(event.data.into());
    }
    all
}

fn assemble(dialect: Dialect, events: &[String]) -> Result<String, AssembleError> {
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let mut memory = [[0; 4096]; 8];
    let mut lanes: Vec<_> = memory.iter_mut().map(|text| Lane::new(text)).collect();
    let mut parts = [Part::EMPTY; 128];
    assemble_in(FixedMemory::new(&mut lanes, &mut parts), dialect, &events)
}

fn parse(text: &str) -> JsonValue<'_> {
    JsonValue::parse(text.as_bytes()).expect("JSON")
}

/// Whatever the length of the pieces, nothing of a message is lost on the way through a stream.
#[test]
fn played_and_assembled_again() {
    for (dialect, message) in
        [(Dialect::AnthropicMessages, MESSAGE), (Dialect::OpenAiChat, COMPLETION)]
    {
        for piece_len in [0, 1, 2, 5, 32, 1000] {
            let options = PlayOptions::new().usage(true).piece_len(piece_len);
            let events = data_of(&play(dialect, message, options).unwrap());
            let again = assemble(dialect, &events).unwrap();
            assert!(same_meaning(dialect, parse(message), parse(&again)), "{again}");
        }
    }
}

/// A message that is written over several lines plays as well.
#[test]
fn line_ends_between_members() {
    let message =
        MESSAGE.replace(",\"model\"", ",\n \"model\"").replace("{\"a\":1}", "{\r\n\"a\":1}");
    let stream = play(Dialect::AnthropicMessages, &message, PlayOptions::new()).unwrap();
    let again = assemble(Dialect::AnthropicMessages, &data_of(&stream)).unwrap();
    assert!(same_meaning(Dialect::AnthropicMessages, parse(MESSAGE), parse(&again)), "{again}");
}

/// Anthropic's order of events, the counts of the prompt at the start, and those of the answer at
/// the end.
#[test]
fn anthropic_events() {
    let message = concat!(
        r#"{"id":"msg_1","type":"message","role":"assistant","content":["#,
        r#"{"type":"text","text":"abc"}],"stop_reason":"end_turn","stop_sequence":null,"#,
        r#""usage":{"input_tokens":9,"service_tier":"standard","output_tokens":12}}"#
    );
    let options = PlayOptions::new().piece_len(2);
    let stream = play(Dialect::AnthropicMessages, message, options).unwrap();
    let expected = concat!(
        r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","#,
        r#""content":[],"stop_reason":null,"stop_sequence":null,"#,
        r#""usage":{"input_tokens":9,"service_tier":"standard","output_tokens":0}}}|"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}|"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ab"}}|"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"c"}}|"#,
        r#"{"type":"content_block_stop","index":0}|"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"#,
        r#""usage":{"input_tokens":9,"output_tokens":12}}|"#,
        r#"{"type":"message_stop"}"#
    );
    assert_eq!(data_of(&stream).join("|"), expected);
}

/// Chat's chunks: the usage in a chunk of its own if it is asked for, and else nowhere.
#[test]
fn chat_chunks() {
    let completion = concat!(
        r#"{"id":"c","object":"chat.completion","created":5,"model":"m","choices":[{"index":0,"#,
        r#""message":{"role":"assistant","content":"abc"},"finish_reason":"stop"}],"#,
        r#""usage":{"n":1},"x":2}"#
    );
    let expected = |usage: &str, last: &str| {
        let head = r#"{"object":"chat.completion.chunk","id":"c","created":5,"model":"m","#;
        let chunk = |more: &str, delta: &str, reason: &str| {
            let choice = format!(r#"{{"index":0,"delta":{delta},"finish_reason":{reason}}}"#);
            format!(r#"{head}{more}"choices":[{choice}]{usage}}}|"#)
        };
        let mut all = chunk("", r#"{"role":"assistant","content":""}"#, "null");
        all += &chunk("", r#"{"content":"ab"}"#, "null");
        all += &chunk("", r#"{"content":"c"}"#, "null");
        all += &chunk(r#""x":2,"#, "{}", "\"stop\"");
        all + &last.replace("HEAD", head) + "[DONE]"
    };
    let told = |options: PlayOptions| {
        data_of(&play(Dialect::OpenAiChat, completion, options.piece_len(2)).unwrap()).join("|")
    };
    assert_eq!(told(PlayOptions::new()), expected("", ""));
    let last = r#"HEAD"choices":[],"usage":{"n":1}}|"#;
    assert_eq!(told(PlayOptions::new().usage(true)), expected(r#","usage":null"#, last));
}

/// Choices that do not say their index have that of their place, so that none is taken for another.
#[test]
fn choices_without_index() {
    let completion = r#"{"choices":[{"message":{"content":"a"}},{"message":{"content":"b"}}]}"#;
    let events = data_of(&play(Dialect::OpenAiChat, completion, PlayOptions::new()).unwrap());
    let again = assemble(Dialect::OpenAiChat, &events).unwrap();
    let expected = concat!(
        r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"a"}},"#,
        r#"{"index":1,"message":{"role":"assistant","content":"b"}}]}"#
    );
    assert!(same_meaning(Dialect::OpenAiChat, parse(expected), parse(&again)), "{again}");
}

/// A member counts by the characters of its name, and comes in pieces only if it is of the kind
/// that pieces make: nothing comes twice, and nothing is lost.
#[test]
fn odd_names_and_kinds() {
    let message = concat!(
        r#"{"type":"message","c\u006fntent":[{"type":"text","text":"a","citations":{"n":1}},"#,
        r#"{"type":"thinking","thinking":"b","signature":{"n":2}}],"c\u006fntainer":{"id":"c"},"#,
        r#""st\u006fp_reason":"end_turn","us\u0061ge":{"output_tokens":3}}"#
    );
    let dialect = Dialect::AnthropicMessages;
    let events = data_of(&play(dialect, message, PlayOptions::new()).unwrap());
    let start = events.first().map(String::as_str);
    let expected = concat!(
        r#"{"type":"message_start","message":{"type":"message","c\u006fntent":[],"#,
        r#""st\u006fp_reason":null,"us\u0061ge":{"output_tokens":0}}}"#
    );
    assert_eq!(start, Some(expected));
    let again = assemble(dialect, &events).unwrap();
    assert!(same_meaning(dialect, parse(message), parse(&again)), "{again}");
}

/// What is no final message, and a message without the usage that its stream owes.
#[test]
fn unplayable() {
    use Dialect::{AnthropicMessages, Json, OpenAiChat, OpenAiEmbeddings, OpenAiResponses};
    let no_message = |dialect, message: &str| {
        let found = play(dialect, message, PlayOptions::new());
        assert_eq!(found, Err(Unplayable::NoMessage), "{message}");
    };
    for message in ["{}", "[]", "1", r#"{"type":"error","content":[]}"#, r#"{"choices":[]}"#] {
        for dialect in [AnthropicMessages, OpenAiChat, OpenAiResponses] {
            no_message(dialect, message);
        }
    }
    no_message(AnthropicMessages, r#"{"type":"message","content":["a"],"usage":{}}"#);
    no_message(OpenAiChat, r#"{"choices":[{"index":0}]}"#);
    for (one, other) in [("0", "0"), ("1", "0"), ("1", "null"), ("0", "\"1\""), ("-1", "0")] {
        let choice = |index| format!(r#"{{"index":{index},"message":{{}}}}"#);
        let choices = format!(r#"{{"choices":[{},{}]}}"#, choice(one), choice(other));
        no_message(OpenAiChat, &choices);
    }
    no_message(OpenAiChat, r#"{"choices":[{"message":{}}],"error":{}}"#);
    no_message(OpenAiChat, r#"{"choices":[{"message":{},"delta":{"content":"a"}}]}"#);
    for dialect in [OpenAiEmbeddings, Json] {
        assert_eq!(play(dialect, "{}", PlayOptions::new()), Err(Unplayable::Dialect));
    }
    let owed = play(OpenAiChat, r#"{"choices":[{"message":{}}]}"#, PlayOptions::new().usage(true));
    assert_eq!(owed, Err(Unplayable::NoUsage));
    let owed = play(AnthropicMessages, r#"{"type":"message","content":[]}"#, PlayOptions::new());
    assert_eq!(owed, Err(Unplayable::NoUsage));
}

/// What is the same, and what is not.
#[test]
fn meaning() {
    let same = |one, other| same_meaning(Dialect::OpenAiChat, parse(one), parse(other));
    for (one, other) in [
        (r#"{"a":1,"b":"\u0061"}"#, r#"{ "b": "a", "\u0061": 1 }"#),
        (r#"{"a":null}"#, "{}"),
        (r#"{"object":"chat.completion"}"#, "{}"),
        (r#"{"choices":[{"message":{"tool_calls":[]}}]}"#, r#"{"choices":[{"message":{}}]}"#),
        (
            r#"{"choices":[{"message":{"tool_calls":[{"index":0,"id":"a"}]}}]}"#,
            r#"{"choices":[{"message":{"tool_calls":[{"id":"a"}]}}]}"#,
        ),
    ] {
        assert!(same(one, other) && same(other, one), "{one} {other}");
    }
    for (one, other) in [
        ("1", "1.0"),
        ("[1]", "[1,2]"),
        ("[1]", "[2]"),
        (r#"{"a":1}"#, r#"{"a":2}"#),
        (r#"{"a":1}"#, "{}"),
        // A value is not what `null` or an empty list says.
        (r#"{"a":null}"#, r#"{"a":1}"#),
        (
            r#"{"choices":[{"message":{"tool_calls":[]}}]}"#,
            r#"{"choices":[{"message":{"tool_calls":[{"id":"a"}]}}]}"#,
        ),
        (r#"{"a":{"object":1}}"#, r#"{"a":{}}"#),
        (r#"{"tool_calls":[]}"#, "{}"),
        (r#"{"choices":[{"index":0}]}"#, r#"{"choices":[{}]}"#),
        (r#""a""#, "1"),
    ] {
        assert!(!same(one, other) && !same(other, one), "{one} {other}");
    }
    let object = r#"{"object":"x"}"#;
    assert!(!same_meaning(Dialect::AnthropicMessages, parse(object), parse("{}")));
}
