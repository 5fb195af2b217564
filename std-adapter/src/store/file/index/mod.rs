//! Where each entry stands, in memory.

mod held;

use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
    io,
    sync::Arc,
};

use llm_cache_core::{
    RequestKey,
    key::{KeyIndex, KeyPrefix},
    record::{ALIGN_MIN, Found, Head, Kind},
};

use self::held::Segments;
use crate::store::file::segment::{Segment, padded};

pub(crate) use held::Held;

/// The place of every entry and of every removal, by the first 8 bytes of its key: 20 bytes each,
/// and a byte of the map's ([`KeyIndex`]). Two keys with the same 8 bytes displace each other, and
/// the whole key in the record tells them apart.
#[derive(Debug)]
pub(crate) struct Index {
    places: KeyIndex<Place>,
    /// By the handle of a place.
    segments: Segments,
    /// Entries and removals with a lower order are gone, by a clear.
    cleared_below: u64,
    /// Places of removals.
    removals: usize,
}

/// Where one record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    /// In units of the alignment; the highest bit tells a removal.
    at: u32,
    pub(crate) len: u32,
}

const REMOVAL: u32 = 1 << 31;

impl Place {
    pub(crate) fn of(segment: u32, found: &Found) -> Self {
        let removal = if found.head.kind == Kind::Removal { REMOVAL } else { 0 };
        // A record ends within its segment, whose capacity is a u32.
        let len = found.head.record_len() as u32;
        Self { segment, at: (found.offset / ALIGN_MIN) | removal, len }
    }

    pub(crate) const fn offset(self) -> u32 {
        (self.at & !REMOVAL) * ALIGN_MIN
    }

    pub(crate) const fn is_removal(self) -> bool {
        self.at & REMOVAL != 0
    }

    const fn bytes(self) -> u64 {
        padded(self.len as u64)
    }
}

/// How many places may be empty whatever the map holds.
const LOOSE_MIN: usize = 64;

impl Index {
    /// An empty one, for segments of which `open_max` may be open at a time.
    pub(crate) fn new(open_max: usize) -> Self {
        // A secret of this process.
        let places = KeyIndex::new([0, 1].map(|number| RandomState::new().hash_one(number)));
        Self { places, segments: Segments::new(open_max), cleared_below: 0, removals: 0 }
    }

    /// The newest entry of `key`, as far as can be told without reading it.
    pub(crate) fn find(&self, key: &RequestKey) -> Option<(Arc<Segment>, Place)> {
        self.at(KeyPrefix::of(key))
    }

    /// The entry that a prefix leads to.
    pub(crate) fn at(&self, prefix: KeyPrefix) -> Option<(Arc<Segment>, Place)> {
        let place = *self.places.get_at(prefix).filter(|place| !place.is_removal())?;
        Some((Arc::clone(self.held(place.segment)?.used()), place))
    }

    /// The prefixes of all entries' keys.
    pub(crate) fn entries(&self) -> Vec<KeyPrefix> {
        let entries = self.places.iter().filter(|(_, place)| !place.is_removal());
        entries.map(|(prefix, _)| prefix).collect()
    }

    /// Entries and removals with a lower order are gone.
    pub(crate) const fn cleared_below(&self) -> u64 {
        self.cleared_below
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.removals
    }

