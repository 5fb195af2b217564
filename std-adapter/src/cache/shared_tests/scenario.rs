//! Threads that write keys of their own and read everybody's.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use llm_cache_core::{
    Millis, RequestKey,
    table::{Freshness, Meta, Stats},
};

use super::{shared::SharedTable, thread};

/// Keys that each thread writes; no other does.
const KEYS_EACH: u64 = 4;

#[derive(Clone, Copy)]
pub(super) struct Scenario {
    pub(super) seed: u64,
    pub(super) shards: usize,
    pub(super) entries: usize,
    pub(super) bytes: u64,
    pub(super) threads: u64,
    pub(super) steps: usize,
}

/// A value knows what it was put in as, and keeps a token by which the living are counted.
#[derive(Clone)]
struct Value {
    key: u64,
    version: u64,
    meta: Meta,
    _token: Arc<()>,
}

struct World {
    table: SharedTable<Value>,
    token: Arc<()>,
    /// Goes on with each step of any thread.
    clock: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Scenario {
    /// Runs all threads to their end and checks what must hold then.
    pub(super) fn run(self) {
        let world = Arc::new(World {
            table: SharedTable::with_shards(self.shards, self.entries, self.bytes),
            token: Arc::new(()),
            clock: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        });
        world.table.set_stale_for(Millis(3));
        let threads: Vec<_> = (0..self.threads)
            .map(|number| {
                let world = Arc::clone(&world);
                thread::spawn(move || self.work(&world, number))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("no assertion failed"));
        world.settle();
        world.table.clear();
        assert!(world.table.is_empty());
        world.settle();
    }

    fn work(self, world: &World, number: u64) {
        let mut random = self.seed << 32 | number << 16 | 1;
        let mut draw = |below: u64| {
            // Xorshift (Marsaglia 2003).
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 16) % below
        };
        let mut newest_seen = HashMap::new();
        for version in 1..=self.steps as u64 {
            let now = Millis(world.clock.fetch_add(1, SeqCst));
            let own = number * KEYS_EACH + draw(KEYS_EACH);
            match draw(16) {
                0..6 => {
                    let ttl = Some(Millis(draw(60)));
                    let meta = Meta { created: now, ttl, cost: draw(9) as u32 };
                    let value = Value { key: own, version, meta, _token: world.token.clone() };
                    let weight = draw(12) as usize;
                    let stored = world.table.insert(&name(own), value, weight, meta, now);
                    assert!(stored.is_err() || weight <= world.table.weight_max());
                    newest_seen.insert(own, version);
                }
                6 => {
                    let removed = world.table.remove(&name(own));
                    assert!(removed.is_none_or(|value| value.key == own));
                }
                7 if draw(20) == 0 => world.table.clear(),
                7 => drop(world.table.sweep(now, draw(9) as usize)),
                _ => {
                    let key = draw(self.threads * KEYS_EACH);
                    let newest = newest_seen.entry(key).or_insert(0);
                    world.read(key, now, draw(2) == 0, newest);
                }
            }
        }
    }
}

impl World {
    /// What is found is what was put in under that key, not too old, and never older than what
    /// this thread has seen or written before.
    fn read(&self, key: u64, now: Millis, stale: bool, newest: &mut u64) {
        let name = name(key);
        let found = match stale {
            false => self.table.lookup(&name, now).ok(),
            true => self.table.get_stale(&name, now),
        };
        let Some(hit) = found else {
            self.misses.fetch_add(1, SeqCst);
            return;
        };
        self.hits.fetch_add(1, SeqCst);
        assert_eq!((hit.value.key, hit.value.meta), (key, hit.meta));
        assert!(hit.value.version >= *newest, "an outdated value");
        *newest = hit.value.version;
        let age = now.since(hit.meta.created);
        let over = age.0.checked_sub(hit.meta.ttl.unwrap_or_default().0);
        assert_eq!((hit.age, hit.freshness == Freshness::Stale), (age, over.is_some()));
        assert!(over.is_none_or(|over| stale && over < 3), "beyond use: {over:?}");
    }

    /// When all is quiet: within bounds, each lookup counted, each entry there or counted away,
    /// and no value alive but those.
    fn settle(&self) {
        let (len, stats) = (self.table.len(), self.table.stats());
        assert!(len <= self.table.capacity());
        assert!(self.table.bytes() <= self.table.weight_max() as u64 * self.table.shards() as u64);
        assert_eq!(Arc::strong_count(&self.token), 1 + len, "a value is lost or leaked");
        let Stats { inserts, replaced, expired, removed, .. } = stats;
        let gone = replaced + expired + removed + stats.evicted_for_slot + stats.evicted_for_bytes;
        // An older value that went with the refusal of a newer one counts as removed.
        assert_eq!(inserts - gone, len as u64, "{stats:?}");
        assert_eq!(stats.hits + stats.hits_stale, self.hits.load(SeqCst));
        assert_eq!(stats.misses_absent + stats.misses_expired, self.misses.load(SeqCst));
    }
}

fn name(key: u64) -> RequestKey {
    RequestKey::from_bytes(std::array::from_fn(|at| (key >> (at % 8 * 8)) as u8 ^ at as u8))
}
