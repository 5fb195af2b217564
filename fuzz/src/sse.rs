//! A stream of server-sent events in pieces, against a plain reader of whole lines.

use llm_cache_core::sse::{EventBuffer, SseError, SseEvents, write_event};

/// An event's name and data, or why it was lost.
type Read = Result<(String, String), SseError>;

/// The first byte chooses the length of the pieces, the second that of the buffer; the rest is the
/// stream.
pub fn check(data: &[u8]) {
    let Some((&[step, capacity], stream)) = data.split_first_chunk() else { return };
    let (step, capacity) = (usize::from(step) + 1, usize::from(capacity));
    let expected = plain(stream);
    assert_eq!(read(SseEvents::on_heap(stream.len()), stream, step), expected);
    let mut memory = vec![0; stream.len()];
    assert_eq!(read(SseEvents::in_buffer(&mut memory), stream, stream.len().max(1)), expected);

    // A smaller buffer loses an event or gives it out as it is.
    let mut memory = vec![0; capacity];
    let mut all = expected.iter();
    for event in read(SseEvents::in_buffer(&mut memory), stream, step) {
        let full = event == Err(SseError::Full { capacity });
        assert!(full || all.any(|expected| *expected == event), "no event of the stream");
    }

    let mut written = Vec::new();
    let whole: Vec<_> = expected.into_iter().flatten().collect();
    for (name, data) in &whole {
        write_event(&mut written, name, data).expect("a name that was read is one line");
    }
    let again = read(SseEvents::on_heap(written.len()), &written, step);
    assert!(again.into_iter().eq(whole.into_iter().map(Ok)), "written and read again");
}

fn read<B: EventBuffer>(mut events: SseEvents<B>, stream: &[u8], step: usize) -> Vec<Read> {
    let mut all = Vec::new();
    for mut piece in stream.chunks(step) {
        while let Some(event) = events.next_event(&mut piece).transpose() {
            all.push(event.map(|event| (event.name.into(), event.data.into())));
        }
        assert!(piece.is_empty());
    }
    all
}

/// The events of a whole stream, by the letter of the standard.
fn plain(stream: &[u8]) -> Vec<Read> {
    let stream = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let mut lines = Vec::new();
    let (mut line, mut bytes) = (Vec::new(), stream.iter().peekable());
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => _ = bytes.next_if_eq(&&b'\n'),
            b'\n' => {}
            other => {
                line.push(*other);
                continue;
            }
        }
        lines.push(std::mem::take(&mut line));
    }

    let (mut events, mut name, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        if line.is_empty() {
            let (name, mut data) = (std::mem::take(&mut name), std::mem::take(&mut data));
            if data.pop().is_some() {
                let text = String::from_utf8;
                let event = text(name).and_then(|name| Ok((name, text(data)?)));
                events.push(event.map_err(|_| SseError::NotUtf8));
            }
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &line[..colon] {
            b"event" => name = value.to_vec(),
            b"data" => data.extend(value.iter().chain(b"\n")),
            _ => {}
        }
    }
    events
}
