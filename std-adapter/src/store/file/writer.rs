//! The segment that this store writes: taking one, appending to it, leaving it.

use std::{process, sync::Arc, time::Instant};

use llm_cache_core::{
    RequestKey,
    record::{Found, Frame, HEAD_LEN, Head, Kind, Record},
};

use super::{
    Durability,
    common::Common,
    follow::{ANNOUNCEMENT, Follow},
    segment::{CRC, DATA_START, Segment, padded},
};
use crate::store::{StoreError, StoreErrorKind};

/// One at a time has it, under the store's mutex.
pub(super) struct Writer {
    active: Option<Active>,
    /// The process that the active segment belongs to.
    pub(super) pid: u32,
    scratch: Vec<u8>,
    /// How many under way in this process rely on the maintenance lock.
    pub(super) maintainers: u32,
}

/// The segment that records go into. Its file is locked.
struct Active {
    handle: u32,
    segment: Arc<Segment>,
    /// Where the next record goes.
    end: u32,
    /// Where the zeros end that were written ahead.
    filled_to: u32,
    /// When everyone knows of this writer; `None` once they do.
    known_at: Option<Instant>,
}

/// A record that was written.
pub(super) struct Appended {
    pub(super) handle: u32,
    pub(super) segment: Arc<Segment>,
    pub(super) found: Found,
    /// The length of the file with it.
    pub(super) file_len: u32,
    /// Where it ends, rounded up.
    pub(super) end: u32,
    /// When its write may be acknowledged.
    pub(super) known_at: Option<Instant>,
}

/// What is appended.
#[derive(Clone, Copy)]
pub(super) enum Item<'r> {
    Entry(&'r Record<'r>),
    Bare(Kind, RequestKey),
}

/// How far ahead zeros are written: a sync of bytes that were there before changes no metadata and
/// takes about half the time.
const FILL: u32 = 1 << 20;
/// Bytes of the encoding buffer that are kept from put to put.
const SCRATCH_KEPT: usize = 1 << 20;
/// How many names are tried for a new segment while other processes take them.
const NAMES_TRIED: u32 = 1000;

