//! `stream`: a streamed answer put together into its message, beside the obvious way with JSON
//! trees and the SHA-256 of the stream's bytes.

mod obvious;
mod streams;

use llm_cache_core::{
    canonical::Sink,
    dialect::stream::{AssembleError, Assembler, HeapMemory},
    json::JsonValue,
    key::Dialect,
    reply::BodyEnd,
    sse::SseEvents,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    Options,
    report::{Ratio, Table},
    timing::{by_turns, side},
};

const RATIOS: [Ratio; 2] = [
    Ratio { name: "ours/value", above: 0, below: 1 },
    Ratio { name: "ours/raw_sha256", above: 0, below: 2 },
];

/// Prints the table.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let sides = ["ours", "value", "raw_sha256"];
    let mut table = Table::begin(options, "assemble", &sides, &RATIOS);
    for (name, dialect, stream) in streams::all(options.seed) {
        let ours = assemble(dialect, &stream).map_err(|fault| format!("{name}: {fault}"))?;
        let ours: Value =
            serde_json::from_slice(&ours).map_err(|fault| format!("{name}: {fault}"))?;
        if without_nulls(ours) != without_nulls(obvious::assemble(dialect, &stream)) {
            return Err(format!("{name}: the two messages differ"));
        }
        let mut sides = [
            side(|| assemble(dialect, &stream).ok()),
            side(|| serde_json::to_vec(&obvious::assemble(dialect, &stream)).ok()),
            side(|| Sha256::digest(&stream)),
        ];
        table
            .row(&format!("{name} {}KB", stream.len() / 1000), &by_turns(options.plan, &mut sides));
    }
    table.mean();
    Ok(())
}

/// A message as far as it says something.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(elements) => elements.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// From the bytes of the stream to those of the message.
fn assemble(dialect: Dialect, mut stream: &[u8]) -> Result<Vec<u8>, AssembleError> {
    let request = JsonValue::parse(br#"{"stream":true}"#).ok();
    let mut assembler = Assembler::new(dialect, request, HeapMemory::new(1 << 24));
    let mut events = SseEvents::on_heap(1 << 20);
    while let Ok(Some(event)) = events.next_event(&mut stream) {
        assembler.event(event)?;
    }
    assembler.finish(BodyEnd::Announced)?;
    let mut message = Bytes(Vec::new());
    assembler.write_message(&mut message);
    Ok(message.0)
}

struct Bytes(Vec<u8>);

impl Sink for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}
