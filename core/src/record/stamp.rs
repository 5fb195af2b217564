//! When an entry was made, by which clock, and how old that makes it.

use crate::Millis;

/// The clock that a time was read from. Times of two domains cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClockDomain {
    /// Milliseconds since 1970-01-01 UTC, leap seconds not counted.
    UnixMs,
    /// Milliseconds since the boot that `id` names: a counter kept in flash, or a random number.
    Boot {
        /// Differs from boot to boot of one device.
        id: u32,
    },
    /// No clock, or one that this version does not know.
    #[default]
    Unknown,
}

/// A point in time with the clock that it was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// The clock.
    pub domain: ClockDomain,
    /// Its reading. Zero and without meaning where the domain is unknown.
    pub ms: Millis,
}

impl Timestamp {
    /// No clock was at hand.
    pub const UNKNOWN: Self = Self { domain: ClockDomain::Unknown, ms: Millis(0) };

    /// A calendar time.
    #[must_use]
    pub const fn unix(ms: Millis) -> Self {
        Self { domain: ClockDomain::UnixMs, ms }
    }

    /// A time since the boot that `id` names.
    #[must_use]
    pub const fn boot(id: u32, ms: Millis) -> Self {
        Self { domain: ClockDomain::Boot { id }, ms }
    }

    /// The age at `now` of something made at this time.
    ///
    /// Zero where the clock has jumped back in between. [`Age::Unknown`] where the two were read
    /// from different clocks, or either from none: after a reboot a device without a calendar
    /// does not know how old its entries are, and must not take them for new.
    #[must_use]
    pub fn age(self, now: Self) -> Age {
        match self.domain {
            ClockDomain::Unknown => Age::Unknown,
            domain if domain == now.domain => Age::Known(now.ms.since(self.ms)),
            _ => Age::Unknown,
        }
    }
}

/// How old an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Age {
    /// This long.
    Known(Millis),
    /// It cannot be told. Neither new nor old: the caller decides.
    Unknown,
}

impl Age {
    /// Whether an entry of this age has outlived `ttl`; `None` where that cannot be told.
    ///
    /// An entry lives for its whole ttl: it has expired once its age is at least that. Without a
    /// ttl it never expires.
    #[must_use]
    pub fn is_over(self, ttl: Option<Millis>) -> Option<bool> {
        match (self, ttl) {
            (_, None) => Some(false),
            (Self::Known(age), Some(ttl)) => Some(age >= ttl),
            (Self::Unknown, Some(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only two readings of one known clock give an age; a clock set back gives zero.
    #[test]
    fn age_needs_one_clock() {
        let unix = |ms| Timestamp::unix(Millis(ms));
        let boot = |id, ms| Timestamp::boot(id, Millis(ms));
        assert_eq!(unix(5).age(unix(12)), Age::Known(Millis(7)));
        assert_eq!(unix(12).age(unix(5)), Age::Known(Millis(0)));
        assert_eq!(boot(1, 5).age(boot(1, 6)), Age::Known(Millis(1)));
        assert_eq!(boot(1, 5).age(boot(2, 6)), Age::Unknown);
        assert_eq!(boot(1, 5).age(unix(6)), Age::Unknown);
        assert_eq!(Timestamp::UNKNOWN.age(Timestamp::UNKNOWN), Age::Unknown);
    }

    /// An entry expires at the end of its ttl, never without one, and undecided without an age.
    #[test]
    fn expiry_has_three_answers() {
        let ttl = Some(Millis(10));
        assert_eq!(Age::Known(Millis(9)).is_over(ttl), Some(false));
        assert_eq!(Age::Known(Millis(10)).is_over(ttl), Some(true));
        assert_eq!(Age::Known(Millis(u64::MAX)).is_over(None), Some(false));
        assert_eq!(Age::Unknown.is_over(ttl), None);
        assert_eq!(Age::Unknown.is_over(None), Some(false));
    }
}
