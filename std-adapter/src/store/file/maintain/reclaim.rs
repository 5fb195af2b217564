//! What is kept of a segment that goes.
//!
//! It is copied into the segment that this store writes, with its order, so that a copy is neither
//! newer nor older than what it was copied from. Only when the copies are on the disk is the old
//! file deleted. So a crash leaves either both or the copies.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Arc, atomic::Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use llm_cache_core::{
    Millis, RequestKey,
    record::{Found, Kind, Record, Timestamp},
};

use super::{Maintenance, replaced::sync_replacements};
use crate::store::{
    FileFault, StoreError,
    file::{
        index::{Held, Place},
        segment::{CRC, DATA_START, Segment, Until, padded},
        write::{Appended, Item},
    },
};

/// Which of a segment's entries are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All that have not expired.
    Live,
    /// Those that cost much to get again for their size, up to a quarter of the segment.
    Dear,
    /// None: there is no room for copies.
    Nothing,
}

impl Maintenance<'_> {
    /// Copies what is to be kept of a segment and deletes it. `None`: another process writes to it.
    /// `Some(false)`: there is nothing to gain, and nothing was done.
    pub(crate) fn reclaim(&mut self, handle: u32, keep: Keep) -> Result<Option<bool>, StoreError> {
        let segment =
            self.view.directory.index().held(handle).map(|held| Arc::clone(&held.segment));
        let Some(segment) = segment else { return Ok(Some(false)) };
        let opened = self.view.directory.open_segment(handle, segment)?;
        let Some(segment) = opened else { return Ok(Some(false)) };
        let failed = |error| FileFault::io(&segment.path, error);
        if !self.view.follow().lock(handle, &segment, &self.view.directory)? {
            return Ok(None);
        }
        let done = self.rewrite(handle, &segment, keep);
        let unlocked = self.view.follow().unlock(&segment).map_err(failed);
        done.and_then(|is_changed| unlocked.map(|()| Some(is_changed)))
    }

    fn rewrite(
        &mut self,
        handle: u32,
        segment: &Arc<Segment>,
        keep: Keep,
    ) -> Result<bool, StoreError> {
        let failed = |error| FileFault::io(&segment.path, error);
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
            if self.view.directory.index().place(&found.head.key) == Some(place) {
                current.push((*found, place));
            }
            Ok(())
        });
        let is_damaged = walked.map_err(failed)?.damaged() > 0;
        let (kept, dropped) = self.split(handle, current, keep);
        let kept_bytes: u64 = kept.iter().map(|(found, _)| padded(found.head.record_len())).sum();
        let file_len = segment.file().and_then(|file| file.len()).map_err(failed)?;
        let is_whole = dropped.is_empty() && clear == 0 && records == kept.len() && !is_damaged;
        if keep == Keep::Live && is_whole && !is_mostly_dead(file_len, kept_bytes) {
            return Ok(false);
        }
        sync_replacements(segment, handle, &self.view.directory)?;
        copies.extend(self.copy(segment, &kept)?);
        copies.extend(self.mark(segment, handle, &dropped, clear)?);
        for copy in &copies {
            copy.sync().inspect_err(|error| self.view.directory.counters.note(error))?;
            let failed = |error| FileFault::io(&copy.path, error);
            if !copy.is_linked().map_err(failed)? {
                return Err(FileFault::Gone.at(&copy.path));
            }
        }
        if !copies.is_empty() {
            self.view.directory.sync_names()?;
        }
        segment.remove().map_err(failed)?;
        let evicted = self.view.follow().drop_segment(segment, &self.view.directory);
        self.view.directory.counters.evicted.fetch_add(evicted, Ordering::Relaxed);
        self.view.directory.counters.compactions.fetch_add(1, Ordering::Relaxed);
        let follow = self.view.follow();
        if follow.state().is_shared {
            // Whoever waits for room sees that some is made; all are told once more in the end.
            let _ = follow.give_notice(&self.view.directory);
        }
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
        let index = self.view.directory.index();
        let (cost, bytes) = index.all_held().fold((0_u64, 1_u64), |(cost, bytes), (_, held)| {
            (cost.saturating_add(held.cost), bytes.saturating_add(held.file_len))
        });
        let mut room = index.held(handle).map_or(0, |held| held.file_len / 4);
        drop(index);
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for (found, place) in current {
            let head = &found.head;
            let is_expired = head.created.age(now).is_over(head.ttl) == Some(true);
            let mut stays = head.kind == Kind::Entry && !is_expired && keep != Keep::Nothing;
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
            let bytes = segment.read_bytes(found.offset, place.len);
            let bytes = bytes.map_err(|error| FileFault::io(&segment.path, error))?;
            let frame = segment.header.frame(found.offset, &CRC);
            let Ok((record, _)) = Record::decode(&bytes, &frame, &CRC) else {
                self.view.directory.counters.count_damage(1);
                copies.extend(self.heal(found)?);
                continue;
            };
            let appended = self.append_beyond(segment, Item::Entry(&record), found.head.order)?;
            appended.apply(&self.view.directory)?;
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
            appended.apply(&self.view.directory)?;
            self.view
                .directory
                .counters
                .evicted
                .fetch_add(u64::from(found.head.kind == Kind::Entry), Ordering::Relaxed);
            note(&mut marks, appended.segment);
        }
        let is_older = |held: &Held| held.orders.0 < clear;
        let hides = clear > 0
            && self
                .view
                .directory
                .index()
                .all_held()
                .any(|(other, held)| other != handle && is_older(held));
        if hides {
            let item = Item::Bare(Kind::Clear, RequestKey::from_bytes([0; 32]));
            let appended = self.append_beyond(segment, item, clear)?;
            appended.apply(&self.view.directory)?;
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
            .view
            .directory
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
            match walked {
                // Somebody has deleted it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                walked => {
                    walked.map_err(|error| FileFault::io(&other.path, error))?;
                }
            }
        }
        Ok(hidden)
    }

    /// Appends to a segment with a higher sequence than the one that is copied from: of two records
    /// with the same order the one there counts as newer, for everyone.
    pub(crate) fn append_beyond(
        &mut self,
        segment: &Segment,
        item: Item<'_>,
        order: u64,
    ) -> Result<Appended, StoreError> {
        self.writer.leave_older_than(segment.header.sequence, self.view)?;
        self.writer.append(item, order, self.view)
    }
}

/// Whether half of a file at least would be gained by copying the rest.
pub(crate) const fn is_mostly_dead(file_len: u64, live_bytes: u64) -> bool {
    file_len >= 2 * (live_bytes + DATA_START as u64)
}

fn note(segments: &mut Vec<Arc<Segment>>, segment: Arc<Segment>) {
    if segments.last().is_none_or(|last| !Arc::ptr_eq(last, &segment)) {
        segments.push(segment);
    }
}
