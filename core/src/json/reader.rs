//! The pull reader.

use core::fmt;

use super::{DEPTH_MAX, JsonError, JsonErrorKind, JsonNumber, JsonStr, JsonValue, lex};

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
    at: usize,
    token_at: usize,
    expect: Expect,
    open: OpenContainers,
}

/// What the grammar allows next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    FirstElement,
    FirstName,
    Name,
    /// A comma, the end of the container, or the end of the text.
    AfterValue,
}

impl<'a> Reader<'a> {
    /// Begins to read a text of one value.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        match core::str::from_utf8(text) {
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
        let open = OpenContainers::NONE;
        Self { text, cut: false, at: 0, token_at: 0, expect: Expect::Value, open }
    }

    /// Begins to read the value at an offset of a text, with offsets counted from its start.
    pub(crate) const fn at(text: &'a str, at: usize) -> Self {
        Self { at, ..Self::of_str(text) }
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
        self.at
    }

    /// The offset of the first byte of the last token.
    #[must_use]
    pub const fn token_offset(&self) -> usize {
        self.token_at
    }

    /// How many containers are open.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.open.depth
    }

    /// Reads the next value whole, whatever it is, and gives it for a closer look.
    ///
    /// # Errors
    /// [`JsonError`] as [`Reader::next`]; [`JsonErrorKind::UnexpectedByte`] where no value is next.
    pub fn value(&mut self) -> Result<JsonValue<'a>, JsonError> {
        let depth = self.depth();
        let no_value = |reader: &Self| lex::unexpected(reader.text, reader.token_at);
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
        Ok(JsonValue::of_checked(self.text.get(start..self.at).unwrap_or_default()))
    }

    /// Passes over the next value, whatever it is; it is checked all the same.
    ///
    /// # Errors
    /// As [`Reader::value`].
    pub fn skip_value(&mut self) -> Result<(), JsonError> {
        self.value().map(|_| ())
    }

    fn step(&mut self) -> Result<Option<Token<'a>>, JsonError> {
        self.skip_white_space();
        if self.expect == Expect::AfterValue {
            match (self.open.innermost(), self.peek()) {
                (None, None) if !self.cut => return Ok(None),
                (Some(_), Some(b',')) => self.pass_comma(),
                (Some(Container::Object), Some(b'}')) => return Ok(Some(self.close())),
                (Some(Container::Array), Some(b']')) => return Ok(Some(self.close())),
                _ => return Err(lex::unexpected(self.text, self.at)),
            }
        }
        self.token_at = self.at;
        match (self.expect, self.peek()) {
            (Expect::FirstName, Some(b'}')) | (Expect::FirstElement, Some(b']')) => {
                Ok(Some(self.close()))
            }
            (Expect::FirstName | Expect::Name, _) => self.name().map(Some),
            _ => self.any_value().map(Some),
        }
    }

    fn pass_comma(&mut self) {
        self.at += 1;
        self.skip_white_space();
        self.expect = match self.open.innermost() {
            Some(Container::Object) => Expect::Name,
            _ => Expect::Value,
        };
    }

    fn name(&mut self) -> Result<Token<'a>, JsonError> {
        let (name, end) = lex::string(self.text, self.at)?;
        self.at = end;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(lex::unexpected(self.text, self.at));
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(Token::Name(name))
    }

    fn any_value(&mut self) -> Result<Token<'a>, JsonError> {
        self.expect = Expect::AfterValue;
        let (text, at) = (self.text, self.at);
        let (token, end) = match self.peek() {
            Some(b'"') => {
                lex::string(text, at).map(|(string, end)| (Token::String(string), end))?
            }
            Some(b'{') => return self.open(Container::Object),
            Some(b'[') => return self.open(Container::Array),
            Some(b't') => (Token::Bool(true), lex::word(text, at, "true")?),
            Some(b'f') => (Token::Bool(false), lex::word(text, at, "false")?),
            Some(b'n') => (Token::Null, lex::word(text, at, "null")?),
            Some(b'-' | b'0'..=b'9') => {
                lex::number(text, at).map(|(number, end)| (Token::Number(number), end))?
            }
            _ => return Err(lex::unexpected(text, at)),
        };
        self.at = end;
        Ok(token)
    }

    fn open(&mut self, container: Container) -> Result<Token<'a>, JsonError> {
        if !self.open.push(container) {
            return Err(JsonErrorKind::TooDeep.at(self.at));
        }
        self.at += 1;
        Ok(match container {
            Container::Object => {
                self.expect = Expect::FirstName;
                Token::ObjectStart
            }
            Container::Array => {
                self.expect = Expect::FirstElement;
                Token::ArrayStart
            }
        })
    }

    fn close(&mut self) -> Token<'a> {
        self.token_at = self.at;
        self.at += 1;
        self.expect = Expect::AfterValue;
        match self.open.pop() {
            Some(Container::Object) => Token::ObjectEnd,
            _ => Token::ArrayEnd,
        }
    }

    /// A text that seems to end early because it was cut has its fault in the bytes.
    fn blame(&self, error: JsonError) -> JsonError {
        match error.kind {
            JsonErrorKind::UnexpectedEnd if self.cut => JsonErrorKind::InvalidUtf8.at(error.offset),
            _ => error,
        }
    }

    fn skip_white_space(&mut self) {
        self.at = lex::skip_white_space(self.text, self.at);
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader(at byte {} of {}, depth {})", self.at, self.text.len(), self.depth())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

/// The kinds of the open containers, a bit each.
#[derive(Clone)]
struct OpenContainers {
    depth: usize,
    objects: [u32; DEPTH_MAX / 32],
}

impl OpenContainers {
    const NONE: Self = Self { depth: 0, objects: [0; DEPTH_MAX / 32] };

    fn push(&mut self, container: Container) -> bool {
        let Some(word) = self.objects.get_mut(self.depth / 32) else { return false };
        let bit = 1 << (self.depth % 32);
        match container {
            Container::Object => *word |= bit,
            Container::Array => *word &= !bit,
        }
        self.depth += 1;
        true
    }

    fn pop(&mut self) -> Option<Container> {
        let container = self.innermost()?;
        self.depth -= 1;
        Some(container)
    }

    fn innermost(&self) -> Option<Container> {
        let last = self.depth.checked_sub(1)?;
        let is_object = self.objects[last / 32] >> (last % 32) & 1 == 1;
        Some(if is_object { Container::Object } else { Container::Array })
    }
}
