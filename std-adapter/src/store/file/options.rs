//! How a file store is to be kept.

use std::{path::Path, time::Duration};

use super::FileStore;
use crate::store::StoreError;

/// What survives a power loss. A crash or `kill -9` of this process alone loses nothing that `put`
/// has acknowledged, under any of these: the operating system has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// Nothing is promised; whatever the system has written out by then.
    None,
    /// All that was acknowledged longer ago than this, and the time that a sync takes. A thread
    /// syncs at this interval, of a millisecond at least, when there is something to sync.
    Interval(Duration),
    /// All that was acknowledged: `put` returns after the sync. Puts that wait at the same time
    /// share one.
    Always,
}

/// Settings of a [`FileStore`]; made by [`FileStore::options`].
#[derive(Clone, Copy, Debug)]
pub struct FileStoreOptions {
    pub(super) max_bytes: u64,
    pub(super) segment_bytes: Option<u32>,
    pub(super) durability: Durability,
}

impl Default for FileStoreOptions {
    /// 256 MiB, synced every second.
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            segment_bytes: None,
            durability: Durability::Interval(Duration::from_secs(1)),
        }
    }
}

impl FileStoreOptions {
    /// The bound on the bytes of all segment files; the default is 256 MiB, the least 64 KiB.
    ///
    /// It holds after every put. The oldest segment file goes first, with all that is in it.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = if bytes < MAX_BYTES_MIN { MAX_BYTES_MIN } else { bytes };
        self
    }

    /// The size of a segment file: the default is a sixteenth of `max_bytes` and at most 16 MiB,
    /// the least 4 KiB. A larger entry gets a file of its own.
    #[must_use]
    pub const fn segment_bytes(mut self, bytes: u32) -> Self {
        self.segment_bytes = Some(if bytes < SEGMENT_MIN { SEGMENT_MIN } else { bytes });
        self
    }

    /// What survives a power loss; the default is [`Durability::Interval`] of a second.
    #[must_use]
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Opens the store in the directory `path`, which is made if it is not there.
    ///
    /// # Errors
    /// As [`FileStore::open`]'s.
    pub fn open(self, path: impl AsRef<Path>) -> Result<FileStore, StoreError> {
        FileStore::open_with(path.as_ref(), self)
    }

    /// The capacity of a new segment file, a multiple of the record alignment.
    pub(super) fn segment_capacity(&self) -> u32 {
        let sixteenth = (self.max_bytes / 16).clamp(u64::from(SEGMENT_MIN), 16 << 20);
        let capacity = self.segment_bytes.unwrap_or(sixteenth as u32);
        capacity.min(u32::try_from(self.max_bytes).unwrap_or(u32::MAX)) & !15
    }
}

const MAX_BYTES_MIN: u64 = 64 << 10;
const SEGMENT_MIN: u32 = 4 << 10;
