//! The cache: a table in memory, an optional store behind it, and single flight in front.
//!
//! A call looks in memory, then in the store; when neither has the answer, one of the identical
//! calls under way fetches it and all of them get it. Every call says how it was answered
//! ([`Outcome`]). A fault of the cache never fails a call: it becomes an [`Event`] and a counter,
//! and the call goes to the provider.
//!
//! ```
//! use llm_cache::cache::{Cache, CallOptions, Fetched, Outcome};
//! use llm_cache::llm_cache_core::RequestKey;
//! # async fn run() {
//! let cache = Cache::builder().memory_bytes(4 << 20).build();
//! let key = RequestKey::from_bytes([7; 32]);
//! let ask = || async { Ok::<_, std::convert::Infallible>(Fetched::new("the answer")) };
//! let first = cache.get_or_fetch(key, &CallOptions::new(), ask).await;
//! let second = cache.get_or_fetch(key, &CallOptions::new(), ask).await;
//! assert!(matches!(second, Ok(answer) if answer.outcome.is_hit()));
//! # }
//! ```
//!
//! # Waiting for others
//!
//! A call that waits for an identical one depends on that one being polled. Do not start a call,
//! stop polling it without dropping it, and then wait for the same call a second time in one task.

mod backing;
mod builder;
mod call;
mod event;
mod fetch;
mod flight;
mod lead;
mod look_up;
mod memory;
mod outcome;
mod reason;
mod serialize;
mod shared;
#[cfg(test)]
mod shared_tests;
mod stats;
mod tally;

/// The locks of [`SharedTable`], in one place so that tests can put in others.
mod sync {
    pub(super) use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
}

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use llm_cache_core::RequestKey;

pub use builder::CacheBuilder;
#[cfg(feature = "memo")]
pub(crate) use call::Packed;
pub use call::{Cached, CallOptions, FetchError, Fetched, Mode, Share};
pub use event::{Event, Observer, StoreOperation};
pub use outcome::{Age, MissReason, Outcome};
pub use reason::{BypassReason, SkipReason, Verdict};
pub use shared::{SharedHit, SharedTable};
pub use stats::CacheStats;

pub use crate::store::Tier;

use crate::{
    clock::Clock,
    store::{Invalidated, Selector, Store, Work},
};
use backing::Backing;
use fetch::{FlightKey, Landing};
use flight::Flights;
use memory::Memory;
use stats::Counters;

/// A cache of answers; cheap to clone, and all clones are one cache.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    memory: Memory,
    backing: Option<Backing>,
    flights: Flights<FlightKey, Landing>,
    clock: Box<dyn Clock>,
    observer: Option<Box<dyn Observer>>,
    counters: Counters,
    mode: Mode,
    ttl: Option<Duration>,
}

static GLOBAL: OnceLock<Cache> = OnceLock::new();

impl Cache {
    /// Starts building a cache; every setting has a default.
    pub fn builder() -> CacheBuilder {
        CacheBuilder::new()
    }

