//! Why a stream cannot be put together.

use core::fmt;

use crate::json::JsonError;

/// Why the assembler gave up. The stream may go on to its reader all the same; the answer is not
/// stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssembleError {
    /// The data of an event is no JSON object.
    Json(JsonError),
    /// Something came that no rule accounts for, so the final message would lack it.
    Unfoldable(Unfoldable),
    /// Parts of the message interleave, and all lanes are in use. More lanes would do.
    NeedLanes {
        /// How many lanes there are.
        lanes: usize,
    },
    /// The memory for the message's text is full. More memory would do.
    Full {
        /// Its size in bytes.
        capacity: usize,
    },
    /// The message has more parts (members and elements) than there is memory for.
    TooManyParts {
        /// The most parts that it may have.
        capacity: usize,
    },
    /// More texts came in deltas than there are slots for. More slots would do.
    TooManyTexts {
        /// How many slots there are.
        capacity: usize,
    },
}

/// What no rule accounts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfoldable {
    /// An event of an unknown name or type.
    Event,
    /// A delta of an unknown type.
    Delta,
    /// A member that no rule covers, in an event of a known type.
    Member,
    /// A value of another kind than the part has that it adds to.
    Kind,
    /// An event out of order: a delta before its part began, a second start, or one past the end.
    Order,
    /// An index that is no small whole number, or leaves a gap.
    Index,
    /// The pieces of a JSON value (a tool call's input) do not make one.
    Value,
    /// The end of the stream says something else than the events before it.
    Disagreement,
}

impl From<JsonError> for AssembleError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<Unfoldable> for AssembleError {
    fn from(what: Unfoldable) -> Self {
        Self::Unfoldable(what)
    }
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "an event's data is no JSON object: {error}"),
            Self::Unfoldable(what) => write!(f, "the stream cannot be put together: {what}"),
            Self::NeedLanes { lanes } => {
                write!(f, "parts of the message interleave on more than {lanes} lanes")
            }
            Self::Full { capacity } => {
                write!(f, "the message does not fit a memory of {capacity} B")
            }
            Self::TooManyParts { capacity } => {
                write!(f, "the message has more than {capacity} members and elements")
            }
            Self::TooManyTexts { capacity } => {
                write!(f, "more than {capacity} texts came in deltas")
            }
        }
    }
}

impl core::error::Error for AssembleError {}

impl fmt::Display for Unfoldable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event => "an event of an unknown type",
            Self::Delta => "a delta of an unknown type",
            Self::Member => "a member that no rule covers",
            Self::Kind => "a value of another kind than before",
            Self::Order => "an event out of order",
            Self::Index => "an index out of order",
            Self::Value => "the pieces of a value make no JSON",
            Self::Disagreement => "its end says something else than the events before",
        })
    }
}
