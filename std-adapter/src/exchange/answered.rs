//! What an exchange gives back: an answer and how it came about, or why there is none.

use std::{error::Error, fmt};

use crate::cache::{BypassReason, MissReason, Outcome, Verdict};
use crate::entry::Entry;

/// An answer, fresh or from the cache, and how it came about.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answered<T> {
    /// What the accept hook made of the body. `None` where the hook was not asked or refused: the
    /// answer is then not stored, and `verdict` says why. A hit of a stored answer always has one.
    pub value: Option<T>,
    /// The answer and what is known about it: its payload is the body as it was fetched, byte for
    /// byte. A hit was billed nothing of its usage.
    pub entry: Entry,
    /// How the call was answered.
    pub outcome: Outcome,
    /// Whether the answer is stored now, and why not.
    pub verdict: Verdict,
    /// What the request and the answer alone say about storing it, whatever cache and mode there
    /// are: for callers who keep something that is made of the answer.
    pub storable: Verdict,
}

/// Why an exchange has no answer. A fault of the cache itself is never among the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExchangeError<E> {
    /// The mode is [`Mode::CachedOnly`](crate::cache::Mode::CachedOnly), and the cache does not
    /// answer.
    NotCached(NotCached),
    /// The fetch failed: this call's own, or the one that it waited for.
    Fetch(E),
}

/// Why the cache does not answer a call that may go nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotCached {
    /// No tier has the answer.
    Miss(MissReason),
    /// The request cannot be answered from a cache, or there is none.
    Bypass(BypassReason),
}

impl fmt::Display for NotCached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Miss(why) => write!(f, "the answer is not in the cache ({why})"),
            Self::Bypass(why) => {
                write!(f, "the request cannot be answered from the cache ({why})")
            }
        }
    }
}

impl Error for NotCached {}

impl<E: fmt::Display> fmt::Display for ExchangeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCached(why) => why.fmt(f),
            Self::Fetch(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for ExchangeError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotCached(_) => None,
            Self::Fetch(error) => error.source(),
        }
    }
}

impl<T> fmt::Debug for Answered<T> {
    /// Shows the length of the body, not its text, and no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("entry", &self.entry)
            .field("outcome", &self.outcome)
            .field("verdict", &self.verdict)
            .field("storable", &self.storable)
            .finish_non_exhaustive()
    }
}
