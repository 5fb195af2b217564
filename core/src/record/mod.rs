//! One cache entry as bytes, and a crash-safe log of entries.
//!
//! `FORMAT.md` beside this crate's manifest specifies every byte.

mod codec;
mod crc;
mod entry;
mod extension;
mod frame;
mod head;
mod medium;
mod stamp;
mod usage;

pub use codec::{EncodeError, ReadError};
pub use crc::{Crc32c, PortableCrc32c, check as crc32c_check};
pub use entry::Record;
pub use extension::{EXTENSION_OVERHEAD, Extensions, write_extension};
pub use frame::{Frame, Salt};
pub use head::{DecodeError, HEAD_LEN, Head, Kind, RECORD_VERSION};
pub use medium::Medium;
pub use stamp::{Age, ClockDomain, Timestamp};
