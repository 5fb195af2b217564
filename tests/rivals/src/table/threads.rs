//! The same from several threads at once.

use std::{
    hint::black_box,
    sync::{Barrier, Mutex},
    time::Instant,
};

use llm_cache_core::{RequestKey, table::HeapTable};

use super::{
    caches::{META, Moka, NOW, QuickCacheSync},
    cases::Case,
    stream::Stream,
};
use crate::{Options, report::Table, timing::Spread};

/// How many threads ask at once.
const THREADS: [usize; 3] = [1, 2, 8];
/// How many calls all threads together make in a round.
const CALLS: usize = 40_000;
const CASE: Case = Case { entries: 10_000, exponent: 0.9, bytes: 64 };

/// A cache that many threads use at once.
trait Shared: Sync {
    /// Asks for the key and inserts it if it is not there; whether it was.
    fn get_or_insert(&self, key: &RequestKey, value: &[u8]) -> bool;
}

const SIDES: [&str; 3] = ["ours", "quick_cache_sync", "moka"];

/// Prints the table: nanoseconds of wall time for a call, whichever thread makes it.
pub(super) fn run(options: &Options) {
    let Case { entries, exponent, bytes } = CASE;
    let mut table = Table::begin_with(options, "threads", "ns", &SIDES, &[], &[]);
    let stream = Stream::new(entries, exponent, options.seed);
    let value = vec![0x5A; bytes];
    for threads in THREADS {
        let ours = HeapTable::with_capacity(entries, entries * bytes, options.seed);
        let caches: [Box<dyn Shared>; SIDES.len()] = [
            Box::new(Mutex::new(ours)),
            Box::new(QuickCacheSync::new(entries)),
            Box::new(Moka::new(entries as u64)),
        ];
        for cache in &caches {
            play(&**cache, &stream.keys, &value);
        }
        let mut times = vec![Vec::new(); caches.len()];
        for round in 0..options.plan.rounds {
            for turn in 0..caches.len() {
                let at = (round + turn) % caches.len();
                times[at].push(time(&*caches[at], threads, round, &stream, &value));
            }
        }
        let spreads: Vec<_> = times.into_iter().map(|times| Some(Spread::of(times))).collect();
        let threads = if threads == 1 { "1 thread" } else { &format!("{threads} threads") };
        table.row_with(&format!("{} {threads}", CASE.name("get-or-insert")), &spreads, &[]);
    }
    table.mean();
}

/// Nanoseconds a call, from when all threads are ready until the last is done.
fn time(cache: &dyn Shared, threads: usize, round: usize, stream: &Stream, value: &[u8]) -> f64 {
    let calls = CALLS / threads;
    let ready = Barrier::new(threads + 1);
    let parts = stream.keys.chunks_exact(calls);
    let parts = parts.cycle().skip(round * threads).take(threads);
    let start = std::thread::scope(|scope| {
        for keys in parts {
            let ready = &ready;
            scope.spawn(move || {
                ready.wait();
                play(cache, keys, value);
            });
        }
        ready.wait();
        Instant::now()
    });
    start.elapsed().as_secs_f64() * 1e9 / (calls * threads) as f64
}

fn play(cache: &dyn Shared, keys: &[RequestKey], value: &[u8]) {
    for key in keys {
        black_box(cache.get_or_insert(key, value));
    }
}

/// One lock around the table.
impl Shared for Mutex<HeapTable> {
    fn get_or_insert(&self, key: &RequestKey, value: &[u8]) -> bool {
        let Ok(mut table) = self.lock() else { return false };
        let hit = table.get(key, NOW).and_then(|hit| hit.chunks().next().map(|chunk| chunk[0]));
        if hit.is_none() {
            let inserted = table.insert(key, value, META, NOW);
            debug_assert!(inserted.is_ok(), "{inserted:?}");
        }
        black_box(hit).is_some()
    }
}

impl Shared for QuickCacheSync {
    fn get_or_insert(&self, key: &RequestKey, value: &[u8]) -> bool {
        let hit = self.get(key.as_bytes()).map(|value| value[0]);
        if hit.is_none() {
            self.insert(*key.as_bytes(), value.into());
        }
        black_box(hit).is_some()
    }
}

impl Shared for Moka {
    fn get_or_insert(&self, key: &RequestKey, value: &[u8]) -> bool {
        let hit = self.get(key.as_bytes()).map(|value| value[0]);
        if hit.is_none() {
            self.insert(*key.as_bytes(), value.into());
        }
        black_box(hit).is_some()
    }
}
