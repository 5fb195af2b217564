//! One cache entry as bytes, and a crash-safe log of entries.
//!
//! `FORMAT.md` beside this crate's manifest specifies every byte.

mod codec;
mod crc;
#[cfg(test)]
mod damage_tests;
mod entry;
mod extension;
#[cfg(test)]
mod format_tests;
mod frame;
mod head;
mod log;
mod log_error;
mod log_iter;
#[cfg(test)]
mod log_tests;
mod medium;
mod nor;
#[cfg(test)]
mod power_tests;
mod program;
mod ram;
mod scan;
mod segment;
mod stamp;
mod usage;

pub use codec::{EncodeError, ReadError};
pub use crc::{Crc32c, PortableCrc32c, check as crc32c_check};
pub use entry::Record;
pub use extension::{EXTENSION_OVERHEAD, Extensions, extension_number, write_extension};
pub use frame::{Frame, Salt};
pub use head::{DecodeError, HEAD_LEN, Head, Kind, RECORD_VERSION};
pub use log::Log;
pub use log_error::{AppendError, FindError, OpenError};
pub use log_iter::{LogItem, LogIter};
pub use medium::Medium;
pub use nor::NorMedium;
pub use ram::RamMedium;
pub use scan::{Found, Scan};
pub use segment::{
    ALIGN_MAX, ALIGN_MIN, SEGMENT_HEADER_LEN, SEGMENT_VERSION, SegmentHeader, SegmentState,
};
pub use stamp::{Age, ClockDomain, Timestamp};
