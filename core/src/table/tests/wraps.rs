//! Counters at the end of their range.

use super::{key, with_ttl};
use crate::{
    Millis,
    table::{ArrayMemory, Meta, Stats, Table},
};

/// Whatever a table counts stays at the maximum once it is there, and nothing else notices.
#[test]
fn every_statistic_saturates() {
    const MAX: u64 = u64::MAX;
    let full = Stats {
        hits: MAX,
        hits_stale: MAX,
        misses_absent: MAX,
        misses_expired: MAX,
        hit_bytes: MAX,
        hit_cost: MAX,
        inserts: MAX,
        replaced: MAX,
        insert_bytes: MAX,
        rejected_too_big: MAX,
        rejected_expired: MAX,
        evicted_for_slot: MAX,
        evicted_for_bytes: MAX,
        expired: MAX,
        removed: MAX,
    };
    let mut table = Table::new(ArrayMemory::<3, 4>::new(), 1);
    table.state.stats = full;
    table.set_stale_for(Millis(5));
    for number in 0..20 {
        let now = Millis(u64::from(number));
        // Values that evict for a slot and for bytes, one that is too big, one that is too late.
        _ = table.insert(&key(number), &[1; 70], with_ttl(now.0, 3), now);
        _ = table.insert(&key(number + 1), b"x", Meta::default(), now);
        _ = table.insert(&key(number + 2), &[1; 257], Meta::default(), now);
        _ = table.insert(&key(number + 3), &[], with_ttl(0, 0), Millis(9));
        for asked in 0..number {
            _ = table.get(&key(asked), now);
            _ = table.get_stale(&key(asked), now);
        }
        table.remove(&key(number + 1));
        table.sweep(now, 2);
        table.validate();
        assert_eq!(*table.stats(), full);
    }
    table.clear();
    assert_eq!(*table.stats(), full);
}

/// The clocks of the policy's classes go round without a trace: a table whose clocks are about to
/// returns what one that begins at zero does, for entries of every worth, and across the wrap.
#[test]
fn clocks_go_round_unnoticed() {
    const ENTRIES: usize = 40;
    let asks = if cfg!(miri) { 400 } else { 20_000_u32 };
    let run = |clock: u64| {
        let mut table = Table::new(ArrayMemory::<ENTRIES, 0>::new(), 1);
        table.state.policy.start_clock(clock);
        let mut hits = std::vec::Vec::new();
        let mut random = 9_u32;
        for _ in 0..asks {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = (random >> 20) % 120;
            let meta = Meta { cost: 1 << (number % 30), ..Meta::default() };
            hits.push(table.get(&key(number), Millis(0)).is_some());
            if hits.last() == Some(&false) {
                table.insert(&key(number), b"", meta, Millis(0)).expect("it fits");
            }
        }
        table.validate();
        assert_ne!(table.state.policy.now(), clock, "the clock stands still");
        hits
    };
    let hits = run(0);
    for before in [1, 1 << 30, 1 << 45, 1 << 55] {
        assert_eq!(run(0_u64.wrapping_sub(before)), hits, "{before} before the wrap");
    }
}
