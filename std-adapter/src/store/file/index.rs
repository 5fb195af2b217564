//! Where each entry stands, in memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use llm_cache_core::RequestKey;

use super::segment_file::SegmentFile;

/// The place of every entry, by the first half of its key: 28 bytes an entry and a byte of the hash
/// map's, which is up to half empty.
///
/// Half a SHA-256 does not collide by chance. A key that was made to collide, by work far beyond
/// reach, would replace another's entry and be found out by the whole key in the record.
#[derive(Debug, Default)]
pub(super) struct Index {
    places: HashMap<[u8; 16], Place>,
    segments: BTreeMap<u32, Arc<SegmentFile>>,
}

/// Where one entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The segment's sequence.
    pub(super) segment: u32,
    pub(super) offset: u32,
    pub(super) len: u32,
}

impl Index {
    pub(super) fn find(&self, key: &RequestKey) -> Option<(Arc<SegmentFile>, Place)> {
        let place = *self.places.get(&prefix(key))?;
        Some((Arc::clone(self.segments.get(&place.segment)?), place))
    }

    pub(super) fn contains(&self, key: &RequestKey) -> bool {
        self.places.contains_key(&prefix(key))
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn insert(&mut self, key: &RequestKey, place: Place) {
        self.places.insert(prefix(key), place);
    }

    pub(super) fn remove(&mut self, key: &RequestKey) {
        self.places.remove(&prefix(key));
    }

    /// Forgets an entry that was found damaged, unless it was replaced in the meantime.
    pub(super) fn remove_at(&mut self, key: &RequestKey, place: Place) {
        if self.places.get(&prefix(key)) == Some(&place) {
            self.places.remove(&prefix(key));
        }
    }

    pub(super) fn add_segment(&mut self, sequence: u32, segment: Arc<SegmentFile>) {
        self.segments.insert(sequence, segment);
    }

    /// Forgets a segment and its entries; says how many. O(all entries).
    pub(super) fn remove_segment(&mut self, sequence: u32) -> usize {
        let before = self.places.len();
        self.places.retain(|_, place| place.segment != sequence);
        self.segments.remove(&sequence);
        before - self.places.len()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn prefix(key: &RequestKey) -> [u8; 16] {
    let mut prefix = [0; 16];
    prefix.copy_from_slice(&key.as_bytes()[..16]);
    prefix
}
