//! Anthropic's events.

use std::{format, string::String, vec::Vec};

use super::{AssembleError, Unfoldable, assemble, unfoldable};
use crate::{dialect::Dialect, json::JsonErrorKind};

const START: &str = concat!(
    r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","#,
    r#""model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"#,
    r#""input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":0},"service_tier":"standard","#,
    r#""output_tokens":1}}}"#
);
const DELTA: &str = concat!(
    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"#,
    r#""usage":{"input_tokens":9,"cache_read_input_tokens":null,"output_tokens":12}}"#
);
const STOP: &str = r#"{"type":"message_stop"}"#;
const TEXT: &str =
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
const TEXT_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;

fn text_delta(text: &str) -> String {
    let head = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""#;
    format!("{head}{text}\"}}}}")
}

fn message(events: &[&str]) -> Result<String, AssembleError> {
    assemble(Dialect::AnthropicMessages, events)
}

/// A whole stream with these events for its blocks.
fn with_blocks(blocks: &[&str]) -> Result<String, AssembleError> {
    let events: Vec<_> = [START].iter().chain(blocks).chain(&[DELTA, STOP]).copied().collect();
    message(&events)
}

/// The `content` of a message that [`with_blocks`] made.
fn content(blocks: &[&str]) -> Result<String, AssembleError> {
    let message = with_blocks(blocks)?;
    let message = crate::json::JsonValue::parse(message.as_bytes()).unwrap();
    Ok(message.get("content").unwrap().text().into())
}

/// Text pieces are joined, the stop reason and the counts of `message_delta` replace those of
/// `message_start`, and what only `message_start` says stays.
#[test]
fn text_and_usage() {
    let found = message(&[
        START,
        TEXT,
        r#"{"type":"ping"}"#,
        &text_delta("Hel"),
        &text_delta(r"l\u00f6\n"),
        TEXT_STOP,
        DELTA,
        STOP,
    ]);
    let expected = concat!(
        r#"{"id":"msg_1","type":"message","role":"assistant","model":"m","#,
        r#""content":[{"type":"text","text":"Hell\u00f6\n"}],"stop_reason":"end_turn","#,
        r#""stop_sequence":null,"usage":{"input_tokens":9,"#,
        r#""cache_creation":{"ephemeral_5m_input_tokens":0},"service_tier":"standard","#,
        r#""output_tokens":12,"cache_read_input_tokens":null}}"#
    );
    assert_eq!(found.as_deref(), Ok(expected));
}

/// The input of a tool call is the JSON that its pieces make, wherever they were cut; without
/// pieces the call has an empty input.
#[test]
fn tool_input() {
    let start = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}"#;
    let piece = |text: &str| {
        let head = r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""#;
        format!("{head}{text}\"}}}}")
    };
    let pieces = [piece(""), piece(r#"{\"a\\"#), piece(r#"n\": \"\u00fc"#), piece(r#"\"}"#)];
    let mut events: Vec<&str> = Vec::from([start]);
    events.extend(pieces.iter().map(String::as_str));
    events.push(TEXT_STOP);
    let expected = r#"[{"type":"tool_use","id":"t","name":"n","input":{"a\n": "?"}}]"#;
    assert_eq!(content(&events), Ok(expected.replace('?', "\u{fc}")));
    let none = content(&[start, TEXT_STOP]);
    assert_eq!(none.as_deref(), Ok(r#"[{"type":"tool_use","id":"t","name":"n","input":{}}]"#));
    let cut = [start, pieces[1].as_str(), TEXT_STOP];
    assert_eq!(content(&cut), unfoldable(Unfoldable::Value));
}

/// Thinking, its signature, citations, a compaction, and a block that comes whole.
#[test]
fn other_deltas() {
    let found = content(&[
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"a"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"b"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"S="}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"x"}}"#,
        r#"{"type":"content_block_stop","index":1}"#,
        r#"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"","citations":[]}}"#,
        r#"{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"n":1}}}"#,
        r#"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"t"}}"#,
        r#"{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"n":2}}}"#,
        r#"{"type":"content_block_stop","index":2}"#,
        r#"{"type":"content_block_start","index":3,"content_block":{"type":"compaction","content":null}}"#,
        r#"{"type":"content_block_delta","index":3,"delta":{"type":"compaction_delta","content":"c"}}"#,
        r#"{"type":"content_block_stop","index":3}"#,
        r#"{"type":"content_block_start","index":4,"content_block":{"type":"web_search_tool_result","content":[{"a":1}]}}"#,
        r#"{"type":"content_block_stop","index":4}"#,
    ]);
    let expected = concat!(
        r#"[{"type":"thinking","thinking":"ab","signature":"S="},"#,
        r#"{"type":"redacted_thinking","data":"x"},"#,
        r#"{"type":"text","text":"t","citations":[{"n":1},{"n":2}]},"#,
        r#"{"type":"compaction","content":"c"},"#,
        r#"{"type":"web_search_tool_result","content":[{"a":1}]}]"#
    );
    assert_eq!(found.as_deref(), Ok(expected));
}

