//! One call: through the cache, or past it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use llm_cache_core::reply;

use super::answer::Answer;
use super::answered::{Answered, ExchangeError, NotCached};
use super::judge::Judged;
use crate::cache::{BypassReason, FetchError, Fetched, Share, SkipReason, Verdict};

impl Judged<'_> {
    /// The answer: from the cache, or by `fetch`, which runs at most once.
    ///
    /// `accept` turns the body of an answer into what the caller wants of it. It is asked of every
    /// answer that may be stored or was stored; `None` refuses it: a fetched one is then not
    /// stored, and a stored one is fetched anew. So a typed answer is decoded once, whether it is
    /// fetched or found.
    ///
    /// Of identical calls under way one fetches, and all get its answer; `share` decides what
    /// becomes of its error. The future may be dropped at any point. It is `Send` if `T`, `E` and
    /// the closures are.
    ///
    /// # Errors
    /// [`ExchangeError::Fetch`] with the error of the fetch; [`ExchangeError::NotCached`] in
    /// [`Mode::CachedOnly`](crate::cache::Mode::CachedOnly). A fault of the cache is an event and
    /// no error.
    pub async fn answer<T, E, F, Fut>(
        &self,
        share: Share<E>,
        accept: impl FnMut(&[u8]) -> Option<T>,
        fetch: F,
    ) -> Result<Answered<T>, ExchangeError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Answer, E>>,
    {
        let (Some(cache), Ok(key)) = (self.exchange.cache, self.key) else {
            let why = self.bypass_reason().filter(|_| self.exchange.cache.is_some());
            return self.answer_past(why.unwrap_or(BypassReason::NoCache), accept, fetch).await;
        };
        let hook = Hook::new(accept);
        let mut own = None;
        let judged_fetch = async || {
            let answer = fetch().await?;
            let (dialect, tenant) = (self.exchange.dialect(), self.exchange.options.tenant);
            let mut fetched = answer.into_fetched(dialect, tenant, |body| hook.take(body));
            fetched.ttl_max = self.ttl_max();
            own = Some(fetched.verdict);
            Ok::<_, E>(fetched)
        };
        let call = &self.exchange.options.call;
        let accept = |body: &[u8]| hook.take(body);
        let cached = cache.get_or_fetch_if(key, call, share, accept, judged_fetch).await.map_err(
            |error| match error {
                FetchError::Fetch(error) => ExchangeError::Fetch(error),
                FetchError::NotCached(why) => ExchangeError::NotCached(NotCached::Miss(why)),
            },
        )?;
        Ok(Answered {
            value: hook.into_value(),
            entry: cached.entry,
            outcome: cached.outcome,
            verdict: cached.verdict,
            storable: own.unwrap_or_else(|| of_answer(cached.verdict)),
        })
    }

    /// The answer of a fetch that the cache has no part in.
    async fn answer_past<T, E, F, Fut>(
        &self,
        why: BypassReason,
        accept: impl FnMut(&[u8]) -> Option<T>,
        fetch: F,
    ) -> Result<Answered<T>, ExchangeError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Answer, E>>,
    {
        let outcome = self.pass(why).map_err(ExchangeError::NotCached)?;
        let answer = fetch().await.map_err(ExchangeError::Fetch)?;
        let hook = Hook::new(accept);
        let Fetched { entry, verdict, .. } =
            answer.into_fetched(self.exchange.dialect(), None, |body| hook.take(body));
        Ok(Answered {
            value: hook.into_value(),
            entry,
            outcome,
            verdict: Verdict::Skip { why: SkipReason::Bypassed },
            storable: self.bypass_reason().map_or(verdict, of_bypassed),
        })
    }
}

/// What a verdict says of the answer alone: not what this call's mode or its cache's room does.
fn of_answer(verdict: Verdict) -> Verdict {
    match verdict.skip_reason() {
        Some(SkipReason::ReadOnly | SkipReason::NoRoom) => Verdict::Store,
        _ => verdict,
    }
}

/// What a request that goes past every cache says about storing its answer.
fn of_bypassed(why: BypassReason) -> Verdict {
    let why = match why {
        BypassReason::Request(reply::BypassReason::Streaming) => SkipReason::Streamed,
        _ => SkipReason::Bypassed,
    };
    Verdict::Skip { why }
}

/// The accept hook and what it made of the last body. Lookup and fetch of a call both ask it, one
/// after the other, so its lock never waits: it is there to make the call's future `Send`.
struct Hook<A, T>(Mutex<(A, Option<T>)>);

impl<T, A: FnMut(&[u8]) -> Option<T>> Hook<A, T> {
    const fn new(accept: A) -> Self {
        Self(Mutex::new((accept, None)))
    }

    /// Asks the hook; tells whether it accepts.
    fn take(&self, body: &[u8]) -> bool {
        let (accept, value) = &mut *self.lock();
        *value = accept(body);
        value.is_some()
    }

    fn into_value(self) -> Option<T> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).1
    }

    fn lock(&self) -> MutexGuard<'_, (A, Option<T>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
