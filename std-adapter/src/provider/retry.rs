//! Which failures are tried again, and how long to wait: the policy of the providers' own SDKs.

use core::time::Duration;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::SystemTime;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// When a request is sent again after a failure.
///
/// Tried again: failures to connect, a connection lost before the answer was whole, timeouts, and
/// the statuses 408, 409, 429 and from 500 up, unless the answer's `x-should-retry` header says
/// otherwise. Never: a spent budget, whatever the headers say; waiting does not refill it.
///
/// Before the n-th retry (from 0) the client waits as long as `retry-after-ms` or `retry-after` (in
/// seconds, or until a date) asks, if that is at most [`retry_after_max`](Self::retry_after_max);
/// zero, or a date that is past, means at once. Without such a header the client waits
/// `min(first * 2^n, max)`, shortened at random by up to a quarter so that clients that failed
/// together do not return together.
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
    /// the SDKs do. Default 60 s. Zero ignores every wait that the header asks for.
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
            Some(asked) if asked <= self.retry_after_max => Some(asked),
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

/// The wait that the headers of an answer ask for: `retry-after-ms`, else `retry-after` in seconds
/// or as a date in one of the three forms of RFC 9110 section 5.6.7.
///
/// A date is read by the clock of the server that wrote it, the answer's `date`, as far as there is
/// one: the two clocks need not agree. `now` is ours.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let milliseconds = text("retry-after-ms").and_then(|text| length(text, 0.001));
    milliseconds.or_else(|| {
        let told = text(RETRY_AFTER.as_str())?;
        length(told, 1.0).or_else(|| {
            let until = httpdate::parse_http_date(told).ok()?;
            let date = text(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
            Some(until.duration_since(date.unwrap_or(now)).unwrap_or_default())
        })
    })
}

/// A count of units as a length of time; `None` where it is negative or none at all.
fn length(count: &str, unit_seconds: f64) -> Option<Duration> {
    let count: f64 = count.parse().ok()?;
    Duration::try_from_secs_f64(count * unit_seconds).ok()
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

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    /// A `retry-after` of up to 60 s is obeyed; more, and nonsense, fall back to the backoff.
    #[test]
    fn obeys_retry_after() {
        let policy = RetryPolicy::default();
        let wait = |lines: &[(&'static str, &str)]| {
            let asked = retry_after(&headers(lines), SystemTime::UNIX_EPOCH);
            policy.wait(&Hint { retry_after: asked, ..status(429) }, 0, 0.0).unwrap().as_millis()
        };
        for (text, expected) in [
            ("7", 7_000),
            (" 7 ", 7_000),
            ("0.25", 250),
            ("60", 60_000),
            ("0", 0),
            ("61", 500),
            ("-1", 500),
            ("1e300", 500),
            ("99999999999999999999999", 500),
            ("soon", 500),
            ("NaN", 500),
            ("inf", 500),
            ("", 500),
            ("Thu, 01 Jan 1970 00:00:07 GMT", 7_000),
            ("Thu, 01 Jan 1970 00:01:01 GMT", 500),
            ("Thu, 01 Jan 1970 00:00:07", 500),
        ] {
            assert_eq!(wait(&[("retry-after", text)]), expected, "{text}");
        }
        assert_eq!(wait(&[("retry-after-ms", "250"), ("retry-after", "7")]), 250);
        assert_eq!(wait(&[("retry-after-ms", "x"), ("retry-after", "7")]), 7_000);
        assert_eq!(wait(&[("retry-after-ms", "-1")]), 500);
    }

    /// All three forms of a date are read, by the server's clock where the server tells the time;
    /// a date that is past means at once.
    #[test]
    fn reads_dates() {
        // 1994-11-06 08:49:37 UTC, the example of RFC 9110.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let early = "Sun, 06 Nov 1994 08:49:30 GMT";
        for (date, date_header, seconds) in [
            ("Sun, 06 Nov 1994 08:49:41 GMT", None, 4),
            ("Sunday, 06-Nov-94 08:49:41 GMT", None, 4),
            ("Sun Nov  6 08:49:41 1994", None, 4),
            ("Sun, 06 Nov 1994 08:49:37 GMT", None, 0),
            ("Sun, 06 Nov 1994 08:49:36 GMT", None, 0),
            ("Sunday, 06-Nov-94 08:49:36 GMT", None, 0),
            ("Sun Nov  6 08:49:36 1994", None, 0),
            ("Sun, 06 Nov 1994 08:49:41 GMT", Some(early), 11),
            ("Sun, 06 Nov 1994 08:49:29 GMT", Some(early), 0),
            ("Sun, 06 Nov 1994 08:49:41 GMT", Some("noon"), 4),
        ] {
            let mut lines = vec![("retry-after", date)];
            lines.extend(date_header.map(|text| ("date", text)));
            let asked = retry_after(&headers(&lines), now);
            assert_eq!(asked, Some(Duration::from_secs(seconds)), "{date} {date_header:?}");
        }
        // Half a second past the full one, half of the last is left.
        let later = now + Duration::from_millis(500);
        let asked = retry_after(&headers(&[("retry-after", "Sun Nov  6 08:49:38 1994")]), later);
        assert_eq!(asked, Some(Duration::from_millis(500)));
    }

    /// The jitter is in 0..1 and not constant.
    #[test]
    fn jitters() {
        let drawn: Vec<f64> = (0..16).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|value| (0.0..1.0).contains(value)));
        assert!(drawn.iter().any(|value| value != &drawn[0]));
    }
}
