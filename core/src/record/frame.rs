//! What ties a record to its place, so that the same bytes elsewhere are no record.

use core::fmt;

use super::Crc32c;

/// 16 bytes that a segment's checksums start from, drawn anew for each segment.
///
/// It must be unpredictable to whoever may influence payloads: a payload that contains what looks
/// like a record is then not taken for one, even by a reader that searches damaged bytes for the
/// next record. `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// Where a record stands: in which segment and at which offset of it.
///
/// A record is valid in its frame only. Its marker is the segment's, and its checksums cover the
/// salt and the offset: the bytes of one record copied to another offset of the same segment fail
/// with certainty (two texts that differ in 32 adjacent bits never have the same CRC-32), and in
/// another segment with the probability of a wrong guess of 62 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    marker: [u8; 8],
    seed: u32,
}

impl Frame {
    /// The frame at `offset` of the segment with `salt`.
    #[must_use]
    pub fn new(salt: &Salt, offset: u32, crc: &impl Crc32c) -> Self {
        let seed = crc.append(crc.append(0, &salt.0), &offset.to_le_bytes());
        Self { marker: marker(salt), seed }
    }

    /// The frame of a record on its own, in a message or a file of one.
    ///
    /// It protects against damage, not against forgery.
    #[must_use]
    pub const fn standalone() -> Self {
        Self { marker: *b"LLMCREC1", seed: 0 }
    }

    pub(super) const fn marker(&self) -> &[u8; 8] {
        &self.marker
    }

    /// The checksum of `bytes` in this frame.
    pub(super) fn checksum(&self, crc: &impl Crc32c, bytes: &[u8]) -> u32 {
        crc.append(self.seed, bytes)
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Frame(..)")
    }
}

/// What records of a segment begin with: half of its salt, with two bits set such that neither
/// erased flash (ones) nor the unwritten part of a file (zeros) looks like it.
pub(super) const fn marker(salt: &Salt) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = salt.0;
    [a | 0x01, b & 0x7f, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::PortableCrc32c;

    /// Frames of other offsets or other salts check differently; blank media have no marker.
    #[test]
    fn frames_differ() {
        let crc = PortableCrc32c;
        let here = Frame::new(&Salt([7; 16]), 128, &crc);
        let step = if cfg!(miri) { 1600 } else { 16 };
        for offset in (0..100_000).step_by(step).filter(|&offset| offset != 128) {
            let there = Frame::new(&Salt([7; 16]), offset, &crc);
            assert_ne!(here.checksum(&crc, b"same"), there.checksum(&crc, b"same"));
        }
        let other = Frame::new(&Salt([8; 16]), 128, &crc);
        assert_ne!(here.marker(), other.marker());
        assert_ne!(marker(&Salt([0; 16])), [0; 8]);
        assert_ne!(marker(&Salt([0xff; 16])), [0xff; 8]);
    }
}
