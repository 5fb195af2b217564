//! The same from several threads at once.

use std::{
    hint::black_box,
    sync::{Arc, Barrier},
    time::Instant,
};

use llm_cache_core::RequestKey;

use super::{
    caches::{META, Moka, NOW, QuickCacheSync},
    cases::Case,
    stream::Stream,
};
use crate::{
    Options,
    report::{Ratio, Table},
    timing::Spread,
};

/// The adapter's table, by its file: the crate as a whole would build serde_json with features that
/// slow the rivals of `key` down.
#[allow(dead_code, unreachable_pub, reason = "a part of another crate")]
#[path = "../../../../std-adapter/src/cache/shared.rs"]
mod shared;
#[allow(dead_code, reason = "a part of another crate")]
#[path = "../../../../std-adapter/src/cache/tally.rs"]
mod tally;
/// What `shared` takes from its parent.
mod sync {
    pub(super) use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
}

use shared::SharedTable;

/// How many threads ask at once.
const THREADS: [usize; 3] = [1, 2, 8];
/// How many calls all threads together make in a round.
const CALLS: usize = 40_000;
const CASE: Case = Case { entries: 10_000, exponent: 0.9, bytes: 64 };

/// A cache that many threads use at once. All share their values, as all hand out clones.
trait Shared: Sync {
    /// Asks for the key; a byte of its value.
    fn get(&self, key: &RequestKey) -> Option<u8>;

    fn insert(&self, key: &RequestKey, value: &[u8]);

    /// Asks for all keys in turn and, on request, inserts those that are not there; the number of
    /// those that were.
    fn play(&self, keys: &[RequestKey], value: Option<&[u8]>) -> usize {
        let is_hit = |key: &&RequestKey| {
            let found = self.get(key);
            if let (None, Some(value)) = (found, value) {
                self.insert(key, value);
            }
            black_box(found).is_some()
        };
        keys.iter().filter(is_hit).count()
    }
}

const SIDES: [&str; 3] = ["ours", "quick_cache_sync", "moka"];
const RATIOS: [Ratio; 2] = [
    Ratio { name: "ours/quick_cache_sync", above: 0, below: 1 },
    Ratio { name: "ours/moka", above: 0, below: 2 },
];

/// Prints the table: nanoseconds of wall time for a call, whichever thread makes it, and the hit
/// ratios of one thread's calls.
pub(super) fn run(options: &Options) {
    let Case { entries, exponent, bytes } = CASE;
    let ratios = SIDES.map(|side| format!("{side}_hit_ratio"));
    let mut table = Table::begin_with(options, "threads", "ns", &SIDES, &RATIOS, &ratios);
    let stream = Stream::new(entries, exponent, options.seed);
    let value = vec![0x5A; bytes];
    let caches: [Box<dyn Shared>; SIDES.len()] = [
        Box::new(SharedTable::<Arc<[u8]>>::new(entries, (entries * bytes) as u64)),
        Box::new(QuickCacheSync::new(entries)),
        Box::new(Moka::new(entries as u64)),
    ];
    let (warm, counted) = stream.keys.split_at(stream.keys.len() / 2);
    let hit_ratios = caches.each_ref().map(|cache| {
        cache.play(warm, Some(&value));
        Some(cache.play(counted, Some(&value)) as f64 / counted.len() as f64)
    });
    for (operation, value) in [("get-or-insert", Some(&*value)), ("get", None)] {
        for threads in THREADS {
            let mut times = vec![Vec::new(); caches.len()];
            for round in 0..options.plan.rounds {
                for turn in 0..caches.len() {
                    let at = (round + turn) % caches.len();
                    times[at].push(time(&*caches[at], threads, round, &stream, value));
                }
            }
            let spreads: Vec<_> = times.into_iter().map(|times| Some(Spread::of(times))).collect();
            let threads = if threads == 1 { "1 thread" } else { &format!("{threads} threads") };
            table.row_with(&format!("{} {threads}", CASE.name(operation)), &spreads, &hit_ratios);
        }
    }
    table.mean();
}

/// Nanoseconds a call, from when all threads are ready until the last is done.
fn time(
    cache: &dyn Shared,
    threads: usize,
    round: usize,
    stream: &Stream,
    value: Option<&[u8]>,
) -> f64 {
    let calls = CALLS / threads;
    let ready = Barrier::new(threads + 1);
    let parts = stream.keys.chunks_exact(calls);
    let parts = parts.cycle().skip(round * threads).take(threads);
    let start = std::thread::scope(|scope| {
        for keys in parts {
            let ready = &ready;
            scope.spawn(move || {
                ready.wait();
                black_box(cache.play(keys, value));
            });
        }
        ready.wait();
        Instant::now()
    });
    start.elapsed().as_secs_f64() * 1e9 / (calls * threads) as f64
}

impl Shared for SharedTable<Arc<[u8]>> {
    fn get(&self, key: &RequestKey) -> Option<u8> {
        Self::get(self, key, NOW).map(|hit| hit.value[0])
    }

    fn insert(&self, key: &RequestKey, value: &[u8]) {
        let inserted = Self::insert(self, key, value.into(), value.len(), META, NOW);
        debug_assert!(inserted.is_ok(), "{inserted:?}");
    }
}

impl Shared for QuickCacheSync {
    fn get(&self, key: &RequestKey) -> Option<u8> {
        Self::get(self, key.as_bytes()).map(|value| value[0])
    }

    fn insert(&self, key: &RequestKey, value: &[u8]) {
        Self::insert(self, *key.as_bytes(), value.into());
    }
}

impl Shared for Moka {
    fn get(&self, key: &RequestKey) -> Option<u8> {
        Self::get(self, key.as_bytes()).map(|value| value[0])
    }

    fn insert(&self, key: &RequestKey, value: &[u8]) {
        Self::insert(self, *key.as_bytes(), value.into());
    }
}
