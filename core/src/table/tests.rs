//! The whole table: against an obvious map, at the edges, under attack.

// Statistics over many seeds or requests: slow to interpret, and of code that others of these
// tests take an interpreter through.
#[cfg(not(miri))]
mod flood;
mod model;
#[cfg(not(miri))]
mod policy;
#[cfg(feature = "alloc")]
mod typed;
mod wraps;

use super::{
    ArrayMemory, BLOCK_BYTES, ENTRY_BYTES, Freshness, InsertError, Meta, Miss, SliceMemory, Stats,
    Table, index::INDEX_WORDS, policy::Node, slot::Slot,
};
use crate::{Millis, RequestKey};
use std::{collections::HashSet, vec, vec::Vec};

fn key(number: u32) -> RequestKey {
    let mut bytes = [0x5a; 32];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    RequestKey::from_bytes(bytes)
}

/// SplitMix64, for tests that are the same in every run.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

fn with_ttl(created: u64, ttl: u64) -> Meta {
    Meta { created: Millis(created), ttl: Some(Millis(ttl)), cost: 1 }
}

/// The documented formula is the truth.
#[test]
fn an_entry_takes_what_the_documentation_says() {
    assert_eq!(ENTRY_BYTES, 92);
    let needed = 10 * ENTRY_BYTES + 7 * (BLOCK_BYTES + 4);
    assert_eq!(size_of::<ArrayMemory<10, 7>>(), needed.next_multiple_of(align_of::<Slot>()));
    let table = size_of::<super::engine::State>();
    assert!(table <= 850, "{table}");
}

/// A value that can never fit is refused with its size, evicts nothing, and takes its outdated
/// predecessor with it.
#[test]
fn too_big_is_told_with_sizes() {
    let mut table = Table::new(ArrayMemory::<4, 2>::new(), 1);
    table.insert(&key(1), &[1; 50], Meta::default(), Millis(0)).unwrap();
    table.insert(&key(2), &[2; 60], Meta::default(), Millis(0)).unwrap();
    let refused = table.insert(&key(1), &[0; 129], Meta::default(), Millis(0));
    assert_eq!(refused, Err(InsertError::TooBig { needed: 129, capacity: 128 }));
    table.validate();
    assert!(table.get(&key(1), Millis(0)).is_none());
    assert!(table.get(&key(2), Millis(0)).is_some());
    let taken = table.insert(&key(1), &[0; 128], Meta::default(), Millis(0)).unwrap();
    assert_eq!((taken.replaced, taken.evicted), (false, 1));
    table.validate();
}

/// Without a slot nothing can be stored; without a block only the empty value can.
#[test]
fn no_memory_is_a_table_too() {
    let mut table = Table::new(ArrayMemory::<0, 4>::new(), 1);
    assert_eq!(table.insert(&key(1), b"", Meta::default(), Millis(0)), Err(InsertError::NoSlots));
    assert_eq!(table.lookup(&key(1), Millis(0)).err(), Some(Miss::Absent));
    assert!(!table.remove(&key(1)));
    assert_eq!(table.sweep(Millis(9), 9), 0);
    table.clear();
    table.validate();

    let mut table = Table::new(ArrayMemory::<2, 0>::new(), 1);
    let too_big = InsertError::TooBig { needed: 1, capacity: 0 };
    assert_eq!(table.insert(&key(1), b"x", Meta::default(), Millis(0)), Err(too_big));
    table.insert(&key(1), b"", Meta::default(), Millis(0)).unwrap();
    assert_eq!(table.get(&key(1), Millis(0)).unwrap().as_slice(), Some(&b""[..]));
    table.validate();
}

/// An entry is fresh up to its ttl, then stale as long as the table says, then gone; and `get`
/// never returns a stale one.
#[test]
fn fresh_then_stale_then_gone() {
    let mut table = Table::new(ArrayMemory::<2, 2>::new(), 1);
    table.set_stale_for(Millis(50));
    table.insert(&key(1), b"x", with_ttl(1_000, 100), Millis(1_000)).unwrap();
    assert_eq!(table.get(&key(1), Millis(1_099)).unwrap().freshness(), Freshness::Fresh);
    assert_eq!(table.lookup(&key(1), Millis(1_100)).err(), Some(Miss::Expired));
    let stale = table.get_stale(&key(1), Millis(1_149)).unwrap();
    assert_eq!((stale.freshness(), stale.age()), (Freshness::Stale, Millis(149)));
    assert!(table.peek(&key(1), Millis(1_150)).is_none());
    assert_eq!(table.len(), 1);
    assert_eq!(table.lookup(&key(1), Millis(1_150)).err(), Some(Miss::Expired));
    assert_eq!(table.lookup(&key(1), Millis(1_150)).err(), Some(Miss::Absent));
    assert!(table.is_empty());
    let late = table.insert(&key(1), b"x", with_ttl(0, 100), Millis(150));
    assert_eq!(late, Err(InsertError::Expired));
}

