//! The store in a directory of files.

mod crc;
mod directory;
#[expect(dead_code, reason = "the engine moves onto it next")]
mod disk;
mod flash_image;
mod flusher;
mod index;
mod medium;
mod network;
mod options;
mod segment_file;
#[cfg(test)]
#[expect(dead_code, reason = "the tests of the engine use the rest of it")]
mod sim;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, atomic::Ordering},
};

use llm_cache_core::{
    RequestKey,
    record::{ALIGN_MIN, HEAD_LEN, Kind, Record},
};

use self::{
    directory::Directory,
    flusher::Flusher,
    index::{Index, Place},
    segment_file::SegmentFile,
    writer::{Counters, Writer, write},
};
use super::{Store, StoreError, StoreStats, Stored};

pub use crc::HardwareCrc32c;
pub use flash_image::FlashImage;
pub use medium::FileMedium;
pub use options::{Durability, FileStoreOptions};

/// Keeps entries in a directory, in files of the format that core's FORMAT.md specifies.
///
/// - **One process** has a directory open at a time, by a lock that the kernel frees when the
///   process ends. A second one gets [`InUse`](super::StoreErrorKind::InUse).
/// - **Crash and power loss**: an entry is whole or absent; what survives is up to [`Durability`].
///   A torn end costs the torn entries only. Damage is skipped and counted.
/// - **Privacy**: entries are stored in clear. The directory has mode 0700, files 0600. A directory
///   that another user owns, may write to or could replace is refused.
/// - **Bound**: 256 MiB unless set otherwise; the oldest segment file goes first.
/// - **Cost**: a load is a read of the entry's bytes and a checksum; a put is one write. Memory: 29
///   bytes an entry, twice that when the hash map has just grown. Disk: 96 bytes an entry, 5 to 50
///   for its usage, and up to 15 of padding. Opening reads heads, and the bodies of the
///   files that have not been closed, as a rule one.
/// - **A failed sync** makes that segment take no more entries and fails the put; the entries in it
///   may be gone after a power loss.
///
/// Local file systems only: on a network file system the lock may hold nobody back.
pub struct FileStore {
    /// Ends before the rest is closed.
    flusher: Option<Flusher>,
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    options: FileStoreOptions,
    counters: Counters,
    index: RwLock<Index>,
    /// Taken before `index`, and never while a sync is waited for except at a segment's end.
    writer: Mutex<Writer>,
}

impl FileStore {
    /// Opens the store in the directory `path` with the default options, and makes it if need be.
    ///
    /// # Errors
    /// [`InUse`](super::StoreErrorKind::InUse), a directory that is not safe to use, a file of a
    /// newer version (nothing is changed then), or what the file system reports.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::options().open(path)
    }

    /// The default options, to be changed and opened.
    #[must_use]
    pub fn options() -> FileStoreOptions {
        FileStoreOptions::default()
    }

    fn open_with(path: &Path, options: FileStoreOptions) -> Result<Self, StoreError> {
        let directory = Directory::open(path)?;
        let path = directory.path().to_owned();
        let (mut index, counters) = (Index::default(), Counters::default());
        let writer = Writer::open(directory, options, &mut index, &counters)?;
        let (index, writer) = (RwLock::new(index), Mutex::new(writer));
        let shared = Arc::new(Shared { path, options, counters, index, writer });
        let flusher = match options.durability {
            Durability::Interval(interval) => {
                let theirs = Arc::clone(&shared);
                let flusher = Flusher::start(interval, move || theirs.sync_active());
                Some(flusher.map_err(|error| StoreError::io(&shared.path, error))?)
            }
            _ => None,
        };
        Ok(Self { flusher, shared })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("path", &self.shared.path)
            .field("options", &self.shared.options)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// Waits for what is under way, then syncs unless the durability is `None`.
impl Drop for FileStore {
    fn drop(&mut self) {
        self.flusher = None;
        if self.shared.options.durability != Durability::None {
            self.shared.sync_active();
        }
    }
}

impl Shared {
    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic while it was held has at worst left bytes behind a segment's end.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn sync_active(&self) {
        let active = self.writer().active().map(Arc::clone);
        if let Some(segment) = active {
            // Reported by the counter, and by the next put that finds the segment retired.
            let _ = self.sync(&segment, u32::MAX);
        }
    }

    fn sync(&self, segment: &SegmentFile, end: u32) -> Result<(), StoreError> {
        let end = end.min(segment.len() as u32);
        let synced = segment.sync_up_to(end).inspect_err(|error| self.counters.note(error));
        synced.map(|_| ())
    }

    /// Syncs what ends at `end` of `segment`, if that is what durability asks for.
    fn settle(&self, segment: &SegmentFile, end: u32) -> Result<(), StoreError> {
        match self.options.durability {
            Durability::Always => self.sync(segment, end),
            _ => Ok(()),
        }
    }
}