    /// The cache of this process, used by memoised functions that name no other. Unless
    /// [`set_global`](Self::set_global) came first, it is built here with all defaults: in memory
    /// only.
    pub fn global() -> &'static Self {
        GLOBAL.get_or_init(|| Self::builder().build())
    }

    /// Makes `cache` the one of this process.
    ///
    /// # Errors
    ///
    /// Gives `cache` back when there is one already, set or used before.
    pub fn set_global(cache: Self) -> Result<(), Self> {
        GLOBAL.set(cache)
    }

    /// The mode that a call with these options has.
    pub(crate) fn effective_mode(&self, options: &CallOptions) -> Mode {
        options.mode.unwrap_or(self.0.mode)
    }

    /// Counts and reports a call that goes past the cache.
    pub fn bypass(&self, why: BypassReason) -> Outcome {
        let outcome = Outcome::Bypass { why };
        self.report(&Event::Lookup { key: None, outcome });
        outcome
    }

    /// Removes the entry under `key` from every tier; tells whether there was one. A call that is
    /// under way is not stopped and stores its answer afterwards.
    ///
    /// Memory is done when this returns; the store, when the [`Work`] was awaited or waited for.
    /// That fails with the store's error, and the store may have the entry still.
    ///
    /// ```
    /// # async fn run(cache: llm_cache::Cache, key: llm_cache::llm_cache_core::RequestKey) {
    /// let was_there = cache.remove(&key).await; // in async code
    /// let was_there = cache.remove(&key).wait(); // where the thread may block
    /// # }
    /// ```
    pub fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool> {
        let in_memory = self.0.memory.remove(key);
        let Some(work) = self.ask_store(StoreOperation::Remove, |store| store.remove(key)) else {
            return Work::ready(Ok(in_memory));
        };
        let (cache, key) = (self.clone(), *key);
        work.then(move |in_store| {
            // Somebody may have read it from the store meanwhile.
            let again = cache.0.memory.remove(&key);
            in_store.map(|in_store| in_memory || again || in_store)
        })
    }

    /// Removes the entries that `selector` names from every tier, as [`remove`](Self::remove) does.
    /// Gives the counts of the tier that had more: most entries are in memory and in the store.
    ///
    /// Memory is looked through one part at a time, and the calls of that part wait: O(entries) of
    /// it for each part. Most stores read all their entries.
    ///
    /// ```
    /// use llm_cache::{Cache, store::Selector};
    ///
    /// let cache = Cache::builder().build();
    /// let done = cache.invalidate(&Selector::tag("faq")).wait()?;
    /// assert_eq!(done.removed, 0);
    /// # Ok::<(), llm_cache::store::StoreError>(())
    /// ```
    pub fn invalidate<'a>(&'a self, selector: &'a Selector) -> Work<'a, Invalidated> {
        let in_memory = self.0.memory.invalidate(selector);
        let ask = |store: &'a dyn Store| store.invalidate(selector);
        let Some(work) = self.ask_store(StoreOperation::Remove, ask) else {
            return Work::ready(Ok(in_memory));
        };
        let (cache, selector) = (self.clone(), selector.clone());
        work.then(move |in_store| {
            // Somebody may have read an entry from the store meanwhile.
            let _ = cache.0.memory.invalidate(&selector);
            in_store.map(|in_store| {
                let removed = in_store.removed.max(in_memory.removed);
                Invalidated::new(removed, in_store.unmarked.max(in_memory.unmarked))
            })
        })
    }

    /// Removes all entries from every tier, as [`remove`](Self::remove) does.
    pub fn clear(&self) -> Work<'_, ()> {
        self.0.memory.clear();
        let Some(work) = self.ask_store(StoreOperation::Remove, |store| store.clear()) else {
            return Work::ready(Ok(()));
        };
        let cache = self.clone();
        work.then(move |cleared| {
            // Somebody may have read an entry from the store meanwhile.
            cache.0.memory.clear();
            cleared
        })
    }

    /// Ends when what was stored would survive a power loss, as far as the store can do that.
    pub fn flush(&self) -> Work<'_, ()> {
        let asked = self.ask_store(StoreOperation::Flush, |store| store.flush());
        asked.unwrap_or_else(|| Work::ready(Ok(())))
    }

    /// Counters, and what the tiers hold.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let (entries, bytes) = self.0.memory.size();
        let store = self.0.backing.as_ref().map(|backing| backing.store().stats());
        CacheStats { memory_entries: entries, memory_bytes: bytes, store, ..self.0.counters.read() }
    }

    /// Asks the store, if there is one, and reports its fault.
    fn ask_store<'a, T: Send + 'static>(
        &'a self,
        operation: StoreOperation,
        ask: impl FnOnce(&'a dyn Store) -> Work<'a, T>,
    ) -> Option<Work<'a, T>> {
        let work = ask(self.0.backing.as_ref()?.store());
        let cache = self.clone();
        Some(work.then(move |done| {
            done.inspect_err(|error| cache.report(&Event::StoreFault { operation, error }))
        }))
    }

    fn report(&self, event: &Event<'_>) {
        self.0.counters.count(event);
        if let Some(observer) = &self.0.observer {
            observer.event(event);
        }
    }
}

/// What a client tells the cache, and asks it.
#[cfg(feature = "client")]
impl Cache {
    /// Reports a request that breaks a rule of the provider's and is sent all the same.
    pub(crate) fn report_violation(&self, violation: llm_cache_core::prompt::Violation) {
        self.report(&Event::Violation { violation });
    }

    /// Reports a client's facts of models that are old.
    pub(crate) fn report_stale_facts(&self, as_of: &str, age_in_days: u64) {
        self.report(&Event::StaleFacts { as_of, age_in_days });
    }

    /// The time by this cache's clock.
    pub(crate) fn now(&self) -> llm_cache_core::Millis {
        self.0.clock.now()
    }
}

impl fmt::Debug for Cache {
    /// Shows settings and counters; no key, no answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("mode", &self.0.mode)
            .field("default_ttl", &self.0.ttl)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
