//! A put that was killed half-way is a record whose body cannot be read. It must not take the entry
//! with it that it was about to replace, whoever compacts, whenever, and whoever looks.

use super::*;

/// What the put that was killed wrote for [`KEY`].
const TORN: u8 = 40;
const KEY: u8 = 1;

/// Puts answer `n` under [`KEY`].
fn replace(store: &FileStore, n: u8) {
    let payload = payload(n);
    let created = Timestamp::unix(Millis(n.into()));
    store.put(&Record { created, ..Record::new(key(KEY), &payload) }).unwrap();
}

fn answer(store: &FileStore) -> Option<u64> {
    let stored = store.get(&key(KEY)).unwrap()?;
    Some(stored.created.ms.0)
}

/// Makes the torn record one that can not be read, with others in front of it and behind it.
fn tear(path: &Path) {
    let body = payload(TORN);
    let mut torn = 0;
    for file in segments(path) {
        let mut bytes = fs::read(&file).unwrap();
        let at = bytes.windows(body.len()).position(|window| window == body);
        if let Some(at) = at {
            bytes[at + body.len() / 2..at + body.len()].fill(0);
            fs::write(file, bytes).unwrap();
            torn += 1;
        }
    }
    assert_eq!(torn, 1);
}

/// A store with an acknowledged entry and, newer, a torn one, in one file or in two.
fn killed(path: &Path, is_one_file: bool) {
    let store = open(path);
    replace(&store, 7);
    if !is_one_file {
        store.compact().unwrap();
    }
    replace(&store, TORN);
    put(&store, 2);
    drop(store);
    tear(path);
}

/// The entry before stays through compactions and openings, and whoever knew of the torn one finds
/// it too, whether he has looked for the key before or not.
#[test]
fn a_compaction_keeps_what_a_torn_record_replaces() {
    for is_one_file in [true, false] {
        for (looks_before, other_looks) in
            [(false, false), (true, false), (false, true), (true, true)]
        {
            let dir = TempDir::new().unwrap();
            killed(dir.path(), is_one_file);
            let (store, other) = (open(dir.path()), open(dir.path()));
            let case = format!("{is_one_file} {looks_before} {other_looks}");
            assert!(!looks_before || answer(&store) == Some(7), "{case}");
            assert!(!other_looks || answer(&other) == Some(7), "{case}");
            store.compact().unwrap();
            assert_eq!(answer(&store), Some(7), "{case}");
            assert_eq!(answer(&other), Some(7), "{case}: the other's");
            other.compact().unwrap();
            store.compact().unwrap();
            assert_eq!((answer(&store), answer(&other)), (Some(7), Some(7)), "{case}");
            drop((store, other));
            let store = open(dir.path());
            assert_eq!(answer(&store), Some(7), "{case}: opened anew");
            assert!(has(&store, 2), "{case}");
            assert_eq!(store.verify().unwrap().damage, [], "{case}");
            replace(&store, 9);
            store.compact().unwrap();
            assert_eq!(answer(&store), Some(9), "{case}: put again");
        }
    }
}

/// The same where the entry had been removed: it stays removed.
#[test]
fn a_torn_record_brings_nothing_back() {
    for is_one_file in [true, false] {
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        replace(&store, 7);
        if !is_one_file {
            store.compact().unwrap();
        }
        assert!(store.remove(&key(KEY)).unwrap());
        replace(&store, TORN);
        put(&store, 2);
        drop(store);
        tear(dir.path());
        let (store, other) = (open(dir.path()), open(dir.path()));
        store.compact().unwrap();
        assert_eq!((answer(&store), answer(&other)), (None, None));
        other.compact().unwrap();
        drop((store, other));
        assert_eq!(answer(&open(dir.path())), None);
    }
}
