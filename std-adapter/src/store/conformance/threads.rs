//! Many callers at once.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    thread,
};

use llm_cache_core::record::Record;

use super::{Store, holds, key, put, put_record};

/// Threads that put, read and flush do not disturb one another, and no two entries are mixed.
pub(super) fn serves_many(store: &impl Store) {
    thread::scope(|scope| {
        for thread in 0..4_u32 {
            scope.spawn(move || {
                for round in 0..100 {
                    let n = 1000 * (thread + 1) + round % 10;
                    let payload = vec![n as u8; 10 + round as usize];
                    let record = Record { cost: n, ..Record::new(key(n), &payload) };
                    put_record(store, &record).expect("put");
                    holds(store, &record);
                    let other = key(1000 * ((thread + 1) % 4 + 1) + round % 10);
                    if let Some(stored) = store.get(&other).wait().expect("get") {
                        let byte = stored.cost as u8;
                        assert!(stored.payload.iter().all(|&b| b == byte), "two entries mixed");
                    }
                    if round % 25 == thread {
                        store.flush().wait().expect("flush");
                    }
                }
            });
        }
    });
}

/// One thread replaces an entry again and again; whoever asks gets what had been put when he began
/// or what came since, never an older one, and never one older than he got before.
pub(super) fn never_goes_back(store: &impl Store) {
    let (acknowledged, is_over) = (AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut newest = 0;
                while !is_over.load(SeqCst) {
                    let before = acknowledged.load(SeqCst);
                    let Some(stored) = store.get(&key(1)).wait().expect("get") else { continue };
                    assert!(stored.cost >= before, "{} where {before} was put", stored.cost);
                    assert!(stored.cost >= newest, "{} after {newest}", stored.cost);
                    assert_eq!(stored.payload, stored.cost.to_le_bytes().repeat(20));
                    newest = stored.cost;
                }
            });
        }
        for version in 1..=300_u32 {
            let payload = version.to_le_bytes().repeat(20);
            let record = Record { cost: version, ..Record::new(key(1), &payload) };
            put_record(store, &record).expect("put");
            acknowledged.store(version, SeqCst);
        }
        is_over.store(true, SeqCst);
    });
}

/// A clear among puts removes what was there when it began and nothing that begins after it.
pub(super) fn clears_under_writers(store: &impl Store) {
    put(store, 5_000, b"before");
    thread::scope(|scope| {
        for thread in 0..3_u32 {
            scope.spawn(move || {
                for round in 0..60 {
                    let n = 100 * thread + round % 7;
                    put(store, n, &[round as u8; 40]);
                    holds(store, &Record::new(key(n), &[round as u8; 40]));
                }
            });
        }
        for _ in 0..10 {
            store.clear().wait().expect("clear");
            assert!(
                store.get(&key(5_000)).wait().expect("get").is_none(),
                "cleared and still there"
            );
        }
    });
    store.clear().wait().expect("clear");
    assert_eq!(store.stats().entries, 0, "cleared and still counted");
}
