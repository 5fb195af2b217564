//! What a table has done, by cause.

/// Counters of one table since it was built. They stop at `u64::MAX` instead of wrapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Lookups answered with a fresh entry.
    pub hits: u64,
    /// Lookups answered with a stale entry, on request.
    pub hits_stale: u64,
    /// Lookups for a key that was not there.
    pub misses_absent: u64,
    /// Lookups for a key whose entry was too old for the caller.
    pub misses_expired: u64,
    /// The bytes of all values that lookups were answered with.
    pub hit_bytes: u64,
    /// The sum of the costs of all entries that lookups were answered with: what was saved.
    pub hit_cost: u64,
    /// Values stored, replacements included.
    pub inserts: u64,
    /// Values stored in place of an older one under the same key.
    pub replaced: u64,
    /// The bytes of all values stored.
    pub insert_bytes: u64,
    /// Inserts refused because the value can never fit, or because there are no slots at all.
    pub rejected_too_big: u64,
    /// Inserts refused because the value was already beyond use.
    pub rejected_expired: u64,
    /// Entries evicted before their time because all slots were taken.
    pub evicted_for_slot: u64,
    /// Entries evicted before their time to free bytes.
    pub evicted_for_bytes: u64,
    /// Entries reclaimed because their time was over: by a lookup, an eviction or a sweep.
    pub expired: u64,
    /// Entries removed by the caller: singly, by clearing, or because a newer value was refused.
    pub removed: u64,
}

impl Stats {
    /// The sums of both, counter by counter: for a table in several parts.
    #[must_use]
    pub const fn plus(&self, other: &Self) -> Self {
        const fn sum(one: u64, other: u64) -> u64 {
            one.saturating_add(other)
        }
        Self {
            hits: sum(self.hits, other.hits),
            hits_stale: sum(self.hits_stale, other.hits_stale),
            misses_absent: sum(self.misses_absent, other.misses_absent),
            misses_expired: sum(self.misses_expired, other.misses_expired),
            hit_bytes: sum(self.hit_bytes, other.hit_bytes),
            hit_cost: sum(self.hit_cost, other.hit_cost),
            inserts: sum(self.inserts, other.inserts),
            replaced: sum(self.replaced, other.replaced),
            insert_bytes: sum(self.insert_bytes, other.insert_bytes),
            rejected_too_big: sum(self.rejected_too_big, other.rejected_too_big),
            rejected_expired: sum(self.rejected_expired, other.rejected_expired),
            evicted_for_slot: sum(self.evicted_for_slot, other.evicted_for_slot),
            evicted_for_bytes: sum(self.evicted_for_bytes, other.evicted_for_bytes),
            expired: sum(self.expired, other.expired),
            removed: sum(self.removed, other.removed),
        }
    }
}

/// Adds to a counter, stopping at its maximum.
pub(super) fn count(counter: &mut u64, by: u64) {
    *counter = counter.saturating_add(by);
}
