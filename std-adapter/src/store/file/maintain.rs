//! Making room: when, under which lock, and which segment goes.
//!
//! One process at a time does this, whoever gets the maintenance lock; nobody waits for it.

use super::{
    common::Common,
    reclaim::{Keep, is_mostly_dead},
    replaced::is_unreadable,
    writer::Writer,
};
use crate::store::{StoreError, StoreErrorKind};

/// What a compaction did; by [`FileStore::compact`](super::FileStore::compact).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compaction {
    /// Segment files that were rewritten or deleted.
    pub segments: u32,
    /// Segment files that were left alone since another process is writing to them.
    pub segments_busy: u32,
    /// By how many bytes the files have shrunk together.
    pub bytes_freed: u64,
    /// Whether another process was at it, so that nothing was done here.
    pub is_elsewhere: bool,
}

/// Makes room; holds all that this takes.
pub(super) struct Maintenance<'m> {
    pub(super) common: &'m Common,
    pub(super) writer: &'m mut Writer,
}

impl Maintenance<'_> {
    /// Sees to it that the files stay within the bound when a record of `len` bytes is appended.
    pub(super) fn make_room(&mut self, len: u64) -> Result<(), StoreError> {
        if self.fits(len) || !self.lock()? {
            return Ok(());
        }
        let done = self.delete_until(len);
        let unlocked = self.unlock();
        done.and(unlocked)
    }

    /// Leaves the segment that is being written, and gives all that a compaction is to go through:
    /// oldest first, so that what a removal hides is gone before the removal comes up.
    pub(super) fn begin_compaction(&mut self) -> Result<Vec<u32>, StoreError> {
        let mut follow = self.common.follow();
        follow.list(self.common)?;
        self.writer.forget_deleted(&follow);
        drop(follow);
        self.writer.leave(self.common);
        while self.delete_unreadable()? {}
        Ok(self.candidates())
    }

    /// Rewrites a segment if it holds more than live entries.
    pub(super) fn compact(&mut self, handle: u32, done: &mut Compaction) -> Result<(), StoreError> {
        match self.reclaim(handle, Keep::Live)? {
            Some(is_changed) => done.segments += u32::from(is_changed),
            None => done.segments_busy += 1,
        }
        Ok(())
    }

    /// Deletes whatever files hold nothing but what a clear has made void.
    pub(super) fn delete_void(&mut self) -> Result<(), StoreError> {
        if !self.lock()? {
            return Ok(());
        }
        let handles = self.candidates();
        let done = handles.into_iter().try_for_each(|handle| {
            let is_void = self.common.index().held(handle).is_some_and(|held| held.live == 0);
            if is_void { self.reclaim(handle, Keep::Live).map(|_| ()) } else { Ok(()) }
        });
        let unlocked = self.unlock();
        done.and(unlocked)
    }

    /// Takes the maintenance lock, which this process may have already.
    pub(super) fn lock(&mut self) -> Result<bool, StoreError> {
        if self.writer.maintainers == 0 {
            let locked = self.common.follow().maintenance_lock().try_lock();
            if !locked.map_err(|error| self.common.failed(error))? {
                return Ok(false);
            }
        }
        self.writer.maintainers += 1;
        Ok(true)
    }

    /// Tells everyone what has changed, and gives the lock back.
    pub(super) fn unlock(&mut self) -> Result<(), StoreError> {
        let synced = if self.common.is_durable() { self.common.sync_names() } else { Ok(()) };
        let follow = self.common.follow();
        let told = follow.give_notice(self.common);
        // A fork in between has forgotten the parent's maintenance.
        self.writer.maintainers = self.writer.maintainers.saturating_sub(1);
        if self.writer.maintainers > 0 {
            return synced.and(told);
        }
        let unlocked = follow.maintenance_lock().unlock();
        synced.and(told).and(unlocked.map_err(|error| self.common.failed(error)))
    }

    fn fits(&self, len: u64) -> bool {
        let growth = self.writer.growth(len, self.common);
        let unreadable: u64 = self.common.follow().unreadable().map(|(_, len)| len).sum();
        let bytes = self.common.index().bytes() + unreadable;
        bytes + growth <= self.common.options.max_bytes
    }

    fn delete_until(&mut self, len: u64) -> Result<(), StoreError> {
        let mut follow = self.common.follow();
        follow.list(self.common)?;
        self.writer.forget_deleted(&follow);
        drop(follow);
        while !self.fits(len) {
            if self.delete_unreadable()? {
                continue;
            }
            if let Some((handle, keep)) = self.choose()
                && self.reclaim(handle, keep)? == Some(true)
            {
                continue;
            }
            // What is left is the segment that is being written, and those of others.
            if self.writer.active().is_none() {
                return Err(StoreError::new(StoreErrorKind::BoundReached).at(&self.common.path));
            }
            self.writer.leave(self.common);
        }
        Ok(())
    }

    /// All segments but the one that is being written, the oldest first.
    fn candidates(&self) -> Vec<u32> {
        let follow = self.common.follow();
        let index = self.common.index();
        let mut handles: Vec<_> = index
            .all_held()
            .filter(|(handle, _)| !follow.is_own(*handle))
            .map(|(handle, held)| (held.segment.header.sequence, handle))
            .collect();
        handles.sort_unstable();
        handles.into_iter().map(|(_, handle)| handle).collect()
    }

    /// The segment to free next: the one with the most bytes to gain if half of it is dead, else
    /// the oldest.
    fn choose(&self) -> Option<(u32, Keep)> {
        let candidates = self.candidates();
        let index = self.common.index();
        let dead = |handle: &u32| {
            let held = index.held(*handle)?;
            let dead = held.file_len.saturating_sub(held.live_bytes);
            is_mostly_dead(held.file_len, held.live_bytes).then_some(dead)
        };
        let unlocked = |handle: &&u32| {
            index
                .held(**handle)
                .is_some_and(|held| held.segment.file.is_locked().is_ok_and(|is| !is))
        };
        let emptiest = candidates
            .iter()
            .filter(unlocked)
            .filter_map(|handle| Some((dead(handle)?, *handle)))
            .max_by_key(|&(dead, handle)| (dead, u32::MAX - handle));
        match emptiest {
            Some((_, handle)) => Some((handle, Keep::Live)),
            None => candidates.iter().find(unlocked).map(|&handle| (handle, Keep::Dear)),
        }
    }

    /// Deletes a file with the name of a segment that is none and that nobody is making.
    fn delete_unreadable(&mut self) -> Result<bool, StoreError> {
        let mut names: Vec<String> =
            self.common.follow().unreadable().map(|(name, _)| name.to_owned()).collect();
        names.sort();
        for name in names {
            let path = self.common.path.join(&name);
            let failed = |error| StoreError::io(&path, error);
            let file = self.common.disk.open(&name).map_err(failed)?;
            if file.try_lock().map_err(failed)? && is_unreadable(&*file, name.clone(), self.common)?
            {
                self.common.disk.remove(&name).map_err(failed)?;
                self.common.follow().forget_unreadable(&name);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
