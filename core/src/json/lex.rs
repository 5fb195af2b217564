//! Single tokens at a known place of a text: the only code that knows JSON's spelling.
//!
//! Every function takes the whole text and an offset, and gives the offset behind the token, so
//! that errors carry positions in the whole text. None panics on any text or offset.

use super::{JsonError, JsonErrorKind, JsonNumber, JsonStr};

/// The offset of the first byte at or behind `at` that is not white space.
pub(crate) fn skip_white_space(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The error for finding something else than was expected at `at`.
pub(crate) fn unexpected(text: &str, at: usize) -> JsonError {
    if at < text.len() {
        JsonErrorKind::UnexpectedByte.at(at)
    } else {
        JsonErrorKind::UnexpectedEnd.at(text.len())
    }
}

/// Reads the string whose opening quote is at `at`.
pub(crate) fn string(text: &str, at: usize) -> Result<(JsonStr<'_>, usize), JsonError> {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        return Err(unexpected(text, at));
    }
    let start = at + 1;
    let mut end = start;
    let mut escaped = false;
    loop {
        end = find_special(bytes, end);
        match bytes.get(end) {
            Some(b'"') => break,
            Some(b'\\') => {
                escaped = true;
                end = escape(text, end)?.1;
            }
            Some(_) => return Err(JsonErrorKind::ControlCharacter.at(end)),
            None => return Err(unexpected(text, end)),
        }
    }
    // The ends are ASCII quotes, so the range lies on character boundaries.
    let raw = text.get(start..end).unwrap_or_default();
    Ok((JsonStr::new(raw, escaped), end + 1))
}

/// Decodes the escape whose backslash is at `at`; a surrogate pair counts as one escape.
pub(crate) fn escape(text: &str, at: usize) -> Result<(char, usize), JsonError> {
    let bytes = text.as_bytes();
    let simple = match bytes.get(at + 1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(text, at),
        Some(_) => return Err(JsonErrorKind::InvalidEscape.at(at)),
        None => return Err(unexpected(text, text.len())),
    };
    Ok((simple, at + 2))
}

/// Decodes `\uXXXX`, or two of them that make one character beyond U+FFFF.
fn unicode_escape(text: &str, at: usize) -> Result<(char, usize), JsonError> {
    let lone = JsonErrorKind::LoneSurrogate.at(at);
    let first = hex_unit(text, at)?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, at + 6));
    }
    let low = at + 6;
    if first >= 0xdc00 || text.as_bytes().get(low..low + 2) != Some(b"\\u") {
        return Err(lone);
    }
    let second = hex_unit(text, low)?;
    if !(0xdc00..0xe000).contains(&second) {
        return Err(lone);
    }
    let scalar = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    char::from_u32(scalar).map(|character| (character, low + 6)).ok_or(lone)
}

/// The four hexadecimal digits behind the `\u` at `at`.
fn hex_unit(text: &str, at: usize) -> Result<u32, JsonError> {
    let mut unit = 0;
    for place in at + 2..at + 6 {
        let byte = text.as_bytes().get(place).ok_or_else(|| unexpected(text, text.len()))?;
        let digit = (*byte as char).to_digit(16).ok_or(JsonErrorKind::InvalidEscape.at(at))?;
        unit = unit << 4 | digit;
    }
    Ok(unit)
}

/// Reads the number whose first byte is at `at`.
pub(crate) fn number(text: &str, at: usize) -> Result<(JsonNumber<'_>, usize), JsonError> {
    let bytes = text.as_bytes();
    let mut end = at;
    if bytes.get(end) == Some(&b'-') {
        end += 1;
    }
    end = match bytes.get(end) {
        Some(b'0') => end + 1,
        _ => digits(text, end)?,
    };
    if bytes.get(end) == Some(&b'.') {
        end = digits(text, end + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        end += 1;
        if let Some(b'+' | b'-') = bytes.get(end) {
            end += 1;
        }
        end = digits(text, end)?;
    }
    let raw = text.get(at..end).unwrap_or_default();
    Ok((JsonNumber::new(raw), end))
}

/// The end of a run of at least one decimal digit.
fn digits(text: &str, at: usize) -> Result<usize, JsonError> {
    let run = text.as_bytes().get(at..).unwrap_or_default();
    match run.iter().take_while(|byte| byte.is_ascii_digit()).count() {
        0 => Err(unexpected(text, at)),
        count => Ok(at + count),
    }
}

/// Reads the literal `word` (`true`, `false`, `null`) at `at`.
pub(crate) fn word(text: &str, at: usize, word: &str) -> Result<usize, JsonError> {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    match word.bytes().zip(0..).find(|(byte, i)| rest.get(*i) != Some(byte)) {
        Some((_, i)) => Err(unexpected(text, at + i)),
        None => Ok(at + word.len()),
    }
}

const WORD: usize = size_of::<usize>();
const ONES: usize = usize::MAX / 0xff;
const HIGHS: usize = ONES * 0x80;

/// The offset of the first quote, backslash or control character at or behind `at`, or the length.
///
/// A machine word at a time: prompts are mostly long runs without any of these.
fn find_special(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<WORD>()) {
        let word = usize::from_le_bytes(*chunk);
        let quotes = word ^ (ONES * b'"' as usize);
        let slashes = word ^ (ONES * b'\\' as usize);
        let found = (word.wrapping_sub(ONES * 0x20) & !word)
            | (quotes.wrapping_sub(ONES) & !quotes)
            | (slashes.wrapping_sub(ONES) & !slashes);
        // Borrows run towards higher bytes only, so the lowest mark is a true one.
        let found = found & HIGHS;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += WORD;
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The word-wise search agrees with a plain one from every start.
        #[test]
        fn find_special_matches_a_plain_search(
            bytes in prop::collection::vec(
                prop_oneof![any::<u8>(), Just(b'"'), Just(b'\\'), 0x1e_u8..0x24, Just(b'a')],
                0..40,
            ),
        ) {
            for at in 0..=bytes.len() {
                let plain = bytes[at..]
                    .iter()
                    .position(|byte| *byte == b'"' || *byte == b'\\' || *byte < 0x20)
                    .map_or(bytes.len(), |i| at + i);
                prop_assert_eq!(find_special(&bytes, at), plain);
            }
        }
    }
}
