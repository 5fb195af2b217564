//! Walking the records of a segment, past whatever damage there is.
//!
//! Advice to the next editor: the walk must never trust a length that no checksum covers, and
//! must never take a place for a record's start but a multiple of the alignment at which a head
//! passes the checksum of exactly that place.

use super::{Crc32c, DecodeError, Frame, HEAD_LEN, Head, Medium, Record, SegmentHeader, frame};

/// A record whose head is whole, and where it stands in its segment. Its body is not checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// From the start of the segment.
    pub offset: u32,
    /// The head.
    pub head: Head,
}

/// A walk over the records of one segment, in the order in which they were written.
///
/// It reads heads and jumps over bodies: O(records). Where no head is whole it searches the
/// following boundaries for the next one: O(bytes) there. It reads 256 bytes at a time at most.
#[derive(Clone, Debug)]
pub struct Scan {
    base: u32,
    header: SegmentHeader,
    /// Where the segment, or the part of it that is on the medium, ends.
    limit: u32,
    /// Where nothing was ever written from.
    written: u32,
    at: u32,
    used: u32,
    damaged: u32,
    in_damage: bool,
}

const WINDOW: usize = super::segment::ALIGN_MAX as usize;

impl Scan {
    /// A walk over the segment with `header` that starts at `base` of `medium`.
    #[must_use]
    pub fn new(medium: &impl Medium, base: u32, header: SegmentHeader) -> Self {
        let limit = header.capacity.min(medium.capacity().saturating_sub(base));
        let at = header.data_start();
        Self { base, header, limit, written: limit, at, used: at, damaged: 0, in_damage: false }
    }

    /// A walk over the same segment that begins at `at`, an offset in it: the
    /// [`end`](Self::end) of an earlier walk, or where a record that was found before ends. For
    /// those who follow a segment that another writes.
    ///
    /// What stands before `at` is not read; `at` is rounded up to where a record may start.
    #[must_use]
    pub fn resume(medium: &impl Medium, base: u32, header: SegmentHeader, at: u32) -> Self {
        let mut scan = Self::new(medium, base, header);
        // Beyond the capacity, a multiple of the alignment, there is nothing.
        let at = header.align_up(u64::from(at.clamp(scan.at, header.capacity))) as u32;
        (scan.at, scan.used) = (at, at);
        scan
    }

    /// Ends the walk at `limit`, an offset in the segment where nothing is known to follow.
    #[must_use]
    pub fn until(mut self, limit: u32) -> Self {
        self.limit = self.limit.min(limit);
        self
    }

    /// Looks for no record from `written` on, an offset in the segment behind which everything is
    /// erased. One that begins before it may still claim what follows.
    #[must_use]
    pub fn written_until(mut self, written: u32) -> Self {
        self.written = self.written.min(written);
        self
    }

    /// The next record, or `None` at the end.
    ///
    /// # Errors
    /// The medium's. The walk may be continued and reads the same place again.
    pub fn next<M: Medium>(
        &mut self,
        medium: &mut M,
        crc: &impl Crc32c,
    ) -> Result<Option<Found>, M::Error> {
        while self.room() >= HEAD_LEN as u32 {
            let mut bytes = [0; HEAD_LEN];
            medium.read_at(self.base + self.at, &mut bytes)?;
            if let Some(found) = self.record_at(&bytes, crc) {
                return Ok(Some(found));
            }
            self.search(medium)?;
        }
        // A torn head may stand in what is left, and is no room for an append.
        while self.room() > 0 {
            self.search(medium)?;
        }
        Ok(None)
    }

    /// Where the next record may be written, once the walk has ended: behind the last record, what
    /// it claims for its body, and the last byte that is not erased.
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.used
    }

    /// Stretches met so far that are neither records nor erased.
    #[must_use]
    pub const fn damaged(&self) -> u32 {
        self.damaged
    }

    const fn room(&self) -> u32 {
        if self.at < self.written { self.limit.saturating_sub(self.at) } else { 0 }
    }

    fn record_at(&mut self, bytes: &[u8; HEAD_LEN], crc: &impl Crc32c) -> Option<Found> {
        let frame = self.header.frame(self.at, crc);
        let head = Head::decode(bytes, &frame, crc).ok()?;
        let end = u64::from(self.at) + head.record_len();
        if end > u64::from(self.limit) {
            return None;
        }
        let found = Found { offset: self.at, head };
        // At most the limit rounded up, which the capacity, a multiple of the alignment, bounds.
        self.at = self.header.align_up(end) as u32;
        self.used = self.at;
        self.in_damage = false;
        Some(found)
    }

    /// Moves on to the next boundary with a marker, or by a window where none has one.
    fn search<M: Medium>(&mut self, medium: &mut M) -> Result<(), M::Error> {
        let mut window = [M::ERASED; WINDOW];
        let len = WINDOW.min(self.room() as usize);
        medium.read_at(self.base + self.at, &mut window[..len])?;
        let marker = frame::marker(&self.header.salt);
        let align = self.header.align as usize;
        let step = (align..WINDOW)
            .step_by(align)
            .find(|&step| window[step..].starts_with(&marker))
            .unwrap_or(WINDOW);
        let passed = &window[..step.min(len)];
        if let Some(last) = passed.iter().rposition(|&byte| byte != M::ERASED) {
            let end = u64::from(self.at) + last as u64 + 1;
            self.used = self.header.align_up(end) as u32;
            self.damaged += u32::from(!self.in_damage);
            self.in_damage = true;
        }
        self.at = self.at.saturating_add(step as u32);
        Ok(())
    }
}

impl Found {
    /// Where this record stands, for its checksums.
    #[must_use]
    pub fn frame(&self, header: &SegmentHeader, crc: &impl Crc32c) -> Frame {
        header.frame(self.offset, crc)
    }

    /// Whether the body passes its checksum. Reads it in pieces of 64 bytes.
    ///
    /// # Errors
    /// The medium's.
    pub fn is_whole<M: Medium>(
        &self,
        medium: &mut M,
        base: u32,
        header: &SegmentHeader,
        crc: &impl Crc32c,
    ) -> Result<bool, M::Error> {
        let mut checksum = self.frame(header, crc).checksum(crc, &[]);
        let mut at = base + self.offset + HEAD_LEN as u32;
        // The scan has found the record to end within the segment.
        let mut left = self.head.body_len() as u32;
        let mut piece = [0; 64];
        while left > 0 {
            let len = left.min(64);
            let piece = &mut piece[..len as usize];
            medium.read_at(at, piece)?;
            checksum = crc.append(checksum, piece);
            at += len;
            left -= len;
        }
        Ok(checksum == self.head.body_crc)
    }

    /// Reads the body into `buffer`, of at least [`Head::body_len`] bytes, and checks it.
    ///
    /// # Errors
    /// The medium's; the inner one is [`Head::with_body`]'s.
    pub fn read<'b, M: Medium>(
        &self,
        medium: &mut M,
        base: u32,
        header: &SegmentHeader,
        crc: &impl Crc32c,
        buffer: &'b mut [u8],
    ) -> Result<Result<Record<'b>, DecodeError>, M::Error> {
        let Some(body) = buffer.get_mut(..self.head.body_len() as usize) else {
            return Ok(Err(DecodeError::NeedMore { needed: self.head.record_len() }));
        };
        medium.read_at(base + self.offset + HEAD_LEN as u32, body)?;
        Ok(self.head.with_body(body, &self.frame(header, crc), crc))
    }
}
