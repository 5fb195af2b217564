//! Token counts as bytes: five LEB128 numbers, eight bytes in all as a rule.

use crate::Usage;
use heapless::Vec;

/// Five numbers of at most ten bytes.
const LEN_MAX: usize = 50;

/// The bytes of `usage`; none for none.
pub(super) fn encode(usage: Option<&Usage>) -> Vec<u8, LEN_MAX> {
    let mut bytes = Vec::new();
    // There is room for all that is pushed.
    let mut push = |byte| _ = bytes.push(byte);
    for mut count in usage.into_iter().flat_map(counts) {
        while count >= 0x80 {
            push(count as u8 | 0x80);
            count >>= 7;
        }
        push(count as u8);
    }
    bytes
}

/// Reads the counts back. None for no bytes, and for bytes that are not five numbers; numbers
/// behind the fifth are a later version's and are skipped.
pub(super) fn decode(bytes: &[u8]) -> Option<Usage> {
    let mut rest = bytes.iter();
    let mut next = || {
        let mut count: u64 = 0;
        for shift in (0..64).step_by(7) {
            let byte = *rest.next()?;
            count |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(count);
            }
        }
        None
    };
    Some(Usage {
        input_tokens: next()?,
        cache_read_tokens: next()?,
        cache_write_tokens: next()?,
        cache_write_1h_tokens: next()?,
        output_tokens: next()?,
    })
}

fn counts(usage: &Usage) -> [u64; 5] {
    [
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
    ]
}
