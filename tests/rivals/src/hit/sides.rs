//! The caches that a trace is played to.

use std::hash::{BuildHasher, DefaultHasher, Hasher};

use llm_cache_core::{
    Millis, RequestKey,
    table::{BLOCK_BYTES, HeapTable, Meta},
};

use super::trace::Trace;
use crate::{
    policy::{Policy, belady, lirs::Lirs, s3fifo::S3Fifo, sieve::Sieve},
    random::Random,
};

/// The columns: ours, rivals as they are, simulated rivals, the optimum.
pub(super) const SIDES: [(&str, Side); 9] = [
    ("ours_ratio", ours),
    ("lru_ratio", |trace, capacity, _| {
        let mut cache = lru::LruCache::new(capacity.try_into().expect("a capacity is not 0"));
        play(trace, |key| {
            let hit = cache.get(&key).is_some();
            if !hit {
                cache.put(key, ());
            }
            hit
        })
    }),
    ("schnellru_ratio", |trace, capacity, _| {
        let mut cache = schnellru::LruMap::new(schnellru::ByLength::new(capacity as u32));
        play(trace, |key| {
            let hit = cache.get(&key).is_some();
            if !hit {
                cache.insert(key, ());
            }
            hit
        })
    }),
    ("quick_cache_unsync_ratio", |trace, capacity, _| {
        let mut cache = quick_cache::unsync::Cache::new(capacity);
        play(trace, |key| {
            let hit = cache.get(&key).is_some();
            if !hit {
                cache.insert(key, ());
            }
            hit
        })
    }),
    ("moka_ratio", moka),
    ("sieve_sim_ratio", |trace, capacity, _| simulate(trace, Sieve::new(capacity, trace.keys))),
    ("s3fifo_sim_ratio", |trace, capacity, _| simulate(trace, S3Fifo::new(capacity, trace.keys))),
    ("lirs_sim_ratio", |trace, capacity, _| simulate(trace, Lirs::new(capacity, trace.keys))),
    ("opt", |trace, capacity, _| belady::hits(&trace.requests, trace.keys, capacity)),
];

/// Plays a trace to a cache for a number of entries, with a seed; the number of hits.
type Side = fn(&Trace, usize, u64) -> usize;

/// The public table, with values of one block each and memory for `capacity` of them.
fn ours(trace: &Trace, capacity: usize, seed: u64) -> usize {
    const NOW: Millis = Millis(0);
    const META: Meta = Meta { created: NOW, ttl: None, cost: 0 };
    let mut random = Random::new(seed);
    let key = |_| RequestKey::from_bytes(random.bytes());
    let keys: Vec<_> = (0..trace.keys).map(key).collect();
    let mut table = HeapTable::with_capacity(capacity, capacity * BLOCK_BYTES, random.next());
    play(trace, |at| {
        let key = &keys[at as usize];
        let hit = table.get(key, NOW).is_some();
        if !hit {
            let inserted = table.insert(key, &[0; BLOCK_BYTES], META, NOW);
            debug_assert!(inserted.is_ok(), "{inserted:?}");
        }
        hit
    })
}

/// With its maintenance after each insert: without, it holds some tens of entries more than it may,
/// as evicting is left to later calls. Reads in between are kept for the maintenance.
fn moka(trace: &Trace, capacity: usize, seed: u64) -> usize {
    let cache = moka::sync::Cache::builder()
        .max_capacity(capacity as u64)
        .build_with_hasher(SeededHasher(seed));
    play(trace, |key| {
        let hit = cache.get(&key).is_some();
        if !hit {
            cache.insert(key, ());
            cache.run_pending_tasks();
            debug_assert!(cache.entry_count() <= capacity as u64);
        }
        hit
    })
}

fn simulate(trace: &Trace, mut policy: impl Policy) -> usize {
    play(trace, |key| policy.request(key))
}

fn play(trace: &Trace, mut is_hit: impl FnMut(u32) -> bool) -> usize {
    trace.requests.iter().filter(|&&key| is_hit(key)).count()
}

/// Hashes that are the same in every run: moka's sketch counts hashes.
#[derive(Clone)]
struct SeededHasher(u64);

impl BuildHasher for SeededHasher {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.0);
        hasher
    }
}
