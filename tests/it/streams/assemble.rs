//! The assembler on every recorded stream of two dialects and 14 providers.

use std::collections::BTreeMap;

use llm_cache_core::canonical::Sink;
use llm_cache_core::dialect::stream::{
    AssembleError, Assembler, FixedMemory, HeapMemory, Lane, MessageMemory, Part,
};
use llm_cache_core::json::JsonValue;
use llm_cache_core::key::Dialect;
use llm_cache_core::reply::BodyEnd;
use llm_cache_core::sse::SseEvents;
use serde_json::Value;

use super::{fold, recorded};

pub(super) struct Bytes(pub(super) Vec<u8>);

impl Sink for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// What the pieces of a stream's body make.
fn assemble<'p>(
    memory: impl MessageMemory,
    dialect: Dialect,
    request: &str,
    pieces: impl IntoIterator<Item = &'p [u8]>,
    end: BodyEnd,
) -> Result<String, AssembleError> {
    let request = JsonValue::parse(request.as_bytes()).ok();
    let mut assembler = Assembler::new(dialect, request, memory);
    let mut events = SseEvents::on_heap(1 << 24);
    for mut piece in pieces {
        while let Some(event) = events.next_event(&mut piece).expect("a recorded event") {
            assembler.event(event)?;
        }
    }
    if end == BodyEnd::Announced
        && let Some(event) = events.last_event().expect("a recorded event")
    {
        assembler.event(event)?;
    }
    assembler.finish(end)?;
    let mut message = Bytes(Vec::new());
    assembler.write_message(&mut message);
    Ok(String::from_utf8(message.0).expect("a message is text"))
}

fn on_heap() -> HeapMemory {
    HeapMemory::new(1 << 24)
}

pub(super) fn whole(
    dialect: Dialect,
    request: &str,
    stream: &str,
) -> Result<String, AssembleError> {
    assemble(on_heap(), dialect, request, [stream.as_bytes()], BodyEnd::Announced)
}

/// At least 95 % of the recorded streams fold, and each message says what the obvious way to put
/// its stream together says.
#[test]
fn recorded_streams() {
    let Some(pairs) = recorded() else { return };
    let mut counts: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    let mut faults = Vec::new();
    for (dialect, pair) in pairs.iter().filter(|(_, pair)| pair.is_stream() && pair.status == 200) {
        let (folded, all) = counts.entry((dialect.as_str(), &pair.host)).or_default();
        *all += 1;
        let stream = pair.response_body();
        match whole(*dialect, &pair.request_body(), &stream) {
            Ok(message) => {
                *folded += 1;
                let message: Value = serde_json::from_str(&message).unwrap();
                let expected = fold::folded(*dialect, &stream);
                assert_eq!(fold::said(*dialect, &message), expected, "{}", pair.id);
            }
            Err(fault) => faults.push(format!("{} {}: {fault}", pair.host, pair.id)),
        }
    }
    println!("# recorded streams that fold into a message; table FOLDED");
    println!("dialect\tprovider\tfolded\tstreams");
    for ((dialect, host), (folded, all)) in &counts {
        println!("{dialect}\t{host}\t{folded}\t{all}");
    }
    faults.iter().for_each(|fault| println!("not folded: {fault}"));
    let (folded, all) = counts.values().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    assert!(all >= 446 && folded * 100 >= all * 95, "{folded} of {all}");
}

/// However the body is split, the message is the same: short streams at every position, and byte by
/// byte; long ones around the end of each event.
#[test]
fn split_anywhere() {
    let Some(pairs) = recorded() else { return };
    for (dialect, pair) in pairs.iter().filter(|(_, pair)| pair.is_stream() && pair.status == 200) {
        let (request, stream) = (pair.request_body(), pair.response_body());
        let Ok(expected) = whole(*dialect, &request, &stream) else { continue };
        let bytes = stream.as_bytes();
        let split = |at: usize| {
            let (first, second) = bytes.split_at(at);
            assemble(on_heap(), *dialect, &request, [first, second], BodyEnd::Announced)
        };
        if bytes.len() <= 2048 {
            for at in 0..bytes.len() {
                assert_eq!(split(at).as_ref(), Ok(&expected), "{} at {at}", pair.id);
            }
        } else {
            let ends = stream.match_indices("\n\n").map(|(at, _)| at);
            // At most 24 events of each, spread over the stream.
            let every = stream.matches("\n\n").count().div_ceil(24).max(1);
            for at in ends.step_by(every).flat_map(|end| end.saturating_sub(3)..=end + 3) {
                let at = at.min(bytes.len());
                assert_eq!(split(at).as_ref(), Ok(&expected), "{} at {at}", pair.id);
            }
        }
        let single = assemble(on_heap(), *dialect, &request, bytes.chunks(1), BodyEnd::Announced);
        assert_eq!(single.as_ref(), Ok(&expected), "{} byte by byte", pair.id);
    }
}

/// A stream that is cut anywhere before its end makes no message.
#[test]
fn cut_anywhere() {
    let Some(pairs) = recorded() else { return };
    let mut cut = 0;
    let streams = pairs.iter().filter(|(_, pair)| pair.is_stream() && pair.status == 200);
    for (dialect, pair) in streams.filter(|(_, pair)| pair.response_body().len() <= 2048) {
        let (request, stream) = (pair.request_body(), pair.response_body());
        if whole(*dialect, &request, &stream).is_err() {
            continue;
        }
        let mark = match dialect {
            Dialect::AnthropicMessages => "event: message_stop",
            _ => "data: [DONE]",
        };
        let last = stream.rfind(mark).unwrap_or(0);
        for at in 0..last {
            let begun = &stream.as_bytes()[..at];
            let found = assemble(on_heap(), *dialect, &request, [begun], BodyEnd::Closed);
            assert!(found.is_err(), "{} cut at {at}", pair.id);
            cut += 1;
        }
    }
    println!("streams cut: {cut}, messages: 0");
    assert!(cut > 1000);
}

/// In memory of a device each stream makes the same message as on the heap, or says what lacks.
#[test]
fn in_fixed_memory() {
    let Some(pairs) = recorded() else { return };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut memory = vec![vec![0; 16384]; 4];
    let mut parts = [Part::EMPTY; 128];
    for (dialect, pair) in pairs.iter().filter(|(_, pair)| pair.is_stream() && pair.status == 200) {
        let (request, stream) = (pair.request_body(), pair.response_body());
        let Ok(expected) = whole(*dialect, &request, &stream) else { continue };
        let mut lanes: Vec<_> = memory.iter_mut().map(|lane| Lane::new(lane)).collect();
        let memory = FixedMemory::new(&mut lanes, &mut parts);
        let pieces = [stream.as_bytes()];
        let why = match assemble(memory, *dialect, &request, pieces, BodyEnd::Announced) {
            Ok(message) => {
                assert_eq!(message, expected, "{}", pair.id);
                "the same".to_owned()
            }
            Err(fault) => fault.to_string(),
        };
        *counts.entry(why).or_default() += 1;
    }
    for (why, count) in &counts {
        println!("{count}: {why}");
    }
    assert!(counts["the same"] > 400, "{counts:?}");
}
