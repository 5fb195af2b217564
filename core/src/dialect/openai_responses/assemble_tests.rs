//! What makes a final message and what does not, whole and in pieces.

use std::{format, string::String, vec::Vec};

use super::*;

/// The message of a stream, or why there is none; each event is read whole and in pieces of
/// `piece_len` bytes, which must come to the same.
fn assembled(events: &[(&str, &str)], slots: usize, piece_len: usize) -> Outcome {
    let mut memory = [[TextSlot::EMPTY; 8]; 2];
    let [left, right] = &mut memory;
    let mut whole = ResponsesAssembler::new(&mut left[..slots]);
    let mut cut = ResponsesAssembler::new(&mut right[..slots]);
    let mut message = None;
    let mut last = Ok(StreamStep::Go);
    for (name, data) in events {
        last = whole.event(SseEvent { name, data });
        let mut bytes = Vec::new();
        for piece in data.as_bytes().chunks(piece_len) {
            cut.piece(piece, &mut BytesSink(&mut bytes));
        }
        assert_eq!(cut.end(name), last, "{name} {data}");
        if last == Ok(StreamStep::Done) && message.is_none() {
            let text = whole.message(data).expect("a message").text();
            assert_eq!(text.as_bytes(), bytes, "the sink has the same bytes");
            message = Some(String::from(text));
        }
    }
    last.map(|step| (step, message))
}

type Outcome = Result<(StreamStep, Option<String>), AssembleError>;

struct BytesSink<'v>(&'v mut Vec<u8>);

impl Sink for BytesSink<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

fn outcome(events: &[(&str, &str)]) -> Outcome {
    let whole = assembled(events, 8, usize::MAX);
    for piece_len in [1, 7] {
        assert_eq!(assembled(events, 8, piece_len), whole);
    }
    whole
}

fn fault(events: &[(&str, &str)]) -> AssembleError {
    outcome(events).expect_err("no message")
}

const TEXT: &str = "response.output_text.delta";
const LAST: &str = "response.completed";

