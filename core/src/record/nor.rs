//! NOR flash behind the embedded-storage trait.

use embedded_storage::nor_flash::NorFlash;

use super::Medium;

/// An [`embedded_storage`] NOR flash, or a part of one, as a medium.
///
/// Give the log a region of its own: it uses the flash from its first byte to its last. The log
/// programs each byte once between erasures, so a flash with ECC words will do. A driver's write
/// is taken to have reached the cells when it returns, so that syncing has nothing left to do.
///
/// `READ_SIZE` may be 1 to 32 and `WRITE_SIZE` 1 to 256, powers of two; a log refuses to open on
/// others.
#[derive(Debug)]
pub struct NorMedium<F> {
    flash: F,
}

/// The largest read size that is bridged.
const READ_MAX: usize = 32;

impl<F: NorFlash> NorMedium<F> {
    /// Wraps a flash.
    #[must_use]
    pub const fn new(flash: F) -> Self {
        Self { flash }
    }

    /// The flash.
    #[must_use]
    pub fn into_inner(self) -> F {
        self.flash
    }

    /// The flash, to look at.
    #[must_use]
    pub const fn inner(&self) -> &F {
        &self.flash
    }
}

impl<F: NorFlash> Medium for NorMedium<F> {
    type Error = F::Error;
    const ERASED: u8 = 0xff;

    fn capacity(&self) -> u32 {
        if F::READ_SIZE == 0 || F::READ_SIZE > READ_MAX || !F::READ_SIZE.is_power_of_two() {
            // No room for a log, which is how one refuses to open.
            return 0;
        }
        let len = u32::try_from(self.flash.capacity()).unwrap_or(u32::MAX);
        len - len % self.erase_size()
    }

    fn write_size(&self) -> u32 {
        F::WRITE_SIZE as u32
    }

    fn erase_size(&self) -> u32 {
        (F::ERASE_SIZE as u32).max(1)
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        if F::READ_SIZE == 1 {
            return self.flash.read(offset, bytes);
        }
        // An unaligned start or end goes through a word, the middle straight to the caller.
        let (mut offset, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let skip = offset as usize % F::READ_SIZE;
            let whole = rest.len() - rest.len() % F::READ_SIZE;
            let taken = if skip == 0 && whole > 0 {
                self.flash.read(offset, &mut rest[..whole])?;
                whole
            } else {
                let mut word = [0; READ_MAX];
                let word = &mut word[..F::READ_SIZE];
                self.flash.read(offset - skip as u32, word)?;
                let taken = rest.len().min(F::READ_SIZE - skip);
                rest[..taken].copy_from_slice(&word[skip..skip + taken]);
                taken
            };
            offset += taken as u32;
            rest = &mut rest[taken..];
        }
        Ok(())
    }

    fn program_at(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.flash.write(offset, bytes)
    }

    fn erase_block(&mut self, offset: u32) -> Result<(), F::Error> {
        self.flash.erase(offset, offset + self.erase_size())
    }

    fn sync(&mut self) -> Result<(), F::Error> {
        Ok(())
    }
}
