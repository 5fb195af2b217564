//! What goes wrong, and when.

/// A fault of the simulated disk, set with the number of the operation that it begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Fault {
    /// This operation alone fails with EIO; of a write a part is done.
    Once,
    /// This operation and all that follow fail with EIO.
    Broken,
    /// From here on no file grows and none is made: ENOSPC, with a part of the write done.
    Full,
    /// The next sync from here on fails with EIO. What it should have written is never written,
    /// and the next sync reports success.
    SyncOnce,
    /// From here on nothing can be changed: EROFS.
    ReadOnly,
}

/// What an operation is, as far as faults are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Read,
    /// A new name, or bytes beyond a file's end.
    Grow,
    Change,
    Sync,
}

impl Fault {
    pub(in super::super) const ALL: [Self; 5] =
        [Self::Once, Self::Broken, Self::Full, Self::SyncOnce, Self::ReadOnly];

    /// The system's error number for an operation of this sort, if it fails at all, where `since`
    /// operations went before it since the fault began.
    pub(super) fn errno(self, sort: Sort, since: u64) -> Option<i32> {
        const EIO: i32 = 5;
        const ENOSPC: i32 = 28;
        const EROFS: i32 = 30;
        match self {
            Self::Once => (since == 0).then_some(EIO),
            Self::Broken => Some(EIO),
            Self::Full => (sort == Sort::Grow).then_some(ENOSPC),
            Self::SyncOnce => (sort == Sort::Sync).then_some(EIO),
            Self::ReadOnly => matches!(sort, Sort::Grow | Sort::Change).then_some(EROFS),
        }
    }

    /// Whether it is over when it has struck.
    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::Once | Self::SyncOnce)
    }
}
