//! Core's table for many threads: typed values in shards, each behind a lock of its own.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread::available_parallelism,
};

use llm_cache_core::{
    Millis, RequestKey,
    table::{Freshness, InsertError, Inserted, Meta, Miss, Stats, ValueHit, ValueTable},
};

use super::{
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard},
    tally::Tally,
};

/// Locks for each processor: then two threads seldom want one at the same time.
const SHARDS_PER_PROCESSOR: usize = 4;
/// A shard of fewer entries would evict what others have room for.
const SHARD_ENTRIES_MIN: usize = 64;

/// A cache table that many threads use at a time, through a shared reference.
///
/// It is core's [`ValueTable`] in shards: policy, times and statistics are those. Values are
/// cloned out, so they should be cheap to clone: `Bytes`, `Arc<T>`. Hits run side by side; inserts
/// wait for what happens in their shard alone. A value is cloned while its shard is locked for
/// reading; whatever leaves is dropped with no lock held. A panic in a value's `clone` or `drop`
/// leaves the table in order.
///
/// A key's shard follows from a secret of each table, so nobody can send all requests to one.
/// Entries and bytes are divided evenly among the shards, and each evicts for itself. So one value
/// may weigh as much as one shard holds, [`weight_max`](Self::weight_max), and a heavier one is
/// refused with that figure; the room for all together is a bound, not a promise, for keys are
/// never spread quite evenly.
///
/// ```
/// use std::sync::Arc;
/// use llm_cache::cache::SharedTable;
/// use llm_cache::llm_cache_core::{Millis, RequestKey, table::Meta};
///
/// let table = SharedTable::new(1_000, 1 << 20);
/// let (key, now) = (RequestKey::from_bytes([7; 32]), Millis(0));
/// table.insert(&key, Arc::new(vec![1.5, 2.5]), 16, Meta::default(), now)?;
/// let found = table.get(&key, now).expect("it was inserted a moment ago");
/// assert_eq!(found.value[1], 2.5);
/// # Ok::<(), llm_cache::llm_cache_core::table::InsertError>(())
/// ```
pub struct SharedTable<V> {
    shards: Box<[Shard<V>]>,
    tally: Tally,
    /// Picks shards; odd.
    factor: u64,
    /// The shard that the next sweep goes on with.
    sweep_at: AtomicUsize,
}

/// On cache lines of its own, lest one shard's lock slows another's.
#[repr(align(128))]
struct Shard<V>(RwLock<ValueTable<V>>);

/// A value that was found, cloned out of its table.
#[derive(Clone, Copy)]
pub struct SharedHit<V> {
    /// The value.
    pub value: V,
    /// Its weight in bytes, as its caller stated it.
    pub weight: usize,
    /// What its caller said about it.
    pub meta: Meta,
    /// The time since `meta.created`; zero if the clock has jumped back before it.
    pub age: Millis,
    /// Whether its ttl is over.
    pub freshness: Freshness,
}

impl<V> SharedTable<V> {
    /// An empty table for `entries` values that weigh at most `bytes` bytes together, each rounded
    /// up to a multiple of the number of shards: four for each processor, if at least 64 entries
    /// fall to each. Allocates all memory of its own that it will ever use; O(entries).
    #[must_use]
    pub fn new(entries: usize, bytes: u64) -> Self {
        Self::with_shards(Self::shards_for(entries), entries, bytes)
    }

    /// As [`new`](Self::new), with a number of shards of the caller's, at least one. One shard
    /// uses its room best and takes the heaviest values; more let more threads write at a time.
    #[must_use]
    pub fn with_shards(shards: usize, entries: usize, bytes: u64) -> Self {
        let shards = shards.max(1);
        // Hashers of the standard library are seeded with what strangers cannot know.
        let secret = RandomState::new();
        let entries = entries.div_ceil(shards);
        let bytes = bytes.div_ceil(shards as u64);
        let shard = |at| {
            Shard(RwLock::new(ValueTable::new(entries, bytes, secret.hash_one(("shard", at)))))
        };
        Self {
            shards: (0..shards).map(shard).collect(),
            tally: Tally::new(),
            factor: secret.hash_one("factor") | 1,
            sweep_at: AtomicUsize::new(0),
        }
    }

