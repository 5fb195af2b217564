//! One call through the cache: memory, single flight, store, fetch.

use std::{
    future::{Future, poll_fn},
    mem,
    task::Poll,
};

use llm_cache_core::RequestKey;

use super::{
    BypassReason, Cache, Cached, CallOptions, FetchError, Fetched, MissReason, Mode, Outcome,
    Share, SkipReason, Tier, Verdict, call::Packed, flight::Part,
};
use crate::entry::Entry;

/// Calls share a fetch when they ask for the same and would do the same with the answer.
pub(super) type FlightKey = (RequestKey, Mode);

/// What a leader lands.
#[derive(Clone)]
pub(super) enum Landing {
    /// An answer, and where the leader found it: [`Tier::Flight`] where it was fetched.
    Answer { entry: Entry, verdict: Verdict, tier: Tier },
    /// An error that it shares.
    Error(Packed),
    /// Nothing that anybody else can use: all who waited fetch for themselves, at once.
    Nothing,
}

impl Landing {
    pub(super) fn answer(cached: &Cached, tier: Tier) -> Self {
        Self::Answer { entry: cached.entry.clone(), verdict: cached.verdict, tier }
    }
}

/// Decides whether an answer may serve a call: one that is stored ([`Verdict::Store`]), or one that
/// landed, with what its own call found.
pub(super) trait Accept: FnMut(&[u8], Verdict) -> bool {}

impl<F: FnMut(&[u8], Verdict) -> bool> Accept for F {}

impl Cache {
    /// The answer to the request `key`: from memory, else from the store, else by `fetch`.
    ///
    /// Of identical calls under way at one time (same key, same mode) one asks the store and runs
    /// its `fetch`, and all get the answer, also one that may not be stored. When that one is
    /// dropped or panics, another takes over with its own `fetch`. An error of `fetch` is cloned
    /// for all who waited; [`get_or_fetch_sharing`](Self::get_or_fetch_sharing) decides otherwise.
    /// No lock is held while `fetch` runs. The future may be dropped at any point and needs no
    /// certain runtime; what may wait for a disk does so on another thread.
    ///
    /// A hit in memory shares the payload; nothing is copied.
    ///
    /// # Errors
    ///
    /// [`FetchError::Fetch`] with the error of the fetch, [`FetchError::NotCached`] in
    /// [`Mode::CachedOnly`]. Faults of the cache are events, not errors.
    pub async fn get_or_fetch<F, Fut, E>(
        &self,
        key: RequestKey,
        options: &CallOptions,
        fetch: F,
    ) -> Result<Cached, FetchError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
        E: Clone + Send + Sync + 'static,
    {
        self.get_or_fetch_sharing(key, options, Share::cloned(), fetch).await
    }

    /// As [`get_or_fetch`](Self::get_or_fetch); `share` decides what becomes of an error.
    ///
    /// # Errors
    ///
    /// As [`get_or_fetch`](Self::get_or_fetch).
    pub async fn get_or_fetch_sharing<F, Fut, E>(
        &self,
        key: RequestKey,
        options: &CallOptions,
        share: Share<E>,
        fetch: F,
    ) -> Result<Cached, FetchError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
    {
        self.get_or_fetch_if(key, options, share, |_| true, fetch).await
    }

    /// As [`get_or_fetch_sharing`](Self::get_or_fetch_sharing); an answer that `accept` refuses,
    /// stored, or landed and to be stored by another call, counts as none.
    pub(crate) async fn get_or_fetch_if<F, Fut, E>(
        &self,
        key: RequestKey,
        options: &CallOptions,
        share: Share<E>,
        mut accept: impl FnMut(&[u8]) -> bool,
        fetch: F,
    ) -> Result<Cached, FetchError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
    {
        let accept = |payload: &[u8], verdict| is_final(verdict) || accept(payload);
        self.fetch_if(key, options, share, accept, fetch).await.map_err(|(error, _)| error)
    }

