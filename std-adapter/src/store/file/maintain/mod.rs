//! Making room: when, under which lock, and which segment goes.
//!
//! One process at a time does this, whoever gets the maintenance lock. Nobody waits for it but a
//! put that finds no room, and that one not for long.

mod heal;
mod reclaim;
mod replaced;
mod verify;

use std::{
    io, thread,
    time::{Duration, Instant},
};

use self::{
    reclaim::{Keep, is_mostly_dead},
    replaced::is_unreadable,
};
use crate::store::{
    FileFault, StoreError,
    file::{
        disk::{LOCK_NAME, lock_soon},
        follow::{HeldUp, View},
        write::Writer,
    },
};

pub(crate) use verify::verify;
pub use verify::{Damage, DamageKind, Verification};

/// What a compaction did; by [`FileStore::compact`](crate::store::FileStore::compact).
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
pub(crate) struct Maintenance<'m> {
    pub(crate) view: &'m View,
    pub(crate) writer: &'m mut Writer,
}

/// How long a put waits for room that somebody else keeps it from making, while nothing changes.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same while others make progress and are faster each time.
const PATIENCE_MAX: Duration = Duration::from_secs(10);
/// How often it looks meanwhile.
const PAUSE: Duration = Duration::from_millis(1);
/// How often all candidates are tried again: somebody may just be asking whether they are locked.
const ROUNDS: u32 = 20;