impl Store for FileStore {
    fn get(&self, key: &RequestKey) -> Result<Option<Stored>, StoreError> {
        let shared = &*self.shared;
        let Some((segment, place)) = shared.index().find(key) else { return Ok(None) };
        let loaded = segment
            .read(key, place.offset, place.len)
            .map_err(|error| StoreError::io(segment.path(), error))?;
        if loaded.is_none() {
            shared.counters.damaged.fetch_add(1, Ordering::Relaxed);
            write(&shared.index).remove_at(key, place);
        }
        Ok(loaded)
    }

    fn put(&self, record: &Record<'_>) -> Result<(), StoreError> {
        let shared = &*self.shared;
        let padded = record.encoded_len().next_multiple_of(u64::from(ALIGN_MIN));
        let mut writer = shared.writer();
        let (segment, sequence) = writer.segment_for(padded, &shared.index, &shared.counters)?;
        let (offset, len) = segment.append(record, &mut writer.scratch)?;
        writer.scratch.shrink_to(SCRATCH_KEPT);
        shared.counters.bytes.fetch_add(padded, Ordering::Relaxed);
        write(&shared.index).insert(&record.key, Place { segment: sequence, offset, len });
        drop(writer);
        shared.settle(&segment, offset + padded as u32)
    }

    fn remove(&self, key: &RequestKey) -> Result<bool, StoreError> {
        let shared = &*self.shared;
        let mut writer = shared.writer();
        if !shared.index().contains(key) {
            return Ok(false);
        }
        let padded = (HEAD_LEN as u64).next_multiple_of(u64::from(ALIGN_MIN));
        let (segment, _) = writer.segment_for(padded, &shared.index, &shared.counters)?;
        segment.append_bare(Kind::Removal, *key)?;
        shared.counters.bytes.fetch_add(padded, Ordering::Relaxed);
        write(&shared.index).remove(key);
        let end = segment.len() as u32;
        drop(writer);
        shared.settle(&segment, end)?;
        Ok(true)
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.shared.writer().clear(&self.shared.index, &self.shared.counters)
    }

    fn flush(&self) -> Result<(), StoreError> {
        let segments = self.shared.writer().open_segments();
        segments.iter().try_for_each(|segment| self.shared.sync(segment, u32::MAX))
    }

    fn stats(&self) -> StoreStats {
        let counters = &self.shared.counters;
        StoreStats {
            entries: self.shared.index().len() as u64,
            bytes: counters.bytes.load(Ordering::Relaxed),
            bytes_max: Some(self.shared.options.max_bytes),
            entries_evicted: counters.evicted.load(Ordering::Relaxed),
            damaged: counters.damaged.load(Ordering::Relaxed),
            sync_failures: counters.sync_failures.load(Ordering::Relaxed),
            ..StoreStats::default()
        }
    }

    fn put_may_block(&self) -> bool {
        true
    }
}

/// Bytes of the encoding buffer that are kept from put to put.
const SCRATCH_KEPT: usize = 1 << 20;
