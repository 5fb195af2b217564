//! The lock file of a directory, and waiting for a lock that is asked about.

use std::{io, path::Path, thread, time::Duration};

use super::{Disk, DiskFile};
use crate::store::{FileFault, StoreError};

/// The name of the file whose lock makes its holder the only one to delete and to compact.
pub(crate) const LOCK_NAME: &str = "lock";

/// The identity of the file named `lock`, and the file.
pub(crate) type LockFile = (u64, Box<dyn DiskFile>);

const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_micros(50);

/// The lock file with its identity. `None`: there is none, and the store is only read.
pub(crate) fn open_lock(
    disk: &dyn Disk,
    path: &Path,
    is_read_only: bool,
) -> Result<Option<LockFile>, StoreError> {
    let path = path.join(LOCK_NAME);
    let opened = match disk.open(LOCK_NAME) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_read_only => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match disk.create(LOCK_NAME) {
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => disk.open(LOCK_NAME),
            made => made,
        },
        opened => opened,
    };
    let opened = opened.and_then(|file| Ok((file.id()?, file)));
    opened.map(Some).map_err(|error| match error.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
            FileFault::SymbolicLink.because(&path, error)
        }
        _ => FileFault::io(&path, error),
    })
}

/// Locks a file, which others may have locked for as long as it takes to ask whether it is locked.
pub(crate) fn lock_soon(file: &dyn DiskFile) -> io::Result<bool> {
    for _ in 0..LOCK_TRIES {
        if file.try_lock()? {
            return Ok(true);
        }
        thread::sleep(LOCK_PAUSE);
    }
    file.try_lock()
}
