//! What the store asks of the operating system.
//!
//! Everything goes through [`Disk`] and [`DiskFile`], so that tests put a disk in their place that
//! loses power, fails and tells what was asked of it.

pub(crate) mod access;
mod holder;
mod local;
mod lock_file;
pub(crate) mod network;

use std::{fmt, io};

pub(crate) use local::LocalDisk;
pub(crate) use lock_file::{LOCK_NAME, LockFile, lock_soon, open_lock};

/// A directory of files. Names are plain: no separators.
pub(crate) trait Disk: Send + Sync {
    /// All regular files.
    fn list(&self) -> io::Result<Vec<Listed>>;

    /// Makes a file that is not there yet, for us alone, and opens it.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file of ours; follows no symbolic link.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Deletes a file. Those who have it open can still read it.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// What tells the file of this name from others, as [`DiskFile::id`]; `None` where there is
    /// none.
    fn id_of(&self, name: &str) -> io::Result<Option<u64>>;

    /// Returns when the names survive a power loss.
    fn sync(&self) -> io::Result<()>;

    /// Whether the directory was deleted, or another one stands at its path.
    fn is_gone(&self) -> bool;
}

/// A file in a [`Disk`], open for reading and, unless the disk is read only, for writing.
pub(crate) trait DiskFile: fmt::Debug + Send + Sync {
    /// What tells the file from others that have or had its name.
    fn id(&self) -> io::Result<u64>;

    /// Its length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Reads what there is at `offset`; 0 at the end.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads `len` bytes at `offset`, fewer where the file ends before.
    fn read_vec(&self, len: usize, offset: u64) -> io::Result<Vec<u8>>;

    /// Reads what there is at `offset` where no disk has to be waited for; fewer bytes where the
    /// others would have to be. `None` where it would have to wait, or cannot tell.
    fn read_cached(&self, bytes: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        let _ = (bytes, offset);
        Ok(None)
    }

    /// Writes all of `bytes`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts the file off, or extends it with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Returns when the bytes survive a power loss, and the length if need be.
    fn sync_data(&self) -> io::Result<()>;

    /// Locks the file for this opening of it alone, until it is closed; says whether that could be
    /// done at once.
    fn try_lock(&self) -> io::Result<bool>;

    /// Gives the lock back.
    fn unlock(&self) -> io::Result<()>;

    /// Whether another opening of the file has locked it.
    fn is_locked(&self) -> io::Result<bool>;

    /// Whether the file has a name still.
    fn is_linked(&self) -> io::Result<bool>;

    /// The number of the process that has locked the file, where the system tells.
    fn holder(&self) -> Option<u32>;
}

/// A file of a [`Disk`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// As [`DiskFile::id`].
    pub(crate) id: u64,
    pub(crate) len: u64,
}

/// Reads at `offset` until `bytes` are full or the file ends; says how many were read.
pub(crate) fn read_full(
    file: &(impl DiskFile + ?Sized),
    bytes: &mut [u8],
    offset: u64,
) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
