//! A checked value that is looked into by name.

use core::fmt;

use super::{JsonError, JsonErrorKind, JsonNumber, JsonStr, Reader, Token};

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "JSON grows no new kinds")]
pub enum JsonKind {
    /// `{...}`
    Object,
    /// `[...]`
    Array,
    /// `"..."`
    String,
    /// A number.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

/// One value of a checked JSON text: a borrowed piece of it, 16 bytes on a 64-bit machine.
///
/// Nothing is indexed: a look into an object or array walks its text, O(length of the container).
/// `Debug` shows kind and length only: values hold prompts and answers.
#[derive(Clone, Copy)]
pub struct JsonValue<'a> {
    text: &'a str,
}

impl<'a> JsonValue<'a> {
    /// Checks a whole text of one value with nothing but white space around it. O(length).
    ///
    /// # Errors
    /// [`JsonError`] at the first byte that breaks a rule. Duplicate names are no error here.
    pub fn parse(text: &'a [u8]) -> Result<Self, JsonError> {
        let mut reader = Reader::new(text);
        let value = reader.value()?;
        match reader.next()? {
            None => Ok(value),
            Some(_) => Err(JsonErrorKind::UnexpectedByte.at(reader.token_offset())),
        }
    }

    /// Wraps a text that is known to be one value with nothing but white space around it: one that
    /// has a canonical form, say. Nothing is checked. What is asked of any other text means nothing
    /// and may panic.
    #[must_use]
    pub fn assume_valid(text: &'a str) -> Self {
        Self::of_checked(text.trim_matches([' ', '\t', '\n', '\r']))
    }

    /// Wraps the text of exactly one value that a reader has checked.
    pub(crate) const fn of_checked(text: &'a str) -> Self {
        Self { text }
    }

    /// The value as it is written, without white space around it.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// What the value is. O(1).
    #[must_use]
    pub fn kind(&self) -> JsonKind {
        match self.text.as_bytes().first() {
            Some(b'{') => JsonKind::Object,
            Some(b'[') => JsonKind::Array,
            Some(b'"') => JsonKind::String,
            Some(b't' | b'f') => JsonKind::Bool,
            Some(b'n') | None => JsonKind::Null,
            Some(_) => JsonKind::Number,
        }
    }

    /// The member called `name` of an object; the last one where several are so called, as
    /// serde_json reads them. `None` for any other value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Self> {
        self.members().filter(|(found, _)| found.eq_str(name)).last().map(|(_, value)| value)
    }

    /// The members of an object in the order of the text; none for any other value.
    #[must_use]
    pub fn members(&self) -> Members<'a> {
        Members(self.inside(JsonKind::Object))
    }

    /// The elements of an array; none for any other value.
    #[must_use]
    pub fn elements(&self) -> Elements<'a> {
        Elements(self.inside(JsonKind::Array))
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<JsonStr<'a>> {
        match self.scalar() {
            Some(Token::String(string)) => Some(string),
            _ => None,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<JsonNumber<'a>> {
        match self.scalar() {
            Some(Token::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// The number, if it is written as an integer that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// The nearest double, if it is a number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        Some(self.as_number()?.as_f64())
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.scalar() {
            Some(Token::Bool(value)) => Some(value),
            _ => None,
        }
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.kind() == JsonKind::Null
    }

    fn scalar(&self) -> Option<Token<'a>> {
        Reader::of_str(self.text).next().ok().flatten()
    }

    /// A reader behind the opening bracket, if this is a container of that kind.
    fn inside(&self, kind: JsonKind) -> Option<Reader<'a>> {
        let mut reader = Reader::of_str(self.text);
        let is_kind = self.kind() == kind && reader.next().is_ok();
        is_kind.then_some(reader)
    }
}

impl fmt::Debug for JsonValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonValue({:?}, {} bytes)", self.kind(), self.text.len())
    }
}

/// The members of an object, in the order of the text.
#[derive(Clone, Debug)]
pub struct Members<'a>(Option<Reader<'a>>);

impl<'a> Iterator for Members<'a> {
    type Item = (JsonStr<'a>, JsonValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.0.as_mut()?;
        match reader.next() {
            Ok(Some(Token::Name(name))) => Some((name, reader.value().ok()?)),
            _ => {
                self.0 = None;
                None
            }
        }
    }
}

/// The elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'a>(Option<Reader<'a>>);

impl<'a> Iterator for Elements<'a> {
    type Item = JsonValue<'a>;

    fn next(&mut self) -> Option<JsonValue<'a>> {
        // The closing bracket is the one thing in a checked array that is no value.
        let value = self.0.as_mut()?.value().ok();
        if value.is_none() {
            self.0 = None;
        }
        value
    }
}
