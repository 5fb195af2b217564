//! The prefixes that the providers hold: found by their digest alone, gone when their time is over.

use std::collections::HashMap;

use crate::digest::Digest;

/// All prefixes of one emulator, of both vendors; who may read one is part of its digest.
#[derive(Debug, Default)]
pub(super) struct Prefixes {
    entries: HashMap<Digest, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    ttl_ms: u64,
    /// The first millisecond at which it is gone.
    ends_ms: u64,
}

/// Prefixes that a request makes once its answer begins.
#[derive(Debug, Default)]
pub(super) struct Writes(Vec<(Digest, Entry)>);

impl Entry {
    /// Lives from the start of the request that writes or reads it.
    fn new(ttl_ms: u64, now_ms: u64) -> Self {
        Self { ttl_ms, ends_ms: now_ms.saturating_add(ttl_ms) }
    }
}

impl Prefixes {
    /// Drops what is over at `now_ms`. O(entries).
    pub(super) fn expire(&mut self, now_ms: u64) {
        self.entries.retain(|_, entry| now_ms < entry.ends_ms);
    }

    pub(super) fn holds(&self, prefix: &Digest) -> bool {
        self.entries.contains_key(prefix)
    }

    /// Gives a prefix that is held its whole lifetime again.
    pub(super) fn refresh(&mut self, prefix: Digest, now_ms: u64) {
        if let Some(entry) = self.entries.get_mut(&prefix) {
            *entry = Entry::new(entry.ttl_ms, now_ms);
        }
    }
}

impl Writes {
    pub(super) fn add(&mut self, prefix: Digest, ttl_ms: u64, now_ms: u64) {
        self.0.push((prefix, Entry::new(ttl_ms, now_ms)));
    }

    /// Makes the prefixes readable.
    pub(super) fn commit(self, prefixes: &mut Prefixes) {
        prefixes.entries.extend(self.0);
    }
}
