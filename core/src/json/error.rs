//! What is wrong with a JSON text, and where.

use core::fmt;

/// Why a text is not JSON that we accept, with the byte offset of the first offence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Offset in bytes from the start of the text: of the offending byte, of the escape's
    /// backslash, of the bracket that opens too deep, or the text's length where it ends early.
    pub offset: usize,
}

/// What can be wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// The text ends inside a value, or holds none.
    UnexpectedEnd,
    /// A byte that the grammar does not allow here, trailing bytes included.
    UnexpectedByte,
    /// A control character (below U+0020) stands unescaped in a string.
    ControlCharacter,
    /// A backslash is not followed by one of RFC 8259's escapes.
    InvalidEscape,
    /// A `\u` escape names half of a surrogate pair; no UTF-8 text can hold it.
    LoneSurrogate,
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// More than [`DEPTH_MAX`](super::DEPTH_MAX) containers are open, or than the caller can take.
    TooDeep,
}

impl JsonErrorKind {
    pub(crate) const fn at(self, offset: usize) -> JsonError {
        JsonError { kind: self, offset }
    }
}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnexpectedEnd => "the JSON text ends early",
            Self::UnexpectedByte => "unexpected byte in JSON",
            Self::ControlCharacter => "unescaped control character in a JSON string",
            Self::InvalidEscape => "invalid escape in a JSON string",
            Self::LoneSurrogate => "lone surrogate in a JSON string",
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::TooDeep => "JSON nested too deep",
        })
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl core::error::Error for JsonError {}
