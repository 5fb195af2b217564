//! What every store must pass. For the stores here and for those of other crates.

use llm_cache_core::{
    Millis, RequestKey, Usage,
    record::{Record, Timestamp},
};

use super::Store;

/// Runs the contract of [`Store`] against stores that `make` opens anew and empty, one at a time.
///
/// A store that forgets everything, like [`NoStore`](super::NoStore), passes too: what is asked for
/// is that nothing wrong is returned.
///
/// # Panics
/// Where the store breaks the contract, with what it did.
pub fn check<S: Store>(mut make: impl FnMut() -> S) {
    returns_what_was_put(&make());
    newest_wins(&make());
    removes_and_clears(&make());
    serves_many_threads(&make());
}

fn key(n: u32) -> RequestKey {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&n.to_le_bytes());
    // Keys that differ at their ends only, as well as at their beginnings only.
    bytes[28..].copy_from_slice(&(n / 7).to_be_bytes());
    RequestKey::from_bytes(bytes)
}

/// Asserts that the store holds `record` or nothing; says which.
fn holds(store: &impl Store, record: &Record<'_>) -> bool {
    let stored = store.get(&record.key).expect("get must not fail without a fault");
    stored.is_some_and(|stored| {
        assert_eq!(stored.as_record(record.key), *record, "another entry than was put");
        assert!(stored.payload == record.payload, "the payload differs");
        true
    })
}

fn returns_what_was_put(store: &impl Store) {
    assert!(store.get(&key(0)).expect("get").is_none(), "a new store is empty");
    assert_eq!(store.stats().entries, 0, "a new store counts no entries");
    let big = vec![0x5a; 70_000];
    for (n, payload) in [&b""[..], b"x", b"{\"a\":1}", &big].into_iter().enumerate() {
        for extensions in [&b""[..], &[1, 0, 2, 0, 0, 0, 7, 7]] {
            for created in [
                Timestamp::UNKNOWN,
                Timestamp::unix(Millis(1)),
                Timestamp::boot(3, Millis(u64::MAX)),
            ] {
                for ttl in [None, Some(Millis(0)), Some(Millis(u64::MAX))] {
                    let usage = ttl.map(|_| Usage {
                        input_tokens: 1,
                        cache_read_tokens: u64::MAX,
                        cache_write_tokens: 300,
                        cache_write_1h_tokens: 0,
                        output_tokens: 70_000,
                    });
                    let key = key(n as u32);
                    let cost = u32::MAX;
                    let record = Record { key, created, ttl, cost, usage, extensions, payload };
                    store.put(&record).expect("put must not fail without a fault");
                    holds(store, &record);
                }
            }
        }
    }
    store.flush().expect("flush");
}

fn newest_wins(store: &impl Store) {
    for round in 0..50_u32 {
        for n in 0..10 {
            let payload = round.to_le_bytes();
            let record = Record { cost: n, ..Record::new(key(n), &payload) };
            store.put(&record).expect("put");
            holds(store, &record);
        }
    }
    assert!(store.stats().entries <= 10, "a replaced entry is not counted");
}

fn removes_and_clears(store: &impl Store) {
    for n in 0..10 {
        store.put(&Record::new(key(n), b"here")).expect("put");
    }
    let was_there = holds(store, &Record::new(key(3), b"here"));
    assert_eq!(store.remove(&key(3)).expect("remove"), was_there, "remove tells what was there");
    assert!(!store.remove(&key(3)).expect("remove"), "removed twice");
    assert!(store.get(&key(3)).expect("get").is_none(), "removed and still there");
    assert!(!store.remove(&key(77)).expect("remove"), "removed what never was");
    store.put(&Record::new(key(3), b"again")).expect("put");
    holds(store, &Record::new(key(3), b"again"));
    store.clear().expect("clear");
    for n in 0..10 {
        assert!(store.get(&key(n)).expect("get").is_none(), "cleared and still there");
    }
    assert_eq!(store.stats().entries, 0, "cleared and still counted");
    store.put(&Record::new(key(3), b"after")).expect("put");
    holds(store, &Record::new(key(3), b"after"));
}

fn serves_many_threads(store: &impl Store) {
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            scope.spawn(move || {
                for round in 0..100 {
                    let n = 1000 * (thread + 1) + round % 10;
                    let payload = vec![n as u8; 10 + round as usize];
                    let record = Record { cost: n, ..Record::new(key(n), &payload) };
                    store.put(&record).expect("put");
                    holds(store, &record);
                    let other = key(1000 * ((thread + 1) % 4 + 1) + round % 10);
                    if let Some(stored) = store.get(&other).expect("get") {
                        let byte = stored.cost as u8;
                        assert!(stored.payload.iter().all(|&b| b == byte), "two entries mixed");
                    }
                }
            });
        }
    });
}
