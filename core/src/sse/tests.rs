//! Streams of events, read in any pieces and against a reader of whole lines.

use std::{format, string::String, string::ToString, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::canonical::Sink;

/// What a stream means: its events as (name, data), the ids and the times to wait that it sets.
#[derive(Debug, Default, PartialEq)]
struct Meaning {
    events: Vec<(Vec<u8>, Vec<u8>)>,
    ids: Vec<Vec<u8>>,
    retries: Vec<Vec<u8>>,
}

/// The standard read by the letter, in several passes over the whole stream: lines first, then
/// fields, then the blank lines.
fn oracle(stream: &[u8]) -> Meaning {
    let stream = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let mut unified = Vec::new();
    for (at, byte) in stream.iter().enumerate() {
        match byte {
            b'\r' => unified.push(b'\n'),
            b'\n' if at > 0 && stream[at - 1] == b'\r' => {}
            other => unified.push(*other),
        }
    }
    let mut lines: Vec<_> = unified.split(|byte| *byte == b'\n').collect();
    // What stands behind the last line end is no line.
    lines.pop();
    let (mut meaning, mut name, mut data) = (Meaning::default(), vec![], vec![]);
    for line in lines {
        if line.is_empty() {
            if data.pop().is_some() {
                meaning.events.push((name, data));
            }
            (name, data) = (vec![], vec![]);
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => name = value.to_vec(),
            b"data" => {
                data.extend_from_slice(value);
                data.push(b'\n');
            }
            b"id" if !value.contains(&0) => meaning.ids.push(value.to_vec()),
            b"retry" if value.iter().all(u8::is_ascii_digit) => {
                meaning.retries.push(value.to_vec());
            }
            _ => {}
        }
    }
    meaning
}

/// The same of the parts that the reader gives, in pieces that end where `ends` says.
fn parts(stream: &[u8], ends: &[usize]) -> Meaning {
    let mut reader = SseReader::new();
    let mut meaning = Meaning::default();
    let (mut name, mut data, mut value) = (vec![], None::<Vec<u8>>, vec![]);
    let mut field = None;
    for mut piece in pieces(stream, ends) {
        while let Some(part) = reader.next_part(&mut piece) {
            if let SsePart::Value(bytes) = part {
                assert!(!bytes.is_empty());
                value.extend_from_slice(bytes);
                continue;
            }
            // Another part: the line before it is whole.
            let value = core::mem::take(&mut value);
            match field.take() {
                Some(SseField::Event) => name = value,
                Some(SseField::Data) => match &mut data {
                    Some(data) => {
                        data.push(b'\n');
                        data.extend(value);
                    }
                    None => data = Some(value),
                },
                Some(SseField::Id) if !value.contains(&0) => meaning.ids.push(value),
                Some(SseField::Retry) if value.iter().all(u8::is_ascii_digit) => {
                    meaning.retries.push(value);
                }
                _ => {}
            }
            match part {
                SsePart::Field(next) => field = Some(next),
                SsePart::Event => {
                    let data = data.take().expect("an event has data");
                    meaning.events.push((core::mem::take(&mut name), data));
                }
                SsePart::Dropped => {
                    assert!(data.is_none());
                    name.clear();
                }
                SsePart::Value(_) => unreachable!(),
            }
        }
        assert!(piece.is_empty());
    }
    meaning
}

/// `stream` cut at `ends`, which need not be in order.
fn pieces<'a>(stream: &'a [u8], ends: &[usize]) -> Vec<&'a [u8]> {
    let mut ends: Vec<_> = ends.iter().map(|end| end % (stream.len() + 1)).collect();
    ends.push(stream.len());
    ends.sort_unstable();
    let mut from = 0;
    ends.iter().map(|end| &stream[core::mem::replace(&mut from, *end)..*end]).collect()
}

type Collected = Vec<Result<(String, String), SseError>>;

/// What the collecting reader gives, errors included.
fn collect<B: EventBuffer>(mut events: SseEvents<B>, pieces: &[&[u8]]) -> Collected {
    let mut all = vec![];
    for mut piece in pieces.iter().copied() {
        loop {
            match events.next_event(&mut piece) {
                Ok(Some(event)) => all.push(Ok((event.name.into(), event.data.into()))),
                Ok(None) => break,
                Err(error) => all.push(Err(error)),
            }
        }
    }
    all
}

