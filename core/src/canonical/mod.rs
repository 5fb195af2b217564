//! The canonical form of a JSON text, streamed into a sink and never held whole.
//!
//! Two texts that mean the same have the same canonical bytes: RFC 8785 (JCS) with exact large
//! integers, as core/KEY.md specifies. There is no heap and no recursion; the objects of the text
//! and their members, sorted, are indexed in the caller's [`Slot`]s.

mod bignum;
mod compound;
#[cfg(any(test, not(target_pointer_width = "64")))]
mod exact;
mod index;
mod map_key;
mod name;
mod nearest;
mod number;
mod out;
mod partial;
mod pieces;
mod serialize;
mod shortest;
mod sink;
mod slot;
mod spool;
mod value;
mod walk;

pub(crate) use number::text_of_f64;
pub(crate) use pieces::canonicalize_pieces;
pub use serialize::{SerializeError, write_json};
pub use sink::{Everything, Place, Selection, Sink};
pub use slot::Slot;
pub use spool::{BUFFER_MIN, SourceError, canonicalize_from};
pub use value::{
    REVISITS_MAX, ValueError, canonicalize_strict, canonicalize_value, scratch_needed_for,
};

use core::fmt;

use crate::json::{self, JsonError, JsonErrorKind, JsonValue, Reader, Token, source::Text};

/// What further readings may cost, in lengths of the body, where a token counts 96 bytes more than
/// it has, a byte of a string with escapes counts as 8, and a body has at least 16 KiB.
///
/// They are needed only where there are fewer slots than [`scratch_needed`] tells: for each object
/// that then has to be looked into on its own, and for each batch of members of one that is too
/// large for that. The counts are roughly in proportion to time, to keep the worst bodies near ten
/// times what plain text of their length costs.
pub const RESCAN_MAX: usize = 32;
/// Shorter bodies count as if they had as much.
const RESCAN_LEN_MIN: usize = 16 * 1024;

/// The longest text in bytes: offsets are kept in 32 bits.
const LEN_MAX: usize = (u32::MAX - 1) as usize;
/// What a token costs to read again besides its bytes, in bytes of plain text.
const STEP_COST: usize = 96;
/// What a byte of a string with escapes costs to read again.
const ESCAPED_COST: usize = 8;

/// Why a walk ended early.
enum Stop<E> {
    /// The source failed, or told of a fault in the JSON.
    Source(E),
    Fault(CanonicalError),
    OutOfSlots,
}

impl<E> From<E> for Stop<E> {
    fn from(fault: E) -> Self {
        Self::Source(fault)
    }
}

impl<E> Stop<E> {
    fn fault(fault: impl Into<CanonicalError>) -> Self {
        Self::Fault(fault.into())
    }
}

/// Why a text has no canonical form here.
///
/// Of several faults the one that is met first is told; a text with any is refused whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CanonicalError {
    /// The text is not strict JSON.
    Json(JsonError),
    /// An object has two members whose names are equal once unescaped.
    DuplicateName {
        /// Offset of the opening quote of the second one.
        offset: usize,
    },
    /// A number is so large that the nearest double is infinite.
    NumberRange {
        /// Offset of its first byte.
        offset: usize,
    },
    /// The text is longer than offsets of 32 bits can tell.
    TooLong {
        /// The longest text in bytes.
        limit: usize,
    },
    /// The text needs more slots; with fewer it would have to be read too often.
    ScratchTooSmall {
        /// The slots with which the text is read only twice.
        needed: usize,
    },
}

impl CanonicalError {
    /// Where in the body the fault is, in bytes, if it is in one place.
    #[must_use]
    pub const fn offset(&self) -> Option<usize> {
        match *self {
            Self::Json(JsonError { offset, .. })
            | Self::DuplicateName { offset }
            | Self::NumberRange { offset } => Some(offset),
            Self::TooLong { .. } | Self::ScratchTooSmall { .. } => None,
        }
    }
}

impl From<JsonError> for CanonicalError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl fmt::Display for CanonicalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::DuplicateName { offset } => write!(f, "duplicate member name at byte {offset}"),
            Self::NumberRange { offset } => {
                write!(f, "number beyond a double's range at byte {offset}")
            }
            Self::TooLong { limit } => write!(f, "the JSON text is longer than {limit} bytes"),
            Self::ScratchTooSmall { needed } => {
                write!(f, "too little scratch memory: {needed} slots are needed")
            }
        }
    }
}

