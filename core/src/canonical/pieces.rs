//! The canonical form of a text that lies in memory in pieces.

use super::{CanonicalError, LEN_MAX, Place, Selection, Sink, Slot, Stop, spool, walk};
use crate::json::{JsonError, source::Source};

/// As [`canonicalize`](super::canonicalize), for the text that the pieces make together. A piece
/// ends between two tokens.
pub(crate) fn canonicalize_pieces<const N: usize>(
    pieces: [&str; N],
    selection: &impl Selection,
    scratch: &mut [Slot],
    sink: &mut impl Sink,
) -> Result<(), CanonicalError> {
    let mut text = Pieces(pieces);
    if text.len()? > LEN_MAX {
        return Err(CanonicalError::TooLong { limit: LEN_MAX });
    }
    match walk::walk(&mut text, (Place::ROOT, 0), selection, &mut { scratch }, sink) {
        Ok(()) => Ok(()),
        Err(Stop::Source(error)) => Err(error.into()),
        Err(Stop::Fault(error)) => Err(error),
        Err(Stop::OutOfSlots) => {
            Err(CanonicalError::ScratchTooSmall { needed: spool::slots_needed(&mut text)? })
        }
    }
}

/// The text that the pieces make together.
struct Pieces<'a, const N: usize>([&'a str; N]);

impl<'a, const N: usize> Pieces<'a, N> {
    /// The piece in which the byte at `at` is, and the byte's offset in it; none at the end.
    #[inline]
    fn piece(&self, mut at: usize) -> Option<(&'a str, usize)> {
        for piece in self.0 {
            match at.checked_sub(piece.len()) {
                Some(behind) => at = behind,
                None => return Some((piece, at)),
            }
        }
        None
    }
}

impl<const N: usize> Source for Pieces<'_, N> {
    type Error = JsonError;

    #[inline]
    fn window(&mut self, at: usize) -> Result<&[u8], JsonError> {
        let rest = self.piece(at).and_then(|(piece, at)| piece.as_bytes().get(at..));
        Ok(rest.unwrap_or_default())
    }

    #[inline]
    fn str(&self, at: usize, len: usize) -> Option<&str> {
        let (piece, at) = self.piece(at)?;
        piece.get(at..at + len)
    }

    fn len(&mut self) -> Result<usize, JsonError> {
        Ok(self.0.iter().map(|piece| piece.len()).sum())
    }
}
