//! The mark itself.

use core::fmt;

use super::out::Mark;
use crate::Millis;

/// A prompt-cache breakpoint: "what comes before, and this block, is worth keeping".
///
/// On Anthropic's wire `{"type":"ephemeral"}`, on OpenAI's `{"mode":"explicit"}`, with `"ttl"` when
/// one is set. There is no other type (Anthropic's prompt-caching guide; `CacheControlEphemeral` in
/// its SDKs). A lifetime that the dialect does not have is refused with
/// [`Rule::ForeignTtl`](super::Rule::ForeignTtl) where it stands, never left out or replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CacheControl {
    /// How long the provider keeps the prefix. `None` leaves the member out, which Anthropic reads
    /// as five minutes and OpenAI as the request's lifetime, by default 30 minutes.
    pub ttl: Option<Ttl>,
}

/// How long a provider keeps a marked prefix; each read starts the time anew. Anthropic has
/// `"5m"` and `"1h"`, OpenAI `"30m"` and `"12h"` (its SDKs of November 2026).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ttl {
    /// `"5m"`: Anthropic's default; writing costs 1.25 times the base input price.
    #[default]
    FiveMinutes,
    /// `"30m"`: OpenAI's default; writing costs 1.25 times the base input price.
    ThirtyMinutes,
    /// `"1h"`, Anthropic's: writing costs 2 times the base input price. Must precede every
    /// five-minute mark.
    OneHour,
    /// `"12h"`, OpenAI's: on a part of a message in both of its APIs, for a whole request in the
    /// Responses API alone. What writing costs is not known.
    TwelveHours,
}

/// A cache policy name that no provider defines. Only `ephemeral` exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPolicy;

impl CacheControl {
    /// The one kind of mark there is, with the provider's default lifetime.
    #[must_use]
    pub const fn ephemeral() -> Self {
        Self { ttl: None }
    }

    /// The same mark with a stated lifetime.
    #[must_use]
    pub const fn with_ttl(self, ttl: Ttl) -> Self {
        Self { ttl: Some(ttl) }
    }

    /// A mark from a policy's name, for callers that take the name as configuration.
    ///
    /// # Errors
    /// [`UnknownPolicy`] for every name but `ephemeral`, since the provider would answer 400.
    pub fn from_policy(name: &str) -> Result<Self, UnknownPolicy> {
        match name {
            "ephemeral" => Ok(Self::ephemeral()),
            _ => Err(UnknownPolicy),
        }
    }

    /// The lifetime in effect at Anthropic: the stated one, or its default of five minutes.
    #[must_use]
    pub const fn ttl_in_effect(self) -> Ttl {
        match self.ttl {
            Some(ttl) => ttl,
            None => Ttl::FiveMinutes,
        }
    }

    /// The member that it is in a body of Anthropic's.
    pub(crate) const fn member(self) -> Mark {
        let json = match self.ttl {
            // The check has refused the lifetimes of others.
            None | Some(Ttl::ThirtyMinutes | Ttl::TwelveHours) => r#"{"type":"ephemeral"}"#,
            Some(Ttl::FiveMinutes) => r#"{"type":"ephemeral","ttl":"5m"}"#,
            Some(Ttl::OneHour) => r#"{"type":"ephemeral","ttl":"1h"}"#,
        };
        ("cache_control", json)
    }
}

impl Ttl {
    /// The value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::ThirtyMinutes => "30m",
            Self::OneHour => "1h",
            Self::TwelveHours => "12h",
        }
    }

    /// How long an entry lives at least, from the start of the request that wrote or read it.
    #[must_use]
    pub const fn lifetime(self) -> Millis {
        const MINUTE: u64 = 60 * 1000;
        Millis(match self {
            Self::FiveMinutes => 5 * MINUTE,
            Self::ThirtyMinutes => 30 * MINUTE,
            Self::OneHour => 60 * MINUTE,
            Self::TwelveHours => 12 * 60 * MINUTE,
        })
    }
}

impl fmt::Display for UnknownPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown cache policy: only \"ephemeral\" exists")
    }
}

impl core::error::Error for UnknownPolicy {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy name from configuration is checked, not believed.
    #[test]
    fn only_ephemeral_is_a_policy() {
        assert_eq!(CacheControl::from_policy("ephemeral"), Ok(CacheControl::ephemeral()));
        assert_eq!(CacheControl::from_policy("persistent"), Err(UnknownPolicy));
        assert_eq!(CacheControl::from_policy(""), Err(UnknownPolicy));
    }

    /// A bare mark counts as five minutes, as the provider reads it.
    #[test]
    fn default_lifetime() {
        assert_eq!(CacheControl::ephemeral().ttl_in_effect(), Ttl::FiveMinutes);
        let hour = CacheControl::ephemeral().with_ttl(Ttl::OneHour);
        assert_eq!(hour.ttl_in_effect(), Ttl::OneHour);
    }

    /// Lifetimes are ordered by their length.
    #[test]
    fn longer_is_greater() {
        let all = [Ttl::FiveMinutes, Ttl::ThirtyMinutes, Ttl::OneHour, Ttl::TwelveHours];
        assert!(all.is_sorted() && all.is_sorted_by_key(|ttl| ttl.lifetime()));
        assert_eq!(all.map(|ttl| ttl.lifetime().0 / 60_000), [5, 30, 60, 720]);
    }
}
