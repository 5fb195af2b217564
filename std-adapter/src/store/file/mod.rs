//! The store in a directory of files.
//!
//! Its folders and files are layers. Each uses those above it in this table and none below, which
//! `tests/it/arrows.rs` checks:
//!
//! | layer | holds |
//! |---|---|
//! | `error` | what can be wrong with a file store |
//! | `options` | how a store is to be kept |
//! | `disk` | what the store asks of the operating system, and who may use a directory |
//! | `segment` | one segment in one file |
//! | `index` | where each entry stands, in memory |
//! | `directory` | the open directory: its disk, its index, what befell it |
//! | `follow` | what other writers do in the directory |
//! | `read` | reading one entry or all of them |
//! | `write` | the segment that the store writes |
//! | `maintain` | making room, compaction, verification |
//! | `open_store` | the writer shared by all threads, appending, syncing |
//! | `opened` | the open store, closed when the last who uses it is gone |
//! | this file | [`FileStore`] |
//! | `as_store` | [`FileStore`] behind the trait of all stores |

mod as_store;
#[cfg(test)]
mod churn_tests;
mod directory;
mod disk;
mod error;
#[cfg(test)]
mod fault_tests;
mod follow;
mod index;
mod maintain;
mod open_store;
mod opened;
mod options;
#[cfg(test)]
mod power_tests;
mod read;
mod segment;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;
mod write;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use llm_cache_core::{
    RequestKey,
    record::{Kind, Record},
};

use self::{
    disk::{Disk, access, network},
    open_store::OpenStore,
    opened::Opened,
    segment::{DATA_START, padded},
    write::Item,
};
use super::{Entry, StoreError, StoreErrorKind, StoreStats};

pub use error::{FileError, FileFault};
pub use maintain::{Compaction, Damage, DamageKind, Verification};
pub use options::{Durability, FileStoreOptions};
pub use read::Entries;
pub use segment::{FileMedium, HardwareCrc32c};

/// Keeps entries in a directory, in files of the format that core's FORMAT.md specifies.
///
/// - **Any number of processes** may have a directory open, and stores within one; each writes a
///   segment file of its own. A get that begins after a put or a removal has returned, in whatever
///   process, sees it. A process may be killed at any moment and leaves nothing locked. A child
///   made by a fork goes on as a process of its own.
/// - **Crash and power loss**: an entry is whole or absent; what survives is up to [`Durability`].
///   A torn end costs the torn entries only. Damage is skipped and counted; the entry that a
///   damaged one has replaced is found again.
/// - **Privacy**: entries are stored in clear. The directory has mode 0700, files 0600. A directory
///   that another user owns, may write to or could replace is refused, and so is one on a network
///   file system, whose locks may hold nobody back.
/// - **Bound**: 256 MiB unless set otherwise; within a segment for each process that writes it
///   holds whatever any of them does, one that stands still included. A segment that is half dead
///   is compacted; else the oldest goes. What has expired goes with it, and up to a quarter of it
///   is kept: entries that cost twice as much for their size as the others.
/// - **Cost**: a get is a read of the entry's bytes and a checksum; a put is one write. While
///   another process writes too, both look for its news first: a system call for it, and one for
///   each such process. The first put takes 4 ms, until all others know of the writer; one that
///   makes the next segment, when half of the present one is full, pays for that, and one that
///   makes room may pay for copying a part of another segment.
/// - **Memory**: 20 bytes an entry or removal that is on the disk, and a byte of a hash map that is
///   at least seven sixteenths full while it grows, so 48 at most, and twice that after many have
///   gone. Disk: 96 bytes an entry, 5 to 50 for its usage, and up to 15 of padding. Opening reads
///   heads only: O(entries).
/// - **Descriptors**: at most 64 segment files are open, a quarter of `ulimit -n` if that is less;
///   and five, and one for each segment that another process is writing. A get from one that is not
///   open opens it. See [`open_segments`](FileStoreOptions::open_segments).
/// - **Somebody else deletes the files**: that is seen within half a second. What a put under
///   [`Durability::Always`] has acknowledged since the deletion is kept, in a new file.
/// - **A failed sync** makes that segment take no more entries and fails the put; the entries in it
///   may be gone after a power loss.
/// - **A fork** is safe while no other thread is within a call of the store: what such a thread
///   holds, a child never gets. The thread that syncs at intervals holds nothing that a child
///   needs. In the first 2 ms the child may still return an entry that the parent has just
///   replaced.
pub struct FileStore {
    shared: Arc<Opened>,
}

