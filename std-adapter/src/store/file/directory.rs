//! The open directory, the index of what is in it, and what befell the store.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Durability, FileStoreOptions, disk::Disk, index::Index, segment::Segment};
use crate::store::{FileFault, StoreError};

/// The directory, the index of what is known to be in it, and what befell the store.
///
/// The index is not locked while a sync is waited for or an entry is copied, so that readers never
/// wait for either.
pub(crate) struct Directory {
    pub(crate) disk: Arc<dyn Disk>,
    /// For errors.
    pub(crate) path: PathBuf,
    pub(crate) options: FileStoreOptions,
    pub(crate) counters: Counters,
    index: RwLock<Index>,
}

/// What befell the store; see [`StoreStats`](crate::store::StoreStats).
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) evicted: AtomicU64,
    pub(crate) damaged: AtomicU64,
    pub(crate) sync_failures: AtomicU64,
    pub(crate) compactions: AtomicU64,
    /// The highest order of any record that was seen.
    pub(crate) order: AtomicU64,
}

impl Directory {
    /// What a store that is being opened begins with: nothing was read yet.
    pub(crate) fn open(disk: Arc<dyn Disk>, path: PathBuf, options: FileStoreOptions) -> Self {
        let index = RwLock::new(Index::new(options.open_max()));
        Self { disk, path, options, counters: Counters::default(), index }
    }

    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        // Its methods do not panic between two changes that belong together.
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A segment with its file open, and kept open while it is read more often than others. `None`:
    /// the file is gone.
    pub(crate) fn open_segment(
        &self,
        handle: u32,
        segment: Arc<Segment>,
    ) -> Result<Option<Arc<Segment>>, StoreError> {
        if segment.is_open() {
            return Ok(Some(segment));
        }
        let opened = match segment.opened() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if is_out_of_descriptors(&error) => {
                self.index_mut().segments_mut().close_idle();
                segment.opened()
            }
            opened => opened,
        };
        let opened = Arc::new(opened.map_err(|error| FileFault::io(&segment.path, error))?);
        self.index_mut().segments_mut().open(handle, Arc::clone(&opened));
        Ok(Some(opened))
    }

    /// Refuses where the store was opened to be read only.
    pub(crate) fn check_writable(&self) -> Result<(), StoreError> {
        if !self.options.is_read_only {
            return Ok(());
        }
        let why = io::Error::other("it was opened with read_only(true)");
        Err(FileFault::ReadOnly.because(&self.path, why))
    }

    /// Whether anything is to survive a power loss.
    pub(crate) fn is_durable(&self) -> bool {
        self.options.durability != Durability::None
    }

    /// An error about the directory.
    pub(crate) fn failed(&self, error: io::Error) -> StoreError {
        FileFault::io(&self.path, error)
    }

    /// Returns when the names in the directory survive a power loss.
    pub(crate) fn sync_names(&self) -> Result<(), StoreError> {
        self.disk.sync().map_err(|error| {
            let error = FileFault::SyncFailed.because(&self.path, error);
            self.counters.note(&error);
            error
        })
    }
}

impl Counters {
    /// Counts a sync that failed; later callers that are told of it have no cause to show.
    pub(crate) fn note(&self, error: &StoreError) {
        if FileFault::of(error) == Some(FileFault::SyncFailed)
            && FileFault::cause_of(error).is_some()
        {
            self.sync_failures.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Sees the order of a record, above which the next one's will be.
    pub(crate) fn saw_order(&self, order: u64) {
        self.order.fetch_max(order, Ordering::Relaxed);
    }

    pub(crate) fn count_damage(&self, places: u32) {
        self.damaged.fetch_add(u64::from(places), Ordering::Relaxed);
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error).map(Some).contains(&error.raw_os_error())
}
