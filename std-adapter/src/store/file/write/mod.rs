//! The segment that this store writes: taking one, appending to it, leaving it.

mod active;
mod claim;
mod flusher;

use std::{process, sync::Arc, time::Instant};

use llm_cache_core::{
    RequestKey,
    record::{Found, Frame, HEAD_LEN, Head, Kind, Record},
};

use self::active::{Active, FILL};
use crate::store::{
    FileFault, StoreError, StoreErrorKind,
    file::{
        Durability,
        directory::Directory,
        follow::{Follow, HeldUp, View},
        segment::{CRC, DATA_START, Segment, padded},
    },
};

pub(crate) use flusher::Flusher;

/// One at a time has it, under the store's mutex.
pub(crate) struct Writer {
    active: Option<Active>,
    /// The segment that comes after it, which everyone knows of already.
    next: Option<Active>,
    /// The process that the segments belong to.
    pub(crate) pid: u32,
    scratch: Vec<u8>,
    /// How many under way in this process rely on the maintenance lock.
    pub(crate) maintainers: u32,
    /// Who kept this store from making room when it last waited for that.
    pub(crate) held_up: Option<HeldUp>,
}

/// A record that was written.
pub(crate) struct Appended {
    pub(crate) handle: u32,
    pub(crate) segment: Arc<Segment>,
    pub(crate) found: Found,
    /// The length of the file with it.
    pub(crate) file_len: u32,
    /// Where it ends, rounded up.
    pub(crate) end: u32,
    /// When its write may be acknowledged.
    pub(crate) known_at: Option<Instant>,
}

impl Appended {
    /// Takes the record up in the index of the store that has appended it.
    pub(crate) fn apply(&self, directory: &Directory) -> Result<(), StoreError> {
        let mut index = directory.index_mut();
        index.segments_mut().set_file_len(self.handle, self.file_len.into());
        let applied = index.apply(self.handle, &self.found);
        applied.map_err(|error| FileFault::io(&self.segment.path, error))
    }
}

/// What is appended.
#[derive(Clone, Copy)]
pub(crate) enum Item<'r> {
    Entry(&'r Record<'r>),
    Bare(Kind, RequestKey),
}

