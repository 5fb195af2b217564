//! The chained index against the hashed one: equal in all that a caller can see.

use super::{ArrayMemory, BLOCK_BYTES, key};
use crate::{
    Millis,
    table::{Freshness, HeapMemory, Hit, Memory, Meta, Table},
};
use std::vec::Vec;

const ENTRIES: usize = 100;
const BLOCKS: usize = 205;
/// Four times as many keys as entries, so that nearly every insert evicts.
const KEYS: u64 = 4 * ENTRIES as u64;
const STEPS: u64 = if cfg!(miri) { 300 } else { 100_000 };

/// What a step returned, by what a caller can tell apart, and who is left after an insert.
#[derive(Debug, PartialEq)]
enum Seen {
    Inserted { replaced: bool, evicted: usize, left: Vec<u32> },
    Refused,
    Found(Option<(Freshness, Meta, Vec<u8>)>),
    Count(usize),
}

/// One step, drawn from `random`: mostly lookups and inserts at a time that passes slowly.
fn step<M: Memory>(table: &mut Table<M>, random: u64, time: u64) -> Seen {
    // The lower keys come more often.
    let number = ((random >> 8) % KEYS).min((random >> 24) % KEYS) as u32;
    let (key, now) = (key(number), Millis(time));
    let found = |hit: Hit<'_>| (hit.freshness(), hit.meta(), hit.to_vec());
    match random % 100 {
        0..40 => Seen::Found(table.get(&key, now).map(found)),
        40..45 => Seen::Found(table.get_stale(&key, now).map(found)),
        45..92 => {
            let value = &[random as u8; 4 * BLOCK_BYTES][..(random >> 40) as usize % 200];
            let ttl = (random & 1 << 50 != 0).then_some(Millis(random >> 51 & 511));
            let meta = Meta { created: now, ttl, cost: (random >> 60) as u32 };
            let Ok(inserted) = table.insert(&key, value, meta, now) else { return Seen::Refused };
            let left = (0..KEYS as u32).filter(|&at| table.peek(&super::key(at), now).is_some());
            // Looking at all keys each time would take most of the test's time.
            let left = if random >> 32 & 63 == 0 { left.collect() } else { Vec::new() };
            Seen::Inserted { replaced: inserted.replaced, evicted: inserted.evicted, left }
        }
        92..98 => Seen::Count(usize::from(table.remove(&key))),
        _ => Seen::Count(table.sweep(now, (random >> 32) as usize % 8)),
    }
}

/// SplitMix64, for steps that are the same in every run.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// Both kinds of index give the same results, evict the same entries and count the same, through
/// as many operations as it takes to fill a hash table with tombstones many times over; and the
/// hashed one never allocates.
#[test]
fn both_kinds_are_alike_and_neither_allocates() {
    let mut heap = HeapMemory::new(ENTRIES, BLOCKS * BLOCK_BYTES);
    let allocated = heap.index.allocated_bytes();
    let mut array = ArrayMemory::<ENTRIES, BLOCKS>::new();
    let mut chained = Table::new(&mut array, 1);
    let mut hashed = Table::new(&mut heap, 1);
    hashed.set_stale_for(Millis(20));
    chained.set_stale_for(Millis(20));
    let mut state = 0;
    for time in 0..STEPS {
        let random = random(&mut state);
        let (one, other) = (step(&mut chained, random, time), step(&mut hashed, random, time));
        assert_eq!(one, other, "at step {time}");
        assert_eq!(hashed.memory.index.allocated_bytes(), allocated, "grown at step {time}");
        if time % 997 == 0 {
            chained.validate();
            hashed.validate();
        }
        if time % 30_011 == 30_010 {
            chained.clear();
            hashed.clear();
        }
    }
    assert_eq!(chained.stats(), hashed.stats());
    let stats = hashed.stats();
    let all = [stats.evicted_for_slot, stats.evicted_for_bytes, stats.expired, stats.hits_stale];
    assert!(cfg!(miri) || all.iter().all(|&count| count > 9), "{stats:?}");
}

/// A full table whose every insert evicts, at sizes on both sides of a power of two: the room
/// that was reserved always does.
#[test]
fn no_size_makes_it_grow() {
    for entries in if cfg!(miri) { 7..9 } else { 0..130_usize } {
        let mut heap = HeapMemory::new(entries, 0);
        let allocated = heap.index.allocated_bytes();
        // Two powers of two between which it is rounded, five bytes a place, and a last group.
        let places = (entries * 16 / 7).next_power_of_two().max(4);
        assert!(allocated <= 2 * 5 * places + 32, "{entries} entries: {allocated}");
        let mut table = Table::new(&mut heap, 1);
        for number in 0..20 * entries as u32 {
            table.insert(&key(number), b"", Meta::default(), Millis(0)).expect("it fits");
        }
        table.validate();
        assert_eq!(table.len(), entries);
        assert_eq!(heap.index.allocated_bytes(), allocated, "{entries} entries");
    }
}