/// When the clock jumps back, entries count as new: none is lost, none has a negative age.
#[test]
fn time_may_go_backwards() {
    let mut table = Table::new(ArrayMemory::<2, 2>::new(), 1);
    table.insert(&key(1), b"x", with_ttl(5_000, 100), Millis(5_000)).unwrap();
    assert_eq!(table.get(&key(1), Millis(3)).unwrap().age(), Millis(0));
    assert_eq!(table.sweep(Millis(0), 9), 0);
    table.insert(&key(2), b"y", with_ttl(u64::MAX, u64::MAX - 1), Millis(0)).unwrap();
    assert!(table.get(&key(2), Millis(u64::MAX)).is_some());
    assert_eq!(table.sweep(Millis(u64::MAX), 1) + table.sweep(Millis(u64::MAX), 1), 1);
    table.validate();
}

/// Sweeping with a small budget looks at no more slots than allowed, and goes on where it stopped.
#[test]
fn sweep_keeps_its_budget() {
    let mut table = Table::new(ArrayMemory::<10, 10>::new(), 1);
    for number in 0..10 {
        table.insert(&key(number), b"x", with_ttl(0, 5), Millis(0)).unwrap();
    }
    for _ in 0..3 {
        assert_eq!(table.sweep(Millis(9), 3), 3);
    }
    assert_eq!(table.sweep(Millis(9), 3), 1);
    assert_eq!(table.sweep(Millis(9), usize::MAX), 0);
    assert_eq!(table.stats().expired, 10);
}

/// What is out of date goes before what is not, however often it was used.
#[test]
fn eviction_takes_the_expired_it_meets() {
    let mut table = Table::new(ArrayMemory::<2, 2>::new(), 1);
    table.insert(&key(1), b"x", with_ttl(0, 5), Millis(0)).unwrap();
    table.insert(&key(2), b"y", Meta::default(), Millis(0)).unwrap();
    (0..9).for_each(|_| assert!(table.get(&key(1), Millis(1)).is_some()));
    table.insert(&key(3), b"z", Meta::default(), Millis(9)).unwrap();
    assert!(table.get(&key(2), Millis(9)).is_some());
    assert_eq!((table.stats().expired, table.stats().evicted_for_slot), (1, 0));
}

/// Entries in use survive a scan of ten times the table's capacity.
#[test]
fn a_scan_does_not_wash_out_what_is_used() {
    let mut table = Table::new(ArrayMemory::<64, 64>::new(), 1);
    let mut number = 1_000;
    for _ in 0..if cfg!(miri) { 80 } else { 640 } {
        for hot in 0..20 {
            if table.get(&key(hot), Millis(0)).is_none() {
                table.insert(&key(hot), b"h", Meta::default(), Millis(0)).unwrap();
            }
        }
        number += 1;
        table.insert(&key(number), b"s", Meta::default(), Millis(0)).unwrap();
    }
    assert_eq!(table.stats().misses_absent, 20);
}

/// A loop too long for the table still hits for most of what fits, where LRU never does.
#[test]
fn a_long_loop_keeps_its_share() {
    let (sizes, keys) = if cfg!(miri) { (24..25, 36) } else { (97..102, 150) };
    for entries in sizes {
        let (mut slots, mut nodes) = (vec![Slot::EMPTY; entries], vec![Node::FREE; entries]);
        let (mut index, mut ghosts) = (vec![0; entries * INDEX_WORDS], vec![[0; 2]; entries]);
        let ghosts = &mut ghosts;
        let memory = SliceMemory::new(&mut slots, &mut nodes, &mut index, ghosts, &mut [], &mut []);
        let mut table = Table::new(memory, 1);
        for _ in 0..20 {
            for number in 0..keys {
                if table.get(&key(number), Millis(0)).is_none() {
                    table.insert(&key(number), b"", Meta::default(), Millis(0)).unwrap();
                }
            }
        }
        let stats = table.stats();
        assert!(stats.hits > 20 * u64::from(keys) / 3, "{entries} entries: {stats:?}");
    }
}

/// Counters stop at their maximum instead of starting again at zero.
#[test]
fn counters_saturate() {
    const NEAR: u64 = u64::MAX - 1;
    let mut table = Table::new(ArrayMemory::<2, 4>::new(), 1);
    let meta = Meta { cost: u32::MAX, ..Meta::default() };
    table.state.stats = Stats {
        hits: NEAR,
        hit_bytes: NEAR,
        hit_cost: NEAR,
        inserts: NEAR,
        insert_bytes: NEAR,
        removed: NEAR,
        misses_absent: NEAR,
        ..Stats::default()
    };
    for _ in 0..3 {
        assert!(table.get(&key(1), Millis(0)).is_none());
        table.insert(&key(1), &[0; 200], meta, Millis(0)).unwrap();
        table.get(&key(1), Millis(0)).unwrap();
        assert!(table.remove(&key(1)));
    }
    let stats = *table.stats();
    let counters = [stats.hits, stats.hit_bytes, stats.hit_cost, stats.inserts];
    assert_eq!(counters, [u64::MAX; 4]);
    assert_eq!([stats.insert_bytes, stats.removed, stats.misses_absent], [u64::MAX; 3]);
    table.validate();
}

