//! A store in this process's memory.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use llm_cache_core::RequestKey;

use super::{
    Cursor, Invalidated, Lease, Page, Selector, Store, StoreError, StoreErrorKind, StoreStats,
    Tier, Work, memory_lease::Leases, walk,
};
use crate::entry::Entry;

/// Keeps entries in memory, the oldest going first when the byte bound is reached.
///
/// For tests, and to share entries between caches of one process. It is gone with the process.
/// An entry counts with 128 bytes beside its payload and extensions. It gives leases too.
///
/// ```
/// use std::sync::Arc;
/// use llm_cache::{Cache, store::MemoryStore};
///
/// let store = Arc::new(MemoryStore::with_max_bytes(1 << 20));
/// let (one, two) = (Cache::builder().store(store.clone()), Cache::builder().store(store));
/// # drop((one.build(), two.build()));
/// ```
#[derive(Debug)]
pub struct MemoryStore {
    bytes_max: u64,
    entries: Mutex<Entries>,
    leases: Leases,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: BTreeMap<RequestKey, (u64, Entry)>,
    /// Keys in the order of their puts. A key that was put again stands here twice; only the place
    /// whose number its entry carries counts.
    order: VecDeque<(u64, RequestKey)>,
    puts: u64,
    bytes: u64,
    evicted: u64,
}

const OVERHEAD: u64 = 128;

impl MemoryStore {
    /// A store of at most 256 MiB, as the default of the file store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max_bytes(256 << 20)
    }

    /// A store of at most `bytes_max` bytes. An entry that is larger is refused as too big.
    #[must_use]
    pub fn with_max_bytes(bytes_max: u64) -> Self {
        Self { bytes_max, entries: Mutex::default(), leases: Leases::default() }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing below panics between two changes that belong together.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, key: &RequestKey, entry: &Entry) -> Result<(), StoreError> {
        let needed = size(entry);
        if needed > self.bytes_max {
            let kind = StoreErrorKind::TooBig { needed, capacity: self.bytes_max };
            return Err(StoreError::new(kind));
        }
        let mut entries = self.entries();
        entries.puts += 1;
        let number = entries.puts;
        entries.forget(key);
        entries.make_room(self.bytes_max - needed);
        entries.bytes += needed;
        entries.order.push_back((number, *key));
        entries.by_key.insert(*key, (number, entry.clone()));
        Ok(())
    }

    fn page(&self, after: Option<&Cursor>, limit: usize) -> Page {
        let start = match after.and_then(|after| after.as_bytes().try_into().ok()) {
            Some(key) => Bound::Excluded(RequestKey::from_bytes(key)),
            None => Bound::Unbounded,
        };
        let entries = self.entries();
        let mut left = entries.by_key.range((start, Bound::Unbounded));
        let page: Vec<_> = left
            .by_ref()
            .take(limit.max(1))
            .map(|(key, (_, entry))| (*key, entry.clone()))
            .collect();
        let next = left.next().and(page.last()).map(|(last, _)| Cursor::new(*last.as_bytes()));
        Page::new(page, next)
    }

    fn forget_selected(&self, selector: &Selector) -> Invalidated {
        let (mut done, mut entries) = (Invalidated::default(), self.entries());
        let all = entries.by_key.iter();
        let gone: Vec<_> = all
            .filter(|(_, (_, entry))| done.count(selector.matches(&entry.extensions)))
            .map(|(key, _)| *key)
            .collect();
        for key in &gone {
            entries.forget(key);
        }
        done
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn tier(&self) -> Tier {
        Tier::Other("memory_store")
    }

    fn get<'a>(&'a self, key: &'a RequestKey) -> Work<'a, Option<Entry>> {
        Work::ready(Ok(self.entries().by_key.get(key).map(|(_, entry)| entry.clone())))
    }

    fn put<'a>(&'a self, key: &'a RequestKey, entry: &'a Entry) -> Work<'a, ()> {
        Work::ready(self.keep(key, entry))
    }

    fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool> {
        Work::ready(Ok(self.entries().forget(key)))
    }

    fn clear(&self) -> Work<'_, ()> {
        let mut entries = self.entries();
        entries.by_key.clear();
        entries.order.clear();
        entries.bytes = 0;
        Work::ready(Ok(()))
    }

    fn flush(&self) -> Work<'_, ()> {
        Work::ready(Ok(()))
    }

    /// O(log entries + limit).
    fn iter_page<'a>(&'a self, after: Option<&'a Cursor>, limit: usize) -> Work<'a, Page> {
        Work::ready(Ok(self.page(after, limit)))
    }

    /// Nobody else does anything while it runs: O(entries).
    fn invalidate<'a>(&'a self, selector: &'a Selector) -> Work<'a, Invalidated> {
        match selector {
            Selector::Key(key) => self.remove(key).then(walk::removed),
            _ => Work::ready(Ok(self.forget_selected(selector))),
        }
    }

    fn stats(&self) -> StoreStats {
        let entries = self.entries();
        StoreStats {
            entries: entries.by_key.len() as u64,
            bytes: entries.bytes,
            bytes_max: Some(self.bytes_max),
            entries_evicted: entries.evicted,
            ..StoreStats::default()
        }
    }

    fn lease(&self) -> Option<&dyn Lease> {
        Some(&self.leases)
    }
}

impl Entries {
    fn forget(&mut self, key: &RequestKey) -> bool {
        let Some((_, entry)) = self.by_key.remove(key) else { return false };
        self.bytes -= size(&entry);
        // Places of forgotten entries go once they are most of the queue: O(1) a put, amortised.
        if self.order.len() > 2 * self.by_key.len() + 16 {
            let by_key = &self.by_key;
            self.order.retain(|(number, key)| is_current(by_key, *number, key));
        }
        true
    }

    fn make_room(&mut self, bytes_max: u64) {
        while self.bytes > bytes_max {
            let Some((number, key)) = self.order.pop_front() else { return };
            if is_current(&self.by_key, number, &key) {
                self.forget(&key);
                self.evicted += 1;
            }
        }
    }
}

fn is_current(by_key: &BTreeMap<RequestKey, (u64, Entry)>, number: u64, key: &RequestKey) -> bool {
    by_key.get(key).is_some_and(|(current, _)| *current == number)
}

fn size(entry: &Entry) -> u64 {
    OVERHEAD + entry.weight() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> RequestKey {
        RequestKey::from_bytes([n; 32])
    }

    /// The written contract holds.
    #[test]
    fn conforms() {
        crate::store::conformance::check(MemoryStore::new);
    }

    /// The bound holds after every put, the oldest goes first, a renewed entry counts as new, and
    /// what can never fit is refused.
    #[test]
    fn oldest_goes_first() {
        let store = MemoryStore::with_max_bytes(3 * (OVERHEAD + 10));
        for n in [1, 2, 3, 1, 4] {
            store.put(&key(n), &Entry::new(vec![n; 10])).wait().unwrap();
            assert!(store.stats().bytes <= store.stats().bytes_max.unwrap());
        }
        let there = |n| store.get(&key(n)).wait().unwrap().is_some();
        assert_eq!([1, 2, 3, 4].map(there), [true, false, true, true]);
        assert_eq!(store.stats().entries_evicted, 1);
        let error = store.put(&key(9), &Entry::new(vec![0; 4000])).wait().unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::TooBig { needed: 4128, capacity: 414 });
    }
}
