//! One caller after the other: what was put, replaced, removed and cleared.

use llm_cache_core::{
    Millis, Usage,
    record::{Record, Timestamp},
};

use super::{RequestKey, Store, StoreErrorKind, holds, is_absent, key, put, put_record};

/// Every field comes back as it went in, at the ends of its range too; a time long over, or a ttl
/// of zero, changes nothing, as a store judges no age.
pub(super) fn returns_what_was_put(store: &impl Store) {
    assert!(is_absent(store, 0), "a new store is empty");
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
                        cache_write_12h_tokens: n as u64,
                        output_tokens: 70_000,
                    });
                    let key = key(n as u32);
                    let cost = u32::MAX;
                    let record = Record { key, created, ttl, cost, usage, extensions, payload };
                    put_record(store, &record).expect("put must not fail without a fault");
                    holds(store, &record);
                }
            }
        }
    }
    store.flush().wait().expect("flush");
}

/// Keys that agree in all but one byte are different keys: an index may know a part of the key
/// only, an answer must not.
pub(super) fn keys_are_told_apart(store: &impl Store) {
    let key_at = |at: usize| {
        let mut bytes = [0x77; 32];
        bytes[at] = 0x78;
        RequestKey::from_bytes(bytes)
    };
    for at in 0..32 {
        put_record(store, &Record::new(key_at(at), &[at as u8; 9])).expect("put");
        for earlier in 0..=at {
            holds(store, &Record::new(key_at(earlier), &[earlier as u8; 9]));
        }
    }
    for at in (0..32).step_by(2) {
        store.remove(&key_at(at)).wait().expect("remove");
        assert!(store.get(&key_at(at)).wait().expect("get").is_none(), "removed and still there");
    }
    for at in (1..32).step_by(2) {
        holds(store, &Record::new(key_at(at), &[at as u8; 9]));
    }
    let never = store.get(&RequestKey::from_bytes([0x77; 32])).wait().expect("get");
    assert!(never.is_none(), "the entry of another key");
}

pub(super) fn newest_wins(store: &impl Store) {
    for round in 0..50_u32 {
        for n in 0..10 {
            let payload = round.to_le_bytes();
            let record = Record { cost: n, ..Record::new(key(n), &payload) };
            put_record(store, &record).expect("put");
            holds(store, &record);
        }
    }
    assert!(store.stats().entries <= 10, "a replaced entry is not counted");
}

pub(super) fn removes_and_clears(store: &impl Store) {
    for n in 0..10 {
        put(store, n, b"here");
    }
    let was_there = holds(store, &Record::new(key(3), b"here"));
    assert_eq!(
        store.remove(&key(3)).wait().expect("remove"),
        was_there,
        "remove tells what was there"
    );
    assert!(!store.remove(&key(3)).wait().expect("remove"), "removed twice");
    assert!(is_absent(store, 3), "removed and still there");
    assert!(!store.remove(&key(77)).wait().expect("remove"), "removed what never was");
    put(store, 3, b"again");
    holds(store, &Record::new(key(3), b"again"));
    store.clear().wait().expect("clear");
    for n in 0..10 {
        assert!(is_absent(store, n), "cleared and still there");
    }
    assert_eq!(store.stats().entries, 0, "cleared and still counted");
    store.clear().wait().expect("a clear of nothing");
    put(store, 3, b"after");
    holds(store, &Record::new(key(3), b"after"));
}

/// A store that states a bound keeps to it, and what can never fit is refused with the sizes, or
/// taken and forgotten; the store serves on.
pub(super) fn keeps_its_bound(store: &impl Store) {
    /// More is not put for the sake of a test.
    const BYTES_MAX: u64 = 4 << 20;
    let Some(bytes_max) = store.stats().bytes_max.filter(|&max| max <= BYTES_MAX) else { return };
    let payload = vec![0x33; (bytes_max / 10) as usize];
    for n in 0..30 {
        match put_record(store, &Record::new(key(n), &payload)) {
            Ok(()) => {}
            Err(error) => assert!(matches!(error.kind(), StoreErrorKind::TooBig { .. }), "{error}"),
        }
        let bytes = store.stats().bytes;
        assert!(bytes <= bytes_max, "{bytes} bytes where {bytes_max} are the bound");
    }
    let payload = vec![0x44; bytes_max as usize + 1];
    if let Err(error) = put_record(store, &Record::new(key(1), &payload)) {
        let StoreErrorKind::TooBig { needed, capacity } = error.kind() else {
            panic!("not said to be too big: {error}");
        };
        assert!(needed > capacity, "{needed} bytes would fit into {capacity}");
    }
    put(store, 2, b"small");
    holds(store, &Record::new(key(2), b"small"));
}
