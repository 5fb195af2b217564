//! Why a store did not do its work, in terms that every backend has.

use std::{error::Error, fmt, io, sync::Arc};

/// Why a store could not be opened or did not do its work: a [`kind`](StoreError::kind) that every
/// backend has, and the backend's own error as its source. `Display` is one line that ends with
/// what to do.
///
/// No message contains a key's text, a prompt or an answer.
///
/// ```
/// use llm_cache::store::{StoreError, StoreErrorKind};
///
/// let error = StoreError::new(StoreErrorKind::Timeout);
/// assert!(error.is_passing());
/// assert_eq!(error.to_string(), "the store did not answer in time; see whether it is overloaded");
/// ```
#[derive(Clone, Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    None,
    /// What is behind it.
    Cause(Arc<dyn Error + Send + Sync>),
    /// An error whose message says everything, also what to do.
    Whole(Arc<dyn Error + Send + Sync>),
}

/// The kinds of [`StoreError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store cannot be reached, or is no longer there.
    Unavailable,
    /// The store did not answer in time.
    Timeout,
    /// This attempt failed for a reason that passes by itself.
    Transient,
    /// What the store has there cannot be read.
    Corrupt,
    /// There is no room, and none can be made now.
    Full,
    /// The entry can never fit.
    TooBig {
        /// Bytes that the entry takes, overhead included.
        needed: u64,
        /// Bytes that the largest entry may take.
        capacity: u64,
    },
    /// Somebody may not do this, or others may do too much.
    Permission,
    /// The store cannot be kept where, or as, it was asked for.
    Unusable,
    /// A newer version of this library wrote there, in this format version.
    NewerVersion {
        /// The format version that was found.
        found: u16,
    },
    /// What was put may be lost with the next crash or power loss.
    NotDurable,
    /// Any other failure.
    Other,
}

impl StoreError {
    /// An error without a source.
    #[must_use]
    pub const fn new(kind: StoreErrorKind) -> Self {
        Self { kind, source: Source::None }
    }

    /// The same error, with what is behind it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Source::Cause(cause.into().into());
        self
    }

    /// An error whose message is that of `source` alone, which should end with what to do.
    #[must_use]
    pub fn told_by(kind: StoreErrorKind, source: impl Error + Send + Sync + 'static) -> Self {
        Self { kind, source: Source::Whole(Arc::new(source)) }
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Whether the same call may succeed a little later, without anybody doing anything about it.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        use StoreErrorKind::{Timeout, Transient, Unavailable};
        matches!(self.kind, Unavailable | Timeout | Transient)
    }

    /// The backend's own error, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        match &self.source {
            Source::None => None,
            Source::Cause(source) | Source::Whole(source) => source.downcast_ref(),
        }
    }
}

/// The kind by what the system says; the error of the system is the source.
impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::PermissionDenied | Io::ReadOnlyFilesystem => StoreErrorKind::Permission,
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => StoreErrorKind::Full,
            Io::TimedOut => StoreErrorKind::Timeout,
            Io::Interrupted | Io::WouldBlock | Io::ResourceBusy => StoreErrorKind::Transient,
            Io::ConnectionRefused
            | Io::ConnectionReset
            | Io::ConnectionAborted
            | Io::NotConnected
            | Io::BrokenPipe
            | Io::HostUnreachable
            | Io::NetworkUnreachable
            | Io::NetworkDown => StoreErrorKind::Unavailable,
            Io::InvalidData | Io::UnexpectedEof => StoreErrorKind::Corrupt,
            Io::NotADirectory => StoreErrorKind::Unusable,
            _ => StoreErrorKind::Other,
        };
        Self::new(kind).because(error)
    }
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "the store cannot be reached",
            Self::Timeout => "the store did not answer in time",
            Self::Transient => "the store failed for the moment",
            Self::Corrupt => "what the store has there cannot be read",
            Self::Full => "the store is full",
            Self::TooBig { needed, capacity } => {
                return write!(f, "an entry of {needed} bytes, where {capacity} fit at most");
            }
            Self::Permission => "no permission",
            Self::Unusable => "the store cannot be kept there",
            Self::NewerVersion { found } => {
                return write!(f, "written in format version {found}, newer than this library's");
            }
            Self::NotDurable => "the store did not confirm a write",
            Self::Other => "the store failed",
        })
    }
}

impl StoreErrorKind {
    /// What to do about it, as the end of a sentence.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unavailable => "see whether it is running and reachable",
            Self::Timeout => "see whether it is overloaded",
            Self::Transient => "try again",
            Self::Corrupt => "verify the store, or remove the entry",
            Self::Full => "free some room or lower the store's bound",
            Self::TooBig { .. } => "raise the store's bound",
            Self::Permission => "see who may use the store",
            Self::Unusable => "choose another place or other settings",
            Self::NewerVersion { .. } => "update llm-cache or choose another place",
            Self::NotDurable => "check the disk or server",
            Self::Other => "see the cause",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::None => write!(f, "{}; {}", self.kind, self.kind.advice()),
            Source::Cause(cause) => write!(f, "{} ({cause}); {}", self.kind, self.kind.advice()),
            Source::Whole(source) => write!(f, "{source}"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.source {
            Source::None => None,
            Source::Cause(source) => Some(&**source),
            // Its message is this error's; a report would print it twice.
            Source::Whole(source) => source.source(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message says the trouble, the cause and the remedy, and the cause can be asked for.
    #[test]
    fn a_message_says_what_to_do() {
        let full = StoreError::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.kind(), StoreErrorKind::Full);
        let cause = full.downcast_ref::<io::Error>().expect("the system's error");
        let expected =
            format!("the store is full ({cause}); free some room or lower the store's bound");
        assert_eq!(full.to_string(), expected);
        assert!(full.source().is_some() && !full.is_passing());
        let refused = StoreError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert!(refused.is_passing());
    }

    /// A message that says everything is shown once.
    #[test]
    fn a_whole_message_stands_alone() {
        let whole = io::Error::other("x: this is so; do that");
        let error = StoreError::told_by(StoreErrorKind::Other, whole);
        assert_eq!(error.to_string(), "x: this is so; do that");
        assert!(error.source().is_none() && error.downcast_ref::<io::Error>().is_some());
    }
}
