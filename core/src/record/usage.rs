//! Token counts as bytes: five or six LEB128 numbers, eight bytes in all as a rule.

use crate::Usage;
use heapless::Vec;

/// Six numbers of at most ten bytes.
const LEN_MAX: usize = 60;

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

/// Reads the counts back. None for no bytes, and for bytes that are not five numbers at least, or
/// end within the sixth; numbers behind that are a later version's and are skipped.
pub(super) fn decode(bytes: &[u8]) -> Option<Usage> {
    let mut rest = bytes.iter();
    let mut next = |is_last: bool| {
        if is_last && rest.len() == 0 {
            return Some(0);
        }
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
        input_tokens: next(false)?,
        cache_read_tokens: next(false)?,
        cache_write_tokens: next(false)?,
        cache_write_1h_tokens: next(false)?,
        output_tokens: next(false)?,
        cache_write_12h_tokens: next(true)?,
    })
}

/// The counts in the order of FORMAT.md. The sixth is left out where it is zero, so that most
/// usages have the bytes that they had before there was one.
fn counts(usage: &Usage) -> impl Iterator<Item = u64> {
    let always = [
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
    ];
    let for_12h = Some(usage.cache_write_12h_tokens).filter(|tokens| *tokens > 0);
    always.into_iter().chain(for_12h)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A usage without 12-hour writes has the five numbers that it always had; one with them has a
    /// sixth, which readers of five pass over. What a later version adds behind is passed over too.
    #[test]
    fn a_sixth_number_is_there_if_it_counts() {
        let five = Usage { input_tokens: 300, output_tokens: 7, ..Usage::default() };
        assert_eq!(&encode(Some(&five))[..], [0xac, 2, 0, 0, 0, 7]);
        let six = Usage { cache_write_12h_tokens: 128, ..five };
        let bytes = encode(Some(&six));
        assert_eq!(&bytes[..], [0xac, 2, 0, 0, 0, 7, 0x80, 1]);
        assert_eq!((decode(&bytes), decode(&bytes[..6])), (Some(six), Some(five)));
        assert_eq!((decode(&bytes[..7]), decode(&bytes[..5])), (None, None));
        let mut later = bytes.clone();
        later.extend([1, 0xff]);
        assert_eq!(decode(&later), Some(six));
        let longest = Usage {
            input_tokens: u64::MAX,
            cache_read_tokens: u64::MAX,
            cache_write_tokens: u64::MAX,
            cache_write_1h_tokens: u64::MAX,
            cache_write_12h_tokens: u64::MAX,
            output_tokens: u64::MAX,
        };
        assert_eq!(encode(Some(&longest)).len(), LEN_MAX);
        assert_eq!(decode(&encode(Some(&longest))), Some(longest));
    }
}
