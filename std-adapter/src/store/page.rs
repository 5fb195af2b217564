//! The entries of a store, a page at a time.

use std::fmt;

use llm_cache_core::RequestKey;

use crate::entry::Entry;

/// Where in a store a listing goes on. What the bytes mean is the store's affair.
///
/// `Debug` shows the length: the bytes may be a part of a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor(Box<[u8]>);

impl Cursor {
    /// A cursor of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").field("len", &self.0.len()).finish()
    }
}

/// Some entries of a store, and where the next ones are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The entries, in no order that means anything.
    pub entries: Vec<(RequestKey, Entry)>,
    /// Where the listing goes on; `None` at its end. A page without entries may have a next one.
    pub next: Option<Cursor>,
}

impl Page {
    /// These entries, and where the next ones are.
    #[must_use]
    pub const fn new(entries: Vec<(RequestKey, Entry)>, next: Option<Cursor>) -> Self {
        Self { entries, next }
    }
}
