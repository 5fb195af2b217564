//! The file store against restarts, damage, intruders and its bounds.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use llm_cache_core::{
    Millis, Usage,
    record::{Crc32c, HEAD_LEN, Timestamp},
};
use tempfile::TempDir;

mod damaged;
mod places;

use super::*;
use crate::store::{FileFault, StoreErrorKind, conformance};

fn key(n: u8) -> RequestKey {
    RequestKey::from_bytes([n; 32])
}

fn payload(n: u8) -> Vec<u8> {
    format!("answer {n} ").repeat(3 + usize::from(n)).into_bytes()
}

fn open(path: &Path) -> FileStore {
    FileStore::options().durability(Durability::None).open(path).unwrap()
}

fn put(store: &FileStore, n: u8) {
    let payload = payload(n);
    let usage = Some(Usage { input_tokens: 7, ..Usage::default() });
    let created = Timestamp::unix(Millis(n.into()));
    store.put(&Record { created, usage, ..Record::new(key(n), &payload) }).unwrap();
}

/// Whether the entry is there; panics where it is another one.
fn has(store: &FileStore, n: u8) -> bool {
    store.get(&key(n)).unwrap().is_some_and(|stored| {
        assert_eq!(stored.payload, payload(n), "wrong bytes");
        assert_eq!(stored.created, Timestamp::unix(Millis(n.into())));
        true
    })
}

fn segments(path: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some()).collect();
    paths.sort();
    paths
}

fn kind(result: Result<FileStore, StoreError>) -> FileFault {
    FileFault::of(&result.map(drop).unwrap_err()).unwrap()
}

/// The written contract holds at every durability, with segments so small that they rotate too.
#[test]
fn conforms() {
    let interval = Durability::Interval(Duration::from_millis(1));
    for durability in [Durability::None, interval, Durability::Always] {
        for segment_bytes in [4096, 1 << 20] {
            let mut keep = Vec::new();
            conformance::check(|| {
                keep.push(TempDir::new().unwrap());
                let options = FileStore::options().durability(durability);
                options.segment_bytes(segment_bytes).open(keep.last().unwrap()).unwrap()
            });
        }
    }
}

/// What was put, replaced and removed is so after a restart, whether or not the store was closed
/// in order; and short runs continue one file.
#[test]
fn reopens() {
    for durability in [Durability::None, Durability::Always] {
        let dir = TempDir::new().unwrap();
        for round in 0..5 {
            let store = FileStore::options().durability(durability).open(&dir).unwrap();
            for n in 0..20 {
                assert_eq!(has(&store, n), round > 0 && n % 3 != 0, "entry {n}, round {round}");
                put(&store, n);
                assert_eq!(n % 3 == 0 && store.remove(&key(n)).unwrap(), n % 3 == 0);
            }
            assert_eq!(store.stats().entries, 13);
            assert_eq!(store.stats().damaged, 0);
        }
        assert_eq!(segments(dir.path()).len(), 1);
    }
}

/// With the last record cut at any byte, all others are there, and new ones can be put.
#[test]
fn a_torn_tail_loses_the_torn_record() {
    let dir = TempDir::new().unwrap();
    let open = |path: &Path| {
        FileStore::options().segment_bytes(8192).durability(Durability::None).open(path).unwrap()
    };
    let store = open(dir.path());
    (0..5).for_each(|n| put(&store, n));
    let start = store.stats().bytes as usize;
    put(&store, 5);
    drop(store);
    let file = &segments(dir.path())[0];
    let whole = fs::read(file).unwrap();
    // Usage takes 5 bytes.
    let end = start + HEAD_LEN + 5 + payload(5).len();
    for cut in start..=whole.len() {
        fs::write(file, &whole[..cut]).unwrap();
        let store = open(dir.path());
        assert!((0..5).all(|n| has(&store, n)), "cut at {cut}");
        assert_eq!(has(&store, 5), cut >= end, "cut at {cut}");
        let damage = store.verify().unwrap().damage;
        let torn: Vec<_> = damage.iter().map(|damage| (damage.offset, damage.kind)).collect();
        let is_torn = cut > start && cut < end;
        assert_eq!(torn, [(start as u64, DamageKind::TornEnd)][..usize::from(is_torn)]);
        put(&store, 6);
        drop(store);
        let store = open(dir.path());
        assert!((0..5).all(|n| has(&store, n)) && has(&store, 6), "cut at {cut}, put and reopened");
    }
}

