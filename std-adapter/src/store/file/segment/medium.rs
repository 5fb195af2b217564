//! A file as a medium for core's segments and logs.

use std::{fmt, fs::File, io, os::unix::fs::FileExt};

use llm_cache_core::record::Medium;

use super::window::Window;

/// A file as a [`Medium`]: what was never written reads as zeros, which is its erased byte.
///
/// Reads go through a window of 4 KiB, so that a walk over small records costs few system calls.
/// Nothing else may write to the file meanwhile. A log on one file needs a file of the log's size;
/// the file store uses one file a segment.
pub struct FileMedium<F> {
    file: F,
    capacity: u32,
    window: Window,
}

const ERASE_SIZE: u32 = 4096;

impl<F: AsRef<File>> FileMedium<F> {
    /// The first `capacity` bytes of `file`. A shorter file reads as if zeros followed.
    #[must_use]
    pub const fn new(file: F, capacity: u32) -> Self {
        Self { file, capacity, window: Window::new() }
    }

    /// The file.
    #[must_use]
    pub fn into_inner(self) -> F {
        self.file
    }
}

/// Shows the size; the window holds prompts and answers.
impl<F> fmt::Debug for FileMedium<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileMedium").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

/// Fills `bytes` from `offset` on; what lies behind the end of the file is left as it is.
fn read_up_to(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.read_at(bytes, offset) {
            Ok(0) => break,
            Ok(len) => {
                bytes = &mut bytes[len..];
                offset += len as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl<F: AsRef<File>> Medium for FileMedium<F> {
    type Error = io::Error;
    const ERASED: u8 = 0;

    fn capacity(&self) -> u32 {
        self.capacity
    }

    fn write_size(&self) -> u32 {
        1
    }

    fn erase_size(&self) -> u32 {
        ERASE_SIZE
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> io::Result<()> {
        let file = self.file.as_ref();
        self.window.read(self.capacity, offset, bytes, |bytes, at| read_up_to(file, bytes, at))
    }

    fn program_at(&mut self, offset: u32, bytes: &[u8]) -> io::Result<()> {
        self.window.clear();
        self.file.as_ref().write_all_at(bytes, u64::from(offset))
    }

    fn erase_block(&mut self, offset: u32) -> io::Result<()> {
        self.program_at(offset, &[0; ERASE_SIZE as usize])
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.as_ref().sync_data()
    }
}
