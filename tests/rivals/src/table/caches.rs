//! The caches, each with keys of 32 bytes and copies of values.

use std::sync::Arc;

use llm_cache_core::{
    Millis, RequestKey,
    table::{ArrayMemory, HeapTable, Memory, Meta, Table},
};

/// A cache for a number of entries.
pub(super) trait Cache {
    /// A byte of the value, so that the value is looked for and not only its entry.
    fn get(&mut self, key: &RequestKey) -> Option<u8>;

    /// Keeps a copy of the value, in place of what has to go for it.
    fn insert(&mut self, key: &RequestKey, value: &[u8]);

    /// Does what was put off.
    fn settle(&mut self) {}
}

/// A cache at work. Calls are made by the batch, so that none is made by a pointer.
pub(super) trait Player {
    /// Asks for each key and inserts what is not there; the number of hits.
    fn get_or_insert(&mut self, keys: &[RequestKey], value: &[u8]) -> usize;

    /// Asks for each key; the number of hits.
    fn get(&mut self, keys: &[RequestKey]) -> usize;

    /// Inserts keys that nobody has asked for before, from this number on.
    fn insert_new(&mut self, numbers: std::ops::Range<u64>, value: &[u8]);

    /// Does what was put off.
    fn settle(&mut self);
}

impl<C: Cache> Player for C {
    fn get_or_insert(&mut self, keys: &[RequestKey], value: &[u8]) -> usize {
        let is_hit = |key: &&RequestKey| {
            let found = Cache::get(self, key);
            if found.is_none() {
                self.insert(key, value);
            }
            std::hint::black_box(found).is_some()
        };
        keys.iter().filter(is_hit).count()
    }

    fn get(&mut self, keys: &[RequestKey]) -> usize {
        let is_hit = |key: &&RequestKey| std::hint::black_box(Cache::get(self, key)).is_some();
        keys.iter().filter(is_hit).count()
    }

    fn insert_new(&mut self, numbers: std::ops::Range<u64>, value: &[u8]) {
        for number in numbers {
            self.insert(&new_key(number), value);
        }
    }

    fn settle(&mut self) {
        Cache::settle(self);
    }
}

/// A key that no stream has, in as little time as can be: all hashes take in all of it.
fn new_key(number: u64) -> RequestKey {
    let mut bytes = [0xA5; 32];
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bytes[..8].copy_from_slice(&(mixed ^ (mixed >> 29)).to_le_bytes());
    bytes[8..16].copy_from_slice(&number.to_le_bytes());
    RequestKey::from_bytes(bytes)
}

