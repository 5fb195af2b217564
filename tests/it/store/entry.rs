//! Entries that tell what they are: any process can say whether it has found the right one.

use std::time::Duration;

use llm_cache::{
    llm_cache_core::{
        Millis, RequestKey,
        record::{Record, Timestamp},
    },
    store::{Durability, FileError, FileStore, FileStoreOptions, StoreError},
};

/// The settings by the name of their durability, with segments so small that they change often.
/// What follows behind commas says more: `max=BYTES`, `segment=BYTES`, `read-only`.
pub(super) fn options(words: &str) -> FileStoreOptions {
    let set = |options: FileStoreOptions, word: &str| match word.split_once('=') {
        None if word == "read-only" => options.read_only(true),
        None => options.durability(match word {
            "none" => Durability::None,
            "interval" => Durability::Interval(Duration::from_millis(1)),
            "always" => Durability::Always,
            other => panic!("what is {other}?"),
        }),
        Some(("max", bytes)) => options.max_bytes(bytes.parse().unwrap()),
        Some(("segment", bytes)) => options.segment_bytes(bytes.parse().unwrap()),
        Some((other, _)) => panic!("what is {other}?"),
    };
    words.split(',').fold(FileStore::options().segment_bytes(64 << 10), set)
}

pub(super) fn key(n: u32) -> RequestKey {
    let mut bytes = [0x5a; 32];
    bytes[..4].copy_from_slice(&n.to_le_bytes());
    RequestKey::from_bytes(bytes)
}

/// The payload of entry `n` of a key, of up to 9 KB.
pub(super) fn payload(key: u32, n: u32) -> Vec<u8> {
    let len = if n.is_multiple_of(7) { 9000 } else { 100 + n.wrapping_mul(97) % 1900 };
    let mut bytes = n.to_le_bytes().to_vec();
    bytes.extend((0..len).map(|at| (at.wrapping_mul(31) ^ key ^ n.wrapping_mul(7)) as u8));
    bytes
}

pub(super) fn put(store: &FileStore, at: u32, n: u32) -> Result<(), StoreError> {
    let payload = payload(at, n);
    let created = Timestamp::unix(Millis(n.into()));
    store.put(&Record { created, ..Record::new(key(at), &payload) })
}

/// The number of the entry that the store has for a key: the error is `None` where its bytes are
/// wrong.
pub(super) fn get(store: &FileStore, at: u32) -> Result<Option<u32>, Option<StoreError>> {
    let Some(stored) = store.get(&key(at)).map_err(Some)? else { return Ok(None) };
    let n = stored.payload.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or(None)?;
    let is_right =
        stored.payload == payload(at, n) && stored.created == Timestamp::unix(Millis(n.into()));
    if is_right { Ok(Some(n)) } else { Err(None) }
}

/// The same in a word.
pub(super) fn found(store: &FileStore, at: u32) -> String {
    match get(store, at) {
        Ok(Some(n)) => n.to_string(),
        Ok(None) => "none".to_owned(),
        Err(None) => "wrong".to_owned(),
        Err(Some(error)) => kind(&error),
    }
}

/// The name of what is wrong in an error: the file store's own, where it has one.
pub(super) fn kind(error: &StoreError) -> String {
    match FileError::of(error) {
        Some(error) => format!("{:?}", error.fault()),
        None => format!("{:?}", error.kind()),
    }
}
