//! A NOR flash in RAM, as strict as the real thing.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read,
    check_write,
};

pub const SECTOR_BYTES: usize = 1024;

/// Flash contents that outlive the driver object, as a chip outlives a reboot of its host.
pub struct Chip<const BYTES: usize>(pub [u8; BYTES]);

impl<const BYTES: usize> Chip<BYTES> {
    /// A chip as delivered: all bits set.
    pub const fn erased() -> Self {
        Self([0xff; BYTES])
    }
}

/// The driver of a [`Chip`]: writes words of four bytes, only ever clears bits, erases sectors.
pub struct RamFlash<'a, const BYTES: usize> {
    chip: &'a mut Chip<BYTES>,
    /// Words that can still be written before the power is cut.
    words_left: u32,
}

impl<'a, const BYTES: usize> RamFlash<'a, BYTES> {
    pub fn new(chip: &'a mut Chip<BYTES>) -> Self {
        Self::with_power_for(chip, u32::MAX)
    }

    /// The power is cut after so many words.
    pub fn with_power_for(chip: &'a mut Chip<BYTES>, words: u32) -> Self {
        Self { chip, words_left: words }
    }
}

#[derive(Clone, Copy, Debug)]
pub enum FlashError {
    Access(NorFlashErrorKind),
    /// A write wanted to set a bit that only an erase can set.
    NotErased,
    PowerCut,
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Access(kind) => *kind,
            Self::NotErased | Self::PowerCut => NorFlashErrorKind::Other,
        }
    }
}

impl<const BYTES: usize> ErrorType for RamFlash<'_, BYTES> {
    type Error = FlashError;
}

impl<const BYTES: usize> ReadNorFlash for RamFlash<'_, BYTES> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        check_read(self, offset, bytes.len()).map_err(FlashError::Access)?;
        bytes.copy_from_slice(&self.chip.0[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        BYTES
    }
}

impl<const BYTES: usize> NorFlash for RamFlash<'_, BYTES> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR_BYTES;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        check_erase(self, from, to).map_err(FlashError::Access)?;
        self.chip.0[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len()).map_err(FlashError::Access)?;
        for (word, at) in bytes.chunks_exact(Self::WRITE_SIZE).zip((offset as usize..).step_by(4)) {
            self.words_left = self.words_left.checked_sub(1).ok_or(FlashError::PowerCut)?;
            let cells = &mut self.chip.0[at..][..word.len()];
            if cells.iter().zip(word).any(|(cell, byte)| cell & byte != *byte) {
                return Err(FlashError::NotErased);
            }
            cells.copy_from_slice(word);
        }
        Ok(())
    }
}