    /// Bytes of memory that it takes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.places.allocated_bytes() + self.segments.memory_bytes()
    }

    /// Prepares for as many more records, so that growing does not move the others again and again.
    pub(crate) fn reserve(&mut self, records: usize) {
        self.places.reserve(records);
    }

    /// Where the index points to for `key`, a removal or an entry.
    pub(crate) fn place(&self, key: &RequestKey) -> Option<Place> {
        self.places.get(key).copied()
    }

    pub(crate) fn held(&self, handle: u32) -> Option<&Held> {
        self.segments.get(handle)
    }

    /// All segments with their handles.
    pub(crate) fn all_held(&self) -> impl Iterator<Item = (u32, &Held)> {
        self.segments.iter()
    }

    /// Bytes of all files.
    pub(crate) const fn bytes(&self) -> u64 {
        self.segments.bytes()
    }

    /// The segments, to take up one or to change what is known of one.
    pub(crate) const fn segments_mut(&mut self) -> &mut Segments {
        &mut self.segments
    }

    /// Gives memory back where the map has room for several times what it holds.
    pub(crate) fn fit(&mut self) {
        if self.is_loose() {
            self.places.shrink_to(2 * self.places.len());
        }
    }

    /// Whether [`fit`](Self::fit) would do anything.
    pub(crate) fn is_loose(&self) -> bool {
        self.places.capacity() > 4 * self.places.len() + LOOSE_MIN
    }

    /// Takes up a record. Where the key has another one already, the newer of the two stays; that
    /// may have to be looked up in its head.
    pub(crate) fn apply(&mut self, handle: u32, found: &Found) -> io::Result<()> {
        let (head, place) = (&found.head, Place::of(handle, found));
        match head.kind {
            Kind::Entry | Kind::Removal => {}
            Kind::Clear => return self.clear_below(handle, head.order),
            _ => return Ok(()),
        }
        let replaced = self.place(&head.key);
        let is_newest = head.order >= self.cleared_below
            && match replaced {
                Some(other) => self.is_newer(found, handle, other)?,
                None => true,
            };
        if let Some(held) = self.held_mut(handle) {
            held.records = held.records.saturating_add(1);
            held.cost += u64::from(head.cost);
            held.orders = (held.orders.0.min(head.order), held.orders.1.max(head.order));
        }
        if is_newest {
            self.set(&head.key, place);
        }
        Ok(())
    }

    /// Forgets where the entry of `key` stands, unless it has changed.
    pub(crate) fn forget(&mut self, key: &RequestKey, place: Place) {
        if self.place(key) == Some(place) {
            self.unset(key);
        }
    }

    /// Points `key`, which has no place, to a record that was found to be its newest.
    pub(crate) fn point(&mut self, key: &RequestKey, place: Place) {
        if self.place(key).is_none() {
            self.set(key, place);
        }
    }

    /// Drops a segment, whose records have these keys; says how many entries went with it.
    pub(crate) fn drop_segment(&mut self, handle: u32, keys: &[RequestKey]) -> u64 {
        let before = self.len();
        for key in keys {
            if self.place(key).is_some_and(|place| place.segment == handle) {
                self.unset(key);
            }
        }
        self.drop_segments(&HashSet::from([handle]));
        (before - self.len()) as u64
    }

    /// Drops segments whose records nobody can read any more.
    pub(crate) fn drop_segments(&mut self, handles: &HashSet<u32>) {
        let removed = handles.iter().filter_map(|&handle| self.segments.remove(handle));
        if removed.map(|held| held.live).max() > Some(0) {
            let removals = &mut self.removals;
            self.places.retain(|place| {
                let stays = !handles.contains(&place.segment);
                *removals -= usize::from(!stays && place.is_removal());
                stays
            });
        }
        self.fit();
    }

    /// Entries with a lower order are gone, those that come up later too. Reads the heads of
    /// entries in segments that have both kinds.
    fn clear_below(&mut self, handle: u32, order: u64) -> io::Result<()> {
        if let Some(held) = self.held_mut(handle) {
            held.clear = held.clear.max(order);
        }
        if order <= self.cleared_below {
            return Ok(());
        }
        self.cleared_below = order;
        let mut gone = Vec::new();
        for (prefix, &place) in self.places.iter() {
            let is_older = match self.held(place.segment) {
                Some(held) if held.orders.0 >= order => false,
                Some(held) if held.orders.1 < order => true,
                Some(held) => {
                    held.segment.head_at(place.offset())?.is_none_or(|head| head.order < order)
                }
                None => true,
            };
            if is_older {
                gone.push(prefix);
            }
        }
        for prefix in gone {
            if let Some(place) = self.places.remove_at(prefix) {
                self.uncount(place);
            }
        }
        self.fit();
        Ok(())
    }

    fn is_newer(&self, found: &Found, handle: u32, other: Place) -> io::Result<bool> {
        let (Some(mine), Some(theirs)) = (self.held(handle), self.held(other.segment)) else {
            return Ok(true);
        };
        if found.head.order > theirs.orders.1 {
            return Ok(true);
        }
        let rank = |head: &Head, held: &Held, offset: u32| {
            (head.order, held.segment.header.sequence, offset)
        };
        // One that cannot be read any more is as good as older.
        let head = theirs.segment.head_at(other.offset())?;
        Ok(head.is_none_or(|head| {
            rank(&head, theirs, other.offset()) <= rank(&found.head, mine, found.offset)
        }))
    }

    fn set(&mut self, key: &RequestKey, place: Place) {
        if let Some(replaced) = self.places.insert(key, place) {
            self.uncount(replaced);
        }
        self.removals += usize::from(place.is_removal());
        if let Some(held) = self.held_mut(place.segment) {
            held.live += 1;
            held.live_bytes += place.bytes();
        }
    }

    fn unset(&mut self, key: &RequestKey) {
        if let Some(place) = self.places.remove(key) {
            self.uncount(place);
        }
    }

    /// A place is no longer in the index.
    fn uncount(&mut self, place: Place) {
        self.removals -= usize::from(place.is_removal());
        if let Some(held) = self.held_mut(place.segment) {
            held.live -= 1;
            held.live_bytes -= place.bytes();
        }
    }

    fn held_mut(&mut self, handle: u32) -> Option<&mut Held> {
        self.segments.get_mut(handle)
    }
}
