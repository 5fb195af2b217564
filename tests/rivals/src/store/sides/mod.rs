//! The stores, each as its documentation says it is to be used.

mod cacache;
mod cached;
mod file_per_entry;
mod fjall;
mod grouped;
mod ours;
mod raw;
mod redb;
mod sqlite;

use std::path::Path;

use super::{
    Fault,
    entries::{Entries, Key},
};

/// When a put is acknowledged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Once the operating system has it, or the store itself where it cannot do that.
    NoSync,
    /// Once the disk has it.
    Durable,
}

/// A store that is open.
pub(super) trait Backend: Sync {
    /// Fetches the value, whole and owned or in a buffer of the caller's; the sum of its length and
    /// first byte, so that it is looked at. `thread` is the number of the calling one, below
    /// [`THREADS`](super::THREADS).
    fn get(&self, key: &Key, thread: usize) -> Result<Option<usize>, Fault>;

    /// Keeps a new entry.
    fn put(&self, key: &Key, value: &[u8], thread: usize) -> Result<(), Fault>;

    /// Puts all entries, as fast as may be.
    fn fill(&self, entries: &Entries) -> Result<(), Fault> {
        for number in 0..entries.count {
            let key = entries.key(number);
            entries.with_value(&key, |value| self.put(&key, value, 0))?;
        }
        Ok(())
    }

    /// Writes everything where it belongs.
    fn flush(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// Bytes of memory that no Rust allocator has seen.
    fn foreign_memory(&self) -> usize {
        0
    }
}

/// What [`Backend::get`] returns for a value.
pub(super) fn looked_at(value: &[u8]) -> usize {
    value.len() + usize::from(value.first().copied().unwrap_or_default())
}

/// A side of the tables.
pub(super) struct Side {
    /// The column's name.
    pub(super) name: &'static str,
    /// What it takes part in.
    pub(super) part: Part,
    /// Whether its puts can wait for the disk.
    pub(super) syncs: bool,
    open: Open,
}

/// Opens a store in a directory, for values of so many bytes.
type Open = fn(&Path, Mode, usize) -> Result<Box<dyn Backend>, Fault>;

/// Where a side is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Everywhere, a million entries included.
    All,
    /// Where there are no more than 100,000 entries: each is a file or a commit of its own.
    Small,
    /// A limit, which keeps no index, opens nothing and knows no syncs.
    Get,
    /// A limit, which is never read.
    Put,
    /// A limit, for both.
    Limit,
}

impl Side {
    /// Opens the store in a directory, for values of `len` bytes.
    pub(super) fn open(
        &self,
        path: &Path,
        mode: Mode,
        len: usize,
    ) -> Result<Box<dyn Backend>, Fault> {
        (self.open)(path, mode, len)
    }

    /// Whether it has an index to be opened and takes room of its own.
    pub(super) fn is_store(&self) -> bool {
        matches!(self.part, Part::All | Part::Small)
    }
}

pub(super) const SIDES: [Side; 11] = [
    Side { name: "ours", part: Part::All, syncs: true, open: ours::open },
    Side { name: "fjall", part: Part::All, syncs: true, open: fjall::open },
    Side { name: "redb", part: Part::All, syncs: true, open: redb::open },
    Side { name: "sqlite", part: Part::All, syncs: true, open: sqlite::open },
    Side { name: "cacache", part: Part::Small, syncs: false, open: cacache::open },
    Side { name: "cached", part: Part::Small, syncs: true, open: cached::open },
    Side { name: "file_per_entry", part: Part::Small, syncs: true, open: file_per_entry::open },
    Side { name: "raw", part: Part::Limit, syncs: true, open: raw::open },
    Side { name: "map", part: Part::Get, syncs: true, open: raw::open_map },
    Side { name: "raw_zeroed", part: Part::Put, syncs: true, open: raw::open_zeroed },
    Side { name: "grouped", part: Part::Put, syncs: true, open: grouped::open },
];