impl FileStore {
    /// Opens the store in the directory `path` with the default options, and makes it if need be.
    ///
    /// # Errors
    /// A directory that is not safe to use, a file of a newer version (nothing is changed then), or
    /// what the file system reports.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::options().open(path)
    }

    /// The default options, to be changed and opened.
    #[must_use]
    pub fn options() -> FileStoreOptions {
        FileStoreOptions::default()
    }

    fn open_with(path: &Path, options: FileStoreOptions) -> Result<Self, StoreError> {
        let disk = if options.is_read_only {
            access::open_to_read(path, options.trusts_group)?
        } else {
            access::open(path, options.trusts_group)?
        };
        let path = disk.path().to_owned();
        Self::on_disk(Arc::new(disk), path, options)
    }

    /// Opens the store on a disk; `path` is for errors.
    fn on_disk(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        options: FileStoreOptions,
    ) -> Result<Self, StoreError> {
        Ok(Self { shared: Arc::new(Opened(OpenStore::open(disk, path, options)?)) })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.view.directory.path
    }

    /// All entries, in no order, whatever their age. O(entries) in memory: 8 bytes each.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn iter(&self) -> Result<Entries<'_>, StoreError> {
        self.shared.view.look_now()?;
        Ok(Entries::new(&self.shared.view))
    }

    /// Reads every byte of every segment and says what is damaged and where. Changes nothing, and
    /// nobody waits for it.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn verify(&self) -> Result<Verification, StoreError> {
        maintain::verify(&self.shared.view.directory)
    }

    /// Rewrites every segment that holds replaced, removed, cleared, expired or damaged entries, so
    /// that their bytes are gone from the files afterwards.
    ///
    /// Gets do not wait for it, puts of this process for a segment at a time. Segments that another
    /// process is writing to are left; its own are closed first.
    ///
    /// # Errors
    /// What the file system reports. What was not compacted is as it was.
    pub fn compact(&self) -> Result<Compaction, StoreError> {
        let shared = &self.shared;
        shared.view.directory.check_writable()?;
        let mut done = Compaction::default();
        let before = shared.view.directory.index().bytes();
        let handles = shared.maintain(|maintenance| {
            if maintenance.lock()? { maintenance.begin_compaction().map(Some) } else { Ok(None) }
        })?;
        let Some(handles) = handles else {
            done.is_elsewhere = true;
            return Ok(done);
        };
        let mut compact =
            |handle| shared.maintain(|maintenance| maintenance.compact(handle, &mut done));
        let compacted = handles.into_iter().try_for_each(&mut compact);
        let unlocked = shared.maintain(|maintenance| maintenance.unlock());
        compacted.and(unlocked)?;
        done.bytes_freed = before.saturating_sub(shared.view.directory.index().bytes());
        Ok(done)
    }
}

impl FileStoreOptions {
    /// Opens the store in the directory `path`, which is made if it is not there.
    ///
    /// # Errors
    /// As [`FileStore::open`]'s, and [`FileFault::InvalidNamespace`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<FileStore, StoreError> {
        let path = path.as_ref();
        let name = self.namespace_name().map_err(|fault| fault.at(path))?;
        let path = name.map_or_else(|| path.to_owned(), |name| access::of_namespace(path, name));
        if !self.may_be_on_network {
            network::refuse(&path)?;
        }
        FileStore::open_with(&path, self)
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("path", &self.shared.view.directory.path)
            .field("options", &self.shared.view.directory.options)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// What a caller who may wait for the disk calls without the detour of [`Store`](super::Store).
impl FileStore {
    /// The entry of `key`, whatever its age.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn get(&self, key: &RequestKey) -> Result<Option<Entry>, StoreError> {
        let view = &self.shared.view;
        let begun = view.now();
        view.look(begun)?;
        if let Some(stored) = read::load(key, view)? {
            return Ok(Some(stored));
        }
        view.look_since(begun)?;
        read::load(key, view)
    }

