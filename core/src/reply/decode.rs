//! An answer as a type of the caller's, without a heap.

use core::fmt;

use serde::Deserialize;

use crate::json::{JsonError, JsonErrorKind, Reader};

/// The most objects and arrays that may be open at once in an answer that is decoded.
///
/// The decoder takes stack for each, in members that the type does not know as well, and how deep
/// those are nested is the model's choice.
pub const DECODE_DEPTH_MAX: usize = 16;

/// Why an answer did not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The answer has no text, or does not call that tool.
    Absent,
    /// The buffer is too small for this answer.
    BufferTooSmall {
        /// A size that is enough.
        needed: usize,
    },
    /// What the model wrote is not JSON, or nested deeper than [`DECODE_DEPTH_MAX`]. The offset
    /// counts in its decoded text.
    NotJson(JsonError),
    /// It is JSON, and not of that type.
    Mismatch(serde_json_core::de::Error),
}

/// Decodes the JSON document that the characters make.
pub(crate) fn decode_chars<'b, T: Deserialize<'b>, I: Iterator<Item = char>>(
    document: impl Fn() -> I,
    buffer: &'b mut [u8],
) -> Result<T, DecodeError> {
    let needs = Needs::of(document());
    let needed = needs.document_len + needs.escaped_len_max;
    if buffer.len() < needed {
        return Err(DecodeError::BufferTooSmall { needed });
    }
    let (text, unescaped) = buffer.split_at_mut(needs.document_len);
    let mut len = 0;
    for character in document() {
        len += character.encode_utf8(&mut text[len..]).len();
    }
    check(text).map_err(DecodeError::NotJson)?;
    let len = resolve_escapes(text);
    let decoded = serde_json_core::from_slice_escaped(&text[..len], unescaped);
    decoded.map(|(value, _)| value).map_err(DecodeError::Mismatch)
}

/// Checks the document, for serde-json-core is lenient where JSON is not, and recurses.
fn check(text: &[u8]) -> Result<(), JsonError> {
    let mut reader = Reader::new(text);
    while reader.next()?.is_some() {
        if reader.depth() > DECODE_DEPTH_MAX {
            return Err(JsonErrorKind::TooDeep.at(reader.token_offset()));
        }
    }
    Ok(())
}

/// What a document takes in memory.
#[derive(Default)]
struct Needs {
    document_len: usize,
    /// The longest string with an escape in it, in bytes as written.
    escaped_len_max: usize,
}

impl Needs {
    fn of(document: impl Iterator<Item = char>) -> Self {
        let mut needs = Self::default();
        let (mut in_string, mut after_backslash, mut has_escape) = (false, false, false);
        let mut string_len = 0;
        for character in document {
            let len = character.len_utf8();
            needs.document_len += len;
            if !in_string {
                in_string = character == '"';
                (string_len, has_escape) = (0, false);
                continue;
            }
            string_len += len;
            if after_backslash {
                after_backslash = false;
            } else if character == '\\' {
                (after_backslash, has_escape) = (true, true);
            } else if character == '"' {
                in_string = false;
                if has_escape {
                    needs.escaped_len_max = needs.escaped_len_max.max(string_len);
                }
            }
        }
        needs
    }
}

/// Replaces escapes by their characters, in place, where these may stand in a string unescaped.
/// Returns the new length.
///
/// serde-json-core cannot decode surrogate pairs, and models do write them. The text has been
/// checked: a backslash stands only in a string, and begins a valid escape.
fn resolve_escapes(text: &mut [u8]) -> usize {
    let (mut read, mut written) = (0, 0);
    while read < text.len() {
        let (taken, character) = match text[read..] {
            [b'\\', b'u', ..] => unicode_escape(&text[read..]),
            [b'\\', ..] => (2, None),
            _ => (1, None),
        };
        match character {
            Some(character) if character >= ' ' && character != '"' && character != '\\' => {
                written += character.encode_utf8(&mut text[written..read + taken]).len();
            }
            _ => {
                text.copy_within(read..read + taken, written);
                written += taken;
            }
        }
        read += taken;
    }
    written
}

/// The length of a `\u` escape, pairs included, and its character.
fn unicode_escape(text: &[u8]) -> (usize, Option<char>) {
    const LEN: usize = "\\u0000".len();
    let unit = |from: usize| {
        let digits = text.get(from + 2..from + LEN)?;
        u16::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (Some(first), second) = (unit(0), unit(LEN)) else { return (LEN.min(text.len()), None) };
    match char::decode_utf16([first]).next() {
        Some(Ok(character)) => (LEN, Some(character)),
        _ => {
            let pair = char::decode_utf16([first, second.unwrap_or(0)]).next();
            (2 * LEN, pair.and_then(Result::ok))
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("the answer has nothing to decode"),
            Self::BufferTooSmall { needed } => write!(f, "the buffer needs {needed} bytes"),
            Self::NotJson(error) => write!(f, "the model's text is not JSON: {error}"),
            Self::Mismatch(error) => write!(f, "the answer is not of this type: {error}"),
        }
    }
}

impl core::error::Error for DecodeError {}
