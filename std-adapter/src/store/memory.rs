//! A store in this process's memory.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use llm_cache_core::{RequestKey, record::Record};

use super::{Store, StoreError, StoreErrorKind, StoreStats, Stored};

/// Keeps entries in memory, the oldest going first when the byte bound is reached.
///
/// For tests, and to share entries between caches of one process. It is gone with the process.
/// An entry counts with 128 bytes beside its payload and extensions.
#[derive(Debug)]
pub struct MemoryStore {
    bytes_max: u64,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: HashMap<RequestKey, (u64, Stored)>,
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
        Self { bytes_max, entries: Mutex::default() }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing below panics between two changes that belong together.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &RequestKey) -> Result<Option<Stored>, StoreError> {
        Ok(self.entries().by_key.get(key).map(|(_, stored)| stored.clone()))
    }

    fn put(&self, record: &Record<'_>) -> Result<(), StoreError> {
        let stored = Stored::copy_of(record);
        let needed = size(&stored);
        if needed > self.bytes_max {
            let kind = StoreErrorKind::TooBig { needed, capacity: self.bytes_max };
            return Err(StoreError::new(kind));
        }
        let mut entries = self.entries();
        entries.puts += 1;
        let number = entries.puts;
        entries.forget(&record.key);
        entries.make_room(self.bytes_max - needed);
        entries.bytes += needed;
        entries.order.push_back((number, record.key));
        entries.by_key.insert(record.key, (number, stored));
        Ok(())
    }

    fn remove(&self, key: &RequestKey) -> Result<bool, StoreError> {
        Ok(self.entries().forget(key))
    }

    fn clear(&self) -> Result<(), StoreError> {
        let mut entries = self.entries();
        entries.by_key.clear();
        entries.order.clear();
        entries.bytes = 0;
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
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

    fn put_may_block(&self) -> bool {
        false
    }
}

impl Entries {
    fn forget(&mut self, key: &RequestKey) -> bool {
        let Some((_, stored)) = self.by_key.remove(key) else { return false };
        self.bytes -= size(&stored);
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

fn is_current(by_key: &HashMap<RequestKey, (u64, Stored)>, number: u64, key: &RequestKey) -> bool {
    by_key.get(key).is_some_and(|(current, _)| *current == number)
}

fn size(stored: &Stored) -> u64 {
    OVERHEAD + stored.payload.len() as u64 + stored.extensions.len() as u64
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
            store.put(&Record::new(key(n), &[n; 10])).unwrap();
            assert!(store.stats().bytes <= store.stats().bytes_max.unwrap());
        }
        let there = |n| store.get(&key(n)).unwrap().is_some();
        assert_eq!([1, 2, 3, 4].map(there), [true, false, true, true]);
        assert_eq!(store.stats().entries_evicted, 1);
        let error = store.put(&Record::new(key(9), &[0; 4000])).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::TooBig { needed: 4128, capacity: 414 });
    }
}
