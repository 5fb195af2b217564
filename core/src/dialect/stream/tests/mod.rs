//! What events make which message, and which make none.

mod anthropic;
mod chat;
mod memory;
mod play;

use std::{string::String, vec::Vec};

use super::{AssembleError, Assembler, FixedMemory, Lane, MessageMemory, Part, Unfoldable};
use crate::{canonical::Sink, dialect::Dialect, json::JsonValue, reply::BodyEnd, sse::SseEvent};

struct Text(Vec<u8>);

impl Sink for Text {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// What the events make, in the memory given.
fn assemble_in(
    memory: impl MessageMemory,
    dialect: Dialect,
    events: &[&str],
) -> Result<String, AssembleError> {
    let request = JsonValue::parse(br#"{"stream":true}"#).unwrap();
    let mut assembler = Assembler::new(dialect, Some(request), memory);
    for data in events {
        assembler.event(SseEvent { name: "", data })?;
    }
    assembler.finish(BodyEnd::Announced)?;
    let mut text = Text(Vec::new());
    assembler.write_message(&mut text);
    let message = String::from_utf8(text.0).expect("a message is text");
    JsonValue::parse(message.as_bytes()).expect("a message is JSON");
    Ok(message)
}

/// What the events make, with memory enough.
fn assemble(dialect: Dialect, events: &[&str]) -> Result<String, AssembleError> {
    with_lanes(8, dialect, events)
}

/// What the events make on so many lanes.
fn with_lanes(count: usize, dialect: Dialect, events: &[&str]) -> Result<String, AssembleError> {
    let mut memory = [[0; 4096]; 8];
    let mut lanes: Vec<_> = memory.iter_mut().take(count).map(|text| Lane::new(text)).collect();
    let mut parts = [Part::EMPTY; 128];
    assemble_in(FixedMemory::new(&mut lanes, &mut parts), dialect, events)
}

fn unfoldable<T>(what: Unfoldable) -> Result<T, AssembleError> {
    Err(AssembleError::Unfoldable(what))
}