/// A side's name, and what builds it for so many entries and values of so many bytes, where it
/// can be built.
pub(super) type Side = (&'static str, fn(usize, usize, u64) -> Option<Box<dyn Player>>);

pub(super) const SIDES: [Side; 7] = [
    ("ours", |entries, bytes, seed| {
        Some(match (entries, bytes) {
            // Without an allocator, as on a device.
            (64, 64) => Box::new(Table::new(ArrayMemory::<64, 64>::new(), seed)),
            (64, 1024) => Box::new(Table::new(ArrayMemory::<64, 1024>::new(), seed)),
            _ => Box::new(HeapTable::with_capacity(entries, entries * bytes, seed)),
        })
    }),
    ("quick_cache_unsync", |entries, _, _| {
        Some(Box::new(quick_cache::unsync::Cache::new(entries)))
    }),
    ("quick_cache_sync", |entries, _, _| Some(Box::new(QuickCacheSync::new(entries)))),
    ("moka", |entries, _, _| Some(Box::new(Moka::new(entries as u64)))),
    ("lru", |entries, _, _| Some(Box::new(lru::LruCache::new(entries.try_into().ok()?)))),
    ("schnellru", |entries, _, _| {
        let limiter = schnellru::ByLength::new(entries.try_into().ok()?);
        Some(Box::new(schnellru::LruMap::<Key, Box<[u8]>, _>::new(limiter)))
    }),
    // It looks through all entries.
    ("uluru", |entries, _, _| match entries {
        64 => Some(Box::new(Uluru::<64>::new())),
        1024 => Some(Box::new(Uluru::<1024>::new())),
        _ => None,
    }),
];

type Key = [u8; 32];

impl<M: Memory> Cache for Table<M> {
    fn get(&mut self, key: &RequestKey) -> Option<u8> {
        let hit = Self::get(self, key, NOW)?;
        // All of the value, however many pieces it lies in.
        Some(hit.chunks().map(|chunk| chunk[0]).fold(0, u8::wrapping_add))
    }

    fn insert(&mut self, key: &RequestKey, value: &[u8]) {
        let inserted = Self::insert(self, key, value, META, NOW);
        debug_assert!(inserted.is_ok(), "{inserted:?}");
    }
}

pub(super) const NOW: Millis = Millis(0);
pub(super) const META: Meta = Meta { created: NOW, ttl: None, cost: 0 };

impl Cache for quick_cache::unsync::Cache<Key, Box<[u8]>> {
    fn get(&mut self, key: &RequestKey) -> Option<u8> {
        Self::get(self, key.as_bytes()).map(|value| value[0])
    }

    fn insert(&mut self, key: &RequestKey, value: &[u8]) {
        Self::insert(self, *key.as_bytes(), value.into());
    }
}

/// It hands out clones, so values are shared.
pub(super) type QuickCacheSync = quick_cache::sync::Cache<Key, Arc<[u8]>>;

impl Cache for QuickCacheSync {
    fn get(&mut self, key: &RequestKey) -> Option<u8> {
        Self::get(self, key.as_bytes()).map(|value| value[0])
    }

    fn insert(&mut self, key: &RequestKey, value: &[u8]) {
        Self::insert(self, *key.as_bytes(), value.into());
    }
}

/// It hands out clones, so values are shared.
pub(super) type Moka = moka::sync::Cache<Key, Arc<[u8]>>;

impl Cache for Moka {
    fn get(&mut self, key: &RequestKey) -> Option<u8> {
        Self::get(self, key.as_bytes()).map(|value| value[0])
    }

    fn insert(&mut self, key: &RequestKey, value: &[u8]) {
        Self::insert(self, *key.as_bytes(), value.into());
    }

    fn settle(&mut self) {
        self.run_pending_tasks();
    }
}

impl Cache for lru::LruCache<Key, Box<[u8]>> {
    fn get(&mut self, key: &RequestKey) -> Option<u8> {
        Self::get(self, key.as_bytes()).map(|value| value[0])
    }

    fn insert(&mut self, key: &RequestKey, value: &[u8]) {
        self.put(*key.as_bytes(), value.into());
    }
}

impl Cache for schnellru::LruMap<Key, Box<[u8]>, schnellru::ByLength> {
    fn get(&mut self, key: &RequestKey) -> Option<u8> {
        Self::get(self, key.as_bytes()).map(|value| value[0])
    }

    fn insert(&mut self, key: &RequestKey, value: &[u8]) {
        Self::insert(self, *key.as_bytes(), value.into());
    }
}

type Uluru<const N: usize> = uluru::LRUCache<(Key, Box<[u8]>), N>;

impl<const N: usize> Cache for Uluru<N> {
    fn get(&mut self, key: &RequestKey) -> Option<u8> {
        self.find(|(known, _)| known == key.as_bytes()).map(|(_, value)| value[0])
    }

    fn insert(&mut self, key: &RequestKey, value: &[u8]) {
        Self::insert(self, (*key.as_bytes(), value.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Every side keeps what was just inserted and still fits, and gives up something else when it
    /// is full; sides that cannot be built are none of the sizes they are meant for.
    #[test]
    fn every_side_is_a_cache() {
        for (name, build) in SIDES {
            for (entries, bytes) in [(64, 64), (64, 1024), (1024, 64), (10_000, 64)] {
                let Some(mut cache) = build(entries, bytes, 7) else {
                    assert_eq!((name, entries), ("uluru", 10_000));
                    continue;
                };
                let mut random = Random::new(1);
                let value = vec![1; bytes];
                let keys = (0..4 * entries).map(|_| RequestKey::from_bytes(random.bytes()));
                let keys: Vec<_> = keys.collect();
                let some = &keys[..entries / 8];
                assert_eq!(cache.get_or_insert(some, &value), 0, "{name}");
                assert_eq!(cache.get_or_insert(some, &value), some.len(), "{name}");
                cache.get_or_insert(&keys, &value);
                cache.insert_new(0..entries as u64, &value);
                cache.settle();
                assert!(cache.get(&keys) <= entries, "{name}");
            }
        }
    }
}