fn in_buffer(stream: &[u8], capacity: usize, step: usize) -> Collected {
    let pieces: Vec<_> = stream.chunks(step).collect();
    collect(SseEvents::in_buffer(&mut vec![0; capacity]), &pieces)
}

fn pair(name: &str, data: &str) -> (String, String) {
    (name.into(), data.into())
}

/// Every rule of the standard that the providers' streams touch, whatever the pieces' size.
#[test]
fn reads_events_in_any_pieces() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("event: a\ndata: 1\n\n", &[("a", "1")]),
        ("event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", &[("a", "1"), ("", "2")]),
        ("data: 1\rdata: 2\r\r", &[("", "1\n2")]),
        ("data: 1\ndata:\ndata: 3\n\n", &[("", "1\n\n3")]),
        ("data\ndata\n\n", &[("", "\n")]),
        ("data: 1\nevent: a\ndata: 2\nevent: bc\n\n", &[("bc", "1\n2")]),
        ("\u{feff}data:x\n\n", &[("", "x")]),
        ("\u{feff}\u{feff}data:x\n\n", &[]),
        ("\u{fefe}data:x\n\ndata:y\n\n", &[("", "y")]),
        (": ping\n\ndata:  x: y\n\n", &[("", " x: y")]),
        ("event: lost\n\ndata: kept\n\n", &[("", "kept")]),
        ("data\n\n", &[("", "")]),
        ("id: 1\nretry: 5\nother: z\ndata: x\n\n", &[("", "x")]),
        ("dat: 1\ndatas: 2\neventdata: 3\n data: 4\nData: 5\n\n", &[]),
        ("data: whole\n\ndata: cut", &[("", "whole")]),
        ("data: \u{e9}\u{1f600}\n\n", &[("", "\u{e9}\u{1f600}")]),
        ("\n\n\r\n\n", &[]),
    ];
    for (text, expected) in cases {
        let expected: Collected =
            expected.iter().map(|(name, data)| Ok(pair(name, data))).collect();
        for step in 1..=text.len() {
            assert_eq!(in_buffer(text.as_bytes(), 32, step), expected, "{text:?} by {step}");
        }
    }
}

/// Ids and times to wait are given out as fields, also where no event follows.
#[test]
fn gives_ids_and_times() {
    let stream = b"id: 1\nid: 2\0\nid\nretry: 50\nretry: 5s\n\nid: 3\n";
    let expected = Meaning {
        ids: vec![b"1".to_vec(), b"".to_vec()],
        retries: vec![b"50".to_vec()],
        ..Meaning::default()
    };
    let mut found = parts(stream, &[]);
    assert_eq!(found, expected);
    found.ids.push(b"3".to_vec());
    assert_eq!(oracle(stream), found, "the last line has no part behind it");
}

/// What stands without its blank line at the end is given out when it is asked for, once.
#[test]
fn gives_the_last_event() {
    for (text, expected) in [
        ("", None),
        ("data: 1\n\n", None),
        ("data: 1\n\n: ping", None),
        ("data: 1\n\nevent: a\n", None),
        ("data: 1", Some(pair("", "1"))),
        ("data: 1\n", Some(pair("", "1"))),
        ("data: 1\r", Some(pair("", "1"))),
        ("data: 1\r\n", Some(pair("", "1"))),
        ("data: 1\n\nevent: a\ndata: 2\ndata: 3", Some(pair("a", "2\n3"))),
    ] {
        let mut memory = [0; 32];
        let mut events = SseEvents::in_buffer(&mut memory);
        let mut bytes = text.as_bytes();
        while events.next_event(&mut bytes).unwrap().is_some() {}
        let last = events.last_event().unwrap();
        assert_eq!(last.map(|event| pair(event.name, event.data)), expected, "{text:?}");
        assert_eq!(events.last_event(), Ok(None), "{text:?}");
    }
}

/// An event that just fits is given out; one byte more is an error, and the next event is read.
#[test]
fn a_buffer_bounds_an_event() {
    let stream = b"event: ab\ndata: 12\ndata: 34\n\ndata: x\n\n";
    for step in 1..stream.len() {
        let next = Ok(pair("", "x"));
        assert_eq!(in_buffer(stream, 7, step), [Ok(pair("ab", "12\n34")), next.clone()]);
        assert_eq!(in_buffer(stream, 6, step), [Err(SseError::Full { capacity: 6 }), next]);
        assert_eq!(in_buffer(stream, 0, step), vec![Err(SseError::Full { capacity: 0 }); 2]);
    }
    let last = SseError::Full { capacity: 6 }.to_string();
    assert_eq!(last, "an event does not fit a buffer of 6 B");
}

