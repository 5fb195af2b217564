//! The canonical form against another implementation, against itself, and with little scratch.

use llm_cache_core::{
    canonical::{self, CanonicalError, Everything, Slot},
    json::{JsonValue, Reader, Token},
};
use serde_json::Value;

/// Integers up to here are the same in both implementations; beyond, ours keeps every digit.
const EXACT_MAX: u64 = 1 << 53;

/// Canonicalises `text` and checks the result.
pub fn check(text: &[u8]) {
    let Ok(needed) = canonical::scratch_needed(text) else {
        assert!(canonicalize(text, 64).is_err(), "no JSON, yet canonical");
        return;
    };
    let bytes = match canonicalize(text, needed) {
        Ok(bytes) => bytes,
        Err(CanonicalError::ScratchTooSmall { .. }) => panic!("{needed} slots do not do"),
        Err(error) => {
            assert!(error.offset().is_some_and(|offset| offset <= text.len()), "{error}");
            return;
        }
    };
    assert_eq!(canonicalize(&bytes, needed).as_ref(), Ok(&bytes), "canonical is a fixed point");
    for slots in [0, 1, needed / 2, needed.saturating_sub(1)] {
        match canonicalize(text, slots) {
            Ok(with_fewer) => assert_eq!(with_fewer, bytes, "{slots} of {needed} slots"),
            Err(error) => assert_eq!(error, CanonicalError::ScratchTooSmall { needed }),
        }
    }
    assert!(JsonValue::parse(&bytes).is_ok());
    if integers_are_small(text) {
        // Its nesting limit lies below ours.
        if let Ok(value) = serde_json::from_slice::<Value>(text) {
            let theirs = serde_json_canonicalizer::to_vec(&value).expect("a value has a form");
            assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&theirs));
        }
    }
}

fn canonicalize(text: &[u8], slots: usize) -> Result<Vec<u8>, CanonicalError> {
    let mut bytes = Vec::new();
    let mut scratch = vec![Slot::EMPTY; slots];
    canonical::canonicalize(text, &Everything, &mut scratch, &mut bytes).map(|()| bytes)
}

fn integers_are_small(text: &[u8]) -> bool {
    let mut reader = Reader::new(text);
    while let Ok(Some(token)) = reader.next() {
        if let Token::Number(number) = token {
            let small = || number.as_i64().is_some_and(|value| value.unsigned_abs() <= EXACT_MAX);
            if number.is_integer() && !small() {
                return false;
            }
        }
    }
    true
}
