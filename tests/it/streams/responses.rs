//! Every recorded stream of OpenAI's Responses API: put together, compared, played, and read back.

use std::collections::BTreeMap;

use llm_cache_core::canonical::Sink;
use llm_cache_core::dialect::stream::{
    AssembleError, ResponsesAssembler, ResponsesPlayer, TextSlot, Unfoldable,
};
use llm_cache_core::json::JsonValue;
use llm_cache_core::reply::StreamStep;
use llm_cache_core::sse::{SseEvents, SseField, SsePart, SseReader};
use llm_cache_tests::replay::{Pair, Replay};
use llm_cache_tests::shared::shared_dir;
use serde_json::Value;

const SLOTS: usize = 64;

struct Bytes(Vec<u8>);

impl Sink for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

fn recorded() -> Option<Vec<Pair>> {
    let shared = shared_dir()?;
    let files = ["openai_responses", "many/openai_responses"].iter().flat_map(|file| {
        let file = shared.join(format!("traffic/{file}.jsonl.gz"));
        let replay = Replay::load(&file).expect("recorded traffic");
        replay.pairs().to_vec()
    });
    Some(files.filter(|pair| pair.is_stream() && pair.status == 200).collect())
}

/// The message of a stream that is read event by event; `None` if its end is missing.
fn whole(stream: &str) -> Result<Option<String>, AssembleError> {
    let mut slots = [TextSlot::EMPTY; SLOTS];
    let mut assembler = ResponsesAssembler::new(&mut slots);
    let mut events = SseEvents::on_heap(1 << 24);
    let (mut bytes, mut message) = (stream.as_bytes(), None);
    while let Some(event) = events.next_event(&mut bytes).expect("a recorded event") {
        let step = assembler.event(event)?;
        if step == StreamStep::Done && message.is_none() {
            message = assembler.message(event.data).map(|message| message.text().to_owned());
        }
    }
    Ok(message)
}

/// The same for a stream in pieces, without memory for an event.
fn cut(pieces: &[&[u8]]) -> Result<Option<String>, AssembleError> {
    let mut slots = [TextSlot::EMPTY; SLOTS];
    let mut assembler = ResponsesAssembler::new(&mut slots);
    let mut reader = SseReader::new();
    let (mut name, mut field, mut has_data) = (Vec::new(), SseField::Data, false);
    let (mut sink, mut message) = (Bytes(Vec::new()), None);
    for mut piece in pieces.iter().copied() {
        while let Some(part) = reader.next_part(&mut piece) {
            match part {
                SsePart::Field(new) => {
                    field = new;
                    if new == SseField::Event {
                        name.clear();
                    } else if new == SseField::Data {
                        assembler.piece(if has_data { b"\n" } else { b"" }, &mut sink);
                        has_data = true;
                    }
                }
                SsePart::Value(value) if field == SseField::Event => name.extend(value),
                SsePart::Value(value) if field == SseField::Data => {
                    assembler.piece(value, &mut sink);
                }
                SsePart::Value(_) => {}
                SsePart::Event => {
                    let step = assembler.end(std::str::from_utf8(&name).expect("a name"))?;
                    if step == StreamStep::Done && message.is_none() {
                        let text = std::mem::take(&mut sink.0);
                        message = Some(String::from_utf8(text).expect("a message is text"));
                    }
                    sink.0.clear();
                    name.clear();
                    has_data = false;
                }
                SsePart::Dropped => name.clear(),
            }
        }
    }
    Ok(message)
}

fn played(message: &str, piece_len: usize) -> String {
    let message = JsonValue::parse(message.as_bytes()).expect("a message is JSON");
    let mut player = ResponsesPlayer::new(message, piece_len).expect("a message can be played");
    let mut wire = Bytes(Vec::new());
    while player.write_next(&mut wire) {}
    String::from_utf8(wire.0).expect("a stream is text")
}

/// The response of the last event that has one.
fn told(stream: &str) -> Value {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    events.filter_map(|event| event.get("response").cloned()).next_back().expect("a response")
}

/// Every stream folds into the response of its end, and is played and read back byte for byte, but
/// for those whose end lacks the output that they have brought (`chatgpt`), or has a member beside
/// the response (`copilot`).
#[test]
fn recorded_streams() {
    let Some(pairs) = recorded() else { return };
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut faults = Vec::new();
    for pair in &pairs {
        let (folded, all) = counts.entry(&pair.host).or_default();
        *all += 1;
        match whole(&pair.response_body()) {
            Ok(message) => {
                *folded += 1;
                let message = message.expect("a whole stream");
                let value: Value = serde_json::from_str(&message).unwrap();
                assert_eq!(value, told(&pair.response_body()), "{}", pair.id);
                for piece_len in [5, 32] {
                    let again = whole(&played(&message, piece_len)).expect("it folds");
                    assert_eq!(again.as_ref(), Some(&message), "{}", pair.id);
                }
            }
            Err(fault) => {
                let expected = match pair.host.as_str() {
                    "chatgpt" => Unfoldable::Disagreement,
                    "copilot" => Unfoldable::Member,
                    _ => panic!("{}: {fault}", pair.id),
                };
                assert_eq!(fault, expected.into(), "{}", pair.id);
                faults.push(format!("{} {}: {fault}", pair.host, pair.id));
            }
        }
    }
    println!("# recorded Responses streams that fold into a message; table RESPONSES");
    println!("provider\tfolded\tstreams");
    for (host, (folded, all)) in &counts {
        println!("{host}\t{folded}\t{all}");
    }
    faults.iter().for_each(|fault| println!("not folded: {fault}"));
    assert!(pairs.len() >= 98 && faults.len() <= 21, "{} of {}", faults.len(), pairs.len());
}

/// However the body is split, and without memory for an event, the message is the same: streams up
/// to 8 KB at every position, the others byte by byte and near the ends of some events.
#[test]
fn split_anywhere() {
    let Some(pairs) = recorded() else { return };
    let mut every_position = 0;
    for pair in &pairs {
        let stream = pair.response_body();
        let (expected, bytes) = (whole(&stream), stream.as_bytes());
        let check = |at: usize| {
            let (first, second) = bytes.split_at(at.min(bytes.len()));
            assert_eq!(cut(&[first, second]), expected, "{} at {at}", pair.id);
        };
        let each: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(cut(&each), expected, "{} byte by byte", pair.id);
        if bytes.len() <= 8 << 10 {
            every_position += 1;
            (0..=bytes.len()).for_each(check);
        } else {
            let every = stream.matches("\n\n").count().div_ceil(16).max(1);
            let ends = stream.match_indices("\n\n").map(|(at, _)| at).step_by(every);
            ends.flat_map(|end| end.saturating_sub(3)..=end + 3).for_each(check);
        }
    }
    println!("split at every position: {every_position} of {} streams", pairs.len());
}
