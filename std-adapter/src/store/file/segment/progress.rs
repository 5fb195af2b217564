//! How far a store has come with a segment: what it has written, and what of that is on the disk.

use std::{
    io,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

/// The same for all openings of a segment's file.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Where what this store has written ends. Moved by the writer alone.
    written: AtomicU32,
    synced: Mutex<Synced>,
}

#[derive(Clone, Copy, Debug)]
enum Synced {
    UpTo(u32),
    /// A sync failed. What of the rest is on the disk cannot be known any more: the kernel may
    /// have dropped the pages and will report success the next time.
    Failed,
}

impl Progress {
    /// Of a segment of which this store has written nothing.
    pub(crate) const fn new(start: u32) -> Self {
        Self { written: AtomicU32::new(start), synced: Mutex::new(Synced::UpTo(0)) }
    }

    pub(crate) fn written(&self) -> u32 {
        self.written.load(Ordering::Acquire)
    }

    pub(crate) fn set_written(&self, end: u32) {
        self.written.store(end, Ordering::Release);
    }

    pub(crate) fn is_failed(&self) -> bool {
        matches!(*self.synced(), Synced::Failed)
    }

    /// Syncs, unless everything before `end` is on the disk. Those who wait while another syncs
    /// share the next sync.
    ///
    /// # Errors
    /// The cause where this sync failed, and none where one before has.
    pub(crate) fn sync_up_to(
        &self,
        end: u32,
        sync: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), Option<io::Error>> {
        let mut synced = self.synced();
        match *synced {
            Synced::UpTo(done) if done >= end => return Ok(()),
            Synced::UpTo(_) => {}
            Synced::Failed => return Err(None),
        }
        // Read before the sync: what is written during it may or may not be covered.
        let written = self.written();
        sync().map_err(|error| {
            *synced = Synced::Failed;
            Some(error)
        })?;
        *synced = Synced::UpTo(written);
        Ok(())
    }

    /// Whether all that was written was synced.
    #[cfg(test)]
    pub(crate) fn is_synced(&self) -> bool {
        matches!(*self.synced(), Synced::UpTo(end) if end >= self.written())
    }

    fn synced(&self) -> MutexGuard<'_, Synced> {
        self.synced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
