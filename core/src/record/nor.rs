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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        RequestKey,
        record::{Log, OpenError, Record, Salt},
    };
    use embedded_storage::nor_flash::{
        ErrorType, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
    };
    use std::{vec, vec::Vec};

    /// A flash that insists on its alignments and on programming erased bytes once.
    #[derive(Debug)]
    struct Strict<const READ: usize, const WRITE: usize>(Vec<u8>);

    impl<const READ: usize, const WRITE: usize> ErrorType for Strict<READ, WRITE> {
        type Error = NorFlashErrorKind;
    }

    impl<const READ: usize, const WRITE: usize> ReadNorFlash for Strict<READ, WRITE> {
        const READ_SIZE: usize = READ;

        fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
            check_read(self, offset, bytes.len())?;
            bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
            Ok(())
        }

        fn capacity(&self) -> usize {
            self.0.len()
        }
    }

    impl<const READ: usize, const WRITE: usize> NorFlash for Strict<READ, WRITE> {
        const WRITE_SIZE: usize = WRITE;
        const ERASE_SIZE: usize = 1024;

        fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
            check_erase(self, from, to)?;
            self.0[from as usize..to as usize].fill(0xff);
            Ok(())
        }

        fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
            check_write(self, offset, bytes.len())?;
            let cells = &mut self.0[offset as usize..][..bytes.len()];
            assert!(cells.iter().all(|&cell| cell == 0xff), "programmed twice");
            cells.copy_from_slice(bytes);
            Ok(())
        }
    }

    fn wrap_around<const READ: usize, const WRITE: usize>() {
        let mut flash = Strict::<READ, WRITE>(vec![0xff; 4 * 2048 + 100]);
        for life in 0..3 {
            let mut log = Log::open(NorMedium::new(flash), 2048, Salt([life; 16])).unwrap();
            for n in 0..40_u8 {
                let payload = vec![n; 11 * usize::from(n)];
                let key = RequestKey::from_bytes([n; 32]);
                log.append(&Record::new(key, &payload)).unwrap();
                let mut buffer = [0; 500];
                assert_eq!(log.find(&key, &mut buffer).unwrap().unwrap().payload, payload);
            }
            flash = log.into_medium().into_inner();
            let mut log = Log::open(NorMedium::new(flash), 2048, Salt([9; 16])).unwrap();
            let mut buffer = [0; 500];
            let last = log.find(&RequestKey::from_bytes([39; 32]), &mut buffer).unwrap();
            assert_eq!(last.unwrap().payload.len(), 429);
            flash = log.into_medium().into_inner();
        }
    }

    /// A log wraps around and is found again on flashes of all kinds of alignments.
    #[test]
    #[cfg_attr(miri, ignore = "minutes under Miri")]
    fn a_log_on_flash() {
        wrap_around::<1, 1>();
        wrap_around::<4, 4>();
        wrap_around::<1, 8>();
        wrap_around::<32, 32>();
        wrap_around::<4, 256>();
    }

    /// Sizes that are not supported are refused.
    #[test]
    fn other_sizes_are_refused() {
        let medium = NorMedium::new(Strict::<64, 64>(vec![0xff; 8192]));
        assert_eq!(Log::open(medium, 2048, Salt([1; 16])).unwrap_err(), OpenError::Geometry);
        let medium = NorMedium::new(Strict::<1, 512>(vec![0xff; 8192]));
        assert_eq!(Log::open(medium, 2048, Salt([1; 16])).unwrap_err(), OpenError::Geometry);
    }
}
