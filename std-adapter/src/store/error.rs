//! Why a store did not do its work, and what to do about it.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why a store could not be opened or did not do its work: a [`kind`](StoreError::kind), the path
/// it is about and the system's own error. `Display` is one line that ends with what to do.
///
/// No message contains a key's text, a prompt or an answer.
#[derive(Clone, Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    path: Option<PathBuf>,
    source: Option<Arc<io::Error>>,
}

/// The kinds of [`StoreError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
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
    /// The entry can never fit.
    TooBig {
        /// Bytes that the entry takes, overhead included.
        needed: u64,
        /// Bytes that the largest entry may take.
        capacity: u64,
    },
    /// A sync failed: what was put since the last successful one may not survive a power loss.
    SyncFailed,
    /// Any other failure of the file system.
    Io,
}

impl StoreError {
    /// An error without a path. For other crates' stores too.
    #[must_use]
    pub const fn new(kind: StoreErrorKind) -> Self {
        Self { kind, path: None, source: None }
    }

    /// The same error, about `path`.
    #[must_use]
    pub fn at(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// An error of the operating system about `path`; full disks and missing permissions get the
    /// kinds of their own.
    #[must_use]
    pub fn io(path: &Path, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreErrorKind::ReadOnly
            }
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => StoreErrorKind::NoSpace,
            io::ErrorKind::NotADirectory => StoreErrorKind::NotADirectory,
            _ => StoreErrorKind::Io,
        };
        Self::from_io(kind, path, source)
    }

    pub(crate) fn from_io(kind: StoreErrorKind, path: &Path, source: io::Error) -> Self {
        Self { kind, path: Some(path.to_owned()), source: Some(Arc::new(source)) }
    }

    /// The kind of the system's error behind it, if there is one.
    #[cfg(all(unix, feature = "file-store"))]
    pub(crate) fn io_kind(&self) -> Option<io::ErrorKind> {
        self.source.as_ref().map(|source| source.kind())
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// The file or directory that it is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

impl fmt::Display for StoreErrorKind {
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
            Self::TooBig { needed, capacity } => {
                return write!(f, "an entry of {needed} bytes, where {capacity} fit at most");
            }
            Self::SyncFailed => "the disk did not confirm a write",
            Self::Io => "the file system failed",
        })
    }
}

impl StoreErrorKind {
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
            Self::TooBig { .. } => "raise the store's max_bytes",
            Self::SyncFailed => "check the disk; the affected file takes no more entries",
            Self::Io => "see the cause",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        write!(f, "{}", self.kind)?;
        if let Some(source) = &self.source {
            write!(f, " ({source})")?;
        }
        write!(f, "; {}", self.kind.advice())
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message names the path, the trouble, the cause and the remedy.
    #[test]
    fn a_message_says_what_to_do() {
        let error = StoreError::new(StoreErrorKind::NotOurs).at(Path::new("/var/cache/x"));
        assert_eq!(
            error.to_string(),
            "/var/cache/x: this belongs to another user; choose a directory of your own"
        );
        let full = StoreError::io(Path::new("x"), io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.kind(), StoreErrorKind::NoSpace);
        assert!(full.to_string().contains("max_bytes"), "{full}");
        let gone = StoreError::new(StoreErrorKind::Gone).at(Path::new("/tmp/x"));
        assert_eq!(
            gone.to_string(),
            "/tmp/x: the directory was deleted or replaced while the store was open; \
             open the store again"
        );
    }
}
