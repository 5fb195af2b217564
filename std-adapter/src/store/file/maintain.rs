//! Making room: which segment goes, and what of it is kept.
//!
//! One process at a time does this, whoever gets the maintenance lock; nobody waits for it. What is
//! kept of a segment is copied into the segment that this store writes, with its order, so that a
//! copy is neither newer nor older than what it was copied from. Only when the copies are on the
//! disk is the old file deleted. So a crash leaves either both or the copies.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use llm_cache_core::{
    Millis, RequestKey,
    record::{Found, Kind, Record, Timestamp},
};

use super::{
    common::Common,
    index::{Held, Place},
    replaced::{is_unreadable, sync_replacements},
    segment::{CRC, DATA_START, Segment, Until, padded},
    writer::{Appended, Item, Writer},
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

/// Which of a segment's entries are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// All that have not expired.
    Live,
    /// Those that cost much to get again for their size, up to a quarter of the segment.
    Dear,
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

    /// Copies what is to be kept of a segment and deletes it. `None`: another process writes to it.
    /// `Some(false)`: there is nothing to gain, and nothing was done.
    fn reclaim(&mut self, handle: u32, keep: Keep) -> Result<Option<bool>, StoreError> {
        let segment = self.common.index().held(handle).map(|held| Arc::clone(&held.segment));
        let Some(segment) = segment else { return Ok(Some(false)) };
        let failed = |error| StoreError::io(&segment.path, error);
        if !self.common.follow().lock(handle, &segment, self.common)? {
            return Ok(None);
        }
        let done = self.rewrite(handle, &segment, keep);
        let unlocked = self.common.follow().unlock(&segment).map_err(failed);
        done.and_then(|is_changed| unlocked.map(|()| Some(is_changed)))
    }

    fn rewrite(
        &mut self,
        handle: u32,
        segment: &Arc<Segment>,
        keep: Keep,
    ) -> Result<bool, StoreError> {
        let failed = |error| StoreError::io(&segment.path, error);
        let mut copies = self.heal_replaced(segment, handle)?;
        let mut current = Vec::new();
        let mut records = 0;
        let mut clear = 0;
        let walked = segment.walk(DATA_START, Until::End, |found| {
            match found.head.kind {
                Kind::Entry | Kind::Removal => records += 1,
                Kind::Clear => clear = clear.max(found.head.order),
                _ => return Ok(()),
            }
            let place = Place::of(handle, found);
            if self.common.index().place(&found.head.key) == Some(place) {
                current.push((*found, place));
            }
            Ok(())
        });
        let is_damaged = walked.map_err(failed)?.damaged() > 0;
        let (kept, dropped) = self.split(handle, current, keep);
        let kept_bytes: u64 = kept.iter().map(|(found, _)| padded(found.head.record_len())).sum();
        let file_len = segment.file.len().map_err(failed)?;
        let is_whole = dropped.is_empty() && clear == 0 && records == kept.len() && !is_damaged;
        if keep == Keep::Live && is_whole && !is_mostly_dead(file_len, kept_bytes) {
            return Ok(false);
        }
        sync_replacements(segment, handle, self.common)?;
        copies.extend(self.copy(segment, &kept)?);
        copies.extend(self.mark(segment, handle, &dropped, clear)?);
        for copy in &copies {
            copy.sync().inspect_err(|error| self.common.counters.note(error))?;
        }
        if !copies.is_empty() {
            self.common.sync_names()?;
        }
        self.common.disk.remove(&segment.name).map_err(failed)?;
        let evicted = self.common.follow().drop_segment(segment, self.common);
        self.common.counters.evicted.fetch_add(evicted, Ordering::Relaxed);
        self.common.counters.compactions.fetch_add(1, Ordering::Relaxed);
        Ok(true)
    }

    /// Divides the records that count into those to be kept and those to go.
    fn split(
        &self,
        handle: u32,
        current: Vec<(Found, Place)>,
        keep: Keep,
    ) -> (Vec<(Found, Place)>, Vec<Found>) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp::unix(Millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX)));
        let index = self.common.index();
        let (cost, bytes) = index.all_held().fold((0_u64, 1_u64), |(cost, bytes), (_, held)| {
            (cost.saturating_add(held.cost), bytes.saturating_add(held.file_len))
        });
        let mut room = index.held(handle).map_or(0, |held| held.file_len / 4);
        drop(index);
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for (found, place) in current {
            let head = &found.head;
            let is_expired = head.created.age(now).is_over(head.ttl) == Some(true);
            let mut stays = head.kind == Kind::Entry && !is_expired;
            if keep == Keep::Dear {
                let len = head.record_len();
                // Twice as dear as the average of the store, for its size.
                let is_dear = u128::from(head.cost) * u128::from(bytes)
                    > 2 * u128::from(cost) * u128::from(len);
                stays &= is_dear && len <= room;
                room -= if stays { len } else { 0 };
            }
            if stays {
                kept.push((found, place));
            } else {
                dropped.push(found);
            }
        }
        (kept, dropped)
    }

    /// Copies entries into the segment that is being written, and points the index to them.
    fn copy(
        &mut self,
        segment: &Segment,
        kept: &[(Found, Place)],
    ) -> Result<Vec<Arc<Segment>>, StoreError> {
        let mut copies = Vec::new();
        for (found, place) in kept {
            let bytes = segment.file.read_vec(place.len as usize, found.offset.into());
            let bytes = bytes.map_err(|error| StoreError::io(&segment.path, error))?;
            let frame = segment.header.frame(found.offset, &CRC);
            let Ok((record, _)) = Record::decode(&bytes, &frame, &CRC) else {
                self.common.counters.count_damage(1);
                copies.extend(self.heal(found)?);
                continue;
            };
            let appended = self.append_beyond(segment, Item::Entry(&record), found.head.order)?;
            self.common.apply(&appended)?;
            note(&mut copies, appended.segment);
        }
        Ok(copies)
    }

    /// Appends removals, in place of the records that go, where an older record of the key would
    /// come up again; and the clear, where it still hides something.
    fn mark(
        &mut self,
        segment: &Segment,
        handle: u32,
        dropped: &[Found],
        clear: u64,
    ) -> Result<Vec<Arc<Segment>>, StoreError> {
        let hidden = self.hidden_by(handle, dropped)?;
        let mut marks = Vec::new();
        for found in dropped.iter().filter(|found| hidden.contains(&found.head.key)) {
            let item = Item::Bare(Kind::Removal, found.head.key);
            let appended = self.append_beyond(segment, item, found.head.order)?;
            self.common.apply(&appended)?;
            self.common
                .counters
                .evicted
                .fetch_add(u64::from(found.head.kind == Kind::Entry), Ordering::Relaxed);
            note(&mut marks, appended.segment);
        }
        let is_older = |held: &Held| held.orders.0 < clear;
        let hides = clear > 0
            && self
                .common
                .index()
                .all_held()
                .any(|(other, held)| other != handle && is_older(held));
        if hides {
            let item = Item::Bare(Kind::Clear, RequestKey::from_bytes([0; 32]));
            let appended = self.append_beyond(segment, item, clear)?;
            self.common.apply(&appended)?;
            note(&mut marks, appended.segment);
        }
        Ok(marks)
    }

    /// The keys of records that are about to go of which other segments hold older records.
    fn hidden_by(&self, handle: u32, dropped: &[Found]) -> Result<HashSet<RequestKey>, StoreError> {
        let orders: HashMap<RequestKey, u64> =
            dropped.iter().map(|found| (found.head.key, found.head.order)).collect();
        let Some(&highest) = orders.values().max() else { return Ok(HashSet::new()) };
        // Only a segment with records that do not count can hold one.
        let others: Vec<Arc<Segment>> = self
            .common
            .index()
            .all_held()
            .filter(|(other, held)| {
                *other != handle && held.records > held.live && held.orders.0 <= highest
            })
            .map(|(_, held)| Arc::clone(&held.segment))
            .collect();
        let mut hidden = HashSet::new();
        for other in others {
            let walked = other.walk(DATA_START, Until::End, |found| {
                let is_hidden = found.head.kind == Kind::Entry
                    && orders.get(&found.head.key).is_some_and(|&order| found.head.order <= order);
                if is_hidden {
                    hidden.insert(found.head.key);
                }
                Ok(())
            });
            walked.map_err(|error| StoreError::io(&other.path, error))?;
        }
        Ok(hidden)
    }

    /// Appends to a segment with a higher sequence than the one that is copied from: of two records
    /// with the same order the one there counts as newer, for everyone.
    pub(super) fn append_beyond(
        &mut self,
        segment: &Segment,
        item: Item<'_>,
        order: u64,
    ) -> Result<Appended, StoreError> {
        self.writer.leave_older_than(segment.header.sequence, self.common)?;
        self.writer.append(item, order, self.common)
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

/// Whether half of a file at least would be gained by copying the rest.
const fn is_mostly_dead(file_len: u64, live_bytes: u64) -> bool {
    file_len >= 2 * (live_bytes + DATA_START as u64)
}

fn note(segments: &mut Vec<Arc<Segment>>, segment: Arc<Segment>) {
    if segments.last().is_none_or(|last| !Arc::ptr_eq(last, &segment)) {
        segments.push(segment);
    }
}
