//! A directory of the file system as a disk.

use std::{
    fs::File,
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, flock, openat, statat, unlinkat},
    io::Errno,
    process::geteuid,
};

use super::{Disk, DiskFile, Listed, holder};

/// A directory of the file system. Names are looked up in the directory that was opened, whatever
/// stands at its path by now.
#[derive(Debug)]
pub(crate) struct LocalDisk {
    handle: File,
    path: PathBuf,
    access: Access,
}

/// What may be done with the files, and whose they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Ours.
    Write,
    /// Ours, or root's, who may have made the layer of an image.
    Read,
    /// Anybody's.
    ReadAll,
}

impl LocalDisk {
    /// The open directory `handle`, which was found at `path`.
    pub(crate) const fn new(handle: File, path: PathBuf) -> Self {
        Self { handle, path, access: Access::Write }
    }

    /// The same, and nothing in it is ever changed; with `is_fixed`, by nobody.
    pub(crate) const fn read_only(handle: File, path: PathBuf, is_fixed: bool) -> Self {
        let access = if is_fixed { Access::ReadAll } else { Access::Read };
        Self { handle, path, access }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn open_at(&self, name: &str, more: OFlags) -> io::Result<Box<dyn DiskFile>> {
        let may_write = self.access == Access::Write;
        let access = if may_write { OFlags::RDWR } else { OFlags::RDONLY };
        let flags = access | OFlags::CLOEXEC | OFlags::NOFOLLOW | more;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = File::from(openat(&self.handle, name, flags, mode)?);
        let metadata = file.metadata()?;
        let is_trusted = match self.access {
            Access::Write => metadata.uid() == geteuid().as_raw(),
            Access::Read => metadata.uid() == geteuid().as_raw() || metadata.uid() == 0,
            Access::ReadAll => true,
        };
        if !metadata.is_file() || !is_trusted {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "not a file of ours"));
        }
        if metadata.mode() & 0o077 != 0 && may_write {
            rustix::fs::fchmod(&file, mode)?;
        }
        Ok(Box::new(LocalFile(file)))
    }
}

impl Disk for LocalDisk {
    fn list(&self) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for entry in Dir::read_from(&self.handle)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            let stat = match statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
                // Deleted since the directory was read.
                Err(Errno::NOENT) => continue,
                stat => stat?,
            };
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
                let len = u64::try_from(stat.st_size).unwrap_or(0);
                listed.push(Listed { name: name.to_owned(), id: stat.st_ino, len });
            }
        }
        Ok(listed)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        if self.access != Access::Write {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        self.open_at(name, OFlags::CREATE | OFlags::EXCL)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.open_at(name, OFlags::empty())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, AtFlags::empty())?)
    }

    fn id_of(&self, name: &str) -> io::Result<Option<u64>> {
        match statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat.st_ino)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    fn is_gone(&self) -> bool {
        let ours = self.handle.metadata();
        let there = self.path.symlink_metadata();
        match (ours, there) {
            (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) != (there.dev(), there.ino()),
            (_, Err(error)) => error.kind() == io::ErrorKind::NotFound,
            (Err(_), Ok(_)) => false,
        }
    }
}

#[derive(Debug)]
struct LocalFile(File);

impl DiskFile for LocalFile {
    fn id(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.ino())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(bytes, offset)
    }

    fn read_vec(&self, len: usize, offset: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            let at = offset + bytes.len() as u64;
            match rustix::io::pread(&self.0, rustix::buffer::spare_capacity(&mut bytes), at) {
                Ok(0) => break,
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        bytes.truncate(len);
        Ok(bytes)
    }

    /// Linux alone tells what is in its page cache. Elsewhere every read counts as one that waits.
    #[cfg(target_os = "linux")]
    fn read_cached(&self, bytes: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        use rustix::io::{ReadWriteFlags, preadv2};
        let mut parts = [io::IoSliceMut::new(bytes)];
        match preadv2(&self.0, &mut parts, offset, ReadWriteFlags::NOWAIT) {
            Ok(len) => Ok(Some(len)),
            // It would wait; or the file system or the kernel cannot tell.
            Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INTR) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn try_lock(&self) -> io::Result<bool> {
        lock(&self.0, FlockOperation::NonBlockingLockExclusive)
    }

    fn unlock(&self) -> io::Result<()> {
        Ok(flock(&self.0, FlockOperation::Unlock)?)
    }

    fn is_locked(&self) -> io::Result<bool> {
        // A shared lock, so that two who ask at the same time do not take each other for owners.
        let is_free = lock(&self.0, FlockOperation::NonBlockingLockShared)?;
        if is_free {
            self.unlock()?;
        }
        Ok(!is_free)
    }

    fn is_linked(&self) -> io::Result<bool> {
        Ok(self.0.metadata()?.nlink() > 0)
    }

    fn holder(&self) -> Option<u32> {
        holder::of(&self.0.metadata().ok()?)
    }
}

fn lock(file: &File, operation: FlockOperation) -> io::Result<bool> {
    match flock(file, operation) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}
