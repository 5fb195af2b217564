//! What a damaged record has replaced, brought in front of it again.
//!
//! A put that was killed half-way leaves a head without its body. Everyone's index points there,
//! since indexes are made of heads, and a get goes on to the entry before. A compaction must not:
//! it would delete that entry as replaced, and the damaged record as damaged.

use std::sync::Arc;

use llm_cache_core::record::{Found, Kind, Record};

use super::Maintenance;
use crate::store::{
    FileFault, StoreError,
    file::{
        index::Place,
        read::candidates,
        segment::{CRC, DATA_START, Segment, Until},
        write::Item,
    },
};

impl Maintenance<'_> {
    /// Sees to it that whatever is newer than the records of a segment can be read: where it
    /// cannot, the newest record that can is copied in front of it. Gives the segments that were
    /// written to.
    pub(crate) fn heal_replaced(
        &mut self,
        segment: &Segment,
        handle: u32,
    ) -> Result<Vec<Arc<Segment>>, StoreError> {
        let mut replaced = Vec::new();
        let walked = segment.walk(DATA_START, Until::End, |found| {
            let is_kind = matches!(found.head.kind, Kind::Entry | Kind::Removal);
            let is_newest = self.newest_of(found) == Some(Place::of(handle, found));
            if is_kind
                && !is_newest
                && found.head.order >= self.view.directory.index().cleared_below()
            {
                replaced.push(*found);
            }
            Ok(())
        });
        walked.map_err(|error| FileFault::io(&segment.path, error))?;
        let mut copies = Vec::new();
        for found in replaced {
            if !self.is_replaced(&found, segment)? {
                copies.extend(self.heal(&found)?);
            }
        }
        Ok(copies)
    }

    /// Copies the newest record of the same key that can be read, if there are damaged ones in
    /// front of it, with their order, into a segment behind theirs: there everyone finds that it is
    /// newer than they are. Says where to. Reads all heads: O(records).
    pub(crate) fn heal(&mut self, found: &Found) -> Result<Option<Arc<Segment>>, StoreError> {
        let key = &found.head.key;
        let candidates = candidates(key, &self.view.directory)?;
        let Some(&(newest, newest_place)) = candidates.first() else { return Ok(None) };
        for (found, place) in candidates {
            let Some(segment) = self.held(place) else { continue };
            let bytes = segment.read_bytes(found.offset, place.len);
            let bytes = bytes.map_err(|error| FileFault::io(&segment.path, error))?;
            let frame = segment.header.frame(found.offset, &CRC);
            let record = Record::decode(&bytes, &frame, &CRC).ok();
            let item = match &record {
                Some((record, _)) => Item::Entry(record),
                None if found.head.kind == Kind::Removal => Item::Bare(Kind::Removal, *key),
                // Damaged.
                None => continue,
            };
            if place == newest_place {
                let mut index = self.view.directory.index_mut();
                if let Some(other) = index.place(key).filter(|other| *other != place) {
                    index.forget(key, other);
                }
                index.point(key, place);
                return Ok(None);
            }
            let Some(behind) = self.held(newest_place) else { continue };
            let appended = self.append_beyond(&behind, item, newest.head.order)?;
            appended.apply(&self.view.directory)?;
            return Ok(Some(appended.segment));
        }
        Ok(None)
    }

    /// Whether the index points to a newer record than this one, and that one can be read.
    fn is_replaced(&self, found: &Found, segment: &Segment) -> Result<bool, StoreError> {
        let Some(place) = self.newest_of(found) else { return Ok(false) };
        let Some(other) = self.held(place) else { return Ok(false) };
        let failed = |error| FileFault::io(&other.path, error);
        let Some(head) = other.head_at(place.offset()).map_err(failed)? else { return Ok(false) };
        let rank = (head.order, other.header.sequence, place.offset());
        if rank < (found.head.order, segment.header.sequence, found.offset) {
            // This one is damaged, and a get has gone on to the other already.
            return Ok(false);
        }
        let is_whole = || other.read(place.offset(), place.len).map(|found| found.is_some());
        Ok(place.is_removal() || is_whole().map_err(failed)?)
    }

    fn newest_of(&self, found: &Found) -> Option<Place> {
        self.view.directory.index().place(&found.head.key)
    }

    fn held(&self, place: Place) -> Option<Arc<Segment>> {
        self.view.directory.index().held(place.segment).map(|held| Arc::clone(&held.segment))
    }
}
