//! A strict scanner of a JSON text that comes in pieces, none of which is kept.

use super::{
    JsonError, JsonErrorKind,
    scanner::{Container, OpenContainers},
    search::find_special,
    utf8_pieces::Utf8Check,
};

/// What comes next in a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushPart<'b> {
    /// A container begins.
    Open(Container),
    /// The innermost container ends.
    Close,
    /// The name of a member begins; its characters follow, then [`TextEnd`](Self::TextEnd).
    Name,
    /// A string that is a value begins; its characters follow.
    String,
    /// Characters of a name or string: never empty, and cut wherever a piece was cut, also inside
    /// a character.
    Text(&'b [u8]),
    /// One character of a name or string that is written as an escape.
    Char(char),
    /// A name or string ends.
    TextEnd,
    /// A number, `true`, `false` or `null` begins with these bytes.
    Scalar(&'b [u8]),
    /// More bytes of it, where a piece was cut.
    MoreOfScalar(&'b [u8]),
}

/// Scans one JSON text (RFC 8259) that comes in pieces of any size.
///
/// It checks everything that [`JsonValue::parse`](super::JsonValue::parse) does: grammar, escapes,
/// UTF-8, depth. Constant memory, no recursion; O(length), each byte is looked at once or twice.
pub(crate) struct PushScanner {
    /// How many bytes were read.
    at: usize,
    state: State,
    open: OpenContainers,
    utf8: Utf8Check,
}

#[derive(Clone, Copy)]
enum State {
    Value,
    /// A value or the end of the array.
    FirstElement,
    /// A name or the end of the object.
    FirstName,
    Name,
    Colon,
    /// A comma, the end of the container, or the end of the text.
    AfterValue,
    Text(Text),
    Number(Number),
    /// In a literal, of which these bytes are to come.
    Word(&'static [u8]),
}

/// A place in a name or string.
#[derive(Clone, Copy)]
struct Text {
    is_name: bool,
    escape: Escape,
}

#[derive(Clone, Copy)]
enum Escape {
    None,
    /// Behind a backslash.
    Backslash,
    /// Behind `\u` and so many digits.
    Unit {
        unit: u32,
        digits: u8,
    },
    /// Behind the first half of a surrogate pair.
    High(u32),
    /// Behind the backslash of the second half.
    HighBackslash(u32),
    /// In the digits of the second half.
    Low {
        high: u32,
        unit: u32,
        digits: u8,
    },
}

/// What of a number has been read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl PushScanner {
    pub(crate) const NEW: Self =
        Self { at: 0, state: State::Value, open: OpenContainers::NONE, utf8: Utf8Check::NEW };

    /// The next part of the text in `bytes`, the rest of a piece, in which what comes behind the
    /// part is left. `None` when all of the piece is read.
    pub(crate) fn next<'b>(
        &mut self,
        bytes: &mut &'b [u8],
    ) -> Result<Option<PushPart<'b>>, JsonError> {
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.state {
                State::Text(text) => return self.text(text, bytes),
                State::Number(number) => {
                    if let Some(more) = self.number(number, bytes)? {
                        return Ok(Some(PushPart::MoreOfScalar(more)));
                    }
                }
                State::Word(word) => {
                    return self.word(word, bytes).map(PushPart::MoreOfScalar).map(Some);
                }
                State::Value
                | State::FirstElement
                | State::FirstName
                | State::Name
                | State::Colon
                | State::AfterValue => {
                    if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                        (self.at, *bytes) = (self.at + 1, rest);
                        continue;
                    }
                    if let Some(part) = self.structure(byte, bytes)? {
                        return Ok(Some(part));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Ends the text.
    pub(crate) fn finish(&self) -> Result<(), JsonError> {
        let is_whole = match self.state {
            State::AfterValue => true,
            State::Number(number) => number.is_whole(),
            _ => false,
        };
        if is_whole && self.open.innermost().is_none() {
            return Ok(());
        }
        Err(JsonErrorKind::UnexpectedEnd.at(self.at))
    }

    /// Takes a byte outside of names and scalars.
    fn structure<'b>(
        &mut self,
        byte: u8,
        bytes: &mut &'b [u8],
    ) -> Result<Option<PushPart<'b>>, JsonError> {
        let innermost = self.open.innermost();
        match (self.state, byte) {
            (State::FirstElement, b']') | (State::FirstName, b'}') => {}
            (State::AfterValue, b'}') if innermost == Some(Container::Object) => {}
            (State::AfterValue, b']') if innermost == Some(Container::Array) => {}
            (State::AfterValue, b',') if innermost.is_some() => {
                self.state = match innermost {
                    Some(Container::Object) => State::Name,
                    _ => State::Value,
                };
                self.skip(bytes);
                return Ok(None);
            }
            (State::Colon, b':') => {
                self.state = State::Value;
                self.skip(bytes);
                return Ok(None);
            }
            (State::FirstName | State::Name, b'"') => {
                self.state = State::Text(Text { is_name: true, escape: Escape::None });
                self.skip(bytes);
                return Ok(Some(PushPart::Name));
            }
            (State::Value | State::FirstElement, _) => return self.value(byte, bytes).map(Some),
            _ => return Err(JsonErrorKind::UnexpectedByte.at(self.at)),
        }
        self.open.pop();
        self.state = State::AfterValue;
        self.skip(bytes);
        Ok(Some(PushPart::Close))
    }

    /// Begins a value.
    fn value<'b>(&mut self, byte: u8, bytes: &mut &'b [u8]) -> Result<PushPart<'b>, JsonError> {
        let (container, state) = match byte {
            b'{' => (Container::Object, State::FirstName),
            b'[' => (Container::Array, State::FirstElement),
            b'"' => {
                self.state = State::Text(Text { is_name: false, escape: Escape::None });
                self.skip(bytes);
                return Ok(PushPart::String);
            }
            b't' => return self.word(b"true", bytes).map(PushPart::Scalar),
            b'f' => return self.word(b"false", bytes).map(PushPart::Scalar),
            b'n' => return self.word(b"null", bytes).map(PushPart::Scalar),
            b'-' | b'0'..=b'9' => {
                let first = match byte {
                    b'-' => Number::Minus,
                    b'0' => Number::Zero,
                    _ => Number::Digits,
                };
                let all = *bytes;
                self.skip(bytes);
                let more = self.number(first, bytes)?.map_or(0, <[u8]>::len);
                return Ok(PushPart::Scalar(all.get(..1 + more).unwrap_or_default()));
            }
            _ => return Err(JsonErrorKind::UnexpectedByte.at(self.at)),
        };
        if !self.open.push(container) {
            return Err(JsonErrorKind::TooDeep.at(self.at));
        }
        self.state = state;
        self.skip(bytes);
        Ok(PushPart::Open(container))
    }

    /// Reads on in a number; `None` if it has ended before these bytes.
    fn number<'b>(
        &mut self,
        mut number: Number,
        bytes: &mut &'b [u8],
    ) -> Result<Option<&'b [u8]>, JsonError> {
        let mut len = 0;
        self.state = loop {
            let Some(&byte) = bytes.get(len) else { break State::Number(number) };
            match number.then(byte) {
                Some(next) => number = next,
                None if number.is_whole() => break State::AfterValue,
                None => return Err(JsonErrorKind::UnexpectedByte.at(self.at + len)),
            }
            len += 1;
        };
        let read = self.take(len, bytes);
        Ok(if read.is_empty() { None } else { Some(read) })
    }

    /// Reads on in a literal.
    fn word<'b>(
        &mut self,
        word: &'static [u8],
        bytes: &mut &'b [u8],
    ) -> Result<&'b [u8], JsonError> {
        let len = word.iter().zip(*bytes).take_while(|(left, right)| left == right).count();
        if len < word.len() && len < bytes.len() {
            return Err(JsonErrorKind::UnexpectedByte.at(self.at + len));
        }
        self.state = match word.get(len..) {
            None | Some([]) => State::AfterValue,
            Some(rest) => State::Word(rest),
        };
        Ok(self.take(len, bytes))
    }

    /// Reads on in a name or string.
    fn text<'b>(
        &mut self,
        mut text: Text,
        bytes: &mut &'b [u8],
    ) -> Result<Option<PushPart<'b>>, JsonError> {
        if !matches!(text.escape, Escape::None) {
            return self.escape(text, bytes);
        }
        let run = bytes.get(..find_special(bytes)).unwrap_or_default();
        if !run.is_empty() {
            self.utf8.take(run).map_err(|from_here| {
                JsonErrorKind::InvalidUtf8.at(self.at.saturating_add_signed(from_here))
            })?;
            return Ok(Some(PushPart::Text(self.take(run.len(), bytes))));
        }
        if self.utf8.cut() > 0 {
            return Err(JsonErrorKind::InvalidUtf8.at(self.at - self.utf8.cut()));
        }
        match bytes.first() {
            Some(b'"') => {
                self.state = if text.is_name { State::Colon } else { State::AfterValue };
                self.skip(bytes);
                Ok(Some(PushPart::TextEnd))
            }
            Some(b'\\') => {
                text.escape = Escape::Backslash;
                self.skip(bytes);
                self.escape(text, bytes)
            }
            _ => Err(JsonErrorKind::ControlCharacter.at(self.at)),
        }
    }

    /// Reads on in an escape, up to its character.
    fn escape<'b>(
        &mut self,
        mut text: Text,
        bytes: &mut &'b [u8],
    ) -> Result<Option<PushPart<'b>>, JsonError> {
        while let Some(&byte) = bytes.first() {
            let found = match text.escape.then(byte) {
                Ok(found) => found,
                Err(kind) => return Err(kind.at(self.at)),
            };
            self.skip(bytes);
            match found {
                Found::Char(character) => {
                    self.state = State::Text(Text { escape: Escape::None, ..text });
                    return Ok(Some(PushPart::Char(character)));
                }
                Found::More(escape) => text.escape = escape,
            }
        }
        self.state = State::Text(text);
        Ok(None)
    }

    fn skip(&mut self, bytes: &mut &[u8]) {
        self.take(1, bytes);
    }

    fn take<'b>(&mut self, len: usize, bytes: &mut &'b [u8]) -> &'b [u8] {
        let (taken, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        (self.at, *bytes) = (self.at + taken.len(), rest);
        taken
    }
}

