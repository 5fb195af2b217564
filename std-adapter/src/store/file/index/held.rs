//! The segments of an index, and which of them have their files open.

use std::{
    collections::VecDeque,
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::store::file::segment::Segment;

/// Segments by handle.
///
/// A handle grows from segment to segment, and its last bits say where the segment stands; a handle
/// whose place is taken is passed over. So a place is found by one look, a handle comes again only
/// when all numbers are used up, and the memory is that of the most segments there were at a time.
///
/// A bounded number of files is open. The one to be closed for another is the first that was not
/// read since its turn last came.
#[derive(Debug)]
pub(crate) struct Segments {
    slots: Vec<Option<(u32, Held)>>,
    len: usize,
    /// The handle that is tried next.
    next: u32,
    /// Bytes of all files.
    bytes: u64,
    /// Those whose files may be closed, in the order of their turns.
    open: VecDeque<u32>,
    open_max: usize,
}

/// A segment and what of it counts.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) segment: Arc<Segment>,
    /// Bytes of the file.
    pub(crate) file_len: u64,
    /// Bytes of the records that the index points to.
    pub(crate) live_bytes: u64,
    /// The records that the index points to.
    pub(crate) live: u32,
    /// All entries and removals, replaced ones too.
    pub(crate) records: u32,
    /// The lowest and the highest order of its records.
    pub(crate) orders: (u64, u64),
    /// The order of its last clear, 0 for none.
    pub(crate) clear: u64,
    /// What its entries cost together, replaced ones too.
    pub(crate) cost: u64,
    /// Whether this store writes it, so that its file stays open.
    is_own: bool,
    /// Whether it was read since its turn to be closed last came.
    is_used: AtomicBool,
}

/// How many slots there are at least.
const SLOTS_MIN: usize = 16;

impl Held {
    pub(crate) fn new(segment: Arc<Segment>, file_len: u64) -> Self {
        Self {
            segment,
            file_len,
            live_bytes: 0,
            live: 0,
            records: 0,
            orders: (u64::MAX, 0),
            clear: 0,
            cost: 0,
            is_own: false,
            is_used: AtomicBool::new(false),
        }
    }

    /// The segment, for somebody who reads an entry.
    pub(crate) fn used(&self) -> &Arc<Segment> {
        // Written once a turn only, so that readers do not take the line from each other.
        if !self.is_used.load(Ordering::Relaxed) {
            self.is_used.store(true, Ordering::Relaxed);
        }
        &self.segment
    }
}

impl Segments {
    pub(crate) fn new(open_max: usize) -> Self {
        let slots = empty(SLOTS_MIN);
        Self { slots, len: 0, next: 0, bytes: 0, open: VecDeque::new(), open_max }
    }

    pub(crate) fn get(&self, handle: u32) -> Option<&Held> {
        match self.slots.get(self.slot(handle)) {
            Some(Some((there, held))) if *there == handle => Some(held),
            _ => None,
        }
    }

    pub(crate) fn get_mut(&mut self, handle: u32) -> Option<&mut Held> {
        let slot = self.slot(handle);
        match self.slots.get_mut(slot) {
            Some(Some((there, held))) if *there == handle => Some(held),
            _ => None,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Held)> {
        self.slots.iter().flatten().map(|(handle, held)| (*handle, held))
    }

    /// Bytes of all files.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) const fn memory_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Option<(u32, Held)>>()
    }

    /// Takes up a segment; its records follow. Gives its handle.
    pub(crate) fn add(&mut self, segment: Arc<Segment>, file_len: u64) -> u32 {
        if self.len >= self.slots.len() / 4 * 3 {
            self.resize(self.slots.len() * 2);
        }
        while self.slots[self.slot(self.next)].is_some() {
            self.next = self.next.wrapping_add(1);
        }
        let handle = self.next;
        self.next = self.next.wrapping_add(1);
        let (slot, is_open) = (self.slot(handle), segment.is_open());
        self.slots[slot] = Some((handle, Held::new(segment, file_len)));
        self.len += 1;
        self.bytes += file_len;
        if is_open {
            self.opened(handle);
        }
        handle
    }

    pub(crate) fn remove(&mut self, handle: u32) -> Option<Held> {
        self.get(handle)?;
        let slot = self.slot(handle);
        let (_, held) = self.slots[slot].take()?;
        self.len -= 1;
        self.bytes -= held.file_len;
        self.open.retain(|&other| other != handle);
        let half = self.slots.len() / 2;
        if half >= SLOTS_MIN && self.len < half / 4 && self.fits(half) {
            self.resize(half);
        }
        Some(held)
    }

    pub(crate) fn set_file_len(&mut self, handle: u32, file_len: u64) {
        if let Some(held) = self.get_mut(handle) {
            let before = mem::replace(&mut held.file_len, file_len);
            self.bytes = self.bytes - before + file_len;
        }
    }

    /// Puts an open one in place of a closed one, and closes another if there are too many.
    pub(crate) fn open(&mut self, handle: u32, segment: Arc<Segment>) {
        if let Some(held) = self.get_mut(handle) {
            let was_open = mem::replace(&mut held.segment, segment).is_open();
            if !was_open && !held.is_own {
                self.opened(handle);
            }
        }
    }

