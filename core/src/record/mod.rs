//! One cache entry as bytes, and a crash-safe log of entries.
//!
//! `FORMAT.md` beside this crate's manifest specifies every byte.

mod crc;
mod entry;
mod medium;
mod stamp;

pub use crc::{Crc32c, PortableCrc32c, check as crc32c_check};
pub use entry::Record;
pub use medium::Medium;
pub use stamp::{Age, ClockDomain, Timestamp};