impl Maintenance<'_> {
    /// Sees to it that the files stay within the bound when a record of `len` bytes is appended.
    ///
    /// Where others keep it from that, the record may still go into the segment that is being
    /// written, and no other one: so the files outgrow the bound by what is left of that, for each
    /// writer.
    pub(crate) fn make_room(&mut self, len: u64) -> Result<(), StoreError> {
        let stays = self.writer.takes(len);
        if !stays {
            // What others have written counts too.
            self.list()?;
        }
        if self.fits(len) {
            return Ok(());
        }
        let is_locked = if stays { self.lock()? } else { self.lock_or_wait(len)? };
        if !is_locked {
            return Ok(());
        }
        let done = self.delete_until(len);
        let unlocked = self.unlock();
        match done {
            Err(error)
                if FileFault::of(&error) == Some(FileFault::BoundReached)
                    && self.writer.takes(len) =>
            {
                unlocked
            }
            done => done.and(unlocked),
        }
    }

    /// Leaves the segment that is being written, and gives all that a compaction is to go through:
    /// oldest first, so that what a removal hides is gone before the removal comes up.
    pub(crate) fn begin_compaction(&mut self) -> Result<Vec<u32>, StoreError> {
        self.list()?;
        self.writer.renew(self.view);
        while self.delete_unreadable()? {}
        Ok(self.candidates())
    }

    /// Rewrites a segment if it holds more than live entries. Others who need room meanwhile wait
    /// for it here, since nobody else may make any.
    pub(crate) fn compact(&mut self, handle: u32, done: &mut Compaction) -> Result<(), StoreError> {
        let capacity = self.view.directory.options.segment_capacity().into();
        if self.view.follow().state().is_shared && !self.fits(capacity) {
            match self.delete_until(capacity) {
                Err(error) if FileFault::of(&error) == Some(FileFault::BoundReached) => {}
                made => made?,
            }
        }
        match self.reclaim(handle, Keep::Live)? {
            Some(is_changed) => done.segments += u32::from(is_changed),
            None => done.segments_busy += 1,
        }
        Ok(())
    }

    /// Deletes whatever files hold nothing but what a clear has made void.
    pub(crate) fn delete_void(&mut self) -> Result<(), StoreError> {
        if !self.lock()? {
            return Ok(());
        }
        let handles = self.candidates();
        let done = handles.into_iter().try_for_each(|handle| {
            let is_void =
                self.view.directory.index().held(handle).is_some_and(|held| held.live == 0);
            if is_void { self.reclaim(handle, Keep::Live).map(|_| ()) } else { Ok(()) }
        });
        let unlocked = self.unlock();
        done.and(unlocked)
    }

    /// Takes the maintenance lock, which this process may have already.
    pub(crate) fn lock(&mut self) -> Result<bool, StoreError> {
        if self.writer.maintainers == 0 {
            let locked = self.view.follow().maintenance_lock(&self.view.directory)?.try_lock();
            if !locked.map_err(|error| self.view.directory.failed(error))? {
                return Ok(false);
            }
        }
        self.writer.maintainers += 1;
        self.writer.held_up = None;
        Ok(true)
    }

    /// Takes the maintenance lock, or waits for it and for room that its holder makes. `false`:
    /// there is room. Who has waited in vain does not wait again before something has changed.
    fn lock_or_wait(&mut self, len: u64) -> Result<bool, StoreError> {
        let started = Instant::now();
        let (mut seen, mut changed) = (None, started);
        loop {
            if self.lock()? {
                return Ok(true);
            }
            let mut follow = self.view.follow();
            follow.look(&self.view.directory)?;
            let notice = follow.notice();
            drop(follow);
            if self.fits(len) {
                return Ok(false);
            }
            let is_same = |held_up: &&HeldUp| held_up.notice == notice;
            if let Some(held_up) = self.writer.held_up.as_ref().filter(is_same) {
                return Err(self.is_held_by(held_up.holder));
            }
            if seen.replace(notice) != Some(notice) {
                changed = Instant::now();
            }
            if changed.elapsed() >= PATIENCE || started.elapsed() >= PATIENCE_MAX {
                let holder = self.view.follow().maintenance_lock(&self.view.directory)?.holder();
                self.writer.held_up = Some(HeldUp { notice, holder });
                return Err(self.is_held_by(holder));
            }
            thread::sleep(PAUSE);
        }
    }

    fn is_held_by(&self, holder: Option<u32>) -> StoreError {
        let who = holder.map_or("another process".to_owned(), |id| format!("process {id}"));
        let why = format!("{who} holds the lock of this file, without which nobody may delete");
        let path = self.view.directory.path.join(LOCK_NAME);
        FileFault::BoundReached.because(&path, io::Error::other(why))
    }

    /// Tells everyone what has changed, and gives the lock back.
    pub(crate) fn unlock(&mut self) -> Result<(), StoreError> {
        let synced = if self.view.directory.is_durable() {
            self.view.directory.sync_names()
        } else {
            Ok(())
        };
        let follow = self.view.follow();
        let told = follow.give_notice(&self.view.directory);
        // A fork in between has forgotten the parent's maintenance.
        self.writer.maintainers = self.writer.maintainers.saturating_sub(1);
        if self.writer.maintainers > 0 {
            return synced.and(told);
        }
        let unlocked = follow.maintenance_lock(&self.view.directory)?.unlock();
        synced.and(told).and(unlocked.map_err(|error| self.view.directory.failed(error)))
    }

    fn fits(&self, len: u64) -> bool {
        let growth = self.writer.growth(len, self.view);
        let unreadable: u64 = self.view.follow().unreadable().map(|(_, len)| len).sum();
        let bytes = self.view.directory.index().bytes() + unreadable;
        bytes + growth <= self.view.directory.options.max_bytes
    }

    /// Learns what others have done.
    fn list(&mut self) -> Result<(), StoreError> {
        let mut follow = self.view.follow();
        follow.list(&self.view.directory)?;
        self.writer.forget_deleted(&follow);
        Ok(())
    }

    fn delete_until(&mut self, len: u64) -> Result<(), StoreError> {
        self.list()?;
        // Each is deleted once at most; what is made for copies counts as new.
        let mut left = 2 * self.view.directory.index().all_held().count() + 2;
        let mut rounds = ROUNDS;
        while !self.fits(len) {
            if left > 0 && self.delete_one()? {
                left -= 1;
                continue;
            }
            if rounds == 0 || left == 0 {
                let why = io::Error::other("other processes are writing to all that could go");
                return Err(FileFault::BoundReached.because(&self.view.directory.path, why));
            }
            rounds -= 1;
            thread::sleep(PAUSE);
            self.list()?;
        }
        Ok(())
    }

    /// Deletes the file that is to go first of those that can.
    fn delete_one(&mut self) -> Result<bool, StoreError> {
        // What is left in the end is the segment that is being written, and those of others.
        Ok(self.delete_unreadable()?
            || self.reclaim_one()?
            || (self.writer.renew(self.view) && self.reclaim_one()?))
    }

    fn reclaim_one(&mut self) -> Result<bool, StoreError> {
        for (handle, keep) in self.by_preference() {
            if self.reclaim(handle, self.affordable(handle, keep))? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What can be kept of a segment: nothing where the copies would outgrow what a writer may take
    /// beyond the bound.
    fn affordable(&self, handle: u32, keep: Keep) -> Keep {
        let index = self.view.directory.index();
        let live = index.held(handle).map_or(0, |held| held.live_bytes);
        let options = &self.view.directory.options;
        let limit = options.max_bytes + u64::from(options.segment_capacity());
        if index.bytes() + live > limit { Keep::Nothing } else { keep }
    }

    /// All segments but the one that is being written, the oldest first.
    fn candidates(&self) -> Vec<u32> {
        let follow = self.view.follow();
        let index = self.view.directory.index();
        let mut handles: Vec<_> = index
            .all_held()
            .filter(|(handle, _)| !follow.is_own(*handle))
            .map(|(handle, held)| (held.segment.header.sequence, handle))
            .collect();
        handles.sort_unstable();
        handles.into_iter().map(|(_, handle)| handle).collect()
    }

    /// What to free, in this order: segments that are half dead, those with the most bytes to gain
    /// first; then the others, the oldest first. Those that others are known to write come last.
    fn by_preference(&self) -> Vec<(u32, Keep)> {
        let candidates = self.candidates();
        let index = self.view.directory.index();
        let dead = |&handle: &u32| {
            let held = index.held(handle)?;
            let dead = held.file_len.saturating_sub(held.live_bytes);
            let is_dead = held.live == 0 || is_mostly_dead(held.file_len, held.live_bytes);
            is_dead.then_some((dead, handle))
        };
        let mut emptiest: Vec<_> = candidates.iter().filter_map(dead).collect();
        emptiest.sort_unstable_by_key(|&(dead, handle)| (u64::MAX - dead, handle));
        let emptiest = emptiest.into_iter().map(|(_, handle)| (handle, Keep::Live));
        let oldest = candidates.into_iter().map(|handle| (handle, Keep::Dear));
        let mut all: Vec<_> = emptiest.chain(oldest).collect();
        drop(index);
        let follow = self.view.follow();
        all.sort_by_key(|&(handle, _)| follow.is_written(handle));
        all
    }

    /// Deletes a file with the name of a segment that is none and that nobody is making.
    fn delete_unreadable(&mut self) -> Result<bool, StoreError> {
        let mut names: Vec<String> =
            self.view.follow().unreadable().map(|(name, _)| name.to_owned()).collect();
        names.sort();
        for name in names {
            let path = self.view.directory.path.join(&name);
            let failed = |error| FileFault::io(&path, error);
            let file = match self.view.directory.disk.open(&name) {
                // The next listing finds that it is gone.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file.map_err(failed)?,
            };
            let is_free = lock_soon(&*file).map_err(failed)?;
            if is_free && is_unreadable(&*file, name.clone(), &self.view.directory)? {
                self.view.directory.disk.remove(&name).map_err(failed)?;
                self.view.follow().forget_unreadable(&name);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