    /// Keeps the file of this segment open for as long as the store writes it.
    pub(crate) fn own(&mut self, handle: u32, segment: Arc<Segment>) {
        if let Some(held) = self.get_mut(handle) {
            (held.segment, held.is_own) = (segment, true);
            self.open.retain(|&other| other != handle);
        }
    }

    /// Ends [`own`](Self::own).
    pub(crate) fn disown(&mut self, handle: u32) {
        if let Some(held) = self.get_mut(handle).filter(|held| held.is_own) {
            held.is_own = false;
            self.opened(handle);
        }
    }

    /// Closes all files but those that the store writes.
    pub(crate) fn close_idle(&mut self) {
        for handle in mem::take(&mut self.open) {
            if let Some(held) = self.get_mut(handle) {
                held.segment = Arc::new(held.segment.closed());
            }
        }
    }

    /// Has this process, a child by now, open everything anew.
    pub(crate) fn inherit(&mut self) {
        self.open.clear();
        for (_, held) in self.slots.iter_mut().flatten() {
            (held.segment, held.is_own) = (Arc::new(held.segment.inherited()), false);
        }
    }

    /// Counts one more as open, and closes others until there are few enough.
    fn opened(&mut self, handle: u32) {
        self.open.push_back(handle);
        while self.open.len() > self.open_max {
            let Some(first) = self.open.pop_front() else { return };
            let Some(held) = self.get_mut(first) else { continue };
            // The one that was just opened is about to be read.
            if mem::take(held.is_used.get_mut()) || first == handle {
                self.open.push_back(first);
            } else {
                held.segment = Arc::new(held.segment.closed());
            }
        }
    }

    const fn slot(&self, handle: u32) -> usize {
        handle as usize & (self.slots.len() - 1)
    }

    /// Whether all would have places of their own among so many.
    fn fits(&self, len: usize) -> bool {
        let mut is_taken = vec![false; len];
        self.iter()
            .all(|(handle, _)| !mem::replace(&mut is_taken[handle as usize & (len - 1)], true))
    }

    /// Makes room for so many, a power of two. Those who had places of their own among fewer have
    /// them among more.
    fn resize(&mut self, len: usize) {
        for (handle, held) in mem::replace(&mut self.slots, empty(len)).into_iter().flatten() {
            let slot = self.slot(handle);
            self.slots[slot] = Some((handle, held));
        }
    }
}

fn empty(len: usize) -> Vec<Option<(u32, Held)>> {
    (0..len).map(|_| None).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use llm_cache_core::record::{ALIGN_MIN, Salt, SegmentHeader};

    use super::*;
    use crate::store::file::{
        disk::Disk,
        sim::{Random, SimDisk},
    };

    fn segment(disk: &SimDisk, n: u64) -> Arc<Segment> {
        let name = format!("{n:08x}.seg");
        let file = disk.create(&name).unwrap();
        let id = file.id().unwrap();
        let salt = Salt([n as u8; 16]);
        let header = SegmentHeader { salt, sequence: n, capacity: 4096, align: ALIGN_MIN };
        let disk: Arc<dyn Disk> = Arc::new(disk.clone());
        Arc::new(Segment::new(name, id, PathBuf::new(), disk, file, header))
    }

    /// However segments come and go: each is found by its handle and no other, a handle does not
    /// come again, no more files are open than may be, those of one that is written stay open, and
    /// the table is as large as what is in it wants.
    #[test]
    fn handles_find_their_segments() {
        let (disk, mut random) = (SimDisk::new(), Random(11));
        let mut segments = Segments::new(8);
        let mut there: Vec<(u32, u64)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let own = segments.add(segment(&disk, 0), 7);
        let opened = Arc::clone(&segments.get(own).unwrap().segment);
        segments.own(own, opened);
        for n in 1..3000_u64 {
            // It grows to some hundreds, shrinks to a few, and stays there.
            let wants = if n < 1000 { 400 } else { 5 };
            if there.len() < wants && random.below(4) > 0 {
                let handle = segments.add(segment(&disk, n), 7);
                assert!(seen.insert(handle), "handle {handle} comes again");
                there.push((handle, n));
            } else if !there.is_empty() {
                let (handle, n) = there.swap_remove(random.below(there.len()));
                assert_eq!(segments.remove(handle).unwrap().segment.header.sequence, n);
                assert!(segments.get(handle).is_none() && segments.remove(handle).is_none());
            }
            let Some(&(handle, n)) = there.last() else { continue };
            let held = segments.get(handle).unwrap();
            assert_eq!(held.used().header.sequence, n);
            assert_eq!(segments.iter().count(), there.len() + 1);
            assert_eq!(segments.bytes(), 7 * (there.len() as u64 + 1));
            let open = segments.iter().filter(|(_, held)| held.segment.is_open()).count();
            assert!(open <= 9, "{open} files are open");
            assert!(segments.get(own).unwrap().segment.is_open());
        }
        let all = there.iter().all(|(handle, n)| {
            segments.get(*handle).is_some_and(|held| held.segment.header.sequence == *n)
        });
        assert!(all && segments.slots.len() <= 128, "{} slots", segments.slots.len());
    }
}
