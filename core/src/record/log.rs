//! A ring of segments on one medium, the oldest giving way to the newest.

use sha2::{Digest, Sha256};

use super::{
    AppendError, Crc32c, EncodeError, FindError, Found, Frame, Head, Kind, LogIter, Medium,
    OpenError, PortableCrc32c, Record, Salt, Scan, SegmentHeader, SegmentState,
    program::{ProgramError, Programmer},
    segment::{ALIGN_MAX, ALIGN_MIN, SEGMENT_HEADER_LEN},
};
use crate::RequestKey;
use embedded_io::Write as _;

/// An append log of entries on a [`Medium`], for flash and for memory that survives a reset.
///
/// The medium is divided into segments of equal size, each a whole number of erase blocks. Records
/// go into the newest; when it is full the oldest is erased and becomes the newest. Each block is
/// erased equally often. The segment that is next to be erased is not read any more, so that an
/// erasure which is cut short shows nothing that was replaced: of n segments the newest n - 1
/// count.
///
/// - **Memory**: no heap and no index: about 100 bytes beside the medium, and in a call one buffer
///   of 256 bytes and a record's head of 96.
///   `find` reads the heads of all records, newest segment first: put a
///   [`Table`](crate::table) in front, filled at boot from [`iter`](Log::iter).
/// - **Power loss**: what was appended before a successful [`sync`](Log::sync) is there
///   afterwards, unless its segment was reclaimed. What was not is whole or absent.
/// - **Damage**: a damaged record is skipped, and everything else found. An older entry of its key,
///   if the log still has one, shows through.
/// - **Newer versions**: a log with a segment of a newer format is not opened, and not changed.
#[derive(Debug)]
pub struct Log<M, C = PortableCrc32c> {
    pub(super) medium: M,
    pub(super) crc: C,
    seed: Salt,
    segment_bytes: u32,
    pub(super) segments: u32,
    pub(super) active: Option<Active>,
}

/// The segment that records go into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Active {
    pub(super) index: u32,
    pub(super) header: SegmentHeader,
    /// Where the next record goes, from the start of the segment.
    pub(super) end: u32,
}

/// The headers take 512 bytes at most.
const SEGMENT_BYTES_MIN: u32 = 4 * ALIGN_MAX;

impl<M: Medium> Log<M> {
    /// Opens the log on `medium`, or an empty one where the medium is erased; with the portable
    /// checksum.
    ///
    /// `segment_bytes`: a multiple of the erase size; an entry must fit into one segment, and one
    /// segment's entries go at once. At least two are needed; with n of them n - 1 count, so that
    /// four or more are better. `seed`: 16 bytes that those who choose payloads cannot guess (from
    /// a hardware random number generator, or a device secret); it may differ from boot to boot.
    ///
    /// Reads all segment headers and the newest segment: O(segments + its bytes).
    ///
    /// # Errors
    /// What [`OpenError`] lists.
    pub fn open(medium: M, segment_bytes: u32, seed: Salt) -> Result<Self, OpenError<M::Error>> {
        Self::open_with(medium, segment_bytes, seed, PortableCrc32c)
    }
}

impl<M: Medium, C: Crc32c> Log<M, C> {
    /// [`open`](Log::open) with a checksum of the caller's.
    ///
    /// # Errors
    /// What [`OpenError`] lists.
    pub fn open_with(
        medium: M,
        segment_bytes: u32,
        seed: Salt,
        crc: C,
    ) -> Result<Self, OpenError<M::Error>> {
        let mut log = Self::unread(medium, segment_bytes, seed, crc)?;
        log.recover()?;
        Ok(log)
    }

    /// Erases the whole medium, whatever it holds, and opens an empty log on it.
    ///
    /// # Errors
    /// `Geometry` or `Medium`.
    pub fn format(
        mut medium: M,
        segment_bytes: u32,
        seed: Salt,
        crc: C,
    ) -> Result<Self, OpenError<M::Error>> {
        let (capacity, erase_size) = (medium.capacity(), medium.erase_size().max(1));
        for block in 0..capacity / erase_size {
            medium.erase_block(block * erase_size).map_err(OpenError::Medium)?;
        }
        medium.sync().map_err(OpenError::Medium)?;
        Self::unread(medium, segment_bytes, seed, crc)
    }

    /// Appends an entry; an earlier one of its key is no longer found.
    ///
    /// It is sure to survive a power loss after the next [`sync`](Log::sync). Costs its bytes, and
    /// the erasure of a segment when it begins one.
    ///
    /// # Errors
    /// What [`AppendError`] lists.
    pub fn append(&mut self, record: &Record<'_>) -> Result<(), AppendError<M::Error>> {
        let (offset, frame) = self.reserve(record.encoded_len())?;
        let mut programmer = Programmer::new(&mut self.medium, offset);
        record.encode(&frame, &self.crc, &mut programmer).map_err(|error| match error {
            // `reserve` has refused it before.
            EncodeError::TooBig => AppendError::TooBig { needed: u64::MAX, capacity: 0 },
            EncodeError::Write(ProgramError(error)) => AppendError::Medium(error),
        })?;
        programmer.flush().map_err(|ProgramError(error)| AppendError::Medium(error))
    }

