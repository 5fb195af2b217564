//! The reader: bytes in pieces go in, the parts of events come out.

/// A field of an event that means something. All others are skipped, as the standard says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SseField {
    /// `event`: the name of the event. The last one of an event counts.
    Event,
    /// `data`: one line of the data. A line feed stands between the lines of an event.
    Data,
    /// `id`: what a browser sends as `last-event-id`. One that holds a NUL does not count.
    Id,
    /// `retry`: how long to wait before connecting again, in milliseconds. Counts only if it is
    /// decimal digits.
    Retry,
}

impl SseField {
    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"event" => Some(Self::Event),
            b"data" => Some(Self::Data),
            b"id" => Some(Self::Id),
            b"retry" => Some(Self::Retry),
            _ => None,
        }
    }
}

/// What comes next in a stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SsePart<'b> {
    /// A line with this field begins. Its value is in the [`Value`](Self::Value) parts that follow,
    /// up to a part of another kind; there are none if the value is empty.
    Field(SseField),
    /// The next bytes of the field's value: never empty, and cut wherever a piece was cut, also
    /// inside a character.
    Value(&'b [u8]),
    /// A blank line ends an event that has data.
    Event,
    /// A blank line ends what has no data, so it is no event: forget the name.
    Dropped,
}

const BOM: [u8; 3] = *b"\xef\xbb\xbf";

/// The longest name of a field that means something.
const NAME_MAX: usize = 5;

#[derive(Clone, Copy, Debug)]
enum State {
    /// At the start of the stream, behind so many bytes of a byte order mark.
    Bom(u8),
    LineStart,
    /// In a field's name, of which so many bytes are kept.
    Name(u8),
    /// Behind the colon of a field: one space may follow that is not part of the value.
    Colon,
    Value,
    /// In a comment, or in a field that means nothing.
    Skip,
}

/// Reads a stream of server-sent events in pieces.
///
/// A line ends at CR, LF, or CR LF; a byte order mark at the start is skipped. What has no blank
/// line behind it when the bytes end is no event. The bytes are not checked to be UTF-8: whoever
/// puts a value together does that. O(length), each byte is looked at once.
///
/// ```
/// use llm_cache_core::sse::{SsePart, SseReader};
///
/// // Counts the bytes of data of an event that no memory here could hold.
/// let (mut reader, mut len) = (SseReader::new(), 0);
/// for mut piece in [b"event: big\ndata: 123".as_slice(), b"4567", b"89\n\n"] {
///     while let Some(part) = reader.next_part(&mut piece) {
///         match part {
///             SsePart::Field(_) => len = 0,
///             SsePart::Value(bytes) => len += bytes.len(),
///             SsePart::Event => assert_eq!(len, 9),
///             SsePart::Dropped => {}
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct SseReader {
    state: State,
    name: [u8; NAME_MAX],
    /// The last byte ended a line and was a carriage return: a line feed now is part of that end.
    after_return: bool,
    /// A field has come since the last blank line.
    has_fields: bool,
    has_data: bool,
}

impl Default for SseReader {
    fn default() -> Self {
        Self::new()
    }
}

