//! The header of a segment, from which its records' frames follow.

use super::{Crc32c, Frame, Medium, Salt};

/// The version of the segment format that this library writes, and the newest that it reads.
pub const SEGMENT_VERSION: u16 = 1;
/// The length of one copy of a segment's header in bytes.
pub const SEGMENT_HEADER_LEN: usize = 64;
/// The smallest distance of record boundaries.
pub const ALIGN_MIN: u32 = 16;
/// The largest write size of a medium, and distance of record boundaries.
pub const ALIGN_MAX: u32 = 256;

const MAGIC: [u8; 8] = *b"LLMCseg\n";

/// What a segment says about itself. It stands at the segment's start, twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// What its records' checksums start from.
    pub salt: Salt,
    /// Grows by one from segment to segment; of two entries of one key the one in the segment with
    /// the higher number is newer.
    pub sequence: u64,
    /// The length of the segment in bytes, headers included.
    pub capacity: u32,
    /// Records start at multiples of this: a power of two from 16 to 256.
    pub align: u32,
}

/// What stands where a segment may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SegmentState {
    /// A segment of this version.
    Valid(SegmentHeader),
    /// A segment of a newer version: not to be read, and never to be written over.
    Newer {
        /// Its version.
        found: u16,
    },
    /// Nothing: the medium is erased here.
    Blank,
    /// Neither of these: a torn or damaged header, or something else altogether.
    Damaged,
}

impl SegmentHeader {
    /// Where the second copy of the header starts.
    #[must_use]
    pub const fn copy_offset(&self) -> u32 {
        Self::data_start_at(self.align) / 2
    }

    /// Where the first record starts.
    #[must_use]
    pub const fn data_start(&self) -> u32 {
        Self::data_start_at(self.align)
    }

    /// Where the first record starts in segments with this alignment.
    #[must_use]
    pub const fn data_start_at(align: u32) -> u32 {
        if align > SEGMENT_HEADER_LEN as u32 { 2 * align } else { 2 * SEGMENT_HEADER_LEN as u32 }
    }

    /// The frame of a record at `offset` of this segment.
    #[must_use]
    pub fn frame(&self, offset: u32, crc: &impl Crc32c) -> Frame {
        Frame::new(&self.salt, offset, crc)
    }

    /// `offset` rounded up to where a record may start.
    #[must_use]
    pub const fn align_up(&self, offset: u64) -> u64 {
        let mask = self.align as u64 - 1;
        (offset + mask) & !mask
    }

    /// The bytes of one copy, as FORMAT.md lays them out.
    #[must_use]
    pub fn encode(&self, crc: &impl Crc32c) -> [u8; SEGMENT_HEADER_LEN] {
        let mut bytes = [0; SEGMENT_HEADER_LEN];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&SEGMENT_VERSION.to_le_bytes());
        bytes[10..12].copy_from_slice(&(SEGMENT_HEADER_LEN as u16).to_le_bytes());
        bytes[12] = self.align.trailing_zeros() as u8;
        bytes[16..32].copy_from_slice(&self.salt.0);
        bytes[32..40].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.capacity.to_le_bytes());
        let checksum = crc.append(0, &bytes[..60]);
        bytes[60..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads one copy back. Blank bytes are `Damaged` here.
    #[must_use]
    pub fn decode(bytes: &[u8; SEGMENT_HEADER_LEN], crc: &impl Crc32c) -> SegmentState {
        let u32_at = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        if bytes[..8] != MAGIC || crc.append(0, &bytes[..60]) != u32_at(60) {
            return SegmentState::Damaged;
        }
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version != SEGMENT_VERSION {
            return SegmentState::Newer { found: version };
        }
        let Some(align) = 1_u32.checked_shl(u32::from(bytes[12])) else {
            return SegmentState::Damaged;
        };
        let mut salt = Salt([0; 16]);
        salt.0.copy_from_slice(&bytes[16..32]);
        let sequence = u64::from(u32_at(32)) | u64::from(u32_at(36)) << 32;
        let header = Self { salt, sequence, capacity: u32_at(40), align };
        let sound = (ALIGN_MIN..=ALIGN_MAX).contains(&align)
            && header.data_start() < header.capacity
            && header.capacity.is_multiple_of(align);
        if sound { SegmentState::Valid(header) } else { SegmentState::Damaged }
    }

    /// Reads the header of the segment that starts at `base`: the first copy, or the second where
    /// the first is damaged.
    ///
    /// The second copy is looked for where the medium's write size puts it, and nowhere else: a
    /// payload may stand there, and a header in it that somebody has made up.
    ///
    /// # Errors
    /// The medium's.
    pub fn read<M: Medium>(
        medium: &mut M,
        base: u32,
        crc: &impl Crc32c,
    ) -> Result<SegmentState, M::Error> {
        let mut bytes = [0; SEGMENT_HEADER_LEN];
        let mut is_blank = true;
        let align = medium.write_size().clamp(ALIGN_MIN, ALIGN_MAX);
        let second = Self::data_start_at(align) / 2;
        for copy_offset in [0, SEGMENT_HEADER_LEN as u32, 128, 256] {
            let Some(offset) = base.checked_add(copy_offset) else { break };
            let room = medium.capacity().saturating_sub(offset);
            if room < SEGMENT_HEADER_LEN as u32 {
                break;
            }
            medium.read_at(offset, &mut bytes)?;
            is_blank &= bytes.iter().all(|&byte| byte == M::ERASED);
            if copy_offset != 0 && copy_offset != second {
                continue;
            }
            match Self::decode(&bytes, crc) {
                // And only where the segment's own alignment puts it.
                SegmentState::Valid(header)
                    if copy_offset == 0 || copy_offset == header.copy_offset() =>
                {
                    return Ok(SegmentState::Valid(header));
                }
                // A newer version keeps its first copy at the start; a second one is not searched
                // for, since data may stand there.
                SegmentState::Newer { found } if copy_offset == 0 => {
                    return Ok(SegmentState::Newer { found });
                }
                _ => {}
            }
        }
        Ok(if is_blank { SegmentState::Blank } else { SegmentState::Damaged })
    }
}
