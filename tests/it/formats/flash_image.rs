//! The image of a flash in a file.

use std::{fs::File, io, os::unix::fs::FileExt};

use llm_cache::llm_cache_core::record::Medium;

/// The image of a NOR flash in a file, as a [`Medium`]: with it this machine reads what a device
/// has written. Erased bytes are 0xFF, as in a flash.
#[derive(Debug)]
pub(super) struct FlashImage {
    file: File,
    capacity: u32,
    erase_size: u32,
    write_size: u32,
}

impl FlashImage {
    /// The image in `file`, as long as the file is, of a flash with these sizes in bytes.
    pub(super) fn new(file: File, erase_size: u32, write_size: u32) -> io::Result<Self> {
        let capacity = u32::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        Ok(Self { file, capacity, erase_size, write_size })
    }
}

impl Medium for FlashImage {
    type Error = io::Error;
    const ERASED: u8 = 0xff;

    fn capacity(&self) -> u32 {
        self.capacity
    }

    fn write_size(&self) -> u32 {
        self.write_size
    }

    fn erase_size(&self) -> u32 {
        self.erase_size
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, offset.into())
    }

    fn program_at(&mut self, offset: u32, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset.into())
    }

    fn erase_block(&mut self, offset: u32) -> io::Result<()> {
        self.program_at(offset, &vec![Self::ERASED; self.erase_size as usize])
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}