fn text(item: u32, part: u32, delta: &str) -> String {
    format!(r#"{{"delta":"{delta}","output_index":{item},"content_index":{part}}}"#)
}

fn completed(output: &str) -> String {
    format!(
        r#" {{ "response" : {{"status":"completed", "output":[{output}]}} , "sequence_number":9}}"#
    )
}

/// Deltas of every kind, interleaved, escaped in another way, with their address behind them.
#[test]
fn a_response_that_repeats_its_deltas_is_the_message() {
    let events = [
        ("response.created", r#"{"response":{"output":[],"error":null}}"#),
        ("", r#"{"type":"response.output_item.added","output_index":1,"item":{"id":"a"}}"#),
        (TEXT, r#"{"delta":"a\u00e9","output_index":0,"content_index":1,"obfuscation":"x"}"#),
        ("response.refusal.delta", r#"{"output_index":0,"content_index":0,"delta":"no"}"#),
        ("keepalive", r#"{"type":"keepalive","sequence_number":3}"#),
        (TEXT, r#"{"delta":"\ud83d\ude00","content_index":1,"output_index":0}"#),
        (
            "response.output_text.done",
            "{\"output_index\":0,\"content_index\":1,\"text\":\"a\u{e9}\u{1f600}\"}",
        ),
        ("response.function_call_arguments.delta", r#"{"output_index":1,"delta":"{\"a\""}"#),
        ("response.function_call_arguments.delta", r#"{"output_index":1,"delta":":1}"}"#),
        (
            "response.reasoning_summary_text.done",
            r#"{"output_index":2,"summary_index":0,"text":"s"}"#,
        ),
        (
            "response.shell_call_command.delta",
            r#"{"output_index":3,"command_index":1,"delta":"ls"}"#,
        ),
        (
            "response.shell_call_output_content.delta",
            r#"{"output_index":4,"command_index":0,"delta":{"stderr":"e","stdout":"o"}}"#,
        ),
    ];
    let last = completed(
        "{\"content\":[{\"refusal\":\"no\"},{\"x\":[[]],\"text\":\"a\u{e9}\\ud83d\\ude00\"}]},\
         {\"arguments\":\"{\\\"a\\\":1}\"},{\"summary\":[{\"text\":\"s\"}]},\
         {\"action\":{\"commands\":[\"cd\",\"ls\"]}},\
         {\"output\":[{\"stdout\":\"o\",\"stderr\":\"e\"}]}",
    );
    let mut events = events.to_vec();
    events.push((LAST, &last));
    let (step, message) = outcome(&events).expect("a message");
    assert_eq!(step, StreamStep::Done);
    let message = message.expect("a message");
    assert!(message.starts_with(r#"{"status":"completed", "output":[{"#) && message.ends_with("}"));
    // What some servers send behind the end; anything else is none of it.
    events.push(("", "[DONE]"));
    assert_eq!(outcome(&events).map(|(step, _)| step), Ok(StreamStep::Done));
    events.push((TEXT, "{}"));
    assert_eq!(fault(&events), Unfoldable::Order.into());
}

/// The last event lacks, changes or moves what came before.
#[test]
fn a_response_that_says_something_else_is_none() {
    let delta = text(0, 0, "ab");
    for output in [
        "",
        r#"{"content":[]}"#,
        r#"{"content":[{"text":"a"}]}"#,
        r#"{"content":[{"text":"abc"}]}"#,
        r#"{"content":[{"refusal":"ab"}]}"#,
        r#"{"content":[{},{"text":"ab"}]}"#,
        r#"{},{"content":[{"text":"ab"}]}"#,
        r#"{"content":[{"text":"ab","text":"abc"}]}"#,
        r#"{"content":[{"text":null}]}"#,
        r#"{"x":{"content":[{"text":"ab"}]}}"#,
    ] {
        let events = [(TEXT, delta.as_str()), (LAST, &completed(output))];
        assert_eq!(fault(&events), Unfoldable::Disagreement.into(), "{output}");
    }
    let item = ("response.output_item.done", r#"{"output_index":1,"item":{}}"#);
    let events = [item, (LAST, &completed("{}"))];
    assert_eq!(fault(&events), Unfoldable::Disagreement.into());
    let done = r#"{"output_index":0,"content_index":0,"text":"b"}"#;
    let events = [(TEXT, delta.as_str()), ("response.output_text.done", done)];
    assert_eq!(fault(&events), Unfoldable::Disagreement.into());
    let twice = r#"{"response":{"output":[]},"response":{"output":[]}}"#;
    assert_eq!(fault(&[(LAST, twice)]), Unfoldable::Member.into());
}

/// What comes without deltas needs none.
#[test]
fn servers_may_leave_out_events() {
    let last = completed(r#"{"content":[{"text":"ab"}]}"#);
    assert!(outcome(&[(LAST, &last)]).is_ok_and(|(_, message)| message.is_some()));
}

/// Each broken event is an error of its own, which stays.
#[test]
fn events_that_no_rule_accounts_for() {
    let cases: [(&str, &str, AssembleError); 12] = [
        ("response.new", "{}", Unfoldable::Event.into()),
        ("", "{}", Unfoldable::Event.into()),
        (TEXT, r#"{"type":"response.refusal.delta"}"#, Unfoldable::Event.into()),
        (TEXT, r#"{"new":1}"#, Unfoldable::Member.into()),
        (TEXT, r#"{"delta":"a","content_index":0}"#, Unfoldable::Index.into()),
        (
            TEXT,
            r#"{"delta":"a","output_index":4294967296,"content_index":0}"#,
            Unfoldable::Index.into(),
        ),
        (TEXT, r#"{"delta":"a","output_index":1.0,"content_index":0}"#, Unfoldable::Index.into()),
        (TEXT, r#"{"delta":1,"output_index":0,"content_index":0}"#, Unfoldable::Kind.into()),
        ("response.audio.delta", r#"{"delta":"a"}"#, Unfoldable::Delta.into()),
        (LAST, r#"{"response":null}"#, Unfoldable::Kind.into()),
        (LAST, "[]", Unfoldable::Kind.into()),
        ("response.created", "[{}]", Unfoldable::Kind.into()),
    ];
    for (name, data, expected) in cases {
        assert_eq!(fault(&[(name, data)]), expected, "{name} {data}");
        assert_eq!(fault(&[(name, data), (LAST, &completed(""))]), expected, "it stays");
    }
    assert!(matches!(fault(&[(TEXT, "{")]), AssembleError::Json(_)));
    assert!(matches!(fault(&[(TEXT, "\u{e9}")]), AssembleError::Json(_)));
}

/// Failures are failures, however they are told.
#[test]
fn failures() {
    for (name, data) in [
        ("error", "upstream gone"),
        ("", r#"{"type":"error","code":"x"}"#),
        ("response.failed", r#"{"response":{"status":"failed"}}"#),
        ("response.created", r#"{"error":{"message":"x"}}"#),
        (LAST, r#"{"response":{"error":{"code":"x"},"output":[]}}"#),
    ] {
        let later = [(name, data), (LAST, &completed(""))];
        assert_eq!(outcome(&later), Ok((StreamStep::Failed, None)), "{name} {data}");
    }
}

/// The slots are the only memory, and one too few is an error of its own.
#[test]
fn slots_are_counted() {
    let texts = [text(0, 0, "a"), text(0, 1, "b"), text(0, 0, "c")];
    let mut events: Vec<_> = texts.iter().map(|data| (TEXT, data.as_str())).collect();
    let last = completed(r#"{"content":[{"text":"ac"},{"text":"b"}]}"#);
    events.push((LAST, &last));
    assert!(assembled(&events, 2, usize::MAX).is_ok());
    let expected = AssembleError::TooManyTexts { capacity: 1 };
    assert_eq!(assembled(&events, 1, usize::MAX), Err(expected));
}

/// The memory that the documents promise.
#[test]
#[cfg(target_pointer_width = "64")]
fn sizes() {
    assert_eq!(size_of::<TextSlot>(), 32);
    assert!(size_of::<ResponsesAssembler<'_>>() <= 512, "{}", size_of::<ResponsesAssembler<'_>>());
}
