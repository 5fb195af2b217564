//! Server-sent events, as the WHATWG HTML standard section 9.2.6 reads them, from bytes in pieces.

use core::fmt;
use std::mem;

/// One event of a stream: what stood between two blank lines.
#[derive(Clone, PartialEq, Eq)]
pub struct SseEvent {
    /// The `event` field; empty where there was none (OpenAI sends none).
    pub name: String,
    /// The `data` lines, joined by line feeds.
    pub data: String,
}

impl fmt::Debug for SseEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The data is the model's answer.
        f.debug_struct("SseEvent")
            .field("name", &self.name)
            .field("data_len", &self.data.len())
            .finish()
    }
}

/// Why a stream of events cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SseError {
    /// An event, or a line of one, is longer than the limit.
    TooLong,
    /// A line is not UTF-8.
    NotUtf8,
}

/// An incremental reader: bytes are pushed in as they come, events are taken out.
///
/// It holds the unfinished event and line and the bytes not looked at yet, at most the limit plus
/// one pushed piece. Each byte is looked at once.
pub(crate) struct SseReader {
    /// Bytes that are not yet part of a finished line, from `read` on.
    buffer: Vec<u8>,
    read: usize,
    /// How far from `read` on the buffer is known to hold no line end.
    searched: usize,
    /// The last line ended with a carriage return: a line feed now belongs to that end.
    after_return: bool,
    at_start: bool,
    name: String,
    data: Option<String>,
    event_bytes_max: usize,
}

impl SseReader {
    pub(crate) fn new(event_bytes_max: usize) -> Self {
        Self {
            buffer: Vec::new(),
            read: 0,
            searched: 0,
            after_return: false,
            at_start: true,
            name: String::new(),
            data: None,
            event_bytes_max,
        }
    }

    /// The most bytes that an event, or a line, may have.
    pub(crate) fn limit(&self) -> usize {
        self.event_bytes_max
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.read);
        self.read = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole event, or `None` when more bytes are needed.
    pub(crate) fn next_event(&mut self) -> Result<Option<SseEvent>, SseError> {
        while let Some((from, to)) = self.next_line()? {
            if from == to {
                let name = mem::take(&mut self.name);
                if let Some(data) = self.data.take() {
                    return Ok(Some(SseEvent { name, data }));
                }
                continue;
            }
            self.take_field(from, to)?;
        }
        Ok(None)
    }

    /// The event that the end of the bytes leaves without its blank line, if there is one. The
    /// standard drops it; a body that ended where it was announced has it whole all the same.
    pub(crate) fn last_event(&mut self) -> Result<Option<SseEvent>, SseError> {
        self.push(b"\n\n");
        self.next_event()
    }

    /// The bounds of the next finished line in the buffer, without its end.
    fn next_line(&mut self) -> Result<Option<(usize, usize)>, SseError> {
        if self.after_return && self.read < self.buffer.len() {
            self.after_return = false;
            if self.buffer[self.read] == b'\n' {
                self.read += 1;
            }
        }
        let rest = &self.buffer[self.read..];
        let unseen = rest.get(self.searched..).unwrap_or_default();
        let Some(offset) = unseen.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            self.searched = rest.len();
            if rest.len() > self.event_bytes_max {
                return Err(SseError::TooLong);
            }
            return Ok(None);
        };
        let from = self.read;
        let to = from + self.searched + offset;
        self.after_return = self.buffer[to] == b'\r';
        self.read = to + 1;
        self.searched = 0;
        let bom = self.at_start && self.buffer[from..to].starts_with(b"\xef\xbb\xbf");
        self.at_start = false;
        Ok(Some((if bom { from + 3 } else { from }, to)))
    }

    fn take_field(&mut self, from: usize, to: usize) -> Result<(), SseError> {
        let line = str::from_utf8(&self.buffer[from..to]).map_err(|_| SseError::NotUtf8)?;
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                let data = match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data
                    }
                    None => self.data.insert(String::new()),
                };
                data.push_str(value);
            }
            // Comments (an empty field name), `id`, `retry` and unknown fields.
            _ => {}
        }
        if self.name.len() + self.data.as_deref().map_or(0, str::len) > self.event_bytes_max {
            return Err(SseError::TooLong);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `text` in pieces of `step` bytes.
    fn read(text: &[u8], step: usize) -> Result<Vec<(String, String)>, SseError> {
        let mut reader = SseReader::new(64);
        let mut events = Vec::new();
        for piece in text.chunks(step) {
            reader.push(piece);
            while let Some(event) = reader.next_event()? {
                events.push((event.name, event.data));
            }
        }
        Ok(events)
    }

    fn pair(name: &str, data: &str) -> (String, String) {
        (name.into(), data.into())
    }

    /// Every rule of the standard that the providers' streams touch, whatever the pieces' size.
    #[test]
    fn reads_events_in_any_pieces() {
        let cases: &[(&str, Vec<(String, String)>)] = &[
            ("event: a\ndata: 1\n\n", vec![pair("a", "1")]),
            ("event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", vec![pair("a", "1"), pair("", "2")]),
            ("data: 1\rdata: 2\r\r", vec![pair("", "1\n2")]),
            ("data: 1\ndata:\ndata: 3\n\n", vec![pair("", "1\n\n3")]),
            ("\u{feff}data:x\n\n", vec![pair("", "x")]),
            (": ping\n\ndata:  x: y\n\n", vec![pair("", " x: y")]),
            ("event: lost\n\ndata: kept\n\n", vec![pair("", "kept")]),
            ("data\n\n", vec![pair("", "")]),
            ("id: 1\nretry: 5\nother: z\ndata: x\n\n", vec![pair("", "x")]),
            ("data: whole\n\ndata: cut", vec![pair("", "whole")]),
            ("data: \u{e9}\u{1f600}\n\n", vec![pair("", "\u{e9}\u{1f600}")]),
            ("\n\n\r\n\n", vec![]),
        ];
        for (text, expected) in cases {
            for step in 1..=text.len() {
                assert_eq!(
                    read(text.as_bytes(), step).as_ref(),
                    Ok(expected),
                    "{text:?} by {step}"
                );
            }
        }
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
            let mut reader = SseReader::new(64);
            reader.push(text.as_bytes());
            while reader.next_event().unwrap().is_some() {}
            let last = reader.last_event().unwrap().map(|event| (event.name, event.data));
            assert_eq!(last, expected, "{text:?}");
            assert_eq!(reader.last_event(), Ok(None), "{text:?}");
        }
    }

    /// A line or an event over the limit is an error, whether or not its end ever comes.
    #[test]
    fn bounds_an_event() {
        assert_eq!(read(&[b'x'; 65], 7), Err(SseError::TooLong));
        let lines = "data: 0123456789012345678901234567890123456789\n".repeat(2);
        assert_eq!(read(lines.as_bytes(), 9), Err(SseError::TooLong));
        assert!(read(b"data: 01234567890123456789\n\n".repeat(9).as_slice(), 9).is_ok());
    }

    /// Bytes that are no text are an error, not a guess.
    #[test]
    fn refuses_what_is_not_text() {
        assert_eq!(read(b"data: \xff\n\n", 3), Err(SseError::NotUtf8));
    }

    /// `Debug` shows no answer.
    #[test]
    fn debug_shows_lengths() {
        let event = SseEvent { name: "a".into(), data: "secret".into() };
        assert_eq!(format!("{event:?}"), "SseEvent { name: \"a\", data_len: 6 }");
    }
}
