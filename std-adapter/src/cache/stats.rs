//! Counters of a cache.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Event, Outcome, Tier};
use crate::store::StoreStats;

/// What has happened in a cache since it was built, and what its tiers hold now.
///
/// The counters are read one after the other while other threads count on: sums may be off by the
/// calls under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CacheStats {
    /// Calls answered from memory.
    pub hits_memory: u64,
    /// Calls answered from the store.
    pub hits_store: u64,
    /// Calls answered by an identical one that was under way.
    pub hits_flight: u64,
    /// Calls that had to fetch, or to fail because they were not to.
    pub misses: u64,
    /// Calls that went past the cache.
    pub bypasses: u64,
    /// Answers written to memory.
    pub stored_memory: u64,
    /// Answers written to the store.
    pub stored_store: u64,
    /// Answers fetched and not stored.
    pub skipped: u64,
    /// Answers that could never fit into memory.
    pub too_big: u64,
    /// Fetches taken over from a caller that went away.
    pub handovers: u64,
    /// Requests that break a rule of the provider's as far as this version knows, and were sent.
    pub violations: u64,
    /// Faults of the store.
    pub store_faults: u64,
    /// Entries in memory now, expired ones that nobody has met yet included.
    pub memory_entries: usize,
    /// Bytes of values in memory now.
    pub memory_bytes: u64,
    /// What the store tells, if there is one.
    pub store: Option<StoreStats>,
}

impl CacheStats {
    /// All calls that were answered without asking the provider.
    #[must_use]
    pub const fn hits(&self) -> u64 {
        self.hits_memory + self.hits_store + self.hits_flight
    }
}

#[derive(Default)]
pub(super) struct Counters {
    hits_memory: AtomicU64,
    hits_store: AtomicU64,
    hits_flight: AtomicU64,
    misses: AtomicU64,
    bypasses: AtomicU64,
    stored_memory: AtomicU64,
    stored_store: AtomicU64,
    skipped: AtomicU64,
    too_big: AtomicU64,
    handovers: AtomicU64,
    violations: AtomicU64,
    store_faults: AtomicU64,
}

impl Counters {
    pub(super) fn count(&self, event: &Event<'_>) {
        let counter = match event {
            Event::Lookup { outcome, .. } => match outcome {
                Outcome::Hit { tier, .. } => match tier {
                    Tier::Memory => &self.hits_memory,
                    Tier::Flight => &self.hits_flight,
                    _ => &self.hits_store,
                },
                Outcome::Miss { .. } | Outcome::NotStored { .. } => &self.misses,
                Outcome::Bypass { .. } => &self.bypasses,
            },
            Event::Stored { tier: Tier::Memory, .. } => &self.stored_memory,
            Event::Stored { .. } => &self.stored_store,
            Event::Skipped { .. } => &self.skipped,
            Event::TooBig { .. } => &self.too_big,
            Event::HandedOver { .. } => &self.handovers,
            Event::Violation { .. } => &self.violations,
            Event::StoreFault { .. } => &self.store_faults,
            // Of a client, not of what is asked of the cache.
            Event::StaleFacts { .. } => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters; the sizes of the tiers are left at zero.
    pub(super) fn read(&self) -> CacheStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStats {
            hits_memory: read(&self.hits_memory),
            hits_store: read(&self.hits_store),
            hits_flight: read(&self.hits_flight),
            misses: read(&self.misses),
            bypasses: read(&self.bypasses),
            stored_memory: read(&self.stored_memory),
            stored_store: read(&self.stored_store),
            skipped: read(&self.skipped),
            too_big: read(&self.too_big),
            handovers: read(&self.handovers),
            violations: read(&self.violations),
            store_faults: read(&self.store_faults),
            ..CacheStats::default()
        }
    }
}
