//! Why a log did not do its work.

use core::fmt;

/// Why a log was not opened. Nothing was changed on the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError<E> {
    /// The sizes do not go together: at least two segments of at least 1024 bytes, a multiple of
    /// the erase size, and a write size that is a power of two up to 256 and divides it.
    Geometry,
    /// The log on the medium was made with segments of another size.
    OtherSegmentSize {
        /// That size.
        found: u32,
    },
    /// A newer version of this library wrote here.
    NewerVersion {
        /// The format version it states.
        found: u16,
    },
    /// The medium is neither erased nor a log. [`Log::format`](super::Log::format) makes it one and
    /// loses what it holds.
    NotALog,
    /// The medium failed.
    Medium(E),
}

/// Why an entry was not appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendError<E> {
    /// It can never fit into a segment.
    TooBig {
        /// Bytes that it takes.
        needed: u64,
        /// Bytes for records in a segment.
        capacity: u32,
    },
    /// The medium failed; a part of the entry may be on it, which readers skip.
    Medium(E),
}

/// Why an entry was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindError<E> {
    /// The entry is there, but its usage, extensions and payload do not fit into the buffer.
    BufferTooSmall {
        /// Bytes that they take.
        needed: u64,
    },
    /// The medium failed.
    Medium(E),
}

impl<E: fmt::Debug> fmt::Display for OpenError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Geometry => f.write_str("segment, erase and write sizes do not go together"),
            Self::OtherSegmentSize { found } => write!(f, "the log has segments of {found} bytes"),
            Self::NewerVersion { found } => write!(f, "the log is of newer version {found}"),
            Self::NotALog => f.write_str("the medium is neither erased nor a log"),
            Self::Medium(error) => write!(f, "the medium failed: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> fmt::Display for AppendError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooBig { needed, capacity } => {
                write!(f, "an entry of {needed} bytes, where a segment takes {capacity}")
            }
            Self::Medium(error) => write!(f, "the medium failed: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> fmt::Display for FindError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall { needed } => write!(f, "the entry takes {needed} bytes"),
            Self::Medium(error) => write!(f, "the medium failed: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for OpenError<E> {}
impl<E: fmt::Debug> core::error::Error for AppendError<E> {}
impl<E: fmt::Debug> core::error::Error for FindError<E> {}