/// Comments and fields that mean nothing may be longer than the buffer.
#[test]
fn what_is_skipped_takes_no_memory() {
    let stream = format!(": {0}\nother: {0}\nid: {0}\n{0}\ndata: x\n\n", "y".repeat(99));
    assert_eq!(in_buffer(stream.as_bytes(), 1, 7), [Ok(pair("", "x"))]);
}

/// Bytes that are no text are an error, not a guess, and the next event is read.
#[test]
fn refuses_what_is_not_text() {
    let stream = b"data: \xff\n\nevent: \xc3\ndata: 1\n\ndata: 2\n\n";
    let expected = [Err(SseError::NotUtf8), Err(SseError::NotUtf8), Ok(pair("", "2"))];
    assert_eq!(in_buffer(stream, 32, 3), expected);
}

/// On the heap the limit bounds name and data together, and the error is another one.
#[cfg(feature = "alloc")]
#[test]
fn a_limit_bounds_an_event_on_the_heap() {
    let stream = b"event: ab\ndata: 12\ndata: 34\n\ndata: x\n\n".as_slice();
    let next = Ok(pair("", "x"));
    let all = collect(SseEvents::on_heap(7), &[stream]);
    assert_eq!(all, [Ok(pair("ab", "12\n34")), next.clone()]);
    let all = collect(SseEvents::on_heap(6), &[stream]);
    assert_eq!(all, [Err(SseError::TooBig { limit: 6 }), next]);
}

/// `Debug` shows no answer.
#[test]
fn debug_shows_lengths() {
    let event = SseEvent { name: "a", data: "secret" };
    assert_eq!(format!("{event:?}"), "SseEvent { name: \"a\", data_len: 6 }");
}

struct Bytes(Vec<u8>);

impl Sink for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// A name with a line end in it would begin another field, so it is refused before a byte is out.
#[test]
fn a_name_has_no_line_end() {
    for name in ["a\ndata: x", "a\r", "\n"] {
        let mut bytes = Bytes(vec![]);
        assert_eq!(write_event(&mut bytes, name, "1"), Err(SseNameError));
        assert_eq!(bytes.0, b"");
    }
}

/// Texts made of what the standard gives a meaning, so that most of them touch a rule.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "\n", "\r", "\r\n", "\n\n", "data", "data:", "data: ", "event: ", "id: ", "retry: ", ":",
            " ", "\u{feff}", "\0", "12", "x", "\u{e9}",
        ])
        .prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        1 => prop::collection::vec(b'a'..=b'z', 30..70),
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

proptest! {
    /// However the bytes are cut, the parts mean what the oracle reads, and each collecting form
    /// gives the same events.
    #[test]
    fn any_pieces_mean_the_same(
        mut stream in any_stream(), ends in prop::collection::vec(any::<usize>(), 0..8)
    ) {
        // Two blank lines, so that every line has a part behind it.
        stream.extend_from_slice(b"\n\n\n");
        let meaning = oracle(&stream);
        prop_assert_eq!(&parts(&stream, &ends), &meaning);
        let expected: Collected = meaning.events.iter().map(|(name, data)| {
            match (str::from_utf8(name), str::from_utf8(data)) {
                (Ok(name), Ok(data)) => Ok(pair(name, data)),
                _ => Err(SseError::NotUtf8),
            }
        }).collect();
        let pieces = pieces(&stream, &ends);
        let mut memory = vec![0xaa; stream.len()];
        prop_assert_eq!(&collect(SseEvents::in_buffer(&mut memory), &pieces), &expected);
        #[cfg(feature = "alloc")]
        prop_assert_eq!(&collect(SseEvents::on_heap(stream.len()), &pieces), &expected);
    }

    /// What is written is read back, with each line end of the data as a line feed, in whatever
    /// pieces the data was given.
    #[test]
    fn what_is_written_is_read_back(
        name in "[a-z :]{0,9}", data in "[a-z\r\n: ]{0,20}",
        ends in prop::collection::vec(any::<usize>(), 0..5)
    ) {
        let mut bytes = Bytes(vec![]);
        let mut writer = SseWriter::begin(&mut bytes, &name).unwrap();
        pieces(data.as_bytes(), &ends).into_iter().for_each(|piece| writer.data(piece));
        writer.finish();
        let read = data.replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(in_buffer(&bytes.0, 64, 64), [Ok((name, read))]);
    }
}
