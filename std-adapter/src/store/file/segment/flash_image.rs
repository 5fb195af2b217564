//! The image of a flash in a file.

use std::{fs::File, io, os::unix::fs::FileExt};

use llm_cache_core::record::Medium;

/// The image of a NOR flash in a file, as a [`Medium`]: a server reads with it what a device has
/// written, or writes what one will read.
///
/// The [`Log`](llm_cache_core::record::Log) on it is the one that runs on the device. Erased bytes
/// are 0xFF, which is what tells it from a [`FileMedium`](crate::store::FileMedium). Nothing else may
/// write to the file meanwhile.
#[derive(Debug)]
pub struct FlashImage {
    file: File,
    capacity: u32,
    erase_size: u32,
    write_size: u32,
}

impl FlashImage {
    /// The image in `file`, as long as the file is, of a flash with these sizes in bytes. An erase
    /// size of 0 counts as 1; a part of a block at the end is unused, as is what lies beyond 4 GiB.
    ///
    /// # Errors
    /// The file's length could not be read.
    pub fn new(file: File, erase_size: u32, write_size: u32) -> io::Result<Self> {
        let len = u32::try_from(file.metadata()?.len()).unwrap_or(u32::MAX);
        let erase_size = erase_size.max(1);
        Ok(Self { file, capacity: len - len % erase_size, erase_size, write_size })
    }

    /// The file.
    #[must_use]
    pub fn into_inner(self) -> File {
        self.file
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
