//! What a lookup came to: every call tells, so that a cold cache is never a riddle.

use std::{fmt, time::Duration};

#[cfg(any(feature = "memo", test))]
use super::Verdict;
use super::{BypassReason, SkipReason};

use super::Tier;

/// How a call was answered.
///
/// In text: `hit memory 12ms`, `miss absent`, `miss absent, not stored: truncated`, `bypass
/// streaming`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The answer was there; the provider was not asked for it by this call.
    Hit {
        /// Which tier held it.
        tier: Tier,
        /// How old it is.
        age: Age,
    },
    /// The answer was not there; the call fetched it.
    Miss {
        /// Why nothing stored could serve.
        why: MissReason,
    },
    /// The answer was not there; a memoised function ran, and its result was not stored: the next
    /// call will run it again. (A client's reply tells that by its verdict.)
    NotStored {
        /// Why nothing stored could serve.
        why: MissReason,
        /// Why the result is not stored now.
        skip: SkipReason,
    },
    /// The cache was not consulted and nothing was stored.
    Bypass {
        /// Why the call went past it.
        why: BypassReason,
    },
}

impl Outcome {
    /// Whether this call cost nothing upstream.
    #[must_use]
    pub const fn is_hit(&self) -> bool {
        matches!(self, Self::Hit { .. })
    }

    /// Whether the cache was asked and had no answer.
    #[must_use]
    pub const fn is_miss(&self) -> bool {
        matches!(self, Self::Miss { .. } | Self::NotStored { .. })
    }

    /// Why the result of a memoised function that ran was not stored, when it was not.
    #[must_use]
    pub const fn skip_reason(&self) -> Option<SkipReason> {
        match self {
            Self::NotStored { skip, .. } => Some(*skip),
            _ => None,
        }
    }

    /// The same, and what came of the result after a miss.
    #[cfg(any(feature = "memo", test))]
    pub(crate) const fn after(self, verdict: Verdict) -> Self {
        match (self, verdict) {
            (Self::Miss { why }, Verdict::Skip { why: skip }) => Self::NotStored { why, skip },
            _ => self,
        }
    }

    /// Whether the call went past the cache.
    #[must_use]
    pub const fn is_bypass(&self) -> bool {
        matches!(self, Self::Bypass { .. })
    }

    /// The tier that answered, when one did.
    #[must_use]
    pub const fn tier(&self) -> Option<Tier> {
        match self {
            Self::Hit { tier, .. } => Some(*tier),
            _ => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit { tier, age } => write!(f, "hit {tier} {age}"),
            Self::Miss { why } => write!(f, "miss {why}"),
            Self::NotStored { why, skip } => write!(f, "miss {why}, not stored: {skip}"),
            Self::Bypass { why } => write!(f, "bypass {why}"),
        }
    }
}

/// The time since an answer was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// That long ago by the cache's clock; zero when the clock has jumped backwards since.
    Known(Duration),
    /// The entry was stamped by a clock that this process cannot read, such as a device's uptime.
    Unknown,
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(age) if *age < Duration::from_secs(10) => {
                write!(f, "{}ms", age.as_millis())
            }
            Self::Known(age) => write!(f, "{}s", age.as_secs()),
            Self::Unknown => f.write_str("age unknown"),
        }
    }
}

/// Why nothing stored could serve a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MissReason {
    /// No tier has an entry under this key.
    Absent,
    /// There was an entry, but its time was over.
    Expired,
    /// The mode is [`Refresh`](super::Mode::Refresh): what is stored was not looked at.
    Refresh,
    /// There was an entry that no longer reads as the type asked for.
    Undecodable,
    /// The store could not tell; its fault was reported as an event.
    StoreFault,
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "absent",
            Self::Expired => "expired",
            Self::Refresh => "refresh",
            Self::Undecodable => "undecodable",
            Self::StoreFault => "store_fault",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text forms that tools and the quickstart print.
    #[test]
    fn outcomes_print_as_words() {
        let hit = |tier, age| Outcome::Hit { tier, age }.to_string();
        let young = Age::Known(Duration::from_millis(12));
        assert_eq!(hit(Tier::Memory, young), "hit memory 12ms");
        assert_eq!(hit(Tier::Disk, Age::Known(Duration::from_secs(90))), "hit disk 90s");
        assert_eq!(hit(Tier::Flight, Age::Unknown), "hit flight age unknown");
        let miss = Outcome::Miss { why: MissReason::Absent };
        assert_eq!((miss.to_string(), miss.is_miss()), ("miss absent".into(), true));
        let why = SkipReason::Answer(llm_cache_core::reply::SkipReason::Truncated);
        let unkept = miss.after(Verdict::Skip { why });
        assert_eq!(unkept.to_string(), "miss absent, not stored: truncated");
        assert!(unkept.is_miss() && miss.after(Verdict::Store) == miss);
        let bypass = Outcome::Bypass { why: BypassReason::ModeOff };
        assert_eq!((bypass.to_string(), bypass.tier()), ("bypass mode_off".into(), None));
    }
}