/// With any byte changed, at most one entry is lost and none
/// is wrong.
#[test]
fn a_flipped_byte_loses_one_entry() {
    for durability in [Durability::None, Durability::Always] {
        let dir = TempDir::new().unwrap();
        let options = FileStore::options().segment_bytes(8192);
        let store = options.durability(durability).open(&dir).unwrap();
        (0..5).for_each(|n| put(&store, n));
        drop(store);
        let file = &segments(dir.path())[0];
        let whole = fs::read(file).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(file, &bytes).unwrap();
            let store = open(dir.path());
            let there = (0..5).filter(|&n| has(&store, n)).count();
            assert!(there >= 4, "{there} entries left after a flip at {at}");
            assert!(there == 5 || store.stats().damaged > 0, "a loss that is not counted");
            put(&store, 9);
            assert!(has(&store, 9));
        }
    }
}

/// Damage that comes while the store is open is found at the load, and counted.
#[test]
fn damage_under_an_open_store_is_a_miss() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    (0..3).for_each(|n| put(&store, n));
    let file = &segments(dir.path())[0];
    let mut bytes = fs::read(file).unwrap();
    bytes[128 + HEAD_LEN + 10] ^= 1;
    fs::write(file, &bytes).unwrap();
    assert_eq!(store.iter().unwrap().map(Result::unwrap).count(), 2, "the others are listed");
    assert!(!has(&store, 0) && has(&store, 1) && has(&store, 2));
    assert_eq!((store.stats().damaged, store.stats().entries), (1, 2));
    fs::write(file, &bytes[..200]).unwrap();
    assert!(!has(&store, 1) && !has(&store, 2), "cut off under the store");
}

/// A file of a newer version is refused, named, and nothing in the directory is changed; one that
/// is no segment is passed over.
#[test]
fn a_newer_version_is_refused() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    put(&store, 1);
    drop(store);
    let file = &segments(dir.path())[0];
    let old = fs::read(file).unwrap();
    let mut newer = old.clone();
    newer.extend(b"a tail that this version does not know");
    newer[8] = 9;
    let checksum = HardwareCrc32c.append(0, &newer[..60]);
    newer[60..64].copy_from_slice(&checksum.to_le_bytes());
    let newer_file = dir.path().join("00000007.seg");
    fs::write(&newer_file, &newer).unwrap();
    let error = FileStore::open(&dir).unwrap_err();
    assert_eq!(FileFault::of(&error), Some(FileFault::NewerVersion { found: 9 }));
    assert_eq!(FileError::of(&error).and_then(FileError::path), Some(&*newer_file));
    assert_eq!(fs::read(&newer_file).unwrap(), newer);
    assert_eq!(fs::read(file).unwrap(), old);
    fs::write(&newer_file, b"no segment at all").unwrap();
    let store = open(dir.path());
    assert!(has(&store, 1));
    assert_eq!(store.stats().damaged, 1);
    put(&store, 2);
    assert_eq!(fs::read(&newer_file).unwrap(), b"no segment at all", "written over");
}

