//! A stream put together, in memory of two kinds, with the short cut for like events and without.

use llm_cache_core::canonical::Sink;
use llm_cache_core::dialect::stream::{
    AssembleError, Assembler, FixedMemory, HeapMemory, Lane, MessageMemory, Part,
};
use llm_cache_core::json::JsonValue;
use llm_cache_core::key::Dialect;
use llm_cache_core::reply::BodyEnd;
use llm_cache_core::sse::SseEvents;

/// The first byte chooses the dialect, the second how many lanes there are, the third how much
/// memory; the rest is the stream.
pub fn check(data: &[u8]) {
    let Some((&[dialect, lanes, memory], stream)) = data.split_first_chunk() else { return };
    let dialect = if dialect % 2 == 0 { Dialect::OpenAiChat } else { Dialect::AnthropicMessages };
    let found = assemble(HeapMemory::new(1 << 22), dialect, stream);
    if let Ok(message) = &found {
        let value = JsonValue::parse(message).expect("a message is JSON");
        assert!(value.members().next().is_some(), "a message says something");
    }

    // Without the short cut, in memory that is large enough.
    let text = in_lanes(64, 1 << 16, dialect, stream);
    let is_short = |error: &AssembleError| {
        let is_text = matches!(error, AssembleError::Full { .. } | AssembleError::NeedLanes { .. });
        is_text || matches!(error, AssembleError::TooManyParts { .. })
    };
    match &text {
        Err(error) if is_short(error) => {}
        other => assert_eq!(*other, found),
    }
    match in_lanes(usize::from(lanes % 5), usize::from(memory) * 16, dialect, stream) {
        Err(error) if is_short(&error) => {}
        other => assert_eq!(other, found),
    }
}

fn in_lanes(
    count: usize,
    len: usize,
    dialect: Dialect,
    stream: &[u8],
) -> Result<Vec<u8>, AssembleError> {
    let mut memory = vec![vec![0; len]; count];
    let mut lanes: Vec<_> = memory.iter_mut().map(|lane| Lane::new(lane)).collect();
    let mut parts = vec![Part::EMPTY; 2048];
    assemble(FixedMemory::new(&mut lanes, &mut parts), dialect, stream)
}

fn assemble(
    memory: impl MessageMemory,
    dialect: Dialect,
    mut stream: &[u8],
) -> Result<Vec<u8>, AssembleError> {
    let request = JsonValue::parse(br#"{"stream":true}"#).ok();
    let mut assembler = Assembler::new(dialect, request, memory);
    let mut events = SseEvents::on_heap(stream.len());
    loop {
        match events.next_event(&mut stream) {
            Ok(Some(event)) => _ = assembler.event(event)?,
            Ok(None) => break,
            // What is no text is no part of a stream that anybody reads.
            Err(_) => {}
        }
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