impl Number {
    /// Whether a number may end here.
    const fn is_whole(self) -> bool {
        matches!(self, Self::Zero | Self::Digits | Self::Fraction | Self::ExponentDigits)
    }

    const fn then(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Minus, b'0') => Self::Zero,
            (Self::Minus, b'1'..=b'9') | (Self::Digits, b'0'..=b'9') => Self::Digits,
            (Self::Zero | Self::Digits, b'.') => Self::Point,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Zero | Self::Digits | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::ExponentSign,
            (Self::Exponent | Self::ExponentSign | Self::ExponentDigits, b'0'..=b'9') => {
                Self::ExponentDigits
            }
            _ => return None,
        })
    }
}

/// What a byte of an escape comes to.
enum Found {
    Char(char),
    More(Escape),
}

impl Escape {
    fn then(self, byte: u8) -> Result<Found, JsonErrorKind> {
        let digit = || char::from(byte).to_digit(16).ok_or(JsonErrorKind::InvalidEscape);
        Ok(Found::More(match (self, byte) {
            (Self::Backslash, b'u') => Self::Unit { unit: 0, digits: 0 },
            (Self::None | Self::Backslash, _) => return simple_escape(byte).map(Found::Char),
            (Self::High(high), b'\\') => Self::HighBackslash(high),
            (Self::HighBackslash(high), b'u') => Self::Low { high, unit: 0, digits: 0 },
            (Self::High(_) | Self::HighBackslash(_), _) => {
                return Err(JsonErrorKind::LoneSurrogate);
            }
            (Self::Unit { unit, digits }, _) => {
                let unit = unit << 4 | digit()?;
                match (digits, unit) {
                    (3, 0xd800..0xdc00) => Self::High(unit),
                    (3, _) => return char_of(unit).map(Found::Char),
                    _ => Self::Unit { unit, digits: digits + 1 },
                }
            }
            (Self::Low { high, unit, digits }, _) => {
                let unit = unit << 4 | digit()?;
                match (digits, unit) {
                    (3, 0xdc00..0xe000) => {
                        let scalar = 0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
                        return char_of(scalar).map(Found::Char);
                    }
                    (3, _) => return Err(JsonErrorKind::LoneSurrogate),
                    _ => Self::Low { high, unit, digits: digits + 1 },
                }
            }
        }))
    }
}

fn char_of(scalar: u32) -> Result<char, JsonErrorKind> {
    char::from_u32(scalar).ok_or(JsonErrorKind::LoneSurrogate)
}

const fn simple_escape(byte: u8) -> Result<char, JsonErrorKind> {
    Ok(match byte {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return Err(JsonErrorKind::InvalidEscape),
    })
}

#[cfg(test)]
#[path = "push_tests.rs"]
mod tests;
