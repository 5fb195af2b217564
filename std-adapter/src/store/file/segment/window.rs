//! Reading a file in small pieces with few system calls.

use std::io;

use llm_cache_core::record::Medium;

use crate::store::file::disk::{DiskFile, read_full};

/// The part of a file that was read last.
#[derive(Debug)]
pub(crate) struct Window {
    bytes: Vec<u8>,
    offset: u32,
}

/// What is read at once where one read follows the other.
const WINDOW: u32 = 32 << 10;
/// What is read where a read has left the window behind, and how far that is: then bodies are
/// jumped over, and what lies between two heads is not wanted.
const JUMPED: u32 = 256;
const NEAR: u64 = 1024;

impl Window {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), offset: 0 }
    }

    /// Forgets what was read, for it has changed.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Copies `bytes` from `offset` of a file whose first `capacity` bytes count. `fill` reads
    /// from the file what there is, into a buffer of zeros.
    pub(crate) fn read(
        &mut self,
        capacity: u32,
        offset: u32,
        bytes: &mut [u8],
        mut fill: impl FnMut(&mut [u8], u64) -> io::Result<()>,
    ) -> io::Result<()> {
        let end = u64::from(offset) + bytes.len() as u64;
        if end > u64::from(capacity) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if bytes.len() > WINDOW as usize {
            bytes.fill(0);
            return fill(bytes, u64::from(offset));
        }
        if offset < self.offset || end > u64::from(self.offset) + self.bytes.len() as u64 {
            let window_end = u64::from(self.offset) + self.bytes.len() as u64;
            let is_near = u64::from(offset).abs_diff(window_end) < NEAR;
            let len = if is_near { WINDOW } else { JUMPED.max(bytes.len() as u32) };
            self.bytes.clear();
            self.bytes.resize(len.min(capacity - offset) as usize, 0);
            self.offset = offset;
            fill(&mut self.bytes, u64::from(offset)).inspect_err(|_| self.bytes.clear())?;
        }
        let start = (offset - self.offset) as usize;
        bytes.copy_from_slice(&self.bytes[start..start + bytes.len()]);
        Ok(())
    }
}

/// A segment's file as core's scan reads it; it is written elsewhere. Behind the end of the file
/// are zeros, up to the segment's capacity: what a torn record claims for its body counts.
pub(crate) struct SegmentMedium<'f> {
    file: &'f dyn DiskFile,
    file_len: u64,
    capacity: u32,
    window: Window,
}

impl<'f> SegmentMedium<'f> {
    /// The bytes that the file has now, and zeros up to `capacity`.
    pub(crate) fn new(file: &'f dyn DiskFile, capacity: u32) -> io::Result<Self> {
        let (file_len, window) = (file.len()?, Window::new());
        Ok(Self { file, file_len, capacity, window })
    }

    /// Where the file ends.
    pub(crate) fn file_len(&self) -> u32 {
        u32::try_from(self.file_len).unwrap_or(u32::MAX)
    }

    /// Whether nothing was written yet where a record could begin.
    pub(crate) fn is_zero_at(&mut self, offset: u32) -> io::Result<bool> {
        let mut start = [0; 16];
        let len = self.capacity.saturating_sub(offset).min(16) as usize;
        self.read_at(offset, &mut start[..len])?;
        // A record begins with a marker, which is not zero.
        Ok(start == [0; 16])
    }
}

impl Medium for SegmentMedium<'_> {
    type Error = io::Error;
    const ERASED: u8 = 0;

    fn capacity(&self) -> u32 {
        self.capacity
    }

    fn write_size(&self) -> u32 {
        1
    }

    fn erase_size(&self) -> u32 {
        WINDOW
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> io::Result<()> {
        let (file, file_len) = (self.file, self.file_len);
        self.window.read(self.capacity, offset, bytes, |bytes, at| {
            if at < file_len { read_full(file, bytes, at).map(|_| ()) } else { Ok(()) }
        })
    }

    fn program_at(&mut self, _: u32, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn erase_block(&mut self, _: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}