/// Several `message_delta`: the latest of each count and of each member of the message.
#[test]
fn several_message_deltas() {
    let found = message(&[
        START,
        r#"{"type":"message_delta","delta":{"container":{"id":"c"}},"usage":{"output_tokens":3}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","container":null},"usage":{"output_tokens":5},"context_management":{"applied_edits":[]}}"#,
        STOP,
    ])
    .unwrap();
    assert!(found.contains(r#""container":{"id":"c"},"#), "{found}");
    assert!(found.contains(r#""output_tokens":5}"#), "{found}");
    assert!(found.contains(r#""context_management":{"applied_edits":[]}"#), "{found}");
}

/// What no rule accounts for is an error of its own.
#[test]
fn unaccounted() {
    let unknown_event = r#"{"type":"content_block_pause","index":0}"#;
    assert_eq!(with_blocks(&[unknown_event]), unfoldable(Unfoldable::Event));
    let delta = |delta: &str| {
        let delta = format!(r#"{{"type":"content_block_delta","index":0,"delta":{delta}}}"#);
        with_blocks(&[TEXT, &delta, TEXT_STOP])
    };
    assert_eq!(delta(r#"{"type":"image_delta","data":"x"}"#), unfoldable(Unfoldable::Delta));
    let more = r#"{"type":"text_delta","text":"a","tone":"b"}"#;
    assert_eq!(delta(more), unfoldable(Unfoldable::Member));
    assert_eq!(delta(r#"{"type":"text_delta","text":5}"#), unfoldable(Unfoldable::Kind));
    assert_eq!(delta(r#"{"type":"text_delta"}"#), unfoldable(Unfoldable::Kind));
}

/// Order: nothing before the start, no second start, no delta outside its block, no gap, nothing
/// behind the end.
#[test]
fn out_of_order() {
    let order = || unfoldable(Unfoldable::Order);
    let delta = text_delta("a");
    assert_eq!(message(&[TEXT, START]), order());
    assert_eq!(message(&[START, START]), order());
    assert_eq!(with_blocks(&[&delta]), order());
    assert_eq!(with_blocks(&[TEXT, TEXT]), order());
    assert_eq!(with_blocks(&[TEXT, TEXT_STOP, &delta]), order());
    assert_eq!(with_blocks(&[TEXT, TEXT_STOP, TEXT_STOP]), order());
    assert_eq!(with_blocks(&[TEXT, &delta]), order());
    assert_eq!(message(&[START, DELTA]), order());
    assert_eq!(message(&[START, DELTA, STOP, START]), order());
    assert_eq!(message(&[START, DELTA, STOP, STOP]), order());
    let second = TEXT.replace(":0", ":1");
    assert_eq!(with_blocks(&[&second, &TEXT_STOP.replace(":0", ":1")]), order());
    for index in ["-1", "1.5", "\"0\"", "null", "18446744073709551616", "4294967296"] {
        let block = TEXT.replace(":0", &format!(":{index}"));
        assert_eq!(with_blocks(&[&block]), unfoldable(Unfoldable::Index), "{index}");
    }
}

/// Data that is no JSON object; the fault stays.
#[test]
fn no_json() {
    let found = message(&[START, r#"{"type":"ping""#]).unwrap_err();
    let AssembleError::Json(error) = found else { panic!("{found:?}") };
    assert_eq!(error.kind, JsonErrorKind::UnexpectedEnd);
    assert!(message(&["[]"]).is_err());
}
