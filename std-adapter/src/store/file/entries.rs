//! All entries of a store, one after the other.

use llm_cache_core::RequestKey;

use super::{Shared, index::Prefix};
use crate::store::{StoreError, Stored};

/// An iterator over the entries of a file store; made by [`FileStore::iter`](super::FileStore::iter).
///
/// It gives what was there when it was made and still is when its turn comes, in no order. Each
/// step reads one entry; damaged ones are skipped and counted in the statistics.
pub struct Entries<'s> {
    shared: &'s Shared,
    left: Vec<Prefix>,
}

impl<'s> Entries<'s> {
    pub(super) fn new(shared: &'s Shared) -> Self {
        Self { shared, left: shared.common.index().entries() }
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
            let Some((segment, place)) = self.shared.common.index().at(prefix) else { continue };
            match segment.read(place.offset(), place.len) {
                Ok(Some(entry)) => return Some(Ok(entry)),
                Ok(None) => self.shared.common.counters.count_damage(1),
                Err(error) => return Some(Err(StoreError::io(&segment.path, error))),
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left.len()))
    }
}