    /// As [`get_or_fetch_if`](Self::get_or_fetch_if); an error comes with the lookup's outcome, and
    /// `accept` is asked of every answer that landed.
    pub(crate) async fn fetch_if<F, Fut, E>(
        &self,
        key: RequestKey,
        options: &CallOptions,
        share: Share<E>,
        mut accept: impl FnMut(&[u8], Verdict) -> bool,
        fetch: F,
    ) -> Result<Cached, Failure<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
    {
        match self.look_in_memory(key, options, &mut accept) {
            Ok(found) => Ok(found),
            Err(why) => self.fetch_after(why, key, options, share, accept, fetch).await,
        }
    }

    /// As [`fetch_if`](Self::fetch_if), for a call that has looked in memory and has missed there.
    pub(crate) async fn fetch_after<F, Fut, E>(
        &self,
        in_memory: MissReason,
        key: RequestKey,
        options: &CallOptions,
        share: Share<E>,
        mut accept: impl FnMut(&[u8], Verdict) -> bool,
        fetch: F,
    ) -> Result<Cached, Failure<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
    {
        let call = Call { cache: self, key, options, mode: self.effective_mode(options) };
        if call.mode == Mode::Off {
            return call.fetch_past(fetch).await;
        }
        let mut why = in_memory;
        if call.mode == Mode::CachedOnly {
            return call.look_in_store(why, &mut accept).await.map_err(|why| {
                (FetchError::NotCached(why), call.report_lookup(Outcome::Miss { why }))
            });
        }
        loop {
            match self.0.flights.join(&(key, call.mode)).await {
                Part::Lead(leader) => return call.lead(leader, why, share, accept, fetch).await,
                Part::Landed(Landing::Answer { entry, verdict, tier }) => {
                    match call.take_landed(entry, verdict, tier, &mut accept) {
                        Ok(cached) => return Ok(cached),
                        Err(refused) => why = refused,
                    }
                    // The flight lasts until its answer is in the store. On an executor of one
                    // thread that never comes while this call looks again and again.
                    yield_once().await;
                }
                Part::Landed(Landing::Error(packed)) => {
                    // Of another type when two callers disagree about the error of one key; then
                    // it is as good as not shared.
                    let Some(error) = share.unpack(&packed) else {
                        return call.fetch_and_keep(None, why, share, fetch).await;
                    };
                    let outcome = call.report_lookup(Outcome::Miss { why });
                    return Err((FetchError::Fetch(error), outcome));
                }
                Part::Landed(Landing::Nothing) => {
                    return call.fetch_and_keep(None, why, share, fetch).await;
                }
            }
        }
    }
}

/// Lets other tasks of the thread run; needs no certain runtime.
async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Whether an answer that landed must be taken as it is. What its own call found unfit to be stored
/// would come again like that: the provider has just answered, and to ask once for each that waits
/// would help nobody.
fn is_final(landed: Verdict) -> bool {
    landed.skip_reason().is_some_and(|why| why != SkipReason::ReadOnly)
}

/// An error, and how the lookup came out before it.
pub(crate) type Failure<E> = (FetchError<E>, Outcome);

/// What stays the same throughout one call.
pub(super) struct Call<'a> {
    pub(super) cache: &'a Cache,
    pub(super) key: RequestKey,
    pub(super) options: &'a CallOptions,
    pub(super) mode: Mode,
}

impl Call<'_> {
    /// Mode off: no lookup, no flight, no storing.
    async fn fetch_past<F, Fut, E>(&self, fetch: F) -> Result<Cached, Failure<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
    {
        let outcome = self.cache.bypass(BypassReason::ModeOff);
        let Fetched { entry, .. } =
            fetch().await.map_err(|error| (FetchError::Fetch(error), outcome))?;
        let verdict = Verdict::Skip { why: SkipReason::Bypassed };
        Ok(Cached { entry, outcome, verdict })
    }
}

#[cfg(test)]
mod tests;
