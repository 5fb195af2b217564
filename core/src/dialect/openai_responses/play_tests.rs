//! Played streams: their events in order, and what the assembler makes of them.

use std::{string::String, vec::Vec};

use super::*;
use crate::dialect::stream::{ResponsesAssembler, TextSlot};
use crate::reply::StreamStep;
use crate::sse::SseEvents;

struct Wire(Vec<u8>);

impl Sink for Wire {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// The events of a response; each call has written exactly one.
fn played(response: &str, piece_len: usize) -> Vec<(String, String)> {
    let message = JsonValue::parse(response.as_bytes()).expect("JSON");
    let mut player = ResponsesPlayer::new(message, piece_len).expect("playable");
    let (mut events, mut wire) = (Vec::new(), Wire(Vec::new()));
    while player.write_next(&mut wire) {
        let mut memory = [0; 4096];
        let mut reader = SseEvents::in_buffer(&mut memory);
        let mut bytes = wire.0.as_slice();
        let event = reader.next_event(&mut bytes).expect("an event").expect("a whole event");
        assert!(bytes.is_empty(), "one event a call");
        let data = JsonValue::parse(event.data.as_bytes()).expect("JSON");
        assert_eq!(data.get("sequence_number").and_then(|n| n.as_u64()), Some(events.len() as u64));
        assert!(member_is(data, "type", event.name));
        events.push((event.name.into(), event.data.into()));
        wire.0.clear();
    }
    events
}

/// Reads a played stream back: the message of its last event, which agrees with all before it.
fn read_back(events: &[(String, String)]) -> String {
    let mut slots = [TextSlot::EMPTY; 16];
    let mut assembler = ResponsesAssembler::new(&mut slots);
    for (name, data) in events {
        let step = assembler.event(crate::sse::SseEvent { name, data }).expect("it folds");
        if step == StreamStep::Done {
            return assembler.message(data).expect("a message").text().into();
        }
    }
    panic!("no end");
}

const RESPONSE: &str = concat!(
    r#"{"id":"resp_1","status":"completed","error":null,"completed_at":7,"#,
    r#""output":[{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","#,
    r#""text":"why"}],"content":[{"type":"reasoning_text","text":"r"}],"#,
    r#""encrypted_content":"x"},{"id":"msg_1","type":"message","#,
    r#""status":"completed","role":"assistant","content":[{"type":"output_text","#,
    r#""annotations":[{"type":"a"}],"logprobs":[1],"text":"a\n\ud83d\ude00\u00e9"},"#,
    r#"{"type":"refusal","refusal":"no"},{"type":"new","text":"?"}]},{"id":"fc_1","#,
    r#""type":"function_call","status":"completed","name":"f","call_id":"call_1","#,
    r#""arguments":"{\"a\":1}"},{"id":"ct_1","type":"custom_tool_call","input":""},"#,
    r#"{"id":"ws_1","type":"web_search_call","status":"completed","action":{}}],"#,
    r#""usage":{"input_tokens":1}}"#,
);

/// The order of events, and what each shows.
#[test]
fn events_come_as_the_provider_sends_them() {
    let events = played(RESPONSE, 2);
    let names: Vec<_> =
        events.iter().map(|(name, _)| name.strip_prefix("response.").expect("a prefix")).collect();
    let expected = "created in_progress \
        output_item.added reasoning_summary_part.added reasoning_summary_text.delta \
        reasoning_summary_text.delta reasoning_summary_text.done reasoning_summary_part.done \
        content_part.added reasoning_text.delta reasoning_text.done content_part.done \
        output_item.done \
        output_item.added content_part.added output_text.delta output_text.delta \
        output_text.annotation.added output_text.done content_part.done \
        content_part.added refusal.delta refusal.done content_part.done \
        content_part.added content_part.done output_item.done \
        output_item.added function_call_arguments.delta function_call_arguments.delta \
        function_call_arguments.delta function_call_arguments.delta \
        function_call_arguments.done output_item.done \
        output_item.added custom_tool_call_input.done output_item.done \
        output_item.added output_item.done completed";
    assert_eq!(names.join(" "), expected);
    let shown = |number: usize| events[number].1.as_str();
    assert_eq!(
        shown(0),
        concat!(
            r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","#,
            r#""status":"in_progress","error":null,"completed_at":null,"output":[],"#,
            r#""usage":null}}"#,
        )
    );
    assert_eq!(
        shown(13),
        concat!(
            r#"{"type":"response.output_item.added","sequence_number":13,"output_index":1,"#,
            r#""item":{"id":"msg_1","type":"message","status":"in_progress","#,
            r#""role":"assistant","content":[]}}"#,
        )
    );
    assert_eq!(
        shown(14),
        concat!(
            r#"{"type":"response.content_part.added","sequence_number":14,"#,
            r#""item_id":"msg_1","output_index":1,"content_index":0,"part":{"#,
            r#""type":"output_text","annotations":[],"logprobs":[],"text":""}}"#,
        )
    );
    assert_eq!(
        shown(16),
        concat!(
            r#"{"type":"response.output_text.delta","sequence_number":16,"item_id":"msg_1","#,
            r#""output_index":1,"content_index":0,"delta":"\ud83d\ude00\u00e9","#,
            r#""logprobs":[]}"#,
        )
    );
    assert_eq!(read_back(&events), RESPONSE);
}

/// Whatever the size of the pieces, the assembler reads the response back byte for byte.
#[test]
fn the_assembler_reads_it_back() {
    for piece_len in [0, 1, 3, 32, usize::MAX] {
        assert_eq!(read_back(&played(RESPONSE, piece_len)), RESPONSE);
    }
    let cut = concat!(
        r#"{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"#,
        r#""output":[]}"#,
    );
    let events = played(cut, 8);
    assert_eq!(events.last().expect("events").0, "response.incomplete");
    assert_eq!(read_back(&events), cut);
}

/// What is no response that has ended is not played.
#[test]
fn unplayable() {
    for response in [
        "[]",
        r#"{"status":"completed"}"#,
        r#"{"status":"completed","output":[1]}"#,
        r#"{"status":"in_progress","output":[]}"#,
        r#"{"status":"completed","error":{},"output":[]}"#,
        r#"{"output":[]}"#,
    ] {
        let message = JsonValue::parse(response.as_bytes()).expect("JSON");
        assert!(ResponsesPlayer::new(message, 8).is_none(), "{response}");
    }
}
