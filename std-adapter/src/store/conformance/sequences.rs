//! Random operations beside a map that does the same.

use std::collections::HashMap;

use llm_cache_core::{
    Millis,
    record::{Record, Timestamp},
};

use super::{Store, holds, is_absent, key, put_record};

/// Whatever comes in whatever order: what the store has is what the map has. The store may have
/// less.
pub(super) fn agrees_with_a_map(store: &impl Store, seed: u64) {
    let mut random = Random(seed);
    let mut map: HashMap<u32, Vec<u8>> = HashMap::new();
    for step in 0..400_u32 {
        let n = random.below(12) as u32;
        match random.below(100) {
            0..45 => {
                let len = random.below(if step % 50 == 0 { 9_000 } else { 300 });
                let payload = vec![random.below(256) as u8; len as usize];
                put_record(store, &record(n, &payload)).expect("put");
                map.insert(n, payload);
            }
            45..60 => {
                let was_there = !is_absent(store, n);
                let removed = store.remove(&key(n)).wait().expect("remove");
                assert_eq!(removed, was_there, "seed {seed}, step {step}: what remove tells");
                map.remove(&n);
            }
            60..61 => {
                store.clear().wait().expect("clear");
                map.clear();
            }
            61..64 => store.flush().wait().expect("flush"),
            _ => {}
        }
        let asked = random.below(12) as u32;
        let Some(payload) = map.get(&asked) else {
            assert!(is_absent(store, asked), "seed {seed}, step {step}: gone and still there");
            continue;
        };
        if !holds(store, &record(asked, payload)) {
            map.remove(&asked);
        }
    }
    let stats = store.stats();
    assert!(stats.entries <= map.len() as u64, "seed {seed}: {} entries", stats.entries);
}

fn record(n: u32, payload: &[u8]) -> Record<'_> {
    let created = Timestamp::unix(Millis(u64::from(n) << 40));
    Record { created, ttl: Some(Millis(n.into())), cost: n, ..Record::new(key(n), payload) }
}

/// Marsaglia's xorshift with 64 bits: equal seeds, equal tests.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of a xorshift are its weakest.
        (self.0 >> 20) % bound
    }
}