/// Several stores on one directory see each other's puts, replacements, removals and clears at
/// once, whichever of them made the segment that they are in.
#[test]
fn stores_see_each_other() {
    let dir = TempDir::new().unwrap();
    let stores: Vec<_> = (0..3).map(|_| open(dir.path())).collect();
    let all_have = |n, is: bool| {
        stores.iter().enumerate().for_each(|(i, store)| assert_eq!(has(store, n), is, "{n} {i}"));
    };
    for round in 0..3 {
        for n in 0..12 {
            let writer = &stores[usize::from(n) % 3];
            put(writer, n);
            all_have(n, true);
            put(&stores[usize::from(n + 1) % 3], n);
            all_have(n, true);
            if n % 2 == round % 2 {
                assert!(stores[usize::from(n + 2) % 3].remove(&key(n)).unwrap());
                all_have(n, false);
            }
        }
        if round == 1 {
            stores[2].clear().unwrap();
            (0..12).for_each(|n| all_have(n, false));
            put(&stores[0], 1);
            all_have(1, true);
        }
    }
    stores[1].compact().unwrap();
    (0..12).for_each(|n| all_have(n, n % 2 == 1));
    drop(stores);
    let store = open(dir.path());
    (0..12).for_each(|n| assert_eq!(has(&store, n), n % 2 == 1, "{n} reopened"));
    assert_eq!(store.stats().damaged, 0);
}

/// What a killed writer has left half written, zeros of a lost page in front of it included, hides
/// nothing that is written behind it from a store that follows the segment.
#[test]
fn remains_are_passed_over() {
    for remains in [&[7; 20][..], &[[0; 64], [7; 64]].concat()] {
        let dir = TempDir::new().unwrap();
        let reader = open(dir.path());
        let writer = open(dir.path());
        put(&writer, 1);
        assert!(has(&reader, 1));
        drop(writer);
        let file = &segments(dir.path())[0];
        let mut bytes = fs::read(file).unwrap();
        bytes.extend_from_slice(remains);
        fs::write(file, bytes).unwrap();
        let writer = open(dir.path());
        for n in 2..5 {
            put(&writer, n);
            assert!(has(&reader, n), "{n} behind {} bytes", remains.len());
        }
        assert_eq!(segments(dir.path()).len(), 1, "the segment was taken over");
    }
}

/// Whatever stores do by turns, a map says what each of them must see; compactions and restarts
/// change nothing, and verification finds nothing.
#[test]
fn agrees_with_a_map() {
    let mut random = sim::Random(5);
    for case in 0..20 {
        let dir = TempDir::new().unwrap();
        let open = || {
            let options = FileStore::options().durability(Durability::None);
            options.segment_bytes(4096).open(&dir).unwrap()
        };
        let mut stores = vec![open(), open(), open()];
        let mut map = std::collections::HashMap::new();
        for step in 0..400_u32 {
            let at = random.below(3);
            let (store, n) = (&stores[at], random.below(40) as u8);
            match random.below(20) {
                0 => assert_eq!(store.remove(&key(n)).unwrap(), map.remove(&n).is_some()),
                1 if random.below(10) == 0 => {
                    store.clear().unwrap();
                    map.clear();
                }
                2 => drop(store.compact().unwrap()),
                3 => {
                    stores.remove(at);
                    stores.push(open());
                }
                4..12 => {
                    let value = [step.to_le_bytes().to_vec(), vec![n; 200]].concat();
                    store.put(&Record::new(key(n), &value)).unwrap();
                    map.insert(n, value);
                }
                _ => {
                    let stored = store.get(&key(n)).unwrap().map(|stored| stored.payload.to_vec());
                    assert_eq!(stored.as_ref(), map.get(&n), "case {case}, step {step}, key {n}");
                }
            }
        }
        for store in &stores {
            assert!(store.get(&key(200)).unwrap().is_none(), "a miss looks at what others did");
            assert_eq!(store.stats().entries, map.len() as u64, "case {case}");
            let mut listed: Vec<_> = store.iter().unwrap().map(Result::unwrap).collect();
            listed.sort_by_key(|(key, _)| *key);
            let mut expected: Vec<_> = map.iter().map(|(n, value)| (key(*n), value)).collect();
            expected.sort_by_key(|(key, _)| *key);
            let listed = listed.iter().map(|(key, stored)| (*key, stored.payload.to_vec()));
            assert!(listed.eq(expected.into_iter().map(|(key, value)| (key, value.clone()))));
            assert!(store.verify().unwrap().is_whole());
        }
    }
}

