//! What every store must pass. For the stores here and for those of other crates.
//!
//! ```
//! use llm_cache::store::{MemoryStore, conformance};
//!
//! conformance::check(MemoryStore::new);
//! ```
//!
//! A store that outlives a process also runs [`check_reopened`], one that several may have open at
//! a time [`check_shared`].

mod pages;
mod sequences;
#[cfg(test)]
mod tests;
mod threads;
mod values;

use std::time::{Duration, Instant};

use llm_cache_core::{RequestKey, record::Record};

use super::{Entry, Store, StoreError, StoreErrorKind};

/// Runs the contract of [`Store`] against stores that `make` opens anew and empty, one at a time.
///
/// A store that forgets everything, like [`NoStore`](super::NoStore), passes too: what is asked for
/// is that nothing wrong is returned. It takes about a second on a store that does not wait for a
/// disk, and puts some 3,000 entries.
///
/// # Panics
/// Where the store breaks the contract, with what it did.
pub fn check<S: Store>(mut make: impl FnMut() -> S) {
    values::returns_what_was_put(&make());
    values::keys_are_told_apart(&make());
    values::newest_wins(&make());
    values::removes_and_clears(&make());
    values::keeps_its_bound(&make());
    pages::lists_every_entry(&make());
    pages::invalidates_what_is_named(&make());
    pages::gets_many(&make());
    pages::leases_have_one_holder(&make());
    pages::awaited_as_well(&make());
    for seed in 1..=8 {
        sequences::agrees_with_a_map(&make(), seed);
    }
    threads::serves_many(&make());
    threads::never_goes_back(&make());
    threads::clears_under_writers(&make());
    as_an_object(Box::new(make()));
}

/// Runs what a store owes that is kept outside the process. `open` opens the same place each time,
/// empty the first time, after the store that it opened before was dropped.
///
/// # Panics
/// Where the store breaks the contract, and where of a few small entries one is gone that was there
/// before.
pub fn check_reopened<S: Store>(mut open: impl FnMut() -> S) {
    let store = open();
    for n in 0..20 {
        put(&store, n, b"first");
    }
    store.flush().wait().expect("flush");
    drop(store);

    let store = open();
    for n in 0..20 {
        assert!(holds(&store, &Record::new(key(n), b"first")), "entry {n} was flushed and is gone");
    }
    for n in 0..10 {
        put(&store, n, b"second");
    }
    for n in 5..15 {
        assert!(store.remove(&key(n)).wait().expect("remove"), "entry {n} was there");
    }
    drop(store);

    let store = open();
    for n in 0..20 {
        let payload = if n < 10 { &b"second"[..] } else { b"first" };
        let is_there = holds(&store, &Record::new(key(n), payload));
        assert_eq!(is_there, !(5..15).contains(&n), "entry {n} after an orderly end");
    }
    assert_eq!(store.stats().entries, 10, "what is there is counted");
    store.clear().wait().expect("clear");
    drop(store);

    let store = open();
    for n in 0..20 {
        assert!(is_absent(&store, n), "entry {n} was cleared and is back");
    }
    put(&store, 3, b"third");
    assert!(holds(&store, &Record::new(key(3), b"third")), "takes no more after a clear");
}

/// Runs what a store owes that several have open at a time. `open` opens the same place each time,
/// empty the first time, while the stores that it opened before are still open.
///
/// A put is there for all others as soon as it has returned; a removal within a second (ten are
/// waited for, as machines that run tests are busy).
///
/// # Panics
/// Where the store breaks the contract.
pub fn check_shared<S: Store>(mut open: impl FnMut() -> S) {
    let stores = [open(), open(), open()];
    for round in 0..30_u32 {
        for (n, writer) in stores.iter().enumerate() {
            let key = n as u32 % 2 + 2 * (round % 5);
            let payload = [round as u8, n as u8];
            put(writer, key, &payload);
            for reader in &stores {
                let found = holds(reader, &Record::new(self::key(key), &payload));
                assert!(found, "a put was not found by another who asked after it");
            }
        }
    }
    stores[0].remove(&key(0)).wait().expect("remove");
    put_record(&stores[1], &Record::new(key(1), b"after")).expect("put");
    stores[2].clear().wait().expect("clear");
    let until = Instant::now() + Duration::from_secs(10);
    for (n, store) in stores.iter().enumerate() {
        for key in 0..10 {
            while !is_absent(store, key) {
                assert!(Instant::now() < until, "store {n} still has entry {key}, long cleared");
                std::thread::yield_now();
            }
        }
    }
    let late = open();
    put(&late, 7, b"late");
    assert!(holds(&stores[0], &Record::new(key(7), b"late")), "a late opener's put was not found");
}

/// The trait works through a pointer of unknown type.
fn as_an_object(store: Box<dyn Store>) {
    let store: std::sync::Arc<dyn Store> = store.into();
    put(&store, 1, b"object");
    assert!(!store.tier().name().is_empty(), "a tier without a name");
    store.remove(&key(1)).wait().expect("remove");
    assert!(is_absent(&store, 1), "removed and still there");
}

fn key(n: u32) -> RequestKey {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&n.to_le_bytes());
    // Keys that differ at their ends only, as well as at their beginnings only.
    bytes[28..].copy_from_slice(&(n / 7).to_be_bytes());
    RequestKey::from_bytes(bytes)
}

/// Puts an entry and waits until that is done.
fn put_record(store: &impl Store, record: &Record<'_>) -> Result<(), StoreError> {
    store.put(&record.key, &Entry::copy_of(record)).wait()
}

fn put(store: &impl Store, n: u32, payload: &[u8]) {
    put_record(store, &Record::new(key(n), payload)).expect("put must not fail without a fault");
}

fn is_absent(store: &impl Store, n: u32) -> bool {
    store.get(&key(n)).wait().expect("get must not fail without a fault").is_none()
}

/// Asserts that the store holds `record` or nothing; says which.
fn holds(store: &impl Store, record: &Record<'_>) -> bool {
    let stored = store.get(&record.key).wait().expect("get must not fail without a fault");
    stored.is_some_and(|stored| {
        assert_eq!(stored.as_record(record.key), *record, "another entry than was put");
        assert!(stored.payload == record.payload, "the payload differs");
        true
    })
}
