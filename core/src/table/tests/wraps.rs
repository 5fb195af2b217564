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
