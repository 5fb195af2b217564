//! The suite itself: it must stop every store that breaks one of its rules.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use bytes::Bytes;

use super::*;
use crate::{
    entry::Entry,
    store::{Cursor, Invalidated, MemoryStore, NoStore, Page, Selector, StoreStats, Tier, Work},
};

/// Ways to break the contract.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Now and then one payload is a bit off.
    WrongBytes,
    /// A field of the record is not kept.
    LostField,
    /// The extensions are not kept.
    LostExtensions,
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
    /// A listing begins anew with each page.
    EndlessPages,
    /// A listing ends with its first page.
    ForgetsPages,
    /// An entry is missing from each page.
    LostInPages,
    /// An invalidation is told and not done.
    KeepsInvalidated,
    /// An invalidation removes everything.
    InvalidatesAll,
}

const FAULTS: [Fault; 17] = [
    Fault::WrongBytes,
    Fault::LostField,
    Fault::LostExtensions,
    Fault::ShortKeys,
    Fault::Stale,
    Fault::KeepsRemoved,
    Fault::SilentRemoval,
    Fault::KeepsCleared,
    Fault::Overcounts,
    Fault::Unbounded,
    Fault::VagueRefusal,
    Fault::FailingGet,
    Fault::EndlessPages,
    Fault::ForgetsPages,
    Fault::LostInPages,
    Fault::KeepsInvalidated,
    Fault::InvalidatesAll,
];

/// A good store with one fault.
struct Faulty(MemoryStore, Fault, AtomicU32);

impl Faulty {
    fn new(fault: Fault) -> Self {
        Self(MemoryStore::with_max_bytes(1 << 20), fault, AtomicU32::new(0))
    }

    fn has(&self, key: &RequestKey) -> Option<Entry> {
        self.0.get(&self.key(key)).wait().expect("a store in memory does not fail")
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
    fn tier(&self) -> Tier {
        Tier::Other("faulty")
    }

    fn get<'a>(&'a self, key: &'a RequestKey) -> Work<'a, Option<Entry>> {
        let is_time = self.2.fetch_add(1, Relaxed) % 50 == 49;
        if self.1 == Fault::FailingGet && is_time {
            return Work::ready(Err(StoreError::new(StoreErrorKind::Other)));
        }
        let mut found = self.has(key);
        if let Some(entry) = &mut found {
            if self.1 == Fault::WrongBytes && is_time && !entry.payload.is_empty() {
                let mut bytes = entry.payload.to_vec();
                bytes[0] ^= 1;
                entry.payload = bytes.into();
            }
            match self.1 {
                Fault::LostField => entry.ttl = None,
                Fault::LostExtensions => entry.extensions = Bytes::new(),
                _ => {}
            }
        }
        Work::ready(Ok(found))
    }

    fn put<'a>(&'a self, key: &'a RequestKey, entry: &'a Entry) -> Work<'a, ()> {
        if self.1 == Fault::Stale && self.has(key).is_some() {
            return Work::ready(Ok(()));
        }
        let put = self.0.put(&self.key(key), entry).wait();
        Work::ready(match put {
            Err(_) if self.1 == Fault::VagueRefusal => Err(StoreError::new(StoreErrorKind::Other)),
            put => put,
        })
    }

    fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool> {
        Work::ready(match self.1 {
            Fault::KeepsRemoved => Ok(self.has(key).is_some()),
            Fault::SilentRemoval => self.0.remove(&self.key(key)).wait().map(|_| false),
            _ => self.0.remove(&self.key(key)).wait(),
        })
    }

    fn clear(&self) -> Work<'_, ()> {
        if self.1 == Fault::KeepsCleared { Work::ready(Ok(())) } else { self.0.clear() }
    }

    fn flush(&self) -> Work<'_, ()> {
        self.0.flush()
    }

    fn iter_page<'a>(&'a self, after: Option<&'a Cursor>, limit: usize) -> Work<'a, Page> {
        let after = after.filter(|_| self.1 != Fault::EndlessPages);
        let fault = self.1;
        self.0.iter_page(after, limit).then(move |page| {
            let mut page = page?;
            match fault {
                Fault::ForgetsPages => page.next = None,
                Fault::LostInPages => drop(page.entries.pop()),
                _ => {}
            }
            Ok(page)
        })
    }

    fn invalidate<'a>(&'a self, selector: &'a Selector) -> Work<'a, Invalidated> {
        match self.1 {
            Fault::KeepsInvalidated => Work::ready(Ok(Invalidated::new(1, 0))),
            Fault::InvalidatesAll => {
                self.0.clear().then(|done| done.map(|()| Invalidated::new(1, 0)))
            }
            _ => self.0.invalidate(selector),
        }
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
