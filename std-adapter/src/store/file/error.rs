//! Why a file store did not do its work: what it is about, and what to do.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::store::{StoreError, StoreErrorKind};

/// The file store's own words for a [`StoreError`]: what is wrong with which path.
///
/// ```
/// use llm_cache::store::{FileError, FileFault, FileStore, StoreErrorKind};
///
/// let refused = FileStore::options().namespace("not a name").open("answers").unwrap_err();
/// assert_eq!(refused.kind(), StoreErrorKind::Unusable);
/// let fault = FileError::of(&refused).map(FileError::fault);
/// assert_eq!(fault, Some(FileFault::InvalidNamespace));
/// ```
#[derive(Clone, Debug)]
pub struct FileError {
    fault: FileFault,
    path: Option<PathBuf>,
    cause: Option<Arc<io::Error>>,
}

/// What can be wrong with a file store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileFault {
    /// The path exists and is no directory.
    NotADirectory,
    /// The directory is, or is reached through, a symbolic link.
    SymbolicLink,
    /// The directory or a file in it belongs to another user.
    NotOurs,
    /// Others may write to the directory, or may replace it since they may write to a parent.
    WritableByOthers,
    /// The directory or the disk does not let us write.
    ReadOnly,
    /// The directory is on a file system of another machine, or may be: there a lock may hold
    /// nobody back, and what one machine wrote may reach another late or in pieces.
    NetworkFileSystem,
    /// The store's byte bound is reached, and other processes keep it from making room: they write
    /// to all that could go, or one of them has held the lock without which nothing may be deleted
    /// for two seconds. The cause says which.
    BoundReached,
    /// The directory was deleted, or another one stands in its place, while the store was open; or
    /// somebody deletes its files as fast as they are made.
    Gone,
    /// The name of a namespace is empty, too long, or has a character that is not allowed in one.
    InvalidNamespace,
    /// A file was written by a newer version of this library, in this format version.
    NewerVersion {
        /// The format version that the file states.
        found: u16,
    },
    /// The disk or the quota is full.
    NoSpace,
    /// A sync failed: what was put since the last successful one may not survive a power loss.
    SyncFailed,
    /// Any other failure of the file system.
    Io,
}

impl FileError {
    /// The file store's own words for an error, if it is one of a file store.
    #[must_use]
    pub fn of(error: &StoreError) -> Option<&Self> {
        error.downcast_ref()
    }

    /// What is wrong.
    #[must_use]
    pub const fn fault(&self) -> FileFault {
        self.fault
    }

    /// The file or directory that it is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

impl FileFault {
    /// An error without a path.
    pub(crate) fn error(self) -> StoreError {
        FileError { fault: self, path: None, cause: None }.into()
    }

    /// An error about a path.
    pub(crate) fn at(self, path: &Path) -> StoreError {
        FileError { fault: self, path: Some(path.to_owned()), cause: None }.into()
    }

    /// An error of the system about a path.
    pub(crate) fn because(self, path: &Path, cause: io::Error) -> StoreError {
        let cause = Some(Arc::new(cause));
        FileError { fault: self, path: Some(path.to_owned()), cause }.into()
    }

    /// An error of the system about a path; the system's kind of error says which one.
    pub(crate) fn io(path: &Path, cause: io::Error) -> StoreError {
        let fault = match cause.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::NoSpace,
            io::ErrorKind::NotADirectory => Self::NotADirectory,
            _ => Self::Io,
        };
        fault.because(path, cause)
    }

    /// What is wrong in an error, if it is one of a file store.
    pub(crate) fn of(error: &StoreError) -> Option<Self> {
        FileError::of(error).map(FileError::fault)
    }

    /// The system's kind of the error behind a file store's, if there is one.
    pub(crate) fn cause_of(error: &StoreError) -> Option<io::ErrorKind> {
        FileError::of(error)?.cause.as_ref().map(|cause| cause.kind())
    }

    /// What to do about it, as the end of a sentence.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NotADirectory | Self::SymbolicLink => "choose another path",
            Self::NotOurs => "choose a directory of your own",
            Self::WritableByOthers => {
                "chmod go-w it, choose a directory of your own, or \
                 allow_group_writable_parent(true) where it is a group that you trust"
            }
            Self::ReadOnly => {
                "make it writable, choose another directory, or open it read_only(true)"
            }
            Self::NetworkFileSystem => {
                "choose a local directory, or allow_network_file_system(true) where one machine \
                 alone uses it"
            }
            Self::BoundReached => "see to what is in the way, or raise the store's max_bytes",
            Self::Gone => "open the store again",
            Self::InvalidNamespace => "use 1 to 64 of a-z, 0-9, - and _",
            Self::NewerVersion { .. } => "update llm-cache or choose another directory",
            Self::NoSpace => "free some or lower the store's max_bytes",
            Self::SyncFailed => "check the disk; the affected file takes no more entries",
            Self::Io => "see the cause",
        }
    }

    /// The same in terms that every store has.
    const fn kind(self) -> StoreErrorKind {
        match self {
            Self::NotADirectory
            | Self::SymbolicLink
            | Self::NetworkFileSystem
            | Self::InvalidNamespace => StoreErrorKind::Unusable,
            Self::NotOurs | Self::WritableByOthers | Self::ReadOnly => StoreErrorKind::Permission,
            Self::BoundReached | Self::NoSpace => StoreErrorKind::Full,
            Self::Gone => StoreErrorKind::Unavailable,
            Self::NewerVersion { found } => StoreErrorKind::NewerVersion { found },
            Self::SyncFailed => StoreErrorKind::NotDurable,
            Self::Io => StoreErrorKind::Other,
        }
    }
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> Self {
        Self::told_by(error.fault.kind(), error)
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotADirectory => "this is no directory",
            Self::SymbolicLink => "the path of a store must not contain a symbolic link of others",
            Self::NotOurs => "this belongs to another user",
            Self::WritableByOthers => "other users may write or replace this",
            Self::ReadOnly => "no permission to write here",
            Self::NetworkFileSystem => "this is, or may be, on a network file system",
            Self::BoundReached => "the store is full, and others keep it from making room",
            Self::Gone => "the directory was deleted or replaced while the store was open",
            Self::InvalidNamespace => "this cannot be the name of a namespace",
            Self::NewerVersion { found } => {
                return write!(f, "written in format version {found}, newer than this library's");
            }
            Self::NoSpace => "no space is left",
            Self::SyncFailed => "the disk did not confirm a write",
            Self::Io => "the file system failed",
        })
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        write!(f, "{}", self.fault)?;
        if let Some(cause) = &self.cause {
            write!(f, " ({cause})")?;
        }
        write!(f, "; {}", self.fault.advice())
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message names the path, the trouble, the cause and the remedy.
    #[test]
    fn a_message_says_what_to_do() {
        let error = FileFault::NotOurs.at(Path::new("/var/cache/x"));
        assert_eq!(
            error.to_string(),
            "/var/cache/x: this belongs to another user; choose a directory of your own"
        );
        let full = FileFault::io(Path::new("x"), io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.kind(), StoreErrorKind::Full);
        assert_eq!(FileFault::of(&full), Some(FileFault::NoSpace));
        assert!(full.to_string().contains("max_bytes") && full.source().is_some(), "{full}");
        let gone = FileFault::Gone.at(Path::new("/tmp/x"));
        assert_eq!(
            gone.to_string(),
            "/tmp/x: the directory was deleted or replaced while the store was open; \
             open the store again"
        );
    }
}
