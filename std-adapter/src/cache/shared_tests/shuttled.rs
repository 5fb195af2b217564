//! The table with shuttle's locks, which yield to another thread as a drawn schedule says.

use shuttle::{check_random, thread};

use crate::cache::tally;

/// What the table finds in place of the standard library's locks.
mod sync {
    pub(super) use shuttle::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
}

#[allow(
    clippy::duplicate_mod,
    dead_code,
    unreachable_pub,
    reason = "the same file, of which this needs a part"
)]
#[path = "../shared.rs"]
mod shared;

#[allow(clippy::duplicate_mod, reason = "once with the real locks, once with shuttle's")]
#[path = "scenario.rs"]
mod scenario;

use scenario::Scenario;

/// Under thousands of schedules, few keys and little room: every step meets every other.
#[test]
fn schedules_agree() {
    for (seed, (shards, entries, bytes)) in (0..).zip([(1, 2, 9), (2, 4, 20)]) {
        let scenario = Scenario { seed, shards, entries, bytes, threads: 3, steps: 12 };
        check_random(move || scenario.run(), 3_000);
    }
}
