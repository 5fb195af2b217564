//! The typed table: as the byte table in every step, and safe from what its values do.

use super::super::{BLOCK_BYTES, Freshness, HeapTable, InsertError, Meta, Miss, ValueTable};
use super::{key, with_ttl};
use crate::Millis;
use core::cell::RefCell;
use proptest::{collection, prelude::*};
use std::{panic, rc::Rc, string::String, vec::Vec};

/// What a value weighs and how long it is fresh.
fn insert() -> impl Strategy<Value = (u32, usize, u64, u32)> {
    (0..24_u32, 0..12_usize, 1..40_u64, 0..5_u32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 256 }))]

    /// Where values fill whole blocks, bytes and typed values of their weight come and go alike:
    /// each result, each count, each entry that is left.
    #[test]
    fn bytes_and_values_agree(
        steps in collection::vec((0..4_u8, insert()), 0..if cfg!(miri) { 30 } else { 300 }),
        stale_for in 0..3_u64,
    ) {
        let mut bytes = HeapTable::with_capacity(10, 40 * BLOCK_BYTES, 7);
        let mut values = ValueTable::new(10, 40 * BLOCK_BYTES as u64, 7);
        bytes.set_stale_for(Millis(stale_for));
        values.set_stale_for(Millis(stale_for));
        for (at, (kind, (number, blocks, ttl, cost))) in steps.into_iter().enumerate() {
            let (now, key) = (Millis(at as u64), key(number));
            let meta = Meta { cost, ..with_ttl(at as u64, ttl) };
            match kind {
                0 => {
                    let value = std::vec![number as u8; blocks * BLOCK_BYTES];
                    let typed = values.insert(&key, value.clone(), value.len(), meta, now);
                    prop_assert_eq!(typed, bytes.insert(&key, &value, meta, now));
                }
                1 => prop_assert_eq!(values.remove(&key).is_some(), bytes.remove(&key)),
                2 => {
                    let swept = values.sweep(now, blocks, drop);
                    prop_assert_eq!(swept, bytes.sweep(now, blocks));
                }
                _ => {
                    let shared = values.peek(&key, now).map(|hit| hit.freshness);
                    let found = values.lookup(&key, now);
                    let same = bytes.lookup(&key, now);
                    prop_assert_eq!(found.as_ref().err(), same.as_ref().err());
                    if let (Ok(found), Ok(same)) = (found, same) {
                        prop_assert_eq!(found.value, &same.to_vec());
                        prop_assert_eq!((found.weight, found.meta), (same.len(), same.meta()));
                        prop_assert_eq!(found.age, same.age());
                        prop_assert_eq!(found.freshness, same.freshness());
                        prop_assert_eq!(shared, Some(Freshness::Fresh));
                    }
                }
            }
            values.validate();
            prop_assert_eq!(values.stats(), bytes.stats());
            prop_assert_eq!((values.len(), values.bytes()), (bytes.len(), bytes.bytes()));
        }
    }
}

/// A shared lookup counts as used for eviction, sees what is fresh or stale as any other does, and
/// changes no counter and no entry.
#[test]
fn shared_lookups_only_count_as_used() {
    let mut table = ValueTable::new(4, 100, 1);
    table.set_stale_for(Millis(10));
    for number in 0..4 {
        table.insert(&key(number), number, 1, with_ttl(0, 20), Millis(0)).unwrap();
    }
    let before = *table.stats();
    for number in 0..3 {
        assert_eq!(table.lookup_shared(&key(number), Millis(19)).map(|hit| *hit.value), Ok(number));
    }
    assert_eq!(table.lookup_shared(&key(0), Millis(20)).err(), Some(Miss::Expired));
    let stale = table.stale_shared(&key(0), Millis(20)).map(|hit| (*hit.value, hit.freshness));
    assert_eq!(stale, Ok((0, Freshness::Stale)));
    assert_eq!(table.stale_shared(&key(0), Millis(30)).err(), Some(Miss::Expired));
    assert_eq!(table.stale_shared(&key(9), Millis(0)).err(), Some(Miss::Absent));
    assert_eq!((table.len(), *table.stats()), (4, before));
    assert_eq!(table.reclaim(&key(0), Millis(29)), None);
    assert_eq!((table.len(), *table.stats()), (4, before));
    table.insert(&key(9), 9, 1, Meta::default(), Millis(1)).unwrap();
    assert!(table.peek(&key(3), Millis(1)).is_none(), "the only one that nobody asked for");
}

/// Every value leaves by one door: replaced, evicted or refused, `gone` gets it and nothing else
/// drops it.
#[test]
fn what_leaves_is_handed_over() {
    let mut table = ValueTable::new(2, 10, 1);
    let mut gone = Vec::new();
    let mut insert = |number: u32, value: &str, weight| {
        let value = (String::from(value), weight);
        table.insert_then(&key(number), value, Meta::default(), Millis(0), |v| gone.push(v))
    };
    insert(1, "first", 4).unwrap();
    insert(1, "second", 4).unwrap();
    insert(2, "third", 4).unwrap();
    assert_eq!(insert(3, "fourth", 10).unwrap().evicted, 2);
    let refused = insert(4, "fifth", 11);
    assert_eq!(refused, Err(InsertError::TooBig { needed: 11, capacity: 10 }));
    gone.sort();
    assert_eq!(gone, ["fifth", "first", "second", "third"]);
    assert_eq!(table.remove(&key(3)).as_deref(), Some("fourth"));
    table.insert(&key(5), String::from("sixth"), 0, Meta::default(), Millis(0)).unwrap();
    assert_eq!(table.clear(), ["sixth"]);
    table.validate();
}

/// A value that panics when it is dropped.
struct Bomb(Rc<RefCell<bool>>);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(!self.0.replace(false), "a panic of the value's");
    }
}

/// Something to do with a table; tells whether it worked.
type Call<'a> = &'a dyn Fn(&mut ValueTable<Bomb>) -> bool;

/// A panic in a value's `drop` leaves the table in order, whatever call it comes in.
#[test]
fn a_panic_in_drop_breaks_nothing() {
    let armed = Rc::new(RefCell::new(false));
    let mut table = ValueTable::new(2, 10, 1);
    let insert = |table: &mut ValueTable<Bomb>, number, weight| {
        table.insert(&key(number), Bomb(armed.clone()), weight, Meta::default(), Millis(0)).is_ok()
    };
    let calls: [Call<'_>; 4] = [
        &|table| insert(table, 0, 3),
        &|table| insert(table, 7, 9),
        &|table| table.lookup(&key(0), Millis(50)).is_ok(),
        &|table| table.sweep(Millis(50), 9, drop) > 0,
    ];
    for call in calls {
        table.clear();
        for number in 0..2 {
            table.insert(&key(number), Bomb(armed.clone()), 5, with_ttl(0, 50), Millis(0)).unwrap();
        }
        armed.replace(true);
        panic::catch_unwind(panic::AssertUnwindSafe(|| call(&mut table))).unwrap_err();
        assert!(!*armed.borrow());
        table.validate();
        assert!(insert(&mut table, 9, 10));
        table.validate();
    }
}

/// More bytes than a word counts are room for more values, not for a larger one.
#[test]
fn bytes_may_exceed_a_word() {
    let mut table = ValueTable::new(4, u64::MAX, 1);
    assert_eq!(table.weight_max(), u32::MAX as usize);
    for number in 0..3 {
        table.insert(&key(number), (), u32::MAX as usize, Meta::default(), Millis(0)).unwrap();
    }
    assert_eq!((table.len(), table.bytes()), (3, 3 * u64::from(u32::MAX)));
    table.validate();
}