/// Bytes of the encoding buffer that are kept from put to put.
const SCRATCH_KEPT: usize = 1 << 20;
impl Item<'_> {
    pub(crate) fn encoded_len(&self) -> u64 {
        match self {
            Self::Entry(record) => record.encoded_len(),
            Self::Bare(..) => HEAD_LEN as u64,
        }
    }

    fn encode(&self, order: u64, frame: &Frame, bytes: &mut Vec<u8>) -> Result<(), StoreErrorKind> {
        match *self {
            Self::Entry(record) => record
                .encode_ordered(order, frame, &CRC, bytes)
                .map_err(|_| too_big(record.encoded_len())),
            Self::Bare(kind, key) => {
                let head = Head::bare(kind, key, order, frame, &CRC);
                bytes.extend_from_slice(&head.encode(frame, &CRC));
                Ok(())
            }
        }
    }
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            active: None,
            next: None,
            pid: process::id(),
            scratch: Vec::new(),
            maintainers: 0,
            held_up: None,
        }
    }

    /// Drops what belongs to the parent process if this is a child by now; says whether it is.
    pub(crate) fn note_fork(&mut self) -> bool {
        let is_child = self.pid != process::id();
        if is_child {
            self.pid = process::id();
            (self.active, self.next) = (None, None);
            (self.maintainers, self.held_up) = (0, None);
        }
        is_child
    }

    /// The segment that is being written.
    #[cfg(test)]
    pub(crate) fn active(&self) -> Option<&Arc<Segment>> {
        self.active.as_ref().map(|active| &active.segment)
    }

    /// Whether the next put has to wait until others know of this writer.
    #[cfg(test)]
    pub(crate) fn is_announcing(&self) -> bool {
        self.active.as_ref().is_none_or(|active| active.known_at.is_some())
    }

    /// Appends a record with this order; it is not in the index yet. Takes a segment first if there
    /// is none with room for it.
    pub(crate) fn append(
        &mut self,
        item: Item<'_>,
        order: u64,
        view: &View,
    ) -> Result<Appended, StoreError> {
        let len = item.encoded_len();
        self.take_segment(len, view)?;
        let Some(active) = &mut self.active else {
            return Err(FileFault::Io.at(&view.directory.path));
        };
        if view.directory.options.durability == Durability::Always {
            active.fill(u64::from(active.end) + padded(len));
        }
        let bytes = &mut self.scratch;
        bytes.clear();
        let frame = active.segment.header.frame(active.end, &CRC);
        item.encode(order, &frame, bytes).map_err(StoreError::new)?;
        bytes.resize(padded(len) as usize, 0);
        let found = found_in(bytes, active.end, &frame)?;
        if let Err(error) = active.segment.append(active.end, bytes) {
            active.filled_to = active.end;
            if let Some(empty) = self.active.take_if(|active| active.is_empty()) {
                claim::discard(empty, view);
            }
            return Err(error);
        }
        active.end += bytes.len() as u32;
        active.filled_to = active.filled_to.max(active.end);
        bytes.shrink_to(SCRATCH_KEPT);
        view.directory.counters.saw_order(order);
        let (handle, segment) = (active.handle, Arc::clone(&active.segment));
        // The clock is read while it matters only.
        active.known_at = active.known_at.filter(|&known_at| known_at > Instant::now());
        let (file_len, end, known_at) = (active.filled_to, active.end, active.known_at);
        Ok(Appended { handle, segment, found, file_len, end, known_at })
    }

    /// By how many bytes the files grow when a record of `len` bytes is appended.
    pub(crate) fn growth(&self, len: u64, view: &View) -> u64 {
        let is_filled = view.directory.options.durability == Durability::Always;
        let len = padded(len);
        match &self.active {
            Some(active) if active.takes(len) => {
                let end = u64::from(active.end) + len;
                let missing = end.saturating_sub(active.filled_to.into());
                if missing > 0 && is_filled {
                    active.fill_end(end) - u64::from(active.filled_to)
                } else {
                    missing
                }
            }
            active => {
                // The record that closes the old one, and the header of the new one.
                let close = if active.is_some() { HEAD_LEN as u64 } else { 0 };
                let first = len + u64::from(DATA_START);
                let capacity = u64::from(view.directory.options.segment_capacity());
                let fill = if is_filled { capacity.min(FILL.into()) } else { 0 };
                close + first.max(fill)
            }
        }
    }

    /// Whether a record of `len` bytes goes into the segment that is being written.
    pub(crate) fn takes(&self, len: u64) -> bool {
        self.active.as_ref().is_some_and(|active| active.takes(padded(len)))
    }

    /// Makes the next segment once half of this one is full: so it is known to everyone before the
    /// first record goes into it, and no put has to wait for that. Where it cannot be made now, a
    /// put that needs one does it, and says why if it cannot.
    pub(crate) fn prepare(&mut self, view: &View) {
        let Some(active) = &mut self.active else { return };
        let bytes = || view.directory.index().bytes() + u64::from(DATA_START);
        let is_due = !active.has_next && active.is_half_full();
        if !is_due || bytes() > view.directory.options.max_bytes {
            return;
        }
        active.has_next = true;
        let known_at = active.known_at;
        let capacity = u64::from(view.directory.options.segment_capacity());
        if self.next.is_some() {
            return;
        }
        let adopted = claim::adopt(&mut view.follow(), capacity / 2, known_at, view);
        let taken = match adopted {
            Ok(None) => claim::create(0, known_at, view),
            Ok(Some(adopted)) => Ok(adopted),
            Err(error) => Err(error),
        };
        self.next = taken.and_then(|next| claim::keep(next, view)).ok();
    }

    /// Makes the next records go into a segment with a higher sequence than this.
    pub(crate) fn leave_older_than(
        &mut self,
        sequence: u64,
        view: &View,
    ) -> Result<(), StoreError> {
        let is_older = |active: &mut Active| active.segment.header.sequence <= sequence;
        if let Some(next) = self.next.take_if(is_older) {
            claim::leave(next, view);
        }
        if self.active.is_none() || self.active.as_mut().is_some_and(is_older) {
            self.go_on(None, view)?;
        }
        Ok(())
    }

    /// Leaves the active segment, if it holds records, for one that others know of; says whether
    /// it did.
    pub(crate) fn renew(&mut self, view: &View) -> bool {
        if self.active.as_ref().is_none_or(Active::is_empty) {
            return false;
        }
        // On a full disk there is none; then a put waits until others know of the one it makes.
        let _ = self.go_on(None, view);
        true
    }

    /// Leaves both segments to whoever takes them next.
    pub(crate) fn release(&mut self, view: &View) {
        for active in [self.active.take(), self.next.take()].into_iter().flatten() {
            if active.is_empty() {
                claim::discard(active, view);
                continue;
            }
            if view.directory.is_durable()
                && let Err(error) = active.segment.sync()
            {
                view.directory.counters.note(&error);
            }
            active.cut();
            active.unlock();
        }
    }

    /// Forgets the segments whose files somebody has deleted.
    pub(crate) fn forget_deleted(&mut self, follow: &Follow) {
        self.active.take_if(|active| !follow.is_own(active.handle));
        self.next.take_if(|next| !follow.is_own(next.handle));
    }

    fn take_segment(&mut self, len: u64, view: &View) -> Result<(), StoreError> {
        if self.takes(len) { Ok(()) } else { self.go_on(Some(len), view) }
    }

    /// Goes on with another segment: with the next one if it has room for `len` bytes, else with
    /// one that was left, if this store has none, else with a new one.
    fn go_on(&mut self, len: Option<u64>, view: &View) -> Result<(), StoreError> {
        // The old one's lock is kept until the new one is known of, so that those who look before
        // each get go on to do so.
        let old = self.active.take();
        let len_or_none = len.unwrap_or(0);
        let taken = match self.next.take_if(|next| next.takes(padded(len_or_none))) {
            Some(next) => Ok(next),
            None => claim::take(len, old.as_ref(), view).and_then(|taken| claim::keep(taken, view)),
        };
        if let Some(old) = old {
            claim::leave(old, view);
        }
        self.active = Some(taken?);
        Ok(())
    }
}

/// What an index needs to know of a record that was just encoded.
fn found_in(bytes: &[u8], offset: u32, frame: &Frame) -> Result<Found, StoreError> {
    let head = bytes.first_chunk().and_then(|bytes| Head::decode(bytes, frame, &CRC).ok());
    let head = head.ok_or(FileFault::Io.error())?;
    Ok(Found { offset, head })
}

pub(crate) fn too_big(needed: u64) -> StoreErrorKind {
    StoreErrorKind::TooBig { needed, capacity: u32::MAX.into() }
}
