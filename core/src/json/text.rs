//! Strings of a JSON text, as they stand there.

use core::{cmp::Ordering, fmt};

use super::{lex, source::Text};
use crate::BufferTooSmall;

/// The text between the quotes of a JSON string, checked, with its escapes intact.
///
/// Equality is that of the decoded texts. `Debug` shows the length only: strings hold prompts.
#[derive(Clone, Copy)]
pub struct JsonStr<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> JsonStr<'a> {
    pub(crate) const fn new(raw: &'a str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// The text as it stands between the quotes, escapes included.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.raw
    }

    /// The decoded text where that needs no decoding: `None` if the string has escapes.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        if self.escaped { None } else { Some(self.raw) }
    }

    /// The decoded characters, in order.
    #[must_use]
    pub const fn chars(&self) -> JsonChars<'a> {
        JsonChars { raw: self.raw, escaped: self.escaped, at: 0 }
    }

    /// Whether the decoded text is `text`.
    #[must_use]
    pub fn eq_str(&self, text: &str) -> bool {
        match self.as_str() {
            Some(plain) => plain == text,
            None => self.chars().eq(text.chars()),
        }
    }

    /// The bytes that the decoded text takes in UTF-8. O(length).
    #[must_use]
    pub fn decoded_len(&self) -> usize {
        if self.escaped { self.chars().map(char::len_utf8).sum() } else { self.raw.len() }
    }

    /// Decodes into the caller's buffer and gives the text in it.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the size that would do; the buffer's contents are then undefined.
    pub fn decode_into<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b str, BufferTooSmall> {
        let too_small = BufferTooSmall { needed: self.decoded_len() };
        let buffer = buffer.get_mut(..too_small.needed).ok_or(too_small)?;
        if self.escaped {
            let mut len = 0;
            for character in self.chars() {
                len += character.encode_utf8(&mut buffer[len..]).len();
            }
        } else {
            buffer.copy_from_slice(self.raw.as_bytes());
        }
        // What was written is UTF-8 of exactly this length.
        core::str::from_utf8(buffer).map_err(|_| too_small)
    }

    /// Orders decoded texts by their UTF-16 code units, as RFC 8785 section 3.2.3 sorts names.
    pub(crate) fn cmp_utf16(&self, other: &JsonStr<'_>) -> Ordering {
        match (self.as_str(), other.as_str()) {
            (Some(this), Some(that)) => {
                this.bytes().map(utf16_rank_of_byte).cmp(that.bytes().map(utf16_rank_of_byte))
            }
            _ => self.chars().map(utf16_rank).cmp(other.chars().map(utf16_rank)),
        }
    }
}

/// A number that orders characters as their UTF-16 forms order.
fn utf16_rank(character: char) -> u32 {
    let mut units = [0; 2];
    character.encode_utf16(&mut units);
    u32::from(units[0]) << 16 | u32::from(units[1])
}

/// The same for the bytes of UTF-8 texts, whose order is that of code points.
///
/// The two orders differ only between U+E000..=U+FFFF (lead bytes EE and EF) and characters
/// beyond (lead bytes F0 to F4), whose surrogates sort before E000. Where two texts first differ
/// in a continuation byte, their lead bytes are equal and the rank changes nothing.
fn utf16_rank_of_byte(byte: u8) -> u8 {
    match byte {
        0xee | 0xef => byte + 0x10,
        _ => byte,
    }
}

impl PartialEq for JsonStr<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.as_str(), other.as_str()) {
            (Some(this), Some(that)) => this == that,
            _ => self.chars().eq(other.chars()),
        }
    }
}

impl Eq for JsonStr<'_> {}

impl fmt::Debug for JsonStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonStr({} bytes)", self.raw.len())
    }
}

/// The decoded characters of a [`JsonStr`].
#[derive(Clone)]
pub struct JsonChars<'a> {
    raw: &'a str,
    /// Without escapes a backslash is itself: it cannot stand in a JSON text, but in a name that
    /// comes from a value.
    escaped: bool,
    at: usize,
}

impl Iterator for JsonChars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let rest = self.raw.get(self.at..)?;
        let character = rest.chars().next()?;
        if character != '\\' || !self.escaped {
            self.at += character.len_utf8();
            return Some(character);
        }
        // The escape was checked when the string was read.
        let (character, end) = lex::escape(&mut Text(self.raw), self.at).ok()?;
        self.at = end;
        Some(character)
    }
}

impl fmt::Debug for JsonChars<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonChars({} of {} bytes read)", self.at, self.raw.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{format, string::String};

    fn read(text: &str) -> JsonStr<'_> {
        let (spelling, end) = lex::string(&mut Text(text), 0).expect("a JSON string");
        JsonStr::new(&text[1..end - 1], spelling != lex::Spelling::Plain)
    }

    /// Spells `text` as a JSON string with every character escaped as UTF-16 units.
    fn escaped(text: &str) -> String {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
        format!("\"{}\"", units.collect::<String>())
    }

    /// Each escape decodes to its character, a surrogate pair to one.
    #[test]
    fn escapes_decode() {
        let text = read(r#""a\"\\\/\b\f\n\r\tz\u00e9\ud83d\ude00""#);
        assert!(text.eq_str("a\"\\/\u{8}\u{c}\n\r\tz\u{e9}\u{1f600}"));
        assert_eq!(text.as_str(), None);
        let mut buffer = [0; 16];
        assert_eq!(text.decode_into(&mut buffer[..15]), Err(BufferTooSmall { needed: 16 }));
        assert_eq!(text.decode_into(&mut buffer), Ok("a\"\\/\u{8}\u{c}\n\r\tz\u{e9}\u{1f600}"));
    }

    /// `Debug` reveals no text.
    #[test]
    fn debug_shows_the_length_only() {
        assert_eq!(format!("{:?}", read("\"secret\"")), "JsonStr(6 bytes)");
    }

    proptest! {
        /// Escaped or not, a text decodes to itself and equals itself alone.
        #[test]
        fn equality_is_that_of_the_decoded_texts(
            a in "[a\u{7f}\u{80}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{0,4}",
            b in "[a\u{7f}\u{80}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{0,4}",
        ) {
            let (plain_a, plain_b) = (format!("\"{a}\""), format!("\"{b}\""));
            let (escaped_a, escaped_b) = (escaped(&a), escaped(&b));
            for left in [read(&plain_a), read(&escaped_a)] {
                prop_assert!(left.eq_str(&a));
                prop_assert_eq!(left.decoded_len(), a.len());
                for right in [read(&plain_b), read(&escaped_b)] {
                    prop_assert_eq!(left == right, a == b);
                }
            }
        }
    }
}