/// After a compaction the bytes of what was removed and replaced are in no file.
#[test]
fn compaction_leaves_no_bytes() {
    let dir = TempDir::new().unwrap();
    let store = FileStore::options().segment_bytes(4096).open(&dir).unwrap();
    for n in 0..40 {
        store.put(&Record::new(key(n), &b"SECRET".repeat(40))).unwrap();
    }
    for n in 0..40 {
        if n % 2 == 0 {
            store.remove(&key(n)).unwrap();
        } else {
            put(&store, n);
        }
    }
    let expired = Record {
        ttl: Some(Millis(1)),
        created: Timestamp::unix(Millis(1)),
        ..Record::new(key(50), b"SECRET")
    };
    store.put(&expired).unwrap();
    let secrets = || {
        let files = segments(dir.path());
        let bytes = files.iter().flat_map(|file| fs::read(file).unwrap());
        bytes.collect::<Vec<u8>>().windows(6).filter(|bytes| bytes == b"SECRET").count()
    };
    assert!(secrets() > 0);
    let done = store.compact().unwrap();
    assert!(done.segments > 1 && done.bytes_freed > 0 && done.segments_busy == 0, "{done:?}");
    assert_eq!(secrets(), 0);
    assert!((0..40).all(|n| has(&store, n) == (n % 2 == 1)));
    assert_eq!(store.stats().entries, 20);
    assert_eq!(store.compact().unwrap().segments, 0, "nothing is left to compact");
}

/// The bound holds after every put and after a restart, the oldest goes, the newest is there, an
/// entry with a file of its own included; what can never fit is refused.
#[test]
fn the_bound_holds() {
    let dir = TempDir::new().unwrap();
    let options = FileStore::options().max_bytes(100_000).durability(Durability::None);
    let on_disk = || {
        let len = |path: &PathBuf| path.metadata().unwrap().len();
        segments(dir.path()).iter().map(len).sum::<u64>()
    };
    let mut store = options.open(&dir).unwrap();
    for n in 0..100_u8 {
        let big = vec![n; if n % 10 == 9 { 50_000 } else { 3000 }];
        store.put(&Record::new(key(n), &big)).unwrap();
        assert_eq!(store.get(&key(n)).unwrap().unwrap().payload, big);
        assert!(store.stats().bytes <= 100_000);
        assert_eq!(store.stats().bytes, on_disk());
        if n % 25 == 0 {
            drop(store);
            store = options.open(&dir).unwrap();
            assert_eq!(store.stats().bytes, on_disk());
        }
    }
    assert!(store.get(&key(0)).unwrap().is_none());
    assert!(store.stats().entries_evicted > 10);
    let error = store.put(&Record::new(key(1), &[0; 100_000])).unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::TooBig { capacity: 100_000, .. }));
    store.clear().unwrap();
    assert_eq!(store.stats().entries, 0);
    assert_eq!(store.stats().bytes, on_disk());
    assert!(on_disk() < 3000, "only the segment that is being written is left");
}

/// Interval: the thread has synced what was put after a while, without anyone asking.
#[test]
fn the_interval_syncs() {
    let dir = TempDir::new().unwrap();
    let durability = Durability::Interval(Duration::from_millis(1));
    let store = FileStore::options().durability(durability).open(&dir).unwrap();
    put(&store, 1);
    let segment = store.shared.writer().active().map(Arc::clone).unwrap();
    while !segment.is_synced() {
        thread::yield_now();
    }
    store.flush().unwrap();
}
