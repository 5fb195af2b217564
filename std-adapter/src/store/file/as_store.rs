//! The file store behind the trait of all stores: what may wait for the disk is blocking work.

use std::sync::Arc;

use llm_cache_core::RequestKey;

use super::{FileStore, read::load_at_once};
use crate::{
    entry::Entry,
    store::{
        Compacted, Cursor, Invalidated, Maintain, Match, Page, Selector, Store, StoreError,
        StoreStats, Tier, Verified, Work, walk,
    },
};

impl Store for FileStore {
    fn tier(&self) -> Tier {
        Tier::Disk
    }

    /// What is in the page cache is given at once, by `preadv2` with `RWF_NOWAIT`, while nobody
    /// else has news. Other reads, and all on systems without that call, are blocking work.
    fn get<'a>(&'a self, key: &'a RequestKey) -> Work<'a, Option<Entry>> {
        if let Some(found) = self.get_at_once(key) {
            return Work::ready(Ok(found));
        }
        let key = *key;
        self.blocking(move |store| store.get(&key))
    }

    fn put<'a>(&'a self, key: &'a RequestKey, entry: &'a Entry) -> Work<'a, ()> {
        let (key, entry) = (*key, entry.clone());
        self.blocking(move |store| store.put(&entry.as_record(key)))
    }

    fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool> {
        let key = *key;
        self.blocking(move |store| store.remove(&key))
    }

    fn clear(&self) -> Work<'_, ()> {
        self.blocking(Self::clear)
    }

    fn flush(&self) -> Work<'_, ()> {
        self.blocking(Self::flush)
    }

    /// Reads the entries of the page, and sorts the index's prefixes of all: O(entries log entries)
    /// and 8 bytes of memory for each.
    fn iter_page<'a>(&'a self, after: Option<&'a Cursor>, limit: usize) -> Work<'a, Page> {
        let after = after.cloned();
        self.blocking(move |store| store.page(after.as_ref(), limit))
    }

    /// Reads every entry: O(bytes). The bytes of what was removed are gone after the next
    /// [`compact`](FileStore::compact).
    fn invalidate<'a>(&'a self, selector: &'a Selector) -> Work<'a, Invalidated> {
        if let Selector::Key(key) = selector {
            return Store::remove(self, key).then(walk::removed);
        }
        let selector = selector.clone();
        self.blocking(move |store| store.forget_selected(&selector))
    }

    fn stats(&self) -> StoreStats {
        Self::stats(self)
    }

    fn maintain(&self) -> Option<&dyn Maintain> {
        Some(self)
    }
}

impl Maintain for FileStore {
    fn verify(&self) -> Work<'_, Verified> {
        self.blocking(|store| {
            let read = store.verify()?;
            let (entries, bytes, damaged) =
                (read.entries_whole, read.bytes, read.damage.len() as u64);
            Ok(Verified { entries, bytes, damaged })
        })
    }

    fn compact(&self) -> Work<'_, Compacted> {
        self.blocking(|store| {
            let done = store.compact()?;
            let is_partial = done.is_elsewhere || done.segments_busy > 0;
            Ok(Compacted { bytes_freed: done.bytes_freed, is_partial })
        })
    }
}

impl FileStore {
    /// Work that waits for the disk. It keeps the store open until it has ended.
    fn blocking<'a, T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Work<'a, T> {
        let store = Self { shared: Arc::clone(&self.shared) };
        Work::blocking(move || work(&store))
    }

    /// What [`get`](Self::get) gives, where no disk and no other thread has to be waited for; else
    /// `None`.
    fn get_at_once(&self, key: &RequestKey) -> Option<Option<Entry>> {
        let view = &self.shared.view;
        let begun = view.now();
        if !view.look_at_once(begun) {
            return None;
        }
        let found = load_at_once(key, view)?;
        if found.is_some() {
            return Some(found);
        }
        if view.look_at_once_since(begun) { load_at_once(key, view) } else { None }
    }

    fn page(&self, after: Option<&Cursor>, limit: usize) -> Result<Page, StoreError> {
        let after =
            after.and_then(|after| after.as_bytes().try_into().ok()).map(u64::from_be_bytes);
        let mut entries = self.iter()?;
        let last = entries.keep_page(after, limit.max(1));
        let entries: Result<Vec<_>, _> = entries.collect();
        Ok(Page::new(entries?, last.map(|last| Cursor::new(last.to_be_bytes()))))
    }

    fn forget_selected(&self, selector: &Selector) -> Result<Invalidated, StoreError> {
        let mut done = Invalidated::default();
        for found in self.iter()? {
            let (key, entry) = found?;
            match selector.matches(&entry.extensions) {
                // Somebody else may have removed it meanwhile.
                Match::Selected => done.removed += u64::from(self.remove(&key)?),
                Match::Unmarked => done.unmarked += 1,
                Match::Other => {}
            }
        }
        Ok(done)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{fs::File, io::IoSliceMut};

    use rustix::{
        fs::{Advice, fadvise},
        io::{ReadWriteFlags, preadv2},
    };

    use super::*;

    /// Whether the system says of a file's first bytes that they can be read without waiting.
    fn is_cached(file: &File) -> bool {
        let mut bytes = [0; 8];
        let read = preadv2(file, &mut [IoSliceMut::new(&mut bytes)], 0, ReadWriteFlags::NOWAIT);
        read.is_ok()
    }

    /// What is in the page cache is given at once, also that there is nothing; what the disk has to
    /// be asked for is handed over, and comes all the same. Skipped where the file system cannot
    /// tell.
    #[test]
    fn only_reads_that_wait_are_handed_over() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = FileStore::options().durability(super::super::Durability::Always);
        let store = store.open(&dir).unwrap();
        let key = |n| RequestKey::from_bytes([n; 32]);
        let entry = Entry::new(vec![7; 20_000]).with_tag("faq").unwrap();
        Store::put(&store, &key(1), &entry).wait().unwrap();
        let segments = std::fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path());
        let segments = segments.filter(|path| path.extension().is_some_and(|name| name == "seg"));
        let files: Vec<_> = segments.map(|path| File::open(path).unwrap()).collect();
        if !files.iter().all(is_cached) {
            return;
        }
        // The first look after half a second lists the names, and is handed over.
        let at_once = |n| {
            store.get(&key(n)).unwrap();
            let (key, store) = (key(n), &store);
            let found = Store::get(store, &key).into_ready().ok();
            found.map(|found| found.unwrap().is_some())
        };
        assert_eq!((at_once(1), at_once(2)), (Some(true), Some(false)));
        for file in &files {
            file.sync_all().unwrap();
            fadvise(file, 0, None, Advice::DontNeed).unwrap();
        }
        if files.iter().any(is_cached) {
            return;
        }
        let first = key(1);
        let work = Store::get(&store, &first);
        assert!(!work.is_ready(), "a read that waits on the caller's thread");
        assert_eq!(work.wait().unwrap(), Some(entry));
    }
}