    /// Removes the entry of `key` by appending a removal; says whether there was one.
    ///
    /// The bytes stay on the medium until their segment is reclaimed.
    ///
    /// # Errors
    /// As [`append`](Log::append)'s.
    pub fn remove(&mut self, key: &RequestKey) -> Result<bool, AppendError<M::Error>> {
        if self.locate(key).map_err(AppendError::Medium)?.is_none() {
            return Ok(false);
        }
        let (offset, frame) = self.reserve(super::HEAD_LEN as u64)?;
        let head = Head::bare(Kind::Removal, *key, 0, &frame, &self.crc).encode(&frame, &self.crc);
        let mut programmer = Programmer::new(&mut self.medium, offset);
        programmer
            .write_all(&head)
            .and_then(|()| programmer.flush())
            .map_err(|ProgramError(error)| AppendError::Medium(error))?;
        Ok(true)
    }

    /// The newest whole entry of `key`; its variable parts go into `buffer`.
    ///
    /// # Errors
    /// What [`FindError`] lists.
    pub fn find<'b>(
        &mut self,
        key: &RequestKey,
        buffer: &'b mut [u8],
    ) -> Result<Option<Record<'b>>, FindError<M::Error>> {
        let Some((base, header, found)) = self.locate(key).map_err(FindError::Medium)? else {
            return Ok(None);
        };
        let needed = found.head.body_len();
        if needed > buffer.len() as u64 {
            return Err(FindError::BufferTooSmall { needed });
        }
        let record = found
            .read(&mut self.medium, base, &header, &self.crc, buffer)
            .map_err(FindError::Medium)?;
        // Its checksum held a moment ago; where it does not now, the medium is failing.
        Ok(record.ok())
    }

    /// All entries and removals from the oldest to the newest, replaced ones included: what a
    /// table or an index is filled from.
    pub const fn iter(&mut self) -> LogIter<'_, M, C> {
        LogIter::new(self)
    }

    /// Returns when all that was appended survives a power loss.
    ///
    /// # Errors
    /// The medium's. It is then unknown what of it survives.
    pub fn sync(&mut self) -> Result<(), M::Error> {
        self.medium.sync()
    }

    /// Bytes for records in one segment: the longest [`Record::encoded_len`] that can be appended.
    #[must_use]
    pub fn record_bytes_max(&self) -> u32 {
        self.segment_bytes - SegmentHeader::data_start_at(self.align())
    }

    /// The medium, to look at.
    #[must_use]
    pub const fn medium(&self) -> &M {
        &self.medium
    }

    /// The medium.
    #[must_use]
    pub fn into_medium(self) -> M {
        self.medium
    }

    fn unread(
        medium: M,
        segment_bytes: u32,
        seed: Salt,
        crc: C,
    ) -> Result<Self, OpenError<M::Error>> {
        let (erase_size, write_size) = (medium.erase_size(), medium.write_size());
        let fits = segment_bytes >= SEGMENT_BYTES_MIN
            && erase_size > 0
            && segment_bytes.is_multiple_of(erase_size)
            && segment_bytes.is_multiple_of(write_size.max(ALIGN_MIN))
            && write_size.is_power_of_two()
            && write_size <= ALIGN_MAX
            && medium.capacity() / segment_bytes >= 2;
        if !fits {
            return Err(OpenError::Geometry);
        }
        let segments = medium.capacity() / segment_bytes;
        Ok(Self { medium, crc, seed, segment_bytes, segments, active: None })
    }

    /// Finds the newest segment and where its records end.
    fn recover(&mut self) -> Result<(), OpenError<M::Error>> {
        let mut newest: Option<(u32, SegmentHeader)> = None;
        let mut is_any_blank = false;
        for index in 0..self.segments {
            match self.state(index).map_err(OpenError::Medium)? {
                SegmentState::Valid(header) if header.capacity != self.segment_bytes => {
                    return Err(OpenError::OtherSegmentSize { found: header.capacity });
                }
                SegmentState::Valid(header) if header.align < self.medium.write_size() => {
                    return Err(OpenError::Geometry);
                }
                SegmentState::Valid(header) => {
                    if newest.is_none_or(|(_, newest)| header.sequence > newest.sequence) {
                        newest = Some((index, header));
                    }
                }
                SegmentState::Newer { found } => return Err(OpenError::NewerVersion { found }),
                SegmentState::Blank => is_any_blank = true,
                SegmentState::Damaged => {}
            }
        }
        let Some((index, header)) = newest else {
            return if is_any_blank { Ok(()) } else { Err(OpenError::NotALog) };
        };
        let mut scan = Scan::new(&self.medium, self.base(index), header);
        while scan.next(&mut self.medium, &self.crc).map_err(OpenError::Medium)?.is_some() {}
        self.active = Some(Active { index, header, end: scan.end() });
        Ok(())
    }

    /// The newest whole entry of `key`, where it stands.
    fn locate(
        &mut self,
        key: &RequestKey,
    ) -> Result<Option<(u32, SegmentHeader, Found)>, M::Error> {
        for age in 0..self.segments - 1 {
            let Some((base, header, mut scan)) = self.segment_by_age(age)? else { continue };
            let mut newest = None;
            let mut is_removed = false;
            while let Some(found) = scan.next(&mut self.medium, &self.crc)? {
                if found.head.key != *key {
                    continue;
                }
                match found.head.kind {
                    Kind::Removal => (newest, is_removed) = (None, true),
                    Kind::Entry
                        if found.is_whole(&mut self.medium, base, &header, &self.crc)? =>
                    {
                        newest = Some(found);
                    }
                    _ => {}
                }
            }
            if is_removed || newest.is_some() {
                return Ok(newest.map(|found| (base, header, found)));
            }
        }
        Ok(None)
    }

    /// The segment that is `age` steps older than the active one, and a walk over its records. The
    /// oldest of the ring, at the age `segments - 1`, is not to be asked for.
    pub(super) fn segment_by_age(
        &mut self,
        age: u32,
    ) -> Result<Option<(u32, SegmentHeader, Scan)>, M::Error> {
        let Some(active) = self.active else { return Ok(None) };
        // Segments are used in turn, so that the one before is the next older one.
        let index = (active.index + self.segments - age) % self.segments;
        let base = self.base(index);
        if age == 0 {
            let scan = Scan::new(&self.medium, base, active.header).until(active.end);
            return Ok(Some((base, active.header, scan)));
        }
        Ok(match self.state(index)? {
            SegmentState::Valid(header) if header.sequence < active.header.sequence => {
                Some((base, header, Scan::new(&self.medium, base, header)))
            }
            _ => None,
        })
    }

    /// Room for a record of `len` bytes: its offset on the medium and its frame.
    fn reserve(&mut self, len: u64) -> Result<(u32, Frame), AppendError<M::Error>> {
        let capacity = self.record_bytes_max();
        if len > u64::from(capacity) {
            return Err(AppendError::TooBig { needed: len, capacity });
        }
        let fits = |active: &Active| u64::from(active.end) + len <= u64::from(self.segment_bytes);
        let mut active = match self.active {
            Some(active) if fits(&active) => active,
            _ => self.begin_segment().map_err(AppendError::Medium)?,
        };
        let offset = active.end;
        // Taken even if programming fails: bytes may have been programmed, and once only.
        active.end = active.header.align_up(u64::from(offset) + len) as u32;
        self.active = Some(active);
        let base = self.base(active.index);
        Ok((base + offset, active.header.frame(offset, &self.crc)))
    }

    /// Erases the oldest segment and makes it the newest.
    fn begin_segment(&mut self) -> Result<Active, M::Error> {
        let header = self.next_header();
        let index = self.active.map_or(0, |active| (active.index + 1) % self.segments);
        let base = self.base(index);
        let erase_size = self.medium.erase_size();
        // The segment to be erased is dead by the newest header, which must be there to say so.
        self.medium.sync()?;
        for block in 0..self.segment_bytes / erase_size {
            self.medium.erase_block(base + block * erase_size)?;
        }
        // The new header must not survive where the old records do.
        self.medium.sync()?;
        let bytes: [u8; SEGMENT_HEADER_LEN] = header.encode(&self.crc);
        for copy_offset in [0, header.copy_offset()] {
            let mut programmer = Programmer::new(&mut self.medium, base + copy_offset);
            programmer
                .write_all(&bytes)
                .and_then(|()| programmer.flush())
                .map_err(|ProgramError(error)| error)?;
        }
        let active = Active { index, header, end: header.data_start() };
        self.active = Some(active);
        Ok(active)
    }

    fn next_header(&self) -> SegmentHeader {
        let sequence = self.active.map_or(0, |active| active.header.sequence).saturating_add(1);
        let mut hash = Sha256::new();
        hash.update(b"llm-cache log segment 1");
        hash.update(self.seed.0);
        hash.update(sequence.to_le_bytes());
        let mut salt = Salt([0; 16]);
        salt.0.copy_from_slice(&hash.finalize()[..16]);
        SegmentHeader { salt, sequence, capacity: self.segment_bytes, align: self.align() }
    }

    fn align(&self) -> u32 {
        self.medium.write_size().max(ALIGN_MIN)
    }

    fn state(&mut self, index: u32) -> Result<SegmentState, M::Error> {
        let base = self.base(index);
        SegmentHeader::read(&mut self.medium, base, &self.crc)
    }

    const fn base(&self, index: u32) -> u32 {
        index * self.segment_bytes
    }
}
