//! Building a cache.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    Backing, Cache, Counters, Event, Flights, Inner, Memory, Mode, Observer, StoreOperation,
};
use crate::{
    clock::{Clock, SystemClock},
    store::{Store, StoreError},
};

/// Settings of a [`Cache`] to be built.
#[must_use = "it does nothing until it is built"]
pub struct CacheBuilder {
    memory_entries: Option<usize>,
    memory_bytes: usize,
    store: Option<Result<Arc<dyn Store>, StoreError>>,
    clock: Box<dyn Clock>,
    observer: Option<Box<dyn Observer>>,
    mode: Mode,
    ttl: Option<Duration>,
}

impl CacheBuilder {
    /// Bytes of values in memory by default: 16 MiB.
    pub const MEMORY_BYTES_DEFAULT: usize = 16 << 20;

    pub(super) fn new() -> Self {
        Self {
            memory_entries: None,
            memory_bytes: Self::MEMORY_BYTES_DEFAULT,
            store: None,
            clock: Box::new(SystemClock),
            observer: None,
            mode: Mode::default(),
            ttl: None,
        }
    }

    /// The bytes that answers may take in memory. Large memories are divided for many threads, so
    /// an answer longer than 2 MiB, and than these bytes, may fit into no part; it is kept by the
    /// store alone. An answer is shared, not copied. Zero switches the memory tier off.
    /// Default: [`MEMORY_BYTES_DEFAULT`](Self::MEMORY_BYTES_DEFAULT).
    pub const fn memory_bytes(mut self, bytes: usize) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// The number of answers that memory may hold; places for them, of about 170 bytes each, are
    /// allocated when the cache is built. Default: one for every 2 KiB of
    /// [`memory_bytes`](Self::memory_bytes), which is about the length of a typical answer.
    pub const fn memory_entries(mut self, entries: usize) -> Self {
        self.memory_entries = Some(entries);
        self
    }

    /// Where answers outlive the process, behind the memory tier. Default: nowhere.
    pub fn store(self, store: impl Store) -> Self {
        self.store_or_report(Ok(store))
    }

    /// As [`store`](Self::store); when it could not be opened, the cache works in memory alone and
    /// reports the error once, as an event and in the counters, when it is built.
    pub fn store_or_report(mut self, store: Result<impl Store, StoreError>) -> Self {
        self.store = Some(store.map(|store| Arc::new(store) as Arc<dyn Store>));
        self
    }

    /// The clock for ages and lifetimes. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Who is told what happens. Default: nobody; the counters of
    /// [`stats`](super::Cache::stats) run all the same.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// The mode of calls that set none. Default: [`Mode::ReadWrite`].
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// How long an answer is kept, and how old one may be that serves, when its call does not say;
    /// in whole milliseconds (rounded down). A shorter one than before applies to what is stored
    /// already; an answer of unknown age is too old for any. Default: for ever, which is right for
    /// a request that pins its model; with a model alias that its provider moves on, set one.
    pub const fn default_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// The cache. Allocates the places for answers.
    #[must_use]
    pub fn build(self) -> Cache {
        let entries = self.memory_entries.unwrap_or(self.memory_bytes.div_ceil(2048));
        let (store, fault) = match self.store.transpose() {
            Ok(store) => (store, None),
            Err(error) => (None, Some(error)),
        };
        let cache = Cache(Arc::new(Inner {
            memory: Memory::new(entries, self.memory_bytes),
            backing: store.map(Backing::new),
            flights: Flights::new(),
            clock: self.clock,
            observer: self.observer,
            counters: Counters::default(),
            mode: self.mode,
            ttl: self.ttl,
        }));
        if let Some(error) = fault {
            cache.report(&Event::StoreFault { operation: StoreOperation::Open, error: &error });
        }
        cache
    }
}

impl fmt::Debug for CacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder")
            .field("memory_entries", &self.memory_entries)
            .field("memory_bytes", &self.memory_bytes)
            .field("store", &self.store.as_ref().map(Result::is_ok))
            .field("mode", &self.mode)
            .field("default_ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}
