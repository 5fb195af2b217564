//! The mark itself.

use core::fmt;

/// A prompt-cache breakpoint: "what comes before, and this block, is worth keeping".
///
/// On the wire `{"type":"ephemeral"}`, with `"ttl"` when one is set. There is no other type and no
/// other lifetime (Anthropic's prompt-caching guide; `CacheControlEphemeral` in its SDKs).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CacheControl {
    /// How long the provider keeps the prefix. `None` leaves the member out, which the provider
    /// reads as five minutes.
    pub ttl: Option<Ttl>,
}

/// How long a provider keeps a marked prefix; each read starts the time anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ttl {
    /// `"5m"`: the default; writing costs 1.25 times the base input price.
    #[default]
    FiveMinutes,
    /// `"1h"`: writing costs 2 times the base input price. Must precede every five-minute mark.
    OneHour,
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

    /// The lifetime in effect: the stated one, or the provider's default.
    #[must_use]
    pub const fn ttl_in_effect(self) -> Ttl {
        match self.ttl {
            Some(ttl) => ttl,
            None => Ttl::FiveMinutes,
        }
    }
}

impl Ttl {
    /// The value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::OneHour => "1h",
        }
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
}
