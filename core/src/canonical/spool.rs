//! The canonical form of a text that is read by offset from somewhere else: a body spooled to
//! flash, or a file.

use core::fmt;

use embedded_io::{Read, Seek, SeekFrom};

use super::{CanonicalError, LEN_MAX, Place, Selection, Sink, Slot, Stop, walk};
use crate::{
    buffer::BufferTooSmall,
    json::{
        JsonError, JsonErrorKind,
        scanner::{Kind, Scanner},
        source::Source,
    },
};

/// The smallest buffer that [`canonicalize_from`] works with, in bytes.
pub const BUFFER_MIN: usize = 16;

/// Why a text that is read from elsewhere has no canonical form here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError<E> {
    /// The text is at fault, or there is too little scratch memory.
    Canonical(CanonicalError),
    /// The buffer has less than [`BUFFER_MIN`] bytes.
    Buffer(BufferTooSmall),
    /// Reading or seeking failed.
    Read(E),
}

impl<E> From<CanonicalError> for SourceError<E> {
    fn from(error: CanonicalError) -> Self {
        Self::Canonical(error)
    }
}

impl<E> From<JsonError> for SourceError<E> {
    fn from(error: JsonError) -> Self {
        Self::Canonical(error.into())
    }
}

impl<E: fmt::Debug> fmt::Display for SourceError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canonical(error) => error.fmt(f),
            Self::Buffer(error) => error.fmt(f),
            Self::Read(error) => write!(f, "reading the body failed: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for SourceError<E> {}

/// As [`canonicalize`](super::canonicalize), for a text that lies in `body` from its start to its
/// end and need not fit into memory.
///
/// Memory: the buffer, of any size from [`BUFFER_MIN`] up, and the slots. Time: the body is read
/// from its start to its end twice, to check that it is UTF-8 and to index it, and then once in
/// canonical order, with a seek wherever that is not the order of the text; two names that begin
/// with the same 7 bytes are read again to compare them. A larger buffer makes fewer reads. The
/// body must not change meanwhile.
///
/// # Errors
/// [`SourceError`]. Of several faults another one may be told than for a slice.
pub fn canonicalize_from<B: Read + Seek>(
    body: &mut B,
    buffer: &mut [u8],
    selection: &impl Selection,
    scratch: &mut [Slot],
    sink: &mut impl Sink,
) -> Result<(), SourceError<B::Error>> {
    if buffer.len() < BUFFER_MIN {
        return Err(SourceError::Buffer(BufferTooSmall { needed: BUFFER_MIN }));
    }
    let len = body.seek(SeekFrom::End(0)).map_err(SourceError::Read)?;
    let len = usize::try_from(len).ok().filter(|len| *len <= LEN_MAX);
    let len = len.ok_or(CanonicalError::TooLong { limit: LEN_MAX })?;
    let mut spool = Spool { body, buffer, len, start: 0, end: 0 };
    spool.check_utf8()?;
    match walk::walk(&mut spool, (Place::ROOT, 0), selection, &mut { scratch }, sink) {
        Ok(()) => Ok(()),
        Err(Stop::Source(error)) => Err(error),
        Err(Stop::Fault(error)) => Err(error.into()),
        Err(Stop::OutOfSlots) => {
            let needed = slots_needed(&mut spool)?;
            Err(CanonicalError::ScratchTooSmall { needed }.into())
        }
    }
}

pub(super) fn slots_needed<T: Source>(text: &mut T) -> Result<usize, T::Error> {
    let (mut needed, mut scanner) = (0, Scanner::NEW);
    while let Some(step) = scanner.next(text)? {
        needed += usize::from(matches!(step.kind, Kind::ObjectStart | Kind::Name(_)));
    }
    Ok(needed)
}

/// A body and the part of it that is in the buffer.
struct Spool<'a, B> {
    body: &'a mut B,
    buffer: &'a mut [u8],
    /// The length of the body.
    len: usize,
    /// Offset of what is in the buffer.
    start: usize,
    /// Offset behind it.
    end: usize,
}

impl<B: Read + Seek> Spool<'_, B> {
    /// Reads as much as there is room for from `at` on.
    fn fill(&mut self, at: usize) -> Result<(), SourceError<B::Error>> {
        (self.start, self.end) = (at, at);
        self.body.seek(SeekFrom::Start(at as u64)).map_err(SourceError::Read)?;
        let wanted = self.buffer.len().min(self.len.saturating_sub(at));
        while self.end - at < wanted {
            let room = &mut self.buffer[self.end - at..wanted];
            match self.body.read(room).map_err(SourceError::Read)? {
                0 => break,
                read => self.end += read,
            }
        }
        Ok(())
    }

    fn check_utf8(&mut self) -> Result<(), SourceError<B::Error>> {
        let mut at = 0;
        while at < self.len {
            self.fill(at)?;
            let read = &self.buffer[..self.end - at];
            at += match crate::json::utf8(read) {
                Ok("") => {
                    return Err(JsonErrorKind::UnexpectedEnd.at(at).into());
                }
                Ok(text) => text.len(),
                // A character that the buffer cuts is read whole with the next bytes.
                Err(cut)
                    if cut.error_len().is_none()
                        && cut.valid_up_to() > 0
                        && self.end < self.len =>
                {
                    cut.valid_up_to()
                }
                Err(fault) => {
                    return Err(JsonErrorKind::InvalidUtf8.at(at + fault.valid_up_to()).into());
                }
            };
        }
        Ok(())
    }
}

impl<B: Read + Seek> Source for Spool<'_, B> {
    type Error = SourceError<B::Error>;

    #[inline]
    fn window(&mut self, at: usize) -> Result<&[u8], Self::Error> {
        if !(self.start..self.end).contains(&at) {
            self.fill(at)?;
        }
        Ok(&self.buffer[at - self.start..self.end - self.start])
    }

    fn len(&mut self) -> Result<usize, Self::Error> {
        Ok(self.len)
    }
}
