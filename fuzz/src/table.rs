//! The table of bytes against one of values and a map: whatever it returns is what was last stored,
//! and never too old.

use std::collections::HashMap;

use arbitrary::{Arbitrary, Unstructured};
use llm_cache_core::{
    Millis, RequestKey,
    table::{HeapTable, Meta, ValueTable},
};

#[derive(Arbitrary, Debug)]
enum Op {
    Insert {
        key: u8,
        length: u16,
        ttl: Option<u16>,
        cost: u32,
    },
    Get {
        key: u8,
    },
    GetStale {
        key: u8,
    },
    Remove {
        key: u8,
    },
    Clear,
    Sweep {
        budget: u8,
    },
    /// The clock moves, backwards too.
    Tick {
        by: i16,
    },
    StaleFor {
        by: u16,
    },
}

#[derive(Arbitrary, Debug)]
struct Input {
    entries: u8,
    blocks: u8,
    seed: u64,
    ops: Vec<Op>,
}

struct Stored {
    value: Vec<u8>,
    created: u64,
    ttl: Option<u64>,
}

/// Runs the operations that `data` spells on a table and on the map.
pub fn check(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let bytes = usize::from(input.blocks) * 64;
    let mut table = HeapTable::with_capacity(usize::from(input.entries), bytes, input.seed);
    let mut typed =
        ValueTable::<Vec<u8>>::new(usize::from(input.entries), bytes as u64, input.seed);
    let mut model = HashMap::<u8, Stored>::new();
    let mut now = 1_u64 << 20;
    for (step, op) in input.ops.into_iter().enumerate() {
        match op {
            Op::Insert { key, length, ttl, cost } => {
                let value: Vec<_> = (0..length).map(|at| (usize::from(at) + step) as u8).collect();
                let ttl = ttl.map(u64::from);
                let meta = Meta { created: Millis(now), ttl: ttl.map(Millis), cost };
                model.remove(&key);
                // What a value weighs there is what it takes here, so the same entries must go.
                let weight = value.len().next_multiple_of(64);
                let kept = typed.insert(&name(key), value.clone(), weight, meta, Millis(now));
                let inserted = table.insert(&name(key), &value, meta, Millis(now));
                assert_eq!(inserted.ok(), kept.ok());
                if inserted.is_ok() {
                    assert!(value.len() <= bytes);
                    model.insert(key, Stored { value, created: now, ttl });
                }
            }
            Op::Get { key } => {
                let same = typed.lookup(&name(key), Millis(now)).map(|hit| hit.value.clone()).ok();
                let hit = table.get(&name(key), Millis(now));
                assert_eq!(hit.as_ref().map(|hit| hit.to_vec()), same);
                if let Some(hit) = hit {
                    let stored = &model[&key];
                    assert_eq!(hit.to_vec(), stored.value);
                    let age = now.saturating_sub(stored.created);
                    assert!(stored.ttl.is_none_or(|ttl| age < ttl), "fresh at age {age}");
                }
            }
            Op::GetStale { key } => {
                let same = typed.get_stale(&name(key), Millis(now)).is_some();
                let hit = table.get_stale(&name(key), Millis(now));
                assert_eq!(hit.is_some(), same);
                if let Some(hit) = hit {
                    assert_eq!(hit.to_vec(), model[&key].value);
                }
            }
            Op::Remove { key } => {
                let removed = table.remove(&name(key));
                assert!(!removed || model.contains_key(&key));
                assert_eq!(typed.remove(&name(key)).is_some(), removed);
                model.remove(&key);
            }
            Op::Clear => {
                table.clear();
                typed.clear();
                model.clear();
            }
            Op::Sweep { budget } => {
                let gone = table.sweep(Millis(now), usize::from(budget));
                assert_eq!(typed.sweep(Millis(now), usize::from(budget), drop), gone);
            }
            Op::Tick { by } => now = now.saturating_add_signed(i64::from(by)),
            Op::StaleFor { by } => {
                table.set_stale_for(Millis(u64::from(by)));
                typed.set_stale_for(Millis(u64::from(by)));
            }
        }
        assert!(table.len() <= table.capacity().min(model.len()));
        assert!(table.bytes() <= bytes as u64);
        assert_eq!(typed.len(), table.len());
        #[cfg(fuzzing)]
        {
            table.validate();
            typed.validate();
        }
    }
}

fn name(key: u8) -> RequestKey {
    RequestKey::from_bytes([key; 32])
}
