//! The prefixes seen lately, in bounded memory.

use std::collections::HashMap;

use llm_cache_core::prompt::Ttl;

use super::forecast::Part;

/// What is known of a prefix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// When a prompt last had it.
    pub(super) last_ms: u64,
    /// How many prompts had it.
    pub(super) times: u32,
    /// Which prompt of its conversation had it last, counted from 0.
    pub(super) turn: u16,
    /// Whether that prompt ended here or one block later: what goes on from here continues it.
    pub(super) is_end: bool,
    /// The part of that prompt in which it ended, and the share of its block in that part.
    pub(super) part: Part,
    pub(super) share: f64,
    /// The entry that the provider is believed to have of it: its lifetime and when it ends.
    pub(super) entry: Option<(Ttl, u64)>,
}

/// Prefixes by digest. Two generations: what is seen goes to the younger one, and when that has
/// half of what may be kept the older one is forgotten.
#[derive(Clone, Debug)]
pub(super) struct History {
    young: HashMap<u128, Seen>,
    old: HashMap<u128, Seen>,
    most: usize,
}

impl History {
    /// Keeps at most so many prefixes, and at least half as many of the last ones. O(1).
    pub(super) fn new(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), most }
    }

    /// What is known of a prefix.
    pub(super) fn get(&self, digest: u128) -> Option<Seen> {
        self.young.get(&digest).or_else(|| self.old.get(&digest)).copied()
    }

    /// Notes what is known of a prefix now. Amortised O(1).
    pub(super) fn put(&mut self, digest: u128, seen: Seen) {
        if self.young.len() >= self.most / 2 && !self.young.contains_key(&digest) {
            self.old = core::mem::take(&mut self.young);
        }
        self.young.insert(digest, seen);
    }

    /// How many notes are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}
