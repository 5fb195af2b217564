//! Single tokens at a known place of a text: the only code that knows JSON's spelling.
//!
//! Every function takes the text and an offset in it, and gives the offset behind the token, so
//! that errors carry positions in the whole text. None panics on any text or offset.

use super::{
    JsonErrorKind,
    search::{find_near, find_special, skip_shortest},
    source::Source,
};

/// The offset of the first byte at or behind `at` that is not white space.
#[inline]
pub(crate) fn skip_white_space<T: Source>(text: &mut T, mut at: usize) -> Result<usize, T::Error> {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.byte(at)? {
        at += 1;
    }
    Ok(at)
}

/// The error for finding something else than was expected at `at`, or no more bytes.
#[cold]
pub(crate) fn unexpected<T: Source>(text: &mut T, at: usize) -> T::Error {
    match text.byte(at) {
        Ok(Some(_)) => JsonErrorKind::UnexpectedByte.at(at).into(),
        Ok(None) => JsonErrorKind::UnexpectedEnd.at(at).into(),
        Err(error) => error,
    }
}

/// How a string is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spelling {
    /// Without escapes.
    Plain,
    /// With escapes, each of which is the shortest one for its character.
    Shortest,
    /// With some escape that might be spelled shorter, or in lower case.
    Other,
}

/// Reads the string whose opening quote is at `at`.
#[inline]
pub(crate) fn string<T: Source>(text: &mut T, at: usize) -> Result<(Spelling, usize), T::Error> {
    let window = text.window(at)?;
    if window.first() != Some(&b'"') {
        return Err(unexpected(text, at));
    }
    let end = 1 + find_near(window.get(1..).unwrap_or_default());
    match window.get(end) {
        Some(b'"') => Ok((Spelling::Plain, at + end + 1)),
        _ => rest_of_string(text, at + end),
    }
}

/// Reads the rest of a string of which so far nothing is special.
#[inline(never)]
fn rest_of_string<T: Source>(text: &mut T, mut end: usize) -> Result<(Spelling, usize), T::Error> {
    let mut spelling = Spelling::Plain;
    loop {
        let window = text.window(end)?;
        let run = skip_shortest(window);
        if run.has_escapes {
            spelling = spelling.max(Spelling::Shortest);
        }
        let found = window.get(run.len).copied();
        end += run.len;
        match found {
            Some(b'"') => return Ok((spelling, end + 1)),
            Some(b'\\') => {
                // One that might be shorter, or that a window cuts.
                spelling = Spelling::Other;
                end = escape(text, end)?.1;
            }
            Some(_) => return Err(JsonErrorKind::ControlCharacter.at(end).into()),
            None if run.len == 0 => return Err(unexpected(text, end)),
            None => {}
        }
    }
}

/// How much of the first `len` bytes behind `at`, in a string, is read without cutting an escape;
/// `None` if the string ends within.
pub(crate) fn whole_escapes<T: Source>(
    text: &mut T,
    at: usize,
    len: usize,
) -> Result<Option<usize>, T::Error> {
    let mut done = 0;
    loop {
        let window = text.window(at + done)?;
        let window = window.get(..len - done).unwrap_or(window);
        let found = find_special(window);
        match window.get(found) {
            Some(b'"') => return Ok(None),
            Some(b'\\') => {
                done += found;
                let escape = match text.byte(at + done + 1)? {
                    Some(b'u') => escape(text, at + done)?.1 - (at + done),
                    _ => 2,
                };
                if done + escape > len {
                    return Ok(Some(done));
                }
                done += escape;
            }
            _ if window.is_empty() => return Ok(Some(done)),
            _ => done += window.len(),
        }
    }
}

/// Decodes the escape whose backslash is at `at`; a surrogate pair counts as one escape.
pub(crate) fn escape<T: Source>(text: &mut T, at: usize) -> Result<(char, usize), T::Error> {
    let simple = match text.byte(at + 1)? {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(text, at),
        Some(_) => return Err(JsonErrorKind::InvalidEscape.at(at).into()),
        None => return Err(unexpected(text, at + 1)),
    };
    Ok((simple, at + 2))
}

/// Decodes `\uXXXX`, or two of them that make one character beyond U+FFFF.
fn unicode_escape<T: Source>(text: &mut T, at: usize) -> Result<(char, usize), T::Error> {
    let first = hex_unit(text, at)?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, at + 6));
    }
    let low = at + 6;
    let paired = first < 0xdc00
        && text.byte(low)? == Some(b'\\')
        && text.byte(low + 1)? == Some(b'u')
        && (0xdc00..0xe000).contains(&hex_unit(text, low)?);
    let lone = JsonErrorKind::LoneSurrogate.at(at);
    if !paired {
        return Err(lone.into());
    }
    let second = hex_unit(text, low)?;
    let scalar = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    char::from_u32(scalar).map(|character| (character, low + 6)).ok_or(lone.into())
}

/// The four hexadecimal digits behind the `\u` at `at`.
fn hex_unit<T: Source>(text: &mut T, at: usize) -> Result<u32, T::Error> {
    let mut unit = 0;
    if let Some(digits) = text.window(at + 2)?.first_chunk::<4>() {
        for &digit in digits {
            unit = unit << 4 | hex_value(digit).ok_or(JsonErrorKind::InvalidEscape.at(at))?;
        }
        return Ok(unit);
    }
    for place in at + 2..at + 6 {
        let Some(digit) = text.byte(place)? else { return Err(unexpected(text, place)) };
        unit = unit << 4 | hex_value(digit).ok_or(JsonErrorKind::InvalidEscape.at(at))?;
    }
    Ok(unit)
}

#[inline]
fn hex_value(digit: u8) -> Option<u32> {
    (digit as char).to_digit(16)
}

/// Reads the number whose first byte is at `at`; gives the offset behind it.
#[inline]
pub(crate) fn number<T: Source>(text: &mut T, at: usize) -> Result<usize, T::Error> {
    let mut end = at;
    if text.byte(end)? == Some(b'-') {
        end += 1;
    }
    end = match text.byte(end)? {
        Some(b'0') => end + 1,
        _ => digits(text, end)?,
    };
    if text.byte(end)? == Some(b'.') {
        end = digits(text, end + 1)?;
    }
    if let Some(b'e' | b'E') = text.byte(end)? {
        end += 1;
        if let Some(b'+' | b'-') = text.byte(end)? {
            end += 1;
        }
        end = digits(text, end)?;
    }
    Ok(end)
}

/// The end of a run of at least one decimal digit.
#[inline]
fn digits<T: Source>(text: &mut T, at: usize) -> Result<usize, T::Error> {
    let mut end = at;
    while let Some(b'0'..=b'9') = text.byte(end)? {
        end += 1;
    }
    if end == at { Err(unexpected(text, at)) } else { Ok(end) }
}

/// Reads the literal `word` (`true`, `false`, `null`) at `at`.
#[inline]
pub(crate) fn word<T: Source>(text: &mut T, at: usize, word: &str) -> Result<usize, T::Error> {
    for (byte, place) in word.bytes().zip(at..) {
        if text.byte(place)? != Some(byte) {
            return Err(unexpected(text, place));
        }
    }
    Ok(at + word.len())
}