    /// Keeps an entry, in place of an older one of the same key. Returns when the durability of the
    /// store is met.
    ///
    /// # Errors
    /// [`StoreErrorKind::TooBig`] for an entry that can never fit, with the sizes, and what the file
    /// system reports.
    pub fn put(&self, record: &Record<'_>) -> Result<(), StoreError> {
        let shared = &self.shared;
        #[cfg(feature = "lz4")]
        let packed =
            shared.view.directory.options.compresses.then(|| segment::pack(record)).flatten();
        #[cfg(feature = "lz4")]
        let record = &match &packed {
            Some((extensions, payload)) => Record { extensions, payload, ..*record },
            None => *record,
        };
        let needed = padded(record.encoded_len()) + u64::from(DATA_START);
        let capacity = shared.view.directory.options.max_bytes.min(u64::from(!15_u32));
        if needed > capacity {
            return Err(StoreError::new(StoreErrorKind::TooBig { needed, capacity }));
        }
        let mut writer = shared.writer();
        shared.note_fork(&mut writer)?;
        shared.view.look(shared.view.now())?;
        shared.commit(writer, Item::Entry(record))
    }

    /// Forgets the entry of `key`; says whether there was one.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn remove(&self, key: &RequestKey) -> Result<bool, StoreError> {
        let shared = &self.shared;
        let mut writer = shared.writer();
        shared.note_fork(&mut writer)?;
        shared.view.look_now()?;
        if shared.view.directory.index().find(key).is_none() {
            return Ok(false);
        }
        shared.commit(writer, Item::Bare(Kind::Removal, *key))?;
        Ok(true)
    }

    /// Forgets all entries, in all processes, and deletes the segment files that nobody writes to.
    /// Other files in the directory are not touched.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn clear(&self) -> Result<(), StoreError> {
        let shared = &self.shared;
        let mut writer = shared.writer();
        shared.note_fork(&mut writer)?;
        shared.view.look_now()?;
        if shared.view.directory.index().len() == 0 {
            return Ok(());
        }
        let item = Item::Bare(Kind::Clear, RequestKey::from_bytes([0; 32]));
        shared.commit(writer, item)?;
        shared.maintain(|maintenance| maintenance.delete_void())
    }

    /// Returns when everything put so far would survive a power loss.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn flush(&self) -> Result<(), StoreError> {
        let shared = &self.shared;
        if shared.view.directory.options.is_read_only {
            return Ok(());
        }
        // A sync of the parent's may hold what the child has inherited.
        shared.note_fork(&mut shared.writer())?;
        let index = shared.view.directory.index();
        let segments: Vec<_> =
            index.all_held().map(|(_, held)| Arc::clone(&held.segment)).collect();
        drop(index);
        segments.iter().try_for_each(|segment| shared.sync(segment, segment.written()))?;
        shared.view.directory.sync_names()
    }

    /// What it holds and what befell it. No I/O.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        let view = &self.shared.view;
        let counters = &view.directory.counters;
        let (unreadable_files, unreadable) = view
            .follow()
            .unreadable()
            .fold((0, 0), |(files, bytes), (_, len)| (files + 1, bytes + len));
        let index = view.directory.index();
        StoreStats {
            entries: index.len() as u64,
            bytes: index.bytes() + unreadable,
            bytes_live: index.all_held().map(|(_, held)| held.live_bytes).sum(),
            bytes_max: Some(view.directory.options.max_bytes),
            files: (index.all_held().count() + unreadable_files) as u64,
            memory_bytes: index.memory_bytes() as u64,
            entries_evicted: counters.evicted.load(Ordering::Relaxed),
            compactions: counters.compactions.load(Ordering::Relaxed),
            damaged: counters.damaged.load(Ordering::Relaxed),
            sync_failures: counters.sync_failures.load(Ordering::Relaxed),
            ..StoreStats::default()
        }
    }
}
