//! A medium in memory.

use core::{convert::Infallible, fmt};

use super::Medium;

/// A slice as a medium, with blocks and erased bytes like NOR flash.
///
/// For tests and trials. A log on memory that survives resets (battery-backed or no-init RAM)
/// is recovered like one on flash.
pub struct RamMedium<'a> {
    bytes: &'a mut [u8],
    erase_size: u32,
}

impl<'a> RamMedium<'a> {
    /// The medium on `bytes`, with blocks of `erase_size`; a part of a block at the end is unused.
    /// What the bytes hold is what the medium holds: fill new ones with 0xFF.
    ///
    /// A slice of more than 4 GiB is used up to there. An erase size of 0 counts as 1.
    #[must_use]
    pub fn new(bytes: &'a mut [u8], erase_size: u32) -> Self {
        Self { bytes, erase_size: erase_size.max(1) }
    }

    fn range(&self, offset: u32, len: usize) -> core::ops::Range<usize> {
        let start = (offset as usize).min(self.bytes.len());
        start..start.saturating_add(len).min(self.bytes.len())
    }
}

/// Shows the sizes; the bytes are prompts and answers.
impl fmt::Debug for RamMedium<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RamMedium")
            .field("len", &self.bytes.len())
            .field("erase_size", &self.erase_size)
            .finish()
    }
}

impl Medium for RamMedium<'_> {
    type Error = Infallible;
    const ERASED: u8 = 0xff;

    fn capacity(&self) -> u32 {
        let len = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        len - len % self.erase_size
    }

    fn write_size(&self) -> u32 {
        1
    }

    fn erase_size(&self) -> u32 {
        self.erase_size
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        let range = self.range(offset, bytes.len());
        bytes[..range.len()].copy_from_slice(&self.bytes[range]);
        Ok(())
    }

    fn program_at(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Infallible> {
        let range = self.range(offset, bytes.len());
        let len = range.len();
        self.bytes[range].copy_from_slice(&bytes[..len]);
        Ok(())
    }

    fn erase_block(&mut self, offset: u32) -> Result<(), Infallible> {
        let range = self.range(offset, self.erase_size as usize);
        self.bytes[range].fill(Self::ERASED);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