    /// Stores `value`, which weighs `weight` bytes, under `key`, in place of what was there, and
    /// evicts what must go for it.
    ///
    /// # Errors
    ///
    /// [`InsertError`] if the value can never fit, being heavier than
    /// [`weight_max`](Self::weight_max), or is already beyond use. An older value under the same
    /// key is gone all the same: it is outdated.
    pub fn insert(
        &self,
        key: &RequestKey,
        value: V,
        weight: usize,
        meta: Meta,
        now: Millis,
    ) -> Result<Inserted, InsertError> {
        // One value leaves as a rule; it needs no heap. All are dropped after the lock.
        let (mut left, mut more) = (None, Vec::new());
        let gone = |value| more.extend(left.replace(value));
        let mut table = write(self.shard(key));
        let result = table.insert_then(key, (value, weight), meta, now, gone);
        drop(table);
        result
    }

    /// Removes the value under `key` and returns it.
    pub fn remove(&self, key: &RequestKey) -> Option<V> {
        write(self.shard(key)).remove(key)
    }

    /// Removes the values that `is_selected` names, shard by shard: what is inserted meanwhile may
    /// stay. Returns how many went. O(entries); who wants a shard waits while that one is looked
    /// through, so `is_selected` should be quick. It must not use this table.
    pub fn remove_if(&self, mut is_selected: impl FnMut(&RequestKey, &V) -> bool) -> usize {
        let mut removed = 0;
        for shard in &self.shards {
            let mut gone = Vec::new();
            let mut table = write(shard);
            removed += table.remove_if(&mut is_selected, |value| gone.push(value));
            drop(table);
        }
        removed
    }

    /// Removes all values, shard by shard: what is inserted meanwhile may stay. Counters and
    /// settings stay. O(entries).
    pub fn clear(&self) {
        for shard in &self.shards {
            let removed = write(shard).clear();
            drop(removed);
        }
    }

    /// Looks at up to `budget` places for entries, from where the last call stopped and in one
    /// shard at a time, and removes what is no longer of use at `now`. Returns how many went.
    pub fn sweep(&self, now: Millis, budget: usize) -> usize {
        let (mut rest, mut removed) = (budget, 0);
        for _ in 0..self.shards.len() {
            if rest == 0 {
                break;
            }
            let at = self.sweep_at.load(Relaxed);
            let mut gone = Vec::new();
            let mut table = write(&self.shards[at % self.shards.len()]);
            let looked = rest.min(table.capacity());
            removed += table.sweep(now, looked, |value| gone.push(value));
            drop(table);
            rest -= looked;
            self.sweep_at.store((at + 1) % self.shards.len(), Relaxed);
        }
        removed
    }

    /// Sets how long entries stay available to [`get_stale`](Self::get_stale) after their ttl is
    /// over; zero, the default, means not at all.
    pub fn set_stale_for(&self, stale_for: Millis) {
        self.shards.iter().for_each(|shard| write(shard).set_stale_for(stale_for));
    }

    /// The number of entries, expired ones that nobody has met yet included. As every sum over
    /// the shards it may be off by what other threads do meanwhile.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| read(shard).len()).sum()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of entries that there is room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shards.iter().map(|shard| read(shard).capacity()).sum()
    }

    /// The number of parts that the table is divided into.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// The sum of the weights of all values, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shards.iter().map(|shard| read(shard).bytes()).sum()
    }

    /// The weight of the heaviest value that fits, in bytes: what one shard holds.
    #[must_use]
    pub fn weight_max(&self) -> usize {
        read(&self.shards[0]).weight_max()
    }

    /// What has happened since the table was built.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let shards = self.shards.iter();
        shards.fold(self.tally.read(), |sum, shard| sum.plus(read(shard).stats()))
    }

    /// The number of shards that suits a table for `entries` entries on this machine.
    pub(super) fn shards_for(entries: usize) -> usize {
        let processors = available_parallelism().map_or(1, usize::from);
        (processors * SHARDS_PER_PROCESSOR).min(entries / SHARD_ENTRIES_MIN)
    }

    fn shard(&self, key: &RequestKey) -> &Shard<V> {
        // Multiply-shift over a fold of the key: universal, so which folds share a shard depends on
        // the factor; and keys that share a fold of 64 bits are too dear to find by hashing.
        let (words, _) = key.as_bytes().as_chunks::<8>();
        let fold = words
            .iter()
            .fold(0_u64, |fold, &word| fold.rotate_left(16).wrapping_add(u64::from_le_bytes(word)));
        let spread = fold.wrapping_mul(self.factor) >> 32;
        &self.shards[((spread * self.shards.len() as u64) >> 32) as usize]
    }
}

