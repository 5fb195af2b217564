#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![warn(clippy::std_instead_of_core, clippy::alloc_instead_of_core)]
#![doc = include_str!("../README.md")]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod canonical;
pub mod dialect;
pub mod json;
pub mod key;
pub mod prompt;
pub mod record;
pub mod reply;
pub mod sse;
pub mod table;

mod buffer;
mod serialize;
mod time;
mod usage;

pub use buffer::BufferTooSmall;
pub use key::RequestKey;
pub use time::Millis;
pub use usage::{CacheUsage, Usage};
