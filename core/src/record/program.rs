//! A writer onto a medium that programs whole multiples of its write size.

use core::fmt;

use embedded_io::{ErrorKind, ErrorType, Write};
use heapless::Vec;

use super::{Medium, segment::ALIGN_MAX};

/// Gathers bytes and programs them; what is left at the end is padded with erased bytes, which
/// leave the medium as it was.
pub(super) struct Programmer<'m, M: Medium> {
    medium: &'m mut M,
    /// Where `staged` goes, a multiple of the write size.
    offset: u32,
    staged: Vec<u8, { ALIGN_MAX as usize }>,
}

/// A medium's error in embedded-io's terms.
#[derive(Debug)]
pub(super) struct ProgramError<E>(pub(super) E);

impl<E: fmt::Debug> fmt::Display for ProgramError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "programming the medium: {:?}", self.0)
    }
}

impl<E: fmt::Debug> core::error::Error for ProgramError<E> {}

impl<E: fmt::Debug> embedded_io::Error for ProgramError<E> {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl<'m, M: Medium> Programmer<'m, M> {
    pub(super) fn new(medium: &'m mut M, offset: u32) -> Self {
        Self { medium, offset, staged: Vec::new() }
    }

    fn program(&mut self) -> Result<(), ProgramError<M::Error>> {
        self.medium.program_at(self.offset, &self.staged).map_err(ProgramError)?;
        self.offset += self.staged.len() as u32;
        self.staged.clear();
        Ok(())
    }
}

impl<M: Medium> ErrorType for Programmer<'_, M> {
    type Error = ProgramError<M::Error>;
}

impl<M: Medium> Write for Programmer<'_, M> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let len = bytes.len().min(self.staged.capacity() - self.staged.len());
        _ = self.staged.extend_from_slice(&bytes[..len]);
        if self.staged.is_full() {
            self.program()?;
        }
        Ok(len)
    }

    /// Programs what is left, padded to the write size. Nothing may be written after it.
    fn flush(&mut self) -> Result<(), Self::Error> {
        if self.staged.is_empty() {
            return Ok(());
        }
        // No write size exceeds `ALIGN_MAX`, which is a multiple of each.
        let len = self.staged.len().next_multiple_of(self.medium.write_size() as usize);
        _ = self.staged.resize(len, M::ERASED);
        self.program()
    }
}