impl<V: Clone> SharedTable<V> {
    /// The value under `key` if it is fresh at `now`; it counts as used. O(1) expected.
    #[inline]
    pub fn get(&self, key: &RequestKey, now: Millis) -> Option<SharedHit<V>> {
        self.lookup(key, now).ok()
    }

    /// As [`get`](Self::get), and tells why there is nothing to get.
    ///
    /// # Errors
    ///
    /// [`Miss::Absent`] or [`Miss::Expired`]. An entry that is beyond use is removed here.
    #[inline]
    pub fn lookup(&self, key: &RequestKey, now: Millis) -> Result<SharedHit<V>, Miss> {
        self.ask(key, now, ValueTable::lookup_shared)
    }

    /// The value under `key` even if its ttl is over, as long as it is not over by as much as was
    /// [set](Self::set_stale_for). It counts as used.
    pub fn get_stale(&self, key: &RequestKey, now: Millis) -> Option<SharedHit<V>> {
        self.ask(key, now, ValueTable::stale_shared).ok()
    }

    #[inline]
    fn ask(&self, key: &RequestKey, now: Millis, look: Look<V>) -> Result<SharedHit<V>, Miss> {
        let shard = self.shard(key);
        let table = read(shard);
        let miss = match look(&table, key, now) {
            Ok(hit) => {
                self.tally.hit(hit.freshness, hit.weight, hit.meta.cost);
                return Ok(hit.into());
            }
            Err(miss) => miss,
        };
        drop(table);
        self.tally.miss(miss);
        if miss == Miss::Expired {
            reclaim(shard, key, now);
        }
        Err(miss)
    }
}

/// One of the typed table's lookups for readers.
type Look<V> = for<'t> fn(&'t ValueTable<V>, &RequestKey, Millis) -> Result<ValueHit<'t, V>, Miss>;

/// Removes the entry under `key` if it is beyond use. While it is stale, readers need not wait.
#[cold]
fn reclaim<V>(shard: &Shard<V>, key: &RequestKey, now: Millis) {
    if read(shard).peek(key, now).is_none() {
        let reclaimed = write(shard).reclaim(key, now);
        drop(reclaimed);
    }
}

// Foreign code runs under a lock for reading only, which no panic poisons.
fn read<V>(shard: &Shard<V>) -> RwLockReadGuard<'_, ValueTable<V>> {
    shard.0.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<V>(shard: &Shard<V>) -> RwLockWriteGuard<'_, ValueTable<V>> {
    shard.0.write().unwrap_or_else(PoisonError::into_inner)
}

impl<V: Clone> From<ValueHit<'_, V>> for SharedHit<V> {
    fn from(hit: ValueHit<'_, V>) -> Self {
        let ValueHit { value, weight, meta, age, freshness } = hit;
        Self { value: value.clone(), weight, meta, age, freshness }
    }
}

impl<V> fmt::Debug for SharedTable<V> {
    /// Shows sizes and counters; no key, no value, no seed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTable")
            .field("shards", &self.shards.len())
            .field("len", &self.len())
            .field("bytes", &self.bytes())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl<V> fmt::Debug for SharedHit<V> {
    /// Shows the weight, not the value: it is somebody's answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedHit")
            .field("weight", &self.weight)
            .field("meta", &self.meta)
            .field("age", &self.age)
            .field("freshness", &self.freshness)
            .finish_non_exhaustive()
    }
}
