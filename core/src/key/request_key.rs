//! The 32-byte name of a request.

use core::{fmt, str::FromStr};

/// The SHA-256 that names a request: equal keys may share an answer, others must not.
///
/// In text it is 64 lower-case hexadecimal digits. `Debug` shows only the first eight, so that a
/// log line does not let its reader look the entry up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey([u8; 32]);

impl RequestKey {
    /// Wraps the 32 bytes of a key that was computed or stored before.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, in the order of the text form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "RequestKey({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseKeyError {
    /// The text is not 64 characters long; this many bytes were given.
    Length(usize),
    /// The byte at this offset is no hexadecimal digit.
    Digit(usize),
}

impl fmt::Display for ParseKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(found) => write!(f, "a key has 64 hexadecimal digits, not {found} bytes"),
            Self::Digit(at) => write!(f, "not a hexadecimal digit at byte {at}"),
        }
    }
}

impl core::error::Error for ParseKeyError {}

impl FromStr for RequestKey {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(ParseKeyError::Length(digits.len()));
        }
        let mut bytes = [0; 32];
        for (at, &digit) in digits.iter().enumerate() {
            let nibble = (digit as char).to_digit(16).ok_or(ParseKeyError::Digit(at))?;
            bytes[at / 2] = bytes[at / 2] << 4 | nibble as u8;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, string::ToString};

    /// The text form reads back to the same bytes, in either case of digits.
    #[test]
    fn text_form_round_trips() {
        let key = RequestKey::from_bytes(core::array::from_fn(|i| (i * 37 + 5) as u8));
        let text = key.to_string();
        assert_eq!(text.parse(), Ok(key));
        assert_eq!(text.to_uppercase().parse(), Ok(key));
    }

    /// A text of the wrong length or with a foreign byte says where it is wrong.
    #[test]
    fn bad_text_is_refused_with_its_place() {
        let text = RequestKey::from_bytes([0xab; 32]).to_string();
        assert_eq!(text[1..].parse::<RequestKey>(), Err(ParseKeyError::Length(63)));
        let bad = format!("{}g{}", &text[..10], &text[11..]);
        assert_eq!(bad.parse::<RequestKey>(), Err(ParseKeyError::Digit(10)));
    }

    /// `Debug` reveals no more than a prefix.
    #[test]
    fn debug_shows_a_prefix_only() {
        let key = RequestKey::from_bytes([0xab; 32]);
        assert_eq!(format!("{key:?}"), "RequestKey(abababab..)");
    }
}
