//! Never pay twice for the same LLM answer.

#[cfg(feature = "std")]
pub mod cache;
#[cfg(feature = "std")]
pub mod client;
#[cfg(feature = "std")]
pub mod clock;
#[cfg(feature = "std")]
pub mod error;
#[cfg(feature = "std")]
pub mod memo;
#[cfg(feature = "std")]
pub mod prompt;
#[cfg(feature = "std")]
pub mod provider;
#[cfg(feature = "std")]
pub mod store;

#[cfg(feature = "std")]
pub use cache::Cache;
#[cfg(feature = "std")]
pub use client::Client;
#[cfg(feature = "std")]
pub use error::{Error, ErrorKind};
pub use llm_cache_core as core;
#[cfg(feature = "std")]
#[doc(inline)]
pub use memo::cached;

/// The examples of the README are compiled and, where they need no network, run.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../../README.md")]
pub struct ReadmeDoctests;
