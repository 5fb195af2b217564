//! The directory of a file store: two writers' segments, with entries replaced, removed and
//! cleared across them, two damaged, and one cut short by a power loss.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use llm_cache::{
    llm_cache_core::{
        RequestKey,
        record::{ClockDomain, Crc32c, PortableCrc32c, Record},
    },
    store::{Durability, FileStore},
};
use tempfile::TempDir;

use super::{
    Item, data, expected,
    flash::{record, variable_parts},
    golden_out,
};

/// The directory is never made again: every later version reads this one.
const CHECKSUM: u32 = 0xbe20_fc51;

/// The directory that version 1 wrote is the one in the tree and holds what the page beside it
/// says, entry by entry and in a walk; after writing to it and compacting it that is still so.
#[test]
fn the_store_of_version_1_is_read() {
    let golden = files(&data("store-v1"));
    let checksum = golden.iter().fold(0, |crc, (name, bytes)| {
        PortableCrc32c.append(PortableCrc32c.append(crc, name.as_bytes()), bytes)
    });
    println!("checksum {checksum:#010x}");
    assert_eq!(checksum, CHECKSUM, "the golden directory was changed");
    let folder = copy_of(&golden);
    let store = open(folder.path());
    let page = expected("store-v1.jsonl");
    assert!(!store.verify().unwrap().is_whole(), "it is damaged on purpose");
    for n in 0..=u8::MAX {
        let found = store.get(&key(n)).unwrap();
        let found = found.map(|stored| Item::of(&stored.as_record(key(n))));
        let known = page.iter().find(|item| item.key == key(n));
        assert_eq!(found.as_ref(), known, "key {n}");
    }
    // Now that each damaged entry was met, and what it had replaced was found.
    same(&all(&store), &page);
    put(&store, 200, 1);
    store.compact().unwrap();
    drop(store);
    let store = open(folder.path());
    let mut page = page;
    // A compaction leaves out what has expired: by the calendar, which alone went on since.
    page.retain(|item| {
        let entry = item.entry.as_ref().unwrap();
        entry.ttl.is_none() || entry.created.domain != ClockDomain::UnixMs
    });
    page.push(item(200, 1));
    page.sort_by_key(|item| *item.key.as_bytes());
    same(&all(&store), &page);
}

/// Shows the lines that one of the two has and the other has not.
fn same(found: &[Item], known: &[Item]) {
    let only = |these: &[Item], those: &[Item]| {
        let these = these.iter().filter(|item| !those.contains(item));
        these.map(Item::to_line).collect::<Vec<_>>()
    };
    assert_eq!((only(found, known), only(known, found)), (Vec::new(), Vec::new()));
    assert_eq!(found.len(), known.len());
}

/// Writes a directory and its page to the folder that `LLM_CACHE_WRITE_GOLDEN` names.
#[test]
#[ignore = "writes a golden file"]
fn write_a_store() {
    let folder = golden_out().expect("LLM_CACHE_WRITE_GOLDEN names a folder");
    let path = folder.join("store-v1");
    let (one, other) = (open(&path), open(&path));
    let mut model = BTreeMap::new();
    (100..104).for_each(|n| put(&one, n, 0));
    one.clear().unwrap();
    let mut put_both = |store: &FileStore, n, step| {
        put(store, n, step);
        model.insert(n, item(n, step));
    };
    (0..12).for_each(|n| put_both(&one, n, n));
    (8..20).for_each(|n| put_both(&other, n, 20 + n));
    for (store, n) in [(&other, 2), (&other, 3), (&one, 9)] {
        assert!(store.remove(&key(n)).unwrap());
        model.remove(&n);
    }
    put(&one, 3, 60);
    model.insert(3, item(3, 60));
    drop((one, other));
    let last = open(&path);
    put(&last, 40, 40);
    drop(last);
    // The power went in the last put, which ends with its payload.
    damage(&path, &payload_of(40, 40), |bytes| bytes[10..].fill(0));
    // One that replaced another has decayed, and one that did not.
    damage(&path, &payload_of(10, 30), |bytes| bytes[3] ^= 4);
    model.insert(10, item(10, 10));
    damage(&path, &payload_of(5, 5), |bytes| bytes[3] ^= 4);
    model.remove(&5);
    let mut items: Vec<_> = model.into_values().collect();
    items.sort_by_key(|item| *item.key.as_bytes());
    let lines: String = items.iter().map(|item| item.to_line() + "\n").collect();
    fs::write(folder.join("store-v1.jsonl"), lines).unwrap();
}

fn open(path: &Path) -> FileStore {
    FileStore::options().durability(Durability::None).open(path).unwrap()
}

fn key(n: u8) -> RequestKey {
    RequestKey::from_bytes([n.wrapping_mul(37); 32])
}

/// Calls `then` with the entry of key `n` that was put in `step`.
fn with_record<T>(n: u8, step: u8, then: impl FnOnce(&Record<'_>) -> T) -> T {
    let (extensions, payload) = variable_parts(step);
    then(&record(step, key(n), &extensions, &payload))
}

fn put(store: &FileStore, n: u8, step: u8) {
    with_record(n, step, |record| store.put(record).unwrap());
}

fn item(n: u8, step: u8) -> Item {
    with_record(n, step, Item::of)
}

fn payload_of(n: u8, step: u8) -> Vec<u8> {
    with_record(n, step, |record| record.payload.to_vec())
}

/// All that a walk over the store gives, by key.
fn all(store: &FileStore) -> Vec<Item> {
    let entries = store.iter().unwrap().map(|entry| {
        let (key, stored) = entry.unwrap();
        Item::of(&stored.as_record(key))
    });
    let mut items: Vec<_> = entries.collect();
    items.sort_by_key(|item| *item.key.as_bytes());
    items
}

/// Changes the one place in the files of `folder` where `payload` stands.
fn damage(folder: &Path, payload: &[u8], change: impl FnOnce(&mut [u8])) {
    for (name, mut bytes) in files(folder) {
        let found = bytes.windows(payload.len()).position(|window| window == payload);
        if let Some(at) = found {
            change(&mut bytes[at..at + payload.len()]);
            fs::write(folder.join(name), bytes).unwrap();
            return;
        }
    }
    panic!("the payload is in no file");
}

/// The files of a folder by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.map(|path| (name(&path), fs::read(&path).unwrap())).collect()
}

/// The files with the rights that a store gives them, which a checkout does not keep.
fn copy_of(files: &BTreeMap<String, Vec<u8>>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}
