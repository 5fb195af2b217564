//! The table as it is, on threads of the system.

use std::thread;

use crate::cache::shared;

#[allow(clippy::duplicate_mod, reason = "once with the real locks, once with shuttle's")]
#[path = "scenario.rs"]
mod scenario;

use scenario::Scenario;

/// Whatever the shards and the room, what the scenario says holds.
#[test]
fn threads_agree() {
    for (seed, (shards, entries, bytes)) in
        (0..).zip([(1, 0, 0), (1, 2, 9), (2, 8, 40), (3, 30, 1_000), (8, 64, 250)])
    {
        let steps = if cfg!(miri) { 100 } else { 20_000 };
        Scenario { seed, shards, entries, bytes, threads: 8, steps }.run();
    }
}
