//! Which failures are tried again, and how long to wait: the policy of the providers' own SDKs.

use core::time::Duration;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// When a request is sent again after a failure.
///
/// Tried again: failures to connect, a connection lost before the answer was whole, timeouts, and
/// the statuses 408, 409, 429 and from 500 up, unless the answer's `x-should-retry` header says
/// otherwise. Never: a spent budget, whatever the headers say; waiting does not refill it.
///
/// Before the n-th retry (from 0) the client waits as long as `retry-after-ms` or `retry-after` (in
/// seconds) asks, if that is more than zero and at most [`retry_after_max`](Self::retry_after_max);
/// else `min(first * 2^n, max)`, shortened at random by up to a quarter so that clients that
/// failed together do not return together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    retries: u32,
    first: Duration,
    max: Duration,
    retry_after_max: Duration,
}

impl Default for RetryPolicy {
    /// Two retries, half a second doubling up to 8 seconds, `retry-after` of up to a minute obeyed.
    fn default() -> Self {
        Self {
            retries: 2,
            first: Duration::from_millis(500),
            max: Duration::from_secs(8),
            retry_after_max: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Sends every request once.
    #[must_use]
    pub fn never() -> Self {
        Self::default().retries(0)
    }

    /// How many times a request is sent again at most. Default 2.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The wait before the first retry and the longest wait, where the provider asks for none.
    /// Default 500 ms and 8 s. Zero waits are allowed, for tests.
    #[must_use]
    pub fn backoff(mut self, first: Duration, max: Duration) -> Self {
        self.first = first;
        self.max = max;
        self
    }

    /// The longest `retry-after` that is obeyed; a longer one is answered by the own backoff, as
    /// the SDKs do. Default 60 s. Zero ignores the header.
    #[must_use]
    pub fn retry_after_max(mut self, max: Duration) -> Self {
        self.retry_after_max = max;
        self
    }

    /// The wait before sending again, or `None` to give up. `retried` counts the retries so far;
    /// `random` is uniform in 0..1.
    pub(crate) fn wait(&self, failure: &Hint, retried: u32, random: f64) -> Option<Duration> {
        if retried >= self.retries || !failure.retryable() {
            return None;
        }
        match failure.retry_after {
            Some(asked) if !asked.is_zero() && asked <= self.retry_after_max => Some(asked),
            _ => {
                let doubled = 2_u32.checked_pow(retried).unwrap_or(u32::MAX);
                let full = self.first.saturating_mul(doubled).min(self.max);
                Some(full.mul_f64(1.0 - 0.25 * random.clamp(0.0, 1.0)))
            }
        }
    }
}

/// What a failure says about trying again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hint {
    /// The status, or `None` where no answer came.
    pub(crate) status: Option<u16>,
    /// The connection failed or was lost, or time ran out.
    pub(crate) connection: bool,
    /// `x-should-retry`.
    pub(crate) should_retry: Option<bool>,
    /// `retry-after-ms` or `retry-after`.
    pub(crate) retry_after: Option<Duration>,
    /// The account's money is spent.
    pub(crate) spent: bool,
}

impl Hint {
    fn retryable(&self) -> bool {
        if self.spent {
            return false;
        }
        match (self.should_retry, self.status) {
            (Some(said), _) => said,
            (None, Some(status)) => {
                self.connection || matches!(status, 408 | 409 | 429) || status >= 500
            }
            (None, None) => self.connection,
        }
    }
}

/// A `retry-after-ms` or `retry-after` header as a length of time. Dates are not read: the two
/// providers send seconds.
pub(crate) fn retry_after(milliseconds: Option<&str>, seconds: Option<&str>) -> Option<Duration> {
    let read = |text: &str, unit: f64| {
        let value: f64 = text.trim().parse().ok()?;
        Duration::try_from_secs_f64(value * unit).ok()
    };
    milliseconds
        .and_then(|text| read(text, 0.001))
        .or_else(|| seconds.and_then(|text| read(text, 1.0)))
}

/// A number in 0..1, different for every call: good enough to spread retries, not for secrets.
pub(crate) fn jitter() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    // 53 bits fit a double exactly.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let unit = bits as f64 / (1_u64 << 53) as f64;
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Hint {
        Hint { status: Some(status), ..Hint::default() }
    }

    /// The statuses of the SDK policy are retried, all others are not.
    #[test]
    fn retries_the_listed_statuses() {
        let policy = RetryPolicy::default();
        for code in 100..600 {
            let expected = matches!(code, 408 | 409 | 429) || code >= 500;
            assert_eq!(policy.wait(&status(code), 0, 0.0).is_some(), expected, "{code}");
        }
        assert!(policy.wait(&Hint { connection: true, ..Hint::default() }, 0, 0.0).is_some());
        assert!(policy.wait(&Hint::default(), 0, 0.0).is_none());
    }

    /// `x-should-retry` overrules the status both ways; a spent budget overrules everything.
    #[test]
    fn obeys_the_header_but_never_retries_spent_money() {
        let policy = RetryPolicy::default();
        let yes = Hint { should_retry: Some(true), ..status(400) };
        let no = Hint { should_retry: Some(false), ..status(500) };
        let spent = Hint { spent: true, should_retry: Some(true), ..status(429) };
        assert!(policy.wait(&yes, 0, 0.0).is_some());
        assert!(policy.wait(&no, 0, 0.0).is_none());
        assert!(policy.wait(&spent, 0, 0.0).is_none());
    }

    /// The waits are 0.5, 1, 2, 4, 8, 8 s less up to a quarter, and the count is bounded.
    #[test]
    fn backs_off() {
        let policy = RetryPolicy::default().retries(40);
        for (retried, full_ms) in [(0, 500), (1, 1000), (3, 4000), (4, 8000), (39, 8000)] {
            let full = Duration::from_millis(full_ms);
            assert_eq!(policy.wait(&status(500), retried, 0.0), Some(full));
            assert_eq!(policy.wait(&status(500), retried, 1.0), Some(full.mul_f64(0.75)));
        }
        assert_eq!(policy.wait(&status(500), 40, 0.0), None);
        assert_eq!(RetryPolicy::never().wait(&status(500), 0, 0.0), None);
    }

    /// A `retry-after` in (0, 60] s is obeyed; zero, more, and nonsense fall back to the backoff.
    #[test]
    fn obeys_retry_after() {
        let policy = RetryPolicy::default();
        let after = |wait| Hint { retry_after: wait, ..status(429) };
        let seconds = |text| retry_after(None, Some(text));
        assert_eq!(policy.wait(&after(seconds("7")), 0, 0.0), Some(Duration::from_secs(7)));
        assert_eq!(policy.wait(&after(seconds("60")), 0, 0.0), Some(Duration::from_secs(60)));
        for text in ["61", "0", "-1", "soon", "NaN", "inf", "1e300", ""] {
            let wait = policy.wait(&after(seconds(text)), 0, 0.0);
            assert_eq!(wait, Some(Duration::from_millis(500)), "{text}");
        }
        assert_eq!(retry_after(Some("250"), Some("7")), Some(Duration::from_millis(250)));
    }

    /// The jitter is in 0..1 and not constant.
    #[test]
    fn jitters() {
        let drawn: Vec<f64> = (0..16).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|value| (0.0..1.0).contains(value)));
        assert!(drawn.iter().any(|value| value != &drawn[0]));
    }
}
