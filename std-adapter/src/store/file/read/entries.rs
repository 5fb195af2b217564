//! All entries of a store, one after the other.

use llm_cache_core::{RequestKey, key::KeyPrefix};

use super::{load::LOADS, recover};
use crate::store::{
    StoreError, Stored,
    file::{
        follow::View,
        index::Place,
        segment::{Segment, unpack},
    },
};

/// An iterator over the entries of a file store, made by
/// [`FileStore::iter`](crate::store::FileStore::iter).
///
/// It gives what was there when it was made and still is when its turn comes, in no order. Each
/// step reads one entry; of a damaged one the statistics count the damage, and the newest whole one
/// of its key is given, if there is one.
pub struct Entries<'s> {
    view: &'s View,
    left: Vec<KeyPrefix>,
}

impl<'s> Entries<'s> {
    pub(crate) fn new(view: &'s View) -> Self {
        Self { view, left: view.directory.index().entries() }
    }
}

impl Entries<'_> {
    fn entry_at(&self, prefix: KeyPrefix) -> Result<Option<(RequestKey, Stored)>, StoreError> {
        for _ in 0..LOADS {
            let Some((segment, place)) = self.view.directory.index().at(prefix) else { break };
            match self.view.directory.open_segment(place.segment, segment)? {
                Some(segment) => return self.read(&segment, place),
                // Deleted since the last look, after what counts in it was copied.
                None => self.view.look_anew()?,
            }
        }
        Ok(None)
    }

    fn read(
        &self,
        segment: &Segment,
        place: Place,
    ) -> Result<Option<(RequestKey, Stored)>, StoreError> {
        let failed = |error| StoreError::io(&segment.path, error);
        if let Some(entry) = segment.read(place.offset(), place.len).map_err(failed)? {
            let (key, stored) = entry;
            return Ok(unpack(stored).map(|stored| (key, stored)));
        }
        // Without a head there is nothing to tell which key it was.
        let head = segment.head_at(place.offset()).map_err(failed)?;
        let Some(key) = head.map(|head| head.key) else { return Ok(None) };
        let older = recover(&key, place, &self.view.directory)?;
        Ok(older.map(|stored| (key, stored)))
    }
}

impl std::fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries").field("left", &self.left.len()).finish_non_exhaustive()
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<(RequestKey, Stored), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(prefix) = self.left.pop() {
            if let Some(entry) = self.entry_at(prefix).transpose() {
                return Some(entry);
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left.len()))
    }
}
