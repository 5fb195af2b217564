//! What the tests and the examples stand on: a provider emulator, recorded traffic, raw HTTP.
//!
//! Nothing here uses an item of `llm_cache_core` or `llm_cache`: what judges them is not built on
//! them.

pub mod digest;
pub mod emulator;
pub mod raw_http;
pub mod replay;
pub mod shared;

pub use emulator::{Emulator, Fault, Options};
pub use replay::Replay;
pub use shared::shared_dir;
