//! The one error of everything that fills a buffer of the caller's.

use core::fmt;

/// A buffer does not hold what was to go into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferTooSmall {
    /// The number of bytes that would do.
    pub needed: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the buffer is too small: {} bytes needed", self.needed)
    }
}

impl core::error::Error for BufferTooSmall {}