impl core::error::Error for CanonicalError {}

/// Streams the canonical bytes of `body`, less what `selection` leaves out, into `sink`.
///
/// What is left out must be sound JSON all the same, without duplicate names or numbers out of
/// range. On an error the sink has got a part of the bytes, which mean nothing.
///
/// Cost: with [`scratch_needed`] slots the body is read twice: once to check and to index it, and
/// once to write it, which passes over all that is canonical as it is written. m names take
/// O(m log m) comparisons. With fewer slots objects are read again, see [`RESCAN_MAX`]. Stack: less
/// than 2 KiB on a Cortex-M.
///
/// # Errors
/// [`CanonicalError`]. Fewer slots never change the bytes: they cost time up to [`RESCAN_MAX`],
/// and then are [`CanonicalError::ScratchTooSmall`].
pub fn canonicalize(
    body: &[u8],
    selection: &impl Selection,
    scratch: &mut [Slot],
    sink: &mut impl Sink,
) -> Result<(), CanonicalError> {
    canonicalize_in(body, selection, &mut { scratch }, sink)
}

/// The same with slots from the heap where those on the stack (1 KiB) do not do; never
/// [`CanonicalError::ScratchTooSmall`].
///
/// # Errors
/// As [`canonicalize`].
#[cfg(feature = "alloc")]
pub fn canonicalize_alloc(
    body: &[u8],
    selection: &impl Selection,
    sink: &mut impl Sink,
) -> Result<(), CanonicalError> {
    canonicalize_in(body, selection, &mut slot::Growing::for_body(body.len()), sink)
}

fn canonicalize_in(
    body: &[u8],
    selection: &impl Selection,
    memory: &mut impl slot::Memory,
    sink: &mut impl Sink,
) -> Result<(), CanonicalError> {
    let text = match json::utf8(body) {
        Ok(text) => text,
        Err(fault) => {
            // The first fault may be another one; the reader finds it.
            let fault = JsonValue::parse(body)
                .map(|_| JsonErrorKind::InvalidUtf8.at(fault.valid_up_to()))
                .unwrap_or_else(|error| error);
            return Err(fault.into());
        }
    };
    walk_text((Place::ROOT, 0), text, selection, memory, sink)
}

/// The same for one value of a larger document: `text` stands at `place`, inside `depth` open
/// containers. Offsets in errors count from its own start.
pub(crate) fn canonicalize_at(
    (place, depth): (Place, usize),
    text: &str,
    selection: &impl Selection,
    scratch: &mut [Slot],
    sink: &mut impl Sink,
) -> Result<(), CanonicalError> {
    walk_text((place, depth), text, selection, &mut { scratch }, sink)
}

fn walk_text(
    at: (Place, usize),
    text: &str,
    selection: &impl Selection,
    memory: &mut impl slot::Memory,
    sink: &mut impl Sink,
) -> Result<(), CanonicalError> {
    if text.len() > LEN_MAX {
        return Err(CanonicalError::TooLong { limit: LEN_MAX });
    }
    match walk::walk(&mut Text(text), at, selection, memory, sink) {
        Ok(()) => Ok(()),
        Err(Stop::Source(error)) => Err(error.into()),
        Err(Stop::Fault(error)) => Err(error),
        Err(Stop::OutOfSlots) => {
            Err(CanonicalError::ScratchTooSmall { needed: scratch_needed(text.as_bytes())? })
        }
    }
}

/// The slots with which [`canonicalize`] reads `body` only twice: one for each object and one for
/// each member of an object. O(length) time.
///
/// # Errors
/// [`JsonError`] if the text is not JSON.
pub fn scratch_needed(body: &[u8]) -> Result<usize, JsonError> {
    let mut needed = 0;
    let mut reader = Reader::new(body);
    while let Some(token) = reader.next()? {
        needed += usize::from(matches!(token, Token::ObjectStart | Token::Name(_)));
    }
    Ok(needed)
}

#[cfg(test)]
mod scratch_tests;
#[cfg(test)]
mod spool_tests;
#[cfg(test)]
mod tests;
