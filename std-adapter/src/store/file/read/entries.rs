//! All entries of a store, one after the other.

use llm_cache_core::{RequestKey, key::KeyPrefix};

use super::{load::LOADS, recover};
use crate::store::{
    Entry, FileFault, StoreError,
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
    /// Keeps those of a page alone: the first `limit` behind `after`, in the order of the keys'
    /// first bytes. Gives where the next page begins, if there is one.
    pub(crate) fn keep_page(&mut self, after: Option<u64>, limit: usize) -> Option<u64> {
        self.left.retain(|prefix| after.is_none_or(|after| prefix.number() > after));
        self.left.sort_unstable_by_key(|prefix| prefix.number());
        if self.left.len() <= limit {
            return None;
        }
        self.left.truncate(limit);
        self.left.last().map(|prefix| prefix.number())
    }

    fn entry_at(&self, prefix: KeyPrefix) -> Result<Option<(RequestKey, Entry)>, StoreError> {
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
    ) -> Result<Option<(RequestKey, Entry)>, StoreError> {
        let failed = |error| FileFault::io(&segment.path, error);
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
    type Item = Result<(RequestKey, Entry), StoreError>;

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
