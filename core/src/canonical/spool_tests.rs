//! The canonical form of a text that is read from elsewhere, against that of a slice.

use core::fmt;
use std::{format, string::String, vec, vec::Vec};

use proptest::prelude::*;

use super::{
    BUFFER_MIN, CanonicalError, Everything, Slot, SourceError, canonicalize, canonicalize_from,
    scratch_needed,
    tests::{Bytes, any_value, canonical, canonical_in, respell},
};

/// Reads at most so many bytes at a time, as a flash driver may.
struct Sipping<'a> {
    bytes: &'a [u8],
    at: usize,
    sip: usize,
}

impl embedded_io::ErrorType for Sipping<'_> {
    type Error = core::convert::Infallible;
}

impl embedded_io::Read for Sipping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.len().min(buffer.len()).min(self.sip);
        buffer[..len].copy_from_slice(&rest[..len]);
        self.at += len;
        Ok(len)
    }
}

impl embedded_io::Seek for Sipping<'_> {
    fn seek(&mut self, to: embedded_io::SeekFrom) -> Result<u64, Self::Error> {
        self.at = match to {
            embedded_io::SeekFrom::Start(at) => at as usize,
            embedded_io::SeekFrom::End(behind) => {
                self.bytes.len().wrapping_add_signed(behind as isize)
            }
            embedded_io::SeekFrom::Current(by) => self.at.wrapping_add_signed(by as isize),
        };
        Ok(self.at as u64)
    }
}

fn canonical_from(body: &[u8], buffer: usize, slots: usize) -> Result<Vec<u8>, CanonicalError> {
    let (mut sink, mut scratch) = (Bytes(vec![]), vec![Slot::EMPTY; slots]);
    let mut source = Sipping { bytes: body, at: 0, sip: buffer / 2 + 1 };
    let mut buffer = vec![0; buffer];
    match canonicalize_from(&mut source, &mut buffer, &Everything, &mut scratch, &mut sink) {
        Ok(()) => Ok(sink.0),
        Err(SourceError::Canonical(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    /// However few bytes are read at a time, the canonical form is that of the slice, and a fault
    /// is the same one.
    #[test]
    fn sources_give_what_slices_give(
        value in any_value(),
        mut seed in any::<u32>(),
        buffer in BUFFER_MIN..64,
        less in 0..5_usize,
        cut in any::<prop::sample::Index>(),
    ) {
        let text = respell(&value, &mut seed);
        let slots = scratch_needed(text.as_bytes()).expect("JSON").saturating_sub(less);
        let expected = canonical_in(&text, slots).map(String::into_bytes);
        prop_assert_eq!(canonical_from(text.as_bytes(), buffer, slots), expected);
        let cut = &text.as_bytes()[..cut.index(text.len())];
        let fault = canonicalize(cut, &Everything, &mut [Slot::EMPTY; 400], &mut Bytes(vec![]));
        // Where a character is cut, that is found first.
        if core::str::from_utf8(cut).is_ok() {
            prop_assert_eq!(canonical_from(cut, buffer, 400).map(|_| ()), fault);
        }
    }

    /// Long numbers, names and strings cross the buffer's edges wherever those are.
    #[test]
    fn long_tokens_cross_buffers(
            digits in 1..60_usize,
            len in 0..300_usize,
            buffer in BUFFER_MIN..40,
        ) {
        let (digits, name) = ("7".repeat(digits), "\\u00e9x".repeat(len / 7));
        let text = format!("{{\"{name}b\":{digits}.{digits}e-{len},\"{name}a\":-{digits}}}");
        let expected = canonical(&text).map(String::into_bytes);
        prop_assert_eq!(canonical_from(text.as_bytes(), buffer, 3), expected);
    }
}

/// A source that fails is told apart from a text that is at fault, and so is a tiny buffer.
#[test]
fn sources_may_fail() {
    struct Failing(usize);
    #[derive(Debug, PartialEq)]
    struct Broken;
    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("broken")
        }
    }
    impl core::error::Error for Broken {}
    impl embedded_io::Error for Broken {
        fn kind(&self) -> embedded_io::ErrorKind {
            embedded_io::ErrorKind::Other
        }
    }
    impl embedded_io::ErrorType for Failing {
        type Error = Broken;
    }
    impl embedded_io::Seek for Failing {
        fn seek(&mut self, _to: embedded_io::SeekFrom) -> Result<u64, Broken> {
            self.0 = self.0.checked_sub(1).ok_or(Broken)?;
            Ok(40)
        }
    }
    impl embedded_io::Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
            self.0 = self.0.checked_sub(1).ok_or(Broken)?;
            buffer.fill(b' ');
            Ok(buffer.len())
        }
    }
    for steps in 0..6 {
        let mut sink = Bytes(vec![]);
        let found =
            canonicalize_from(&mut Failing(steps), &mut [0; 16], &Everything, &mut [], &mut sink);
        assert_eq!(found, Err(SourceError::Read(Broken)), "after {steps} steps");
    }
    let found =
        canonicalize_from(&mut Failing(9), &mut [0; 15], &Everything, &mut [], &mut Bytes(vec![]));
    let too_small = crate::BufferTooSmall { needed: BUFFER_MIN };
    assert_eq!(found, Err(SourceError::Buffer(too_small)));
}
