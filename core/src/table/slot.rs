//! One entry's place: its key, its times, and where its value is.

use super::{index::INDEX_WORDS, policy::Node};
use crate::{Millis, RequestKey};

/// What one entry costs beside its bytes: its slot, its node, its words of the index, one ghost.
pub const ENTRY_BYTES: usize =
    size_of::<Slot>() + size_of::<Node>() + (INDEX_WORDS + 1) * size_of::<u32>();

/// "No slot", "no block" in every link.
pub(super) const NONE: u32 = u32::MAX;

/// What a caller says about a value that it inserts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// When the answer was received, on the clock whose time is passed as `now`.
    pub created: Millis,
    /// How long after `created` it is fresh; `None` is forever, and so is `u64::MAX`.
    pub ttl: Option<Millis>,
    /// What it costs to obtain the value again, in a unit of the caller's (micro-dollars, tokens,
    /// milliseconds): only ratios count. Zero is taken as one.
    pub cost: u32,
}

/// Whether an entry's time to live is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Its age is below its ttl.
    Fresh,
    /// Its ttl is over, but not by as much as the table keeps stale entries.
    Stale,
}

/// Memory for one entry.
// Of one size everywhere, as that weighs in evictions, which must not depend on the target; and in
// one line of a processor that has caches.
#[derive(Clone)]
#[cfg_attr(target_pointer_width = "64", repr(align(64)))]
#[cfg_attr(not(target_pointer_width = "64"), repr(align(8)))]
pub(super) struct Slot {
    pub(super) key: RequestKey,
    pub(super) created: Millis,
    /// `u64::MAX` is forever.
    pub(super) ttl: Millis,
    pub(super) cost: u32,
    pub(super) len: u32,
    /// Where the value is, in the terms of those who keep it.
    pub(super) handle: u32,
    /// The hash of the key; of a free slot, the next free one.
    pub(super) hash: u32,
}

impl Slot {
    /// Memory without an entry, all zero, so that a `static` of it costs no flash.
    pub(super) const EMPTY: Self = Self {
        key: RequestKey::from_bytes([0; 32]),
        created: Millis(0),
        ttl: Millis(0),
        cost: 0,
        len: 0,
        handle: 0,
        hash: 0,
    };

    pub(super) const fn meta(&self) -> Meta {
        let ttl = if self.ttl.0 == u64::MAX { None } else { Some(self.ttl) };
        Meta { created: self.created, ttl, cost: self.cost }
    }

    /// Whether the entry is of use at `now`, and how; `None` when its time is over altogether.
    pub(super) fn freshness(&self, now: Millis, stale_for: Millis) -> Option<Freshness> {
        freshness(self.created, self.ttl, now, stale_for)
    }
}

/// An entry stamped later than `now` (the clock has jumped back) counts as just created.
pub(super) fn freshness(
    created: Millis,
    ttl: Millis,
    now: Millis,
    stale_for: Millis,
) -> Option<Freshness> {
    let age = now.since(created);
    if ttl.0 == u64::MAX || age < ttl {
        Some(Freshness::Fresh)
    } else if age.since(ttl) < stale_for {
        Some(Freshness::Stale)
    } else {
        None
    }
}