/// A memory that was cut in two holds what it held, and the parts of it know nothing of each other.
#[test]
fn a_memory_is_cut_in_two() {
    for (entries, blocks) in [(0, 0), (3, 5), (8, 16), (99, 99)] {
        let mut memory = ArrayMemory::<8, 16>::new();
        let (first, second) = memory.as_slices().split_at(entries, blocks);
        let (mut first, mut second) = (Table::new(first, 1), Table::new(second, 2));
        assert_eq!(first.capacity() + second.capacity(), 8);
        assert_eq!(first.capacity(), entries.min(8));
        for number in 0..20 {
            _ = first.insert(&key(number), b"first", Meta::default(), Millis(0));
            _ = second.insert(&key(number), b"second", Meta::default(), Millis(0));
        }
        for (table, value) in [(&mut first, &b"first"[..]), (&mut second, b"second")] {
            table.validate();
            for number in 0..20 {
                let hit = table.get(&key(number), Millis(0));
                assert!(hit.is_none_or(|hit| hit.copy_to(&mut [0; 16]) == Ok(value)));
            }
        }
    }
}

/// The length of the longest chain after `keys` were inserted.
fn longest_chain(seed: u64, keys: &[RequestKey]) -> usize {
    let entries = keys.len();
    let (mut slots, mut nodes) = (vec![Slot::EMPTY; entries], vec![Node::FREE; entries]);
    let mut index = vec![0; entries * INDEX_WORDS];
    let memory = SliceMemory::new(&mut slots, &mut nodes, &mut index, &mut [], &mut [], &mut []);
    let mut table = Table::new(memory, seed);
    for key in keys {
        table.insert(key, b"", Meta::default(), Millis(0)).unwrap();
    }
    assert_eq!(table.len(), entries);
    let none = (entries + 1).next_power_of_two() - 1;
    let length = |&head: &u32| {
        let chain =
            core::iter::successors(Some(head), |&word| index.get(word as usize & none).copied());
        chain.take_while(|&word| word as usize & none != none).count()
    };
    index[entries..].iter().map(length).max().unwrap_or(0)
}

/// Keys that agree in all but a few bits, wherever those are, do not collide in the index.
#[test]
fn similar_keys_spread() {
    let count = if cfg!(miri) { 64 } else { 4_096_u32 };
    for place in [0, 7, 15, 28] {
        for stride in [1_u32, 256, 65_536] {
            let keys: Vec<RequestKey> = (0..count)
                .map(|number| {
                    let mut bytes = [0; 32];
                    bytes[place..place + 4].copy_from_slice(&(number * stride).to_le_bytes());
                    RequestKey::from_bytes(bytes)
                })
                .collect();
            for seed in [0, 1, u64::MAX] {
                // A random function puts 13 or more of n in one of n places once in 10^5 tables.
                assert!(longest_chain(seed, &keys) <= 12, "at {place} by {stride}, seed {seed}");
            }
        }
    }
}

/// Keys picked to share a chain under one seed are spread by any other: whoever does not know the
/// seed cannot make lookups slow.
#[test]
fn an_attack_needs_the_seed() {
    let hash = super::index::KeyHash::new(1);
    let picked: HashSet<RequestKey> =
        (0..).map(key).filter(|key| hash.of(key) >> 25 == 0).take(64).collect();
    let keys: Vec<RequestKey> = picked.into_iter().collect();
    assert_eq!(longest_chain(1, &keys), 64);
    for seed in 2..if cfg!(miri) { 4 } else { 20 } {
        assert!(longest_chain(seed, &keys) <= 8, "seed {seed}");
    }
}

/// No number of used entries makes one eviction long: it happens after a bounded number of rounds.
#[test]
fn all_entries_in_use_are_no_obstacle() {
    let entries = if cfg!(miri) { 80 } else { 500_u32 };
    let mut slots = vec![Slot::EMPTY; entries as usize];
    let mut nodes = vec![Node::FREE; entries as usize];
    let mut index = vec![0; entries as usize * INDEX_WORDS];
    let memory = SliceMemory::new(&mut slots, &mut nodes, &mut index, &mut [], &mut [], &mut []);
    let mut table = Table::new(memory, 7);
    for number in 0..entries + 100 {
        let inserted = table.insert(&key(number), b"", Meta::default(), Millis(0)).unwrap();
        assert_eq!(inserted.evicted, usize::from(number >= entries));
        (0..9).for_each(|_| assert!(table.get(&key(number), Millis(0)).is_some()));
    }
    table.validate();
}

/// What may be shown shows no key, no value and no seed.
#[test]
fn debug_shows_sizes_only() {
    let mut table = Table::new(ArrayMemory::<2, 4>::new(), 0xdead_beef);
    table.insert(&key(1), b"secret", Meta::default(), Millis(0)).unwrap();
    let hit = table.get(&key(1), Millis(0)).unwrap();
    let shown = std::format!("{hit:?} {:?}", hit.chunks());
    let shown = std::format!("{shown} {table:?}");
    for secret in ["secret", "115, 101", "5a5a", "deadbeef", "3735928559"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
