//! Why a call bypassed the cache, and why an answer is not stored. Core gives the reasons that lie
//! in the request or in the answer; this file adds the reasons that lie in the call and its cache.

use std::fmt;

use llm_cache_core::reply;

/// Whether an answer may be stored.
///
/// ```
/// use llm_cache::cache::{SkipReason, Verdict};
/// use llm_cache::llm_cache_core::reply;
///
/// let cut = reply::Verdict::Skip { why: reply::SkipReason::Truncated };
/// let why = SkipReason::Answer(reply::SkipReason::Truncated);
/// assert_eq!(Verdict::from(cut), Verdict::Skip { why });
/// assert_eq!(why.to_string(), "truncated");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may.
    Store,
    /// It may not.
    Skip {
        /// Why not.
        why: SkipReason,
    },
}

impl Verdict {
    /// Whether the answer may be stored.
    #[must_use]
    pub const fn is_store(self) -> bool {
        matches!(self, Self::Store)
    }

    /// The reason for not storing it.
    #[must_use]
    pub const fn skip_reason(self) -> Option<SkipReason> {
        match self {
            Self::Store => None,
            Self::Skip { why } => Some(why),
        }
    }
}

impl From<reply::Verdict> for Verdict {
    fn from(verdict: reply::Verdict) -> Self {
        match verdict {
            reply::Verdict::Store => Self::Store,
            reply::Verdict::Skip { why } => Self::Skip { why: why.into() },
        }
    }
}

/// Why an answer is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// The answer itself is the reason: it is cut, refused, broken or an error.
    Answer(reply::SkipReason),
    /// It did not decode as the type that the caller asked for.
    NotDecoded,
    /// The caller asked for it not to be stored.
    Declined,
    /// It came as a stream.
    Streamed,
    /// The call went past the cache.
    Bypassed,
    /// The mode of the call stores nothing.
    ReadOnly,
    /// A memoised function used a client that is not part of its key.
    Unscoped,
    /// While a memoised function ran, its client gave an answer that may not be stored to a task
    /// that is not known to be the function's own or another's.
    Untracked,
    /// The value of a memoised function has no JSON form.
    NotEncoded,
    /// No tier could take it: too big for memory, and no store or a faulty one.
    NoRoom,
}

impl SkipReason {
    /// The name in tables and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer(why) => why.as_str(),
            Self::NotDecoded => "not_decoded",
            Self::Declined => "declined",
            Self::Streamed => "streamed",
            Self::Bypassed => "bypassed",
            Self::ReadOnly => "read_only",
            Self::Unscoped => "unscoped",
            Self::Untracked => "untracked",
            Self::NotEncoded => "not_encoded",
            Self::NoRoom => "no_room",
        }
    }
}

impl From<reply::SkipReason> for SkipReason {
    fn from(why: reply::SkipReason) -> Self {
        Self::Answer(why)
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a call went past the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BypassReason {
    /// For what the request itself asks: a stream, state of the provider's, live tools.
    Request(reply::BypassReason),
    /// The body, or an argument of a memoised function, has no canonical form: duplicate members,
    /// lone surrogates, numbers that are none, too deep, too large.
    Unkeyable,
    /// The cache's mode, or the call's, is off.
    ModeOff,
    /// There is no cache.
    NoCache,
}

impl BypassReason {
    /// The name in tables and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request(why) => why.as_str(),
            Self::Unkeyable => "unkeyable",
            Self::ModeOff => "mode_off",
            Self::NoCache => "no_cache",
        }
    }
}

impl From<reply::BypassReason> for BypassReason {
    fn from(why: reply::BypassReason) -> Self {
        Self::Request(why)
    }
}

impl fmt::Display for BypassReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