impl SseReader {
    /// A reader at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: State::Bom(0),
            name: [0; NAME_MAX],
            after_return: false,
            has_fields: false,
            has_data: false,
        }
    }

    /// Reads on in `bytes`, the rest of a piece, and leaves in it what comes behind the part.
    /// `None` when all of it is read: the next piece is due.
    pub fn next_part<'b>(&mut self, bytes: &mut &'b [u8]) -> Option<SsePart<'b>> {
        loop {
            let (first, rest) = bytes.split_first()?;
            if self.after_return {
                self.after_return = false;
                if *first == b'\n' {
                    *bytes = rest;
                    continue;
                }
            }
            match self.state {
                State::Bom(seen) if BOM.get(usize::from(seen)) == Some(first) => {
                    *bytes = rest;
                    let whole = usize::from(seen) + 1 == BOM.len();
                    self.state = if whole { State::LineStart } else { State::Bom(seen + 1) };
                }
                State::Bom(0) => self.state = State::LineStart,
                // A part of a byte order mark begins the name of no field that means something.
                State::Bom(_) => self.state = State::Skip,
                State::Value | State::Skip => {
                    let (run, rest) = bytes.split_at(line_end(bytes));
                    *bytes = rest;
                    if matches!(self.state, State::Value) && !run.is_empty() {
                        return Some(SsePart::Value(run));
                    }
                    self.end_line(bytes);
                }
                State::Colon => {
                    if *first == b' ' {
                        *bytes = rest;
                    }
                    self.state = State::Value;
                }
                State::LineStart if is_line_end(*first) => {
                    self.end_line(bytes);
                    if let Some(part) = self.blank_line() {
                        return Some(part);
                    }
                }
                State::LineStart => {
                    if let Some((field, rest)) = common_field(bytes) {
                        *bytes = rest;
                        return Some(self.begin_field(field, State::Colon));
                    }
                    self.state = State::Name(0);
                }
                State::Name(len) => {
                    if let Some(part) = self.name(bytes, usize::from(len)) {
                        return Some(part);
                    }
                }
            }
        }
    }

    /// Takes the line end at the front, if the bytes do not end here.
    fn end_line(&mut self, bytes: &mut &[u8]) {
        if let Some((end, rest)) = bytes.split_first() {
            *bytes = rest;
            self.after_return = *end == b'\r';
            self.state = State::LineStart;
        }
    }

    fn blank_line(&mut self) -> Option<SsePart<'static>> {
        let part = if self.has_data {
            SsePart::Event
        } else if self.has_fields {
            SsePart::Dropped
        } else {
            return None;
        };
        (self.has_fields, self.has_data) = (false, false);
        Some(part)
    }

    fn begin_field(&mut self, field: SseField, state: State) -> SsePart<'static> {
        self.state = state;
        self.has_fields = true;
        self.has_data |= field == SseField::Data;
        SsePart::Field(field)
    }

    /// Reads on in a field's name, of which `len` bytes are kept.
    fn name(&mut self, bytes: &mut &[u8], mut len: usize) -> Option<SsePart<'static>> {
        while let Some((byte, rest)) = bytes.split_first() {
            if *byte == b':' || is_line_end(*byte) {
                let field = self.name.get(..len).and_then(SseField::of);
                let Some(field) = field else {
                    self.state = State::Skip;
                    return None;
                };
                // At a line end the value is empty; it is the next call's to take.
                if *byte != b':' {
                    return Some(self.begin_field(field, State::Value));
                }
                *bytes = rest;
                return Some(self.begin_field(field, State::Colon));
            }
            let Some(place) = self.name.get_mut(len) else {
                self.state = State::Skip;
                return None;
            };
            (*place, *bytes) = (*byte, rest);
            len += 1;
        }
        self.state = State::Name(len as u8);
        None
    }
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The field that almost every line has, and what is behind its colon, where all of it is at hand.
fn common_field(bytes: &[u8]) -> Option<(SseField, &[u8])> {
    if let Some(rest) = bytes.strip_prefix(b"data:") {
        return Some((SseField::Data, rest));
    }
    bytes.strip_prefix(b"event:").map(|rest| (SseField::Event, rest))
}

/// Where the first line end is, or else the length.
pub(super) fn line_end(bytes: &[u8]) -> usize {
    // A block without a branch inside compiles to vectors where there are any.
    let (blocks, _) = bytes.as_chunks::<32>();
    let has_end = |block: &[u8; 32]| block.iter().fold(false, |any, byte| any | is_line_end(*byte));
    let mut at = blocks.iter().take_while(|block| !has_end(block)).count() * 32;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        if let Some(found) = line_end_in_word(word) {
            return at + found;
        }
        at += WORD;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| is_line_end(*byte)).unwrap_or(rest.len())
}

const WORD: usize = size_of::<usize>();
const ONES: usize = usize::MAX / 0xff;
const HIGHS: usize = ONES * 0x80;

/// The same among the bytes of a machine word, all looked at together.
fn line_end_in_word(bytes: &[u8; WORD]) -> Option<usize> {
    let word = usize::from_le_bytes(*bytes);
    let zeros = |word: usize| word.wrapping_sub(ONES) & !word;
    let zeros_of = |end: u8| zeros(word ^ (ONES * usize::from(end)));
    let found = zeros_of(b'\n') | zeros_of(b'\r');
    // Borrows run towards higher bytes only, so the lowest mark is a true one.
    let found = found & HIGHS;
    (found != 0).then_some(found.trailing_zeros() as usize / 8)
}
