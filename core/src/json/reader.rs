//! The pull reader.

use core::fmt;

use super::{
    JsonError, JsonErrorKind, JsonNumber, JsonStr, JsonValue, lex,
    scanner::{Kind, Scanner, Step},
    source::Text,
};

/// One step through a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "JSON grows no new tokens")]
pub enum Token<'a> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The name of a member; its value comes next.
    Name(JsonStr<'a>),
    /// A string that is a value.
    String(JsonStr<'a>),
    /// A number.
    Number(JsonNumber<'a>),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
}

/// A strict pull reader over the bytes of one JSON text (RFC 8259).
///
/// Constant memory (about 80 bytes), no recursion, O(length) for the whole text; UTF-8 is checked
/// once, by [`Reader::new`]. Member names are not checked for duplicates. After an error, stop.
#[derive(Clone)]
pub struct Reader<'a> {
    /// The text up to its end or to its first byte that is not UTF-8.
    text: &'a str,
    /// Whether the text was cut short for such a byte.
    cut: bool,
    token_at: usize,
    scanner: Scanner,
}

impl<'a> Reader<'a> {
    /// Begins to read a text of one value.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        match utf8(text) {
            Ok(text) => Self::of_str(text),
            Err(error) => {
                let valid = text.get(..error.valid_up_to()).unwrap_or_default();
                Self { cut: true, ..Self::of_str(core::str::from_utf8(valid).unwrap_or_default()) }
            }
        }
    }

    /// Begins to read a text that is known to be UTF-8.
    #[must_use]
    pub const fn of_str(text: &'a str) -> Self {
        Self { text, cut: false, token_at: 0, scanner: Scanner::NEW }
    }

    /// The next token; `None` once the value and all white space behind it are read.
    ///
    /// # Errors
    /// [`JsonError`] at the first byte that breaks a rule.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot stop at its first error")]
    pub fn next(&mut self) -> Result<Option<Token<'a>>, JsonError> {
        self.step().map_err(|error| self.blame(error))
    }

    /// The offset behind the last token (and behind a name's colon).
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.scanner.at()
    }

    /// The offset of the first byte of the last token.
    #[must_use]
    pub const fn token_offset(&self) -> usize {
        self.token_at
    }

    /// How many containers are open.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.scanner.depth()
    }

    /// Reads the next value whole, whatever it is, and gives it for a closer look.
    ///
    /// # Errors
    /// [`JsonError`] as [`Reader::next`]; [`JsonErrorKind::UnexpectedByte`] where no value is next.
    pub fn value(&mut self) -> Result<JsonValue<'a>, JsonError> {
        let depth = self.depth();
        let no_value = |reader: &Self| lex::unexpected(&mut Text(reader.text), reader.token_at);
        let first = self.next()?;
        let start = self.token_at;
        match first {
            Some(Token::ObjectStart | Token::ArrayStart) => {
                while self.depth() > depth {
                    self.next()?;
                }
            }
            Some(Token::Name(_) | Token::ObjectEnd | Token::ArrayEnd) | None => {
                return Err(no_value(self));
            }
            Some(_) => {}
        }
        Ok(JsonValue::of_checked(self.text.get(start..self.scanner.at()).unwrap_or_default()))
    }

    /// Passes over the next value, whatever it is; it is checked all the same.
    ///
    /// # Errors
    /// As [`Reader::value`].
    pub fn skip_value(&mut self) -> Result<(), JsonError> {
        self.value().map(|_| ())
    }

    fn step(&mut self) -> Result<Option<Token<'a>>, JsonError> {
        let step = self.scanner.next(&mut Text(self.text))?;
        let Some(Step { kind, start, end, .. }) = step else {
            return if self.cut {
                Err(JsonErrorKind::InvalidUtf8.at(self.text.len()))
            } else {
                Ok(None)
            };
        };
        self.token_at = start;
        // Tokens begin and end with ASCII, so the ranges lie on character boundaries.
        let inside = |spelling| {
            let raw = self.text.get(start + 1..end - 1).unwrap_or_default();
            JsonStr::new(raw, spelling != lex::Spelling::Plain)
        };
        Ok(Some(match kind {
            Kind::ObjectStart => Token::ObjectStart,
            Kind::ObjectEnd => Token::ObjectEnd,
            Kind::ArrayStart => Token::ArrayStart,
            Kind::ArrayEnd => Token::ArrayEnd,
            Kind::Name(spelling) => Token::Name(inside(spelling)),
            Kind::String(spelling) => Token::String(inside(spelling)),
            Kind::Number => {
                Token::Number(JsonNumber::new(self.text.get(start..end).unwrap_or_default()))
            }
            Kind::True => Token::Bool(true),
            Kind::False => Token::Bool(false),
            Kind::Null => Token::Null,
        }))
    }

    /// A text that seems to end early because it was cut has its fault in the bytes.
    fn blame(&self, error: JsonError) -> JsonError {
        match error.kind {
            JsonErrorKind::UnexpectedEnd if self.cut => JsonErrorKind::InvalidUtf8.at(error.offset),
            _ => error,
        }
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Reader(at byte {} of {}, depth {})",
            self.offset(),
            self.text.len(),
            self.depth()
        )
    }
}

/// Checks that a text is UTF-8: with the vectors of [`simdutf8`] where the build allows for them.
pub(crate) fn utf8(text: &[u8]) -> Result<&str, core::str::Utf8Error> {
    match simdutf8::basic::from_utf8(text) {
        Ok(text) => Ok(text),
        // It tells no place.
        Err(_) => core::str::from_utf8(text),
    }
}
