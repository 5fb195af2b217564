//! The canonical form of a JSON text, streamed into a sink and never held whole.
//!
//! Two texts that mean the same have the same canonical bytes: RFC 8785 (JCS) with exact large
//! integers, as core/KEY.md specifies. There is no heap and no recursion; the members of the
//! objects that are open are sorted in the caller's [`Slot`]s.

mod bignum;
mod compound;
mod double;
mod members;
mod number;
mod serialize;
mod sink;
mod walk;

pub use serialize::{SerializeError, write_json};
pub use sink::{Everything, Place, Selection, Sink};

use core::fmt;

use crate::json::{JsonError, JsonErrorKind, JsonValue, Reader, Token};

/// The most that repeated scans of objects may read, in lengths of the body.
///
/// They are needed only where there are fewer slots than [`scratch_needed`] tells.
pub const RESCAN_MAX: usize = 64;

/// Scratch memory for one member of an open object, or half of such an object's own record.
///
/// 8 bytes. What it holds means nothing to the caller; any slots will do, used or fresh.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slot {
    first: u32,
    second: u32,
}

impl Slot {
    /// A fresh slot, for array initialisers.
    pub const EMPTY: Self = Self { first: 0, second: 0 };
}

/// Slots that an object takes besides those of its members.
const HEADER_SLOTS: usize = 2;

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
        /// The slots with which every object is scanned only once.
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
/// Cost: with [`scratch_needed`] slots a byte is read once for each object around it and twice
/// more, and m names take O(m log m) comparisons. Worst case over all inputs: at most 130 readings
/// of the body, plus [`RESCAN_MAX`] with fewer slots; and for each number of more than 15
/// significant digits 1 to 15 us (on a server). Stack: less than 2 KiB on a Cortex-M.
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
    canonicalize_within(RESCAN_MAX, body, selection, scratch, sink)
}

/// The same with a limit of its own on repeated scans; with 0 it stops at once for more slots.
pub(crate) fn canonicalize_within(
    rescan_max: usize,
    body: &[u8],
    selection: &impl Selection,
    scratch: &mut [Slot],
    sink: &mut impl Sink,
) -> Result<(), CanonicalError> {
    let limit = usize::try_from(u32::MAX - 1).unwrap_or(usize::MAX);
    if body.len() > limit {
        return Err(CanonicalError::TooLong { limit });
    }
    let Ok(text) = core::str::from_utf8(body) else {
        // The first fault may be another one; the reader finds it.
        let fault = JsonValue::parse(body).map(|_| JsonErrorKind::InvalidUtf8.at(0));
        return Err(fault.unwrap_or_else(|error| error).into());
    };
    walked(walk::walk(text, Place::ROOT, 0, selection, scratch, sink, rescan_max), text)
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
    let limit = usize::try_from(u32::MAX - 1).unwrap_or(usize::MAX);
    if text.len() > limit {
        return Err(CanonicalError::TooLong { limit });
    }
    walked(walk::walk(text, place, depth, selection, scratch, sink, RESCAN_MAX), text)
}

fn walked(outcome: Result<(), walk::Stop>, text: &str) -> Result<(), CanonicalError> {
    outcome.map_err(|stop| match stop {
        walk::Stop::Fault(error) => error,
        walk::Stop::OutOfSlots => match scratch_needed(text.as_bytes()) {
            Ok(needed) => CanonicalError::ScratchTooSmall { needed },
            Err(error) => error.into(),
        },
    })
}

/// The slots with which [`canonicalize`] scans every object of `body` only once.
///
/// It is the most, over all places of the text, of the sum over the objects that are open there
/// of 2 and the number of their members (at least 1). O(length) time, 1 KiB of stack.
///
/// # Errors
/// [`JsonError`] if the text is not JSON.
#[inline(never)] // Its array shall not lie on the stack while a walk is under way.
pub fn scratch_needed(body: &[u8]) -> Result<usize, JsonError> {
    #[derive(Clone, Copy)]
    struct Open {
        members: u32,
        needed_inside: u32,
    }
    const CLOSED: Open = Open { members: 0, needed_inside: 0 };
    // The outermost entry stands for the text around all objects.
    let mut open = [CLOSED; crate::json::DEPTH_MAX + 1];
    let mut depth = 0;
    let mut reader = Reader::new(body);
    while let Some(token) = reader.next()? {
        match token {
            Token::ObjectStart => {
                depth += 1;
                open[depth] = CLOSED;
            }
            Token::Name(_) => open[depth].members = open[depth].members.saturating_add(1),
            Token::ObjectEnd => {
                let Open { members, needed_inside } = open[depth];
                let own = members.max(1).saturating_add(HEADER_SLOTS as u32);
                depth -= 1;
                let around = &mut open[depth].needed_inside;
                *around = (*around).max(own.saturating_add(needed_inside));
            }
            _ => {}
        }
    }
    Ok(usize::try_from(open[0].needed_inside).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests;
