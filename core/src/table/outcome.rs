//! What comes of a lookup and of an insert, and how a lookup asks.

use core::fmt;

/// What an insert did beside storing the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inserted {
    /// Whether an older value under the same key was replaced, expired or not.
    pub replaced: bool,
    /// How many other entries went for this one.
    pub evicted: usize,
}

/// Why a value was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsertError {
    /// The value can never fit.
    TooBig {
        /// The value's length in bytes.
        needed: usize,
        /// The length of the longest value that fits.
        capacity: usize,
    },
    /// The table was built without room for a single entry.
    NoSlots,
    /// Its ttl is over already, by as much as the table keeps stale entries.
    Expired,
}

impl fmt::Display for InsertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooBig { needed, capacity } => {
                write!(f, "a value of {needed} bytes never fits a table for {capacity} bytes")
            }
            Self::NoSlots => f.write_str("the table was built for no entries at all"),
            Self::Expired => f.write_str("the value's time to live is over already"),
        }
    }
}

impl core::error::Error for InsertError {}

/// Why a lookup found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// There is no entry under the key: never inserted, evicted, or removed.
    Absent,
    /// There was an entry, but its ttl is over.
    Expired,
}

/// What a lookup came upon instead of what it wanted.
#[derive(Clone, Copy)]
pub(super) enum Missed {
    Absent,
    Expired,
    /// Expired for good, in this slot.
    Gone(u32),
}

impl From<Missed> for Miss {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Absent => Self::Absent,
            Missed::Expired | Missed::Gone(_) => Self::Expired,
        }
    }
}

/// What a lookup is content with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Fresh,
    Stale,
}
