//! A body that is read in pieces, and with any number of slots, against the same body at once.

use core::convert::Infallible;

use embedded_io::{ErrorType, Read, Seek, SeekFrom};
use llm_cache_core::{
    canonical::{
        BUFFER_MIN, CanonicalError, Slot, SourceError, canonicalize, canonicalize_alloc,
        canonicalize_from, scratch_needed,
    },
    key::Dialect,
};

/// The first bytes choose dialect, buffer, slots and how much is read at a time; the rest is the
/// body.
pub fn check(data: &[u8]) {
    let Some((&[dialect, buffer, slots, sip], body)) = data.split_first_chunk() else { return };
    let dialect =
        [Dialect::Json, Dialect::AnthropicMessages, Dialect::OpenAiChat, Dialect::OpenAiResponses]
            [usize::from(dialect % 4)];
    let mut whole = Vec::new();
    let expected = canonicalize_alloc(body, &dialect, &mut whole);

    let mut scratch = vec![Slot::EMPTY; usize::from(slots)];
    let mut with_slots = Vec::new();
    match canonicalize(body, &dialect, &mut scratch, &mut with_slots) {
        Ok(()) => assert_eq!((Ok(()), &with_slots), (expected, &whole), "{slots} slots"),
        Err(CanonicalError::ScratchTooSmall { needed }) => {
            assert!(needed > usize::from(slots));
            assert_eq!(scratch_needed(body), Ok(needed));
        }
        Err(_) => assert!(expected.is_err(), "a fault with {slots} slots only"),
    }

    let mut source = Sipping { bytes: body, at: 0, sip: usize::from(sip) + 1 };
    let mut buffer = vec![0; BUFFER_MIN + usize::from(buffer)];
    let mut pieces = Vec::new();
    match canonicalize_from(&mut source, &mut buffer, &dialect, &mut scratch, &mut pieces) {
        Ok(()) => assert_eq!((Ok(()), &pieces), (expected, &whole), "in pieces"),
        Err(SourceError::Canonical(CanonicalError::ScratchTooSmall { .. })) => {}
        Err(error) => assert!(expected.is_err(), "{error}: in pieces only"),
    }
}

/// Reads at most so many bytes at a time.
struct Sipping<'a> {
    bytes: &'a [u8],
    at: usize,
    sip: usize,
}

impl ErrorType for Sipping<'_> {
    type Error = Infallible;
}

impl Read for Sipping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.len().min(buffer.len()).min(self.sip);
        buffer[..len].copy_from_slice(&rest[..len]);
        self.at += len;
        Ok(len)
    }
}

impl Seek for Sipping<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64, Infallible> {
        self.at = match to {
            SeekFrom::Start(at) => at as usize,
            SeekFrom::End(by) => self.bytes.len().wrapping_add_signed(by as isize),
            SeekFrom::Current(by) => self.at.wrapping_add_signed(by as isize),
        };
        Ok(self.at as u64)
    }
}
