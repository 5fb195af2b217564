//! The suite itself: it must stop every store that breaks one of its rules.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use super::*;
use crate::store::{MemoryStore, NoStore, StoreError, StoreStats, Stored};

/// Ways to break the contract.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Now and then one payload is a bit off.
    WrongBytes,
    /// A field of the record is not kept.
    LostField,
    /// Two keys are the same if their first eight bytes are.
    ShortKeys,
    /// The first entry of a key stays.
    Stale,
    /// Removals are told and not done.
    KeepsRemoved,
    /// Removals are done and not told.
    SilentRemoval,
    /// A clear leaves everything there.
    KeepsCleared,
    /// What is not there is counted.
    Overcounts,
    /// The stated bound is not kept.
    Unbounded,
    /// What does not fit is called a failure of the disk.
    VagueRefusal,
    /// A get fails now and then.
    FailingGet,
}

const FAULTS: [Fault; 11] = [
    Fault::WrongBytes,
    Fault::LostField,
    Fault::ShortKeys,
    Fault::Stale,
    Fault::KeepsRemoved,
    Fault::SilentRemoval,
    Fault::KeepsCleared,
    Fault::Overcounts,
    Fault::Unbounded,
    Fault::VagueRefusal,
    Fault::FailingGet,
];

/// A good store with one fault.
struct Faulty(MemoryStore, Fault, AtomicU32);

impl Faulty {
    fn new(fault: Fault) -> Self {
        Self(MemoryStore::with_max_bytes(1 << 20), fault, AtomicU32::new(0))
    }

    fn key(&self, key: &RequestKey) -> RequestKey {
        let mut bytes = *key.as_bytes();
        if self.1 == Fault::ShortKeys {
            bytes[8..].fill(0);
        }
        RequestKey::from_bytes(bytes)
    }
}

impl Store for Faulty {
    fn get(&self, key: &RequestKey) -> Result<Option<Stored>, StoreError> {
        let is_time = self.2.fetch_add(1, Relaxed) % 50 == 49;
        if self.1 == Fault::FailingGet && is_time {
            return Err(StoreError::new(StoreErrorKind::Io));
        }
        let mut found = self.0.get(&self.key(key))?;
        if let Some(stored) = &mut found {
            if self.1 == Fault::WrongBytes && is_time && !stored.payload.is_empty() {
                let mut bytes = stored.payload.to_vec();
                bytes[0] ^= 1;
                stored.payload = bytes.into();
            }
            if self.1 == Fault::LostField {
                stored.ttl = None;
            }
        }
        Ok(found)
    }

    fn put(&self, record: &Record<'_>) -> Result<(), StoreError> {
        let key = self.key(&record.key);
        if self.1 == Fault::Stale && self.0.get(&key)?.is_some() {
            return Ok(());
        }
        match self.0.put(&Record { key, ..*record }) {
            Err(_) if self.1 == Fault::VagueRefusal => Err(StoreError::new(StoreErrorKind::Io)),
            put => put,
        }
    }

    fn remove(&self, key: &RequestKey) -> Result<bool, StoreError> {
        let key = self.key(key);
        match self.1 {
            Fault::KeepsRemoved => Ok(self.0.get(&key)?.is_some()),
            Fault::SilentRemoval => self.0.remove(&key).map(|_| false),
            _ => self.0.remove(&key),
        }
    }

    fn clear(&self) -> Result<(), StoreError> {
        if self.1 == Fault::KeepsCleared { Ok(()) } else { self.0.clear() }
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.0.flush()
    }

    fn stats(&self) -> StoreStats {
        let mut stats = self.0.stats();
        match self.1 {
            Fault::Overcounts => stats.entries += 1,
            Fault::Unbounded => stats.bytes_max = stats.bytes_max.map(|max| max / 2),
            _ => {}
        }
        stats
    }

    fn put_may_block(&self) -> bool {
        false
    }
}

/// The suite passes good stores and stops each of the faulty ones.
#[test]
fn every_fault_is_found() {
    check(|| MemoryStore::with_max_bytes(1 << 20));
    check(|| NoStore);
    for fault in FAULTS {
        let passed = catch_unwind(AssertUnwindSafe(|| check(|| Faulty::new(fault))));
        assert!(passed.is_err(), "{fault:?} was not found");
    }
}

/// File stores of one directory are one store, whatever the durability and however small the
/// segments; the one in another namespace is another.
#[cfg(unix)]
#[test]
fn file_stores_are_shared_and_reopened() {
    use crate::store::{Durability, FileStore};

    let interval = Durability::Interval(Duration::from_millis(1));
    for durability in [Durability::None, interval, Durability::Always] {
        for segment_bytes in [4096, 1 << 20] {
            let dir = tempfile::TempDir::new().expect("a directory");
            let options = FileStore::options().durability(durability).segment_bytes(segment_bytes);
            let open = |name| options.namespace(name).open(&dir).expect("opens");
            check_shared(|| open("shared"));
            check_reopened(|| open("reopened"));
            check_shared(|| options.open(&dir).expect("opens"));
        }
    }
}

/// One store behind several handles passes as a shared and as a reopened one; stores that only look
/// alike do not.
#[test]
fn places_are_told_from_copies() {
    let place = Arc::new(MemoryStore::new());
    check_shared(|| Arc::clone(&place));
    let place = Arc::new(MemoryStore::new());
    check_reopened(|| Arc::clone(&place));
    assert!(catch_unwind(|| check_shared(MemoryStore::new)).is_err());
    assert!(catch_unwind(|| check_reopened(MemoryStore::new)).is_err());
    let faults = [Fault::Stale, Fault::KeepsRemoved, Fault::KeepsCleared];
    for fault in faults {
        let place = Arc::new(Faulty::new(fault));
        let passed = catch_unwind(AssertUnwindSafe(|| check_reopened(|| Arc::clone(&place))));
        assert!(passed.is_err(), "{fault:?} was not found");
    }
}
