//! What comes back: usage, stop reason, and whether it may be stored.
//!
//! Two verdicts guard the cache. [`RequestVerdict`] is given before the request is sent: an answer
//! that depends on the provider's state or on the live world is not looked up at all. [`Verdict`]
//! is given on the answer: only a complete one, with a stop reason on the allow-list, is stored.
//! Whatever is unknown is not stored.

mod verdict;

pub use verdict::{BypassReason, RequestVerdict, SkipReason, StopReason, Verdict};
