//! The directory as this store sees it: its contents, and how lately others were looked at.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use super::{Follow, LEASE};
use crate::store::{
    StoreError,
    file::{FileStoreOptions, directory::Directory, disk::Disk},
};

/// The directory, and what others do in it.
///
/// Locks are taken in this order: the store's writer, `follow`, the directory's index. Neither of
/// the latter two is held while a sync is waited for or an entry is copied, so that readers never
/// wait for either.
pub(crate) struct View {
    pub(crate) directory: Directory,
    follow: Mutex<Follow>,
    opened: Instant,
    /// When what others do was last looked at, in nanoseconds since `opened`.
    looked_at: AtomicU64,
    /// Whether another writer was alive then.
    is_shared: AtomicBool,
}

impl View {
    /// Opens the lock file, or makes it unless the store is only read. Nothing else was read yet.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        options: FileStoreOptions,
    ) -> Result<Self, StoreError> {
        let follow = Follow::open(&*disk, &path, options.is_read_only)?;
        Ok(Self {
            directory: Directory::open(disk, path, options),
            follow: Mutex::new(follow),
            opened: Instant::now(),
            looked_at: AtomicU64::new(0),
            is_shared: AtomicBool::new(false),
        })
    }

    pub(crate) fn follow(&self) -> MutexGuard<'_, Follow> {
        // A panic while it was held has at worst left something unread that is listed again.
        self.follow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nanoseconds since the store was opened.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Looks at what others have done, unless that was just done, by this clock, and nobody else
    /// writes.
    pub(crate) fn look(&self, now: u64) -> Result<(), StoreError> {
        if self.is_recent(now) { Ok(()) } else { self.look_since(now) }
    }

    /// Whether others were looked at a moment before `now`, and nobody else writes.
    fn is_recent(&self, now: u64) -> bool {
        let age = now.saturating_sub(self.looked_at.load(Ordering::Acquire));
        u128::from(age) < LEASE.as_nanos() && !self.is_shared.load(Ordering::Acquire)
    }

    /// What [`look`](Self::look) does, where no disk and no other thread has to be waited for;
    /// `false` where it has to, or others have news.
    pub(crate) fn look_at_once(&self, now: u64) -> bool {
        self.is_recent(now) || self.look_at_once_since(now)
    }

    /// The same for [`look_since`](Self::look_since).
    pub(crate) fn look_at_once_since(&self, since: u64) -> bool {
        let Ok(follow) = self.follow.try_lock() else { return false };
        if self.looked_at.load(Ordering::Acquire) > since {
            return true;
        }
        let begun = self.now();
        let is_unchanged = follow.is_unchanged();
        if is_unchanged {
            self.looked_at.store(begun, Ordering::Release);
        }
        is_unchanged
    }

    pub(crate) fn look_now(&self) -> Result<(), StoreError> {
        self.look_since(self.now())
    }

    /// Looks at what others have done, unless somebody has begun to do so after `since`.
    pub(crate) fn look_since(&self, since: u64) -> Result<(), StoreError> {
        let mut follow = self.follow();
        if self.looked_at.load(Ordering::Acquire) > since {
            return Ok(());
        }
        let begun = self.now();
        follow.look(&self.directory)?;
        self.is_shared.store(follow.state().is_shared, Ordering::Release);
        self.looked_at.store(begun, Ordering::Release);
        Ok(())
    }

    /// Looks at the names too, whether or not anybody has said that they have changed.
    pub(crate) fn look_anew(&self) -> Result<(), StoreError> {
        self.follow().list(&self.directory)
    }
}
