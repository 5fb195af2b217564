//! The segment that a store appends to.

use std::{sync::Arc, time::Instant};

use llm_cache_core::{
    RequestKey,
    record::{HEAD_LEN, Head, Kind},
};

use crate::store::file::segment::{CRC, DATA_START, Segment};

/// The segment that records go into. Its file is locked.
pub(crate) struct Active {
    pub(crate) handle: u32,
    pub(crate) segment: Arc<Segment>,
    /// Where the next record goes.
    pub(crate) end: u32,
    /// Where the zeros end that were written ahead.
    pub(crate) filled_to: u32,
    /// When everyone knows of this writer; `None` once they do.
    pub(crate) known_at: Option<Instant>,
    /// Whether the next segment was made, or could not be.
    pub(crate) has_next: bool,
}

/// How far ahead zeros are written: a sync of bytes that were there before changes no metadata and
/// takes about half the time.
pub(crate) const FILL: u32 = 1 << 20;

impl Active {
    pub(crate) const fn new(
        handle: u32,
        segment: Arc<Segment>,
        end: u32,
        filled_to: u32,
        known_at: Option<Instant>,
    ) -> Self {
        Self { handle, segment, end, filled_to, known_at, has_next: false }
    }

    /// Whether no record was put into it.
    pub(crate) const fn is_empty(&self) -> bool {
        self.end == DATA_START
    }

    /// Whether it is time to make the next one.
    pub(crate) fn is_half_full(&self) -> bool {
        u64::from(self.end) * 2 >= u64::from(self.segment.header.capacity)
    }

    /// Whether a record of this padded length may go into it.
    pub(crate) fn takes(&self, len: u64) -> bool {
        self.segment.has_room(self.end, len) && !self.segment.is_failed()
    }

    /// How far zeros are written so that they reach `end`.
    pub(crate) fn fill_end(&self, end: u64) -> u64 {
        let ahead = u64::from(self.filled_to) + u64::from(FILL);
        ahead.min(self.segment.header.capacity.into()).max(end)
    }

    /// Writes zeros ahead, if they do not reach `end` yet.
    pub(crate) fn fill(&mut self, end: u64) {
        if end <= u64::from(self.filled_to) {
            return;
        }
        let fill_end = self.fill_end(end);
        let zeros = vec![0; (fill_end - u64::from(self.filled_to)) as usize];
        let Ok(file) = self.segment.file() else { return };
        match file.write_at(&zeros, self.filled_to.into()) {
            Ok(()) => self.filled_to = fill_end as u32,
            // Then the record is written without; where that fails too, it says why.
            Err(_) => {
                let _ = file.set_len(self.filled_to.into());
            }
        }
    }

    /// Says in the file that no record follows, and cuts off the zeros; says whether that is so.
    pub(crate) fn close(&mut self) -> bool {
        let is_full = !self.segment.has_room(self.end, HEAD_LEN as u64);
        let frame = self.segment.header.frame(self.end, &CRC);
        let key = RequestKey::from_bytes([0; 32]);
        let close = Head::bare(Kind::Close, key, 0, &frame, &CRC).encode(&frame, &CRC);
        let is_closed = is_full || self.segment.append(self.end, &close).is_ok();
        if is_closed && !is_full {
            self.end += close.len() as u32;
        }
        self.cut();
        is_closed
    }

    /// Cuts off the zeros that were written ahead.
    pub(crate) fn cut(&self) {
        if self.filled_to > self.end {
            let _ = self.segment.file().and_then(|file| file.set_len(self.end.into()));
        }
    }

    /// Gives the lock back. What cannot be unlocked is until the process ends.
    pub(crate) fn unlock(&self) {
        let _ = self.segment.file().and_then(|file| file.unlock());
    }
}
