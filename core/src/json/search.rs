//! Looking through strings for what needs a look: quotes, backslashes and control characters.
//!
//! Prompts are mostly long runs without any of these. Where the processor has vectors, many bytes
//! are looked at together; a machine word at a time elsewhere, at the ends of the text, and
//! everywhere in a build with `--cfg llm_cache_portable`, which is there to measure that.

#[cfg(all(
    not(llm_cache_portable),
    any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128")
))]
use super::vectors;

/// Where there are no vectors nothing is found in them.
#[cfg(not(all(
    not(llm_cache_portable),
    any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128")
)))]
mod vectors {
    pub(super) const fn find_near(_bytes: &[u8]) -> Option<usize> {
        None
    }

    pub(super) const fn find(_bytes: &[u8]) -> Result<usize, usize> {
        Err(0)
    }

    pub(super) const fn skip_shortest(_bytes: &[u8], _run: &mut super::Run) -> bool {
        false
    }
}

/// The offset of the first quote, backslash or control character among the first few bytes, or
/// behind them: enough for the ends of most names.
#[inline]
pub(super) fn find_near(bytes: &[u8]) -> usize {
    if let Some(found) = vectors::find_near(bytes) {
        return found;
    }
    bytes.first_chunk().and_then(find_in_word).unwrap_or(0)
}

/// The offset of the first quote, backslash or control character, or the length.
#[inline]
pub(super) fn find_special(bytes: &[u8]) -> usize {
    vectors::find(bytes).unwrap_or_else(|start| find_in_words(bytes, start))
}

const WORD: usize = size_of::<usize>();
const ONES: usize = usize::MAX / 0xff;
const HIGHS: usize = ONES * 0x80;

/// The offset of the first one at or behind `at`, or the length, a machine word at a time.
#[inline]
fn find_in_words(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        if let Some(found) = find_in_word(word) {
            return at + found;
        }
        at += WORD;
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(special).unwrap_or(rest.len())
}

#[inline]
fn find_in_word(bytes: &[u8; WORD]) -> Option<usize> {
    let word = usize::from_le_bytes(*bytes);
    let quotes = word ^ (ONES * b'"' as usize);
    let slashes = word ^ (ONES * b'\\' as usize);
    let found = (word.wrapping_sub(ONES * 0x20) & !word)
        | (quotes.wrapping_sub(ONES) & !quotes)
        | (slashes.wrapping_sub(ONES) & !slashes);
    // Borrows run towards higher bytes only, so the lowest mark is a true one.
    let found = found & HIGHS;
    (found != 0).then_some(found.trailing_zeros() as usize / 8)
}

/// The bytes of a string that are its characters' shortest spelling.
pub(crate) struct Run {
    pub(crate) len: usize,
    pub(super) has_escapes: bool,
}

/// How much of a string is spelled in the shortest way, up to its end, to another escape, to a
/// control character, or to the end of the bytes.
///
/// Prompts are mostly long runs without anything special. Where the processor has vectors, escapes
/// that are close together are told from one look at the bytes.
pub(crate) fn skip_shortest(bytes: &[u8]) -> Run {
    let mut run = Run { len: 0, has_escapes: false };
    if vectors::skip_shortest(bytes, &mut run) {
        return run;
    }
    loop {
        run.len = find_in_words(bytes, run.len);
        if !is_short_escape(bytes, run.len) {
            return run;
        }
        run.has_escapes = true;
        run.len += 2;
    }
}

#[inline]
pub(super) fn is_short_escape(bytes: &[u8], at: usize) -> bool {
    let pair = bytes.get(at..).and_then(|rest| rest.first_chunk());
    matches!(pair, Some([b'\\', b'n' | b'"' | b'\\' | b't' | b'r' | b'b' | b'f']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The searches by blocks and by words agree with a plain one from every start.
        #[test]
        fn find_special_matches_a_plain_search(
            bytes in prop::collection::vec(
                prop_oneof![
                    1 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'\\'), 2 => 0x1e_u8..0x24,
                    60 => Just(b'a'),
                ],
                0..120,
            ),
        ) {
            for at in 0..=bytes.len() {
                let rest = &bytes[at..];
                let plain = rest
                    .iter()
                    .position(|byte| *byte == b'"' || *byte == b'\\' || *byte < 0x20)
                    .unwrap_or(rest.len());
                prop_assert_eq!(find_special(rest), plain);
                prop_assert_eq!(find_in_words(rest, 0), plain);
            }
        }
    }
}
