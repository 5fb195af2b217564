//! What the policy promises, seen through the table: what is dear stays, what is old goes, and
//! neither loops nor scans wash out what is in use.

use super::key;
use crate::{
    Millis,
    table::{ArrayMemory, Memory, Meta, Table},
};
use std::vec::Vec;

fn costing(cost: u32) -> Meta {
    Meta { cost, ..Meta::default() }
}

/// Asks for an answer and stores it on a miss; tells whether it was there.
fn ask<M: Memory>(table: &mut Table<M>, number: u32, cost: u32) -> bool {
    let hit = table.get(&key(number), Millis(0)).is_some();
    if !hit {
        table.insert(&key(number), b"", costing(cost), Millis(0)).expect("it fits");
    }
    hit
}

/// Entries that nobody asks for stay in proportion to what they are worth: of two kinds that come
/// equally often, one at 16 times the cost, 16 of the dear ones are there for each cheap one.
#[test]
fn entries_stay_as_long_as_they_are_worth() {
    const ENTRIES: usize = 1_700;
    let mut table = Table::new(ArrayMemory::<ENTRIES, 0>::new(), 1);
    let asked = 8 * ENTRIES as u32;
    for number in 0..asked {
        ask(&mut table, number, if number % 2 == 0 { 10 } else { 160 });
    }
    let there = |table: &Table<_>, odd| {
        (0..asked)
            .filter(|number| number % 2 == odd && table.peek(&key(*number), Millis(0)).is_some())
            .count()
    };
    let (cheap, dear) = (there(&table, 0), there(&table, 1));
    assert_eq!(cheap + dear, ENTRIES);
    assert!((10 * cheap..24 * cheap).contains(&dear), "{dear} dear ones, {cheap} cheap ones");
    table.validate();
}

/// The unit of cost is the caller's: in one a thousand times smaller the same entries go.
#[test]
fn the_unit_of_cost_does_not_matter() {
    let run = |unit: u32| -> Vec<bool> {
        let mut table = Table::new(ArrayMemory::<20, 0>::new(), 1);
        let asks = 3_000;
        let mut seed = 7_u32;
        (0..asks)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let number = (seed >> 24) % 60;
                ask(&mut table, number, unit << (number % 5))
            })
            .collect()
    };
    // A power of two, whose logarithm is exact.
    assert_eq!(run(1), run(1_024));
}

/// Where only the latest is asked for again, there and back, the table turns into one that keeps
/// the latest: a fixed share for newcomers would hit hardly ever.
#[test]
fn newcomers_get_room_where_they_are_asked_for() {
    const ENTRIES: usize = 200;
    let mut table = Table::new(ArrayMemory::<ENTRIES, 0>::new(), 1);
    let (there, turns) = (3 * ENTRIES as u32, 60);
    let mut hits = 0;
    for _ in 0..turns {
        for number in (0..there).chain((1..there - 1).rev()) {
            hits += u32::from(ask(&mut table, number, 1));
        }
    }
    // The most that any policy can do is about a third.
    assert!(hits > turns * 2 * there / 5, "{hits} of {}", turns * 2 * there);
}

/// What is in use outlives a scan of ten times the table's size, and entries in a loop that does
/// not fit outlive each other.
#[test]
fn neither_scans_nor_loops_take_all() {
    const ENTRIES: usize = 60;
    let mut table = Table::new(ArrayMemory::<ENTRIES, 0>::new(), 1);
    let in_use = ENTRIES as u32 / 2;
    let ask_all = |table: &mut Table<_>| (0..in_use).filter(|at| ask(table, *at, 1)).count() as u32;
    for _ in 0..4 {
        ask_all(&mut table);
    }
    for number in 0..10 * ENTRIES as u32 {
        ask(&mut table, 1_000 + number, 1);
    }
    assert!(ask_all(&mut table) > in_use * 9 / 10);
    for (len, expected) in [(72, 40), (90, 30), (110, 20)] {
        let mut table = Table::new(ArrayMemory::<ENTRIES, 0>::new(), 1);
        let mut turn = || (0..len).filter(|at| ask(&mut table, *at, 1)).count();
        let hits = (0..20).map(|_| turn()).last().expect("there were turns");
        assert!(hits >= expected, "{hits} of {len} with room for {ENTRIES}");
    }
}