impl Item<'_> {
    pub(super) fn encoded_len(&self) -> u64 {
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
    pub(super) fn new() -> Self {
        Self { active: None, pid: process::id(), scratch: Vec::new(), maintainers: 0 }
    }

    /// Drops what belongs to the parent process if this is a child by now; says whether it is.
    pub(super) fn note_fork(&mut self) -> bool {
        let is_child = self.pid != process::id();
        if is_child {
            self.pid = process::id();
            (self.active, self.maintainers) = (None, 0);
        }
        is_child
    }

    /// The segment that is being written.
    pub(super) fn active(&self) -> Option<&Arc<Segment>> {
        self.active.as_ref().map(|active| &active.segment)
    }

    /// Appends a record with this order; it is not in the index yet. Takes a segment first if there
    /// is none with room for it.
    pub(super) fn append(
        &mut self,
        item: Item<'_>,
        order: u64,
        common: &Common,
    ) -> Result<Appended, StoreError> {
        let len = item.encoded_len();
        self.take_segment(len, common)?;
        let Some(active) = &mut self.active else {
            return Err(StoreError::new(StoreErrorKind::Io).at(&common.path));
        };
        if common.options.durability == Durability::Always {
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
            return Err(error);
        }
        active.end += bytes.len() as u32;
        active.filled_to = active.filled_to.max(active.end);
        bytes.shrink_to(SCRATCH_KEPT);
        common.counters.saw_order(order);
        let (handle, segment) = (active.handle, Arc::clone(&active.segment));
        // The clock is read while it matters only.
        active.known_at = active.known_at.filter(|&known_at| known_at > Instant::now());
        let (file_len, end, known_at) = (active.filled_to, active.end, active.known_at);
        Ok(Appended { handle, segment, found, file_len, end, known_at })
    }

    /// By how many bytes the files grow when a record of `len` bytes is appended.
    pub(super) fn growth(&self, len: u64, common: &Common) -> u64 {
        let is_filled = common.options.durability == Durability::Always;
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
                let capacity = u64::from(common.options.segment_capacity());
                let fill = if is_filled { capacity.min(FILL.into()) } else { 0 };
                close + first.max(fill)
            }
        }
    }

    /// Makes the next record go into a segment with a higher sequence than this.
    pub(super) fn leave_older_than(
        &mut self,
        sequence: u64,
        common: &Common,
    ) -> Result<(), StoreError> {
        let is_older = |active: &Active| active.segment.header.sequence <= sequence;
        if self.active.as_ref().is_none_or(is_older) {
            let old = self.active.take();
            let created = self.create(0, old.as_ref(), common);
            self.leave_one(old, common);
            self.keep_if(created, common)?;
        }
        Ok(())
    }

    /// Leaves the active segment for good: nobody appends to it any more.
    pub(super) fn leave(&mut self, common: &Common) {
        let active = self.active.take();
        self.leave_one(active, common);
    }

    /// Leaves the active segment to whoever takes it next.
    pub(super) fn release(&mut self, common: &Common) {
        let Some(active) = self.active.take() else { return };
        if common.is_durable()
            && let Err(error) = active.segment.sync()
        {
            common.counters.note(&error);
        }
        let _ = active.segment.file.set_len(active.end.into());
        let _ = active.segment.file.unlock();
    }

    /// Forgets the active segment, whose file somebody has deleted.
    pub(super) fn forget_deleted(&mut self, follow: &Follow) {
        self.active.take_if(|active| !follow.is_own(active.handle));
    }

    fn take_segment(&mut self, len: u64, common: &Common) -> Result<(), StoreError> {
        if self.active.as_ref().is_some_and(|active| active.takes(padded(len))) {
            return Ok(());
        }
        // The old one's lock is kept until the new one is known of, so that those who look before
        // each get go on to do so.
        let old = self.active.take();
        let taken = match self.adopt(len, old.is_some(), common) {
            Ok(false) => self.create(len, old.as_ref(), common),
            adopted => adopted.map(|_| ()),
        };
        self.leave_one(old, common);
        self.keep_if(taken, common)
    }

    /// Takes a segment that was left with room for a record of `len` bytes, if there is one and
    /// this store had none before.
    fn adopt(&mut self, len: u64, had_one: bool, common: &Common) -> Result<bool, StoreError> {
        // Nobody may ask whether the segment is locked until it is known to be our own.
        let mut follow = common.follow();
        follow.list(common)?;
        if had_one {
            return Ok(false);
        }
        let Some((handle, segment, end)) = follow.adopt(len, common)? else { return Ok(false) };
        segment.take_over(end);
        follow.own(handle, Arc::clone(&segment));
        let filled_to = segment.file.len().map_err(|error| StoreError::io(&segment.path, error))?;
        let filled_to = u32::try_from(filled_to).unwrap_or(u32::MAX).max(end);
        let known_at = Some(Instant::now() + ANNOUNCEMENT);
        self.active = Some(Active { handle, segment, end, filled_to, known_at });
        follow.give_notice(common)?;
        Ok(true)
    }

    /// Makes a segment. Those who know of the `old` one, or will in time, learn of this one by it.
    fn create(
        &mut self,
        len: u64,
        old: Option<&Active>,
        common: &Common,
    ) -> Result<(), StoreError> {
        let needed = padded(len) + u64::from(DATA_START);
        let needed = u32::try_from(needed).map_err(|_| StoreError::new(too_big(len)))?;
        let capacity = common.options.segment_capacity().max(needed);
        // Nobody may list the file until it is known to be our own.
        let mut follow = common.follow();
        let first = follow.state().sequence.saturating_add(1);
        for sequence in first..first.saturating_add(NAMES_TRIED) {
            let made = Segment::create(&*common.disk, &common.path, sequence, capacity)?;
            let Some(segment) = made.map(Arc::new) else { continue };
            let handle = common.index_mut().add(Arc::clone(&segment), DATA_START.into());
            follow.own(handle, Arc::clone(&segment));
            let known_at = match old {
                Some(old) => old.known_at,
                None => Some(Instant::now() + ANNOUNCEMENT),
            };
            let (end, filled_to) = (DATA_START, DATA_START);
            self.active = Some(Active { handle, segment, end, filled_to, known_at });
            return follow.give_notice(common);
        }
        Err(StoreError::new(StoreErrorKind::Io).at(&common.path))
    }

    /// Keeps a segment that was just taken, if everyone can learn of it and its name survives a
    /// power loss; else leaves it, so that nothing is acknowledged on the strength of it.
    fn keep_if(
        &mut self,
        taken: Result<(), StoreError>,
        common: &Common,
    ) -> Result<(), StoreError> {
        let sync = |()| if common.is_durable() { common.sync_names() } else { Ok(()) };
        taken.and_then(sync).inspect_err(|_| self.leave(common))
    }

    fn leave_one(&self, active: Option<Active>, common: &Common) {
        let Some(mut active) = active else { return };
        let is_closed = active.close();
        common.index_mut().set_file_len(active.handle, active.end.into());
        if common.is_durable()
            && let Err(error) = active.segment.sync()
        {
            common.counters.note(&error);
        }
        // What cannot be unlocked is until the process ends.
        let _ = active.segment.file.unlock();
        common.follow().disown(active.handle, active.segment, active.end, is_closed);
    }
}

