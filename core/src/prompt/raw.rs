//! JSON text that goes out as it came.

use core::fmt;

use super::cache_control::CacheControl;
use crate::json::{JsonError, JsonValue};

/// The text of one JSON value, emitted byte for byte.
///
/// Schemas, tool inputs and echoed blocks are held so: providers hash what they are sent, so
/// another member order or another spelling of a number would lose the cached prefix.
/// `Debug` shows the length only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RawJson<'a>(&'a str);

/// One JSON object emitted byte for byte, with a mark of the caller's put in as its last member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawObject<'a> {
    /// The object.
    pub json: RawJson<'a>,
    /// The mark to add. The text itself must not contain one then.
    pub cache_control: Option<CacheControl>,
}

impl<'a> RawJson<'a> {
    /// Takes the text of one JSON value. O(length).
    ///
    /// # Errors
    /// Where and why the text is no JSON, or more than one value.
    pub fn new(text: &'a str) -> Result<Self, JsonError> {
        JsonValue::parse(text.as_bytes()).map(|_| Self(text))
    }

    /// Takes text that is known to be JSON: a constant, or a part of a document already read.
    ///
    /// Nothing is checked here; text that is no JSON makes a body that is none.
    #[must_use]
    pub const fn assume_valid(text: &'a str) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl<'a> From<JsonValue<'a>> for RawJson<'a> {
    fn from(value: JsonValue<'a>) -> Self {
        Self(value.text())
    }
}

impl fmt::Debug for RawJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

impl<'a> RawObject<'a> {
    /// An object without a mark of ours.
    #[must_use]
    pub const fn new(json: RawJson<'a>) -> Self {
        Self { json, cache_control: None }
    }

    /// The same object with a mark.
    #[must_use]
    pub const fn with_cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }
}
