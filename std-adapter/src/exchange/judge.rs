//! A request judged: whether the cache takes part in it, and under which key.

use std::{fmt, time::Duration};

use llm_cache_core::json::JsonValue;
use llm_cache_core::key::{Dialect, KeyHasher};
use llm_cache_core::reply::{self, RequestVerdict, request_verdict, ttl_max};
use llm_cache_core::{Millis, RequestKey};

use super::answered::NotCached;
use super::options::Options;
use crate::cache::{Age, BypassReason, Cache, Mode, Outcome};

/// The caching decision around calls of one scope.
///
/// An exchange only borrows, so a caller makes one for each call; this allocates nothing.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    pub(super) cache: Option<&'a Cache>,
    pub(super) options: Options,
    hasher: &'a KeyHasher,
}

impl<'a> Exchange<'a> {
    /// An exchange in the scope that `hasher` has taken in
    /// ([`Scope::hasher`](llm_cache_core::key::Scope::hasher)), with everything else as the cache
    /// has it. Without a cache every call is fetched, as [`BypassReason::NoCache`].
    #[must_use]
    pub const fn new(cache: Option<&'a Cache>, hasher: &'a KeyHasher) -> Self {
        Self { cache, options: Options::new(), hasher }
    }

    /// Sets what a call may do.
    #[must_use]
    pub const fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Judges the request with this body and gives it its key. O(length of the body); no I/O.
    #[must_use]
    pub fn judge(&self, body: &'a [u8]) -> Judged<'a> {
        Judged { exchange: *self, body, key: self.key_of(body) }
    }

    /// The key of a body, or why it has none. What has a canonical form is sound JSON, so the body
    /// is read once for its key and once for the members that the verdict depends on.
    fn key_of(&self, body: &[u8]) -> Result<RequestKey, BypassReason> {
        let key = self.hasher.key_alloc(body).ok();
        let checked = key.and_then(|_| str::from_utf8(body).ok()).map(JsonValue::assume_valid);
        let value = match checked {
            Some(value) => value,
            None => JsonValue::parse(body).map_err(|_| reply::BypassReason::NotJson)?,
        };
        match request_verdict(self.dialect(), value, self.options.of_verdict()) {
            RequestVerdict::Bypass { why } => Err(why.into()),
            RequestVerdict::Cacheable => key.ok_or(BypassReason::Unkeyable),
        }
    }

    pub(super) const fn dialect(&self) -> Dialect {
        self.hasher.dialect()
    }
}

/// A request that was judged, about to be answered: [`answer`](Self::answer).
///
/// A request without a key is sent all the same; its answer is not stored.
///
/// ```
/// use llm_cache::exchange::Exchange;
/// use llm_cache::llm_cache_core::key::{Dialect, Endpoint, Scope, Tenant};
/// use llm_cache::llm_cache_core::reply::BypassReason;
///
/// let scope = Scope::new(Dialect::OpenAiChat, Endpoint::Id("example"), Tenant::Shared);
/// let hasher = scope.hasher().expect("an id is no URL");
/// let exchange = Exchange::new(None, &hasher);
/// assert!(exchange.judge(br#"{"model":"m","messages":[]}"#).key().is_some());
/// let streaming = exchange.judge(br#"{"model":"m","messages":[],"stream":true}"#);
/// assert_eq!(streaming.bypass_reason(), Some(BypassReason::Streaming.into()));
/// ```
#[derive(Clone, Copy)]
pub struct Judged<'a> {
    pub(super) exchange: Exchange<'a>,
    pub(super) key: Result<RequestKey, BypassReason>,
    body: &'a [u8],
}

impl Judged<'_> {
    /// The key of the request; `None` where its answer may not come from a cache.
    #[must_use]
    pub fn key(&self) -> Option<&RequestKey> {
        self.key.as_ref().ok()
    }

    /// What in the request itself speaks against the cache.
    #[must_use]
    pub fn bypass_reason(&self) -> Option<BypassReason> {
        self.key.err()
    }

    /// Whether [`answer`](Self::answer) goes through a cache: there is one, and the request has a
    /// key. The mode may still be [`Mode::Off`].
    #[must_use]
    pub fn is_cacheable(&self) -> bool {
        self.exchange.cache.is_some() && self.key.is_ok()
    }

    /// Counts and reports a call that neither reads nor writes the cache, such as a stream. The
    /// caller then fetches the answer itself.
    ///
    /// # Errors
    /// [`NotCached`] in [`Mode::CachedOnly`], which promises that nothing goes upstream.
    pub fn pass(&self, why: BypassReason) -> Result<Outcome, NotCached> {
        let Exchange { cache, options, .. } = &self.exchange;
        let mode = match cache {
            Some(cache) => Some(cache.effective_mode(&options.call)),
            None => options.call.mode,
        };
        if mode == Some(Mode::CachedOnly) {
            return Err(NotCached::Bypass(why));
        }
        Ok(match cache {
            Some(cache) => cache.bypass(why),
            None => Outcome::Bypass { why },
        })
    }

    /// How long the caller may keep a result of the answer from now on, if there is a limit. The
    /// limit is the shorter of the options' time for live tools and the provider's own storage
    /// time. The age of the answer is subtracted from the limit.
    #[must_use]
    pub fn keep_for(&self, outcome: Outcome) -> Option<Duration> {
        let limits = self.exchange.options.live_ttl.into_iter().chain(self.ttl_max());
        let age = match outcome {
            Outcome::Hit { age: Age::Known(age), .. } => age,
            _ => Duration::ZERO,
        };
        limits.min().map(|limit| limit.saturating_sub(age))
    }

    /// How long the answer may be kept at most, whatever its caller says.
    pub(super) fn ttl_max(&self) -> Option<Duration> {
        ttl_max_of(self.exchange.dialect(), self.body)
    }
}

/// How long the answer to a body may be kept at most; none where there is no such limit.
fn ttl_max_of(dialect: Dialect, body: &[u8]) -> Option<Duration> {
    if !dialect.stores_answers() {
        return None;
    }
    let value = JsonValue::parse(body).ok()?;
    ttl_max(dialect, value).map(|Millis(time)| Duration::from_millis(time))
}

impl fmt::Debug for Judged<'_> {
    /// Shows the length of the body, not its text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judged")
            .field("key", &self.key)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What OpenAI stores is kept for a week at most, unless its request says not to store it.
    #[test]
    fn stored_answers_have_a_limit() {
        let week = Some(Duration::from_secs(7 * 86_400));
        for (body, limit) in
            [(r#"{"store":false}"#, None), (r#"{"store":true}"#, week), ("{}", week)]
        {
            assert_eq!(ttl_max_of(Dialect::OpenAiResponses, body.as_bytes()), limit, "{body}");
            assert_eq!(ttl_max_of(Dialect::OpenAiChat, body.as_bytes()), None, "{body}");
        }
        assert_eq!(ttl_max_of(Dialect::OpenAiResponses, b"no JSON"), None);
    }
}