impl Active {
    /// Whether a record of this padded length may go into it.
    fn takes(&self, len: u64) -> bool {
        self.segment.has_room(self.end, len) && !self.segment.is_failed()
    }

    /// How far zeros are written so that they reach `end`.
    fn fill_end(&self, end: u64) -> u64 {
        let ahead = u64::from(self.filled_to) + u64::from(FILL);
        ahead.min(self.segment.header.capacity.into()).max(end)
    }

    /// Writes zeros ahead, if they do not reach `end` yet.
    fn fill(&mut self, end: u64) {
        if end <= u64::from(self.filled_to) {
            return;
        }
        let fill_end = self.fill_end(end);
        let zeros = vec![0; (fill_end - u64::from(self.filled_to)) as usize];
        match self.segment.file.write_at(&zeros, self.filled_to.into()) {
            Ok(()) => self.filled_to = fill_end as u32,
            // Then the record is written without; where that fails too, it says why.
            Err(_) => {
                let _ = self.segment.file.set_len(self.filled_to.into());
            }
        }
    }

    /// Says in the file that no record follows, and cuts off the zeros; says whether that is so.
    fn close(&mut self) -> bool {
        let is_full = !self.segment.has_room(self.end, HEAD_LEN as u64);
        let frame = self.segment.header.frame(self.end, &CRC);
        let key = RequestKey::from_bytes([0; 32]);
        let close = Head::bare(Kind::Close, key, 0, &frame, &CRC).encode(&frame, &CRC);
        let is_closed = is_full || self.segment.append(self.end, &close).is_ok();
        if is_closed && !is_full {
            self.end += close.len() as u32;
        }
        if self.filled_to > self.end {
            let _ = self.segment.file.set_len(self.end.into());
        }
        is_closed
    }
}

/// What an index needs to know of a record that was just encoded.
fn found_in(bytes: &[u8], offset: u32, frame: &Frame) -> Result<Found, StoreError> {
    let head = bytes.first_chunk().and_then(|bytes| Head::decode(bytes, frame, &CRC).ok());
    let head = head.ok_or(StoreError::new(StoreErrorKind::Io))?;
    Ok(Found { offset, head })
}

fn too_big(needed: u64) -> StoreErrorKind {
    StoreErrorKind::TooBig { needed, capacity: u32::MAX.into() }
}
