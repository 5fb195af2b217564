//! One call through the cache: memory, store, single flight, fetch.

use std::{
    future::{Future, poll_fn},
    mem,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use llm_cache_core::{Millis, RequestKey, Usage, record::Timestamp, table::InsertError};

use super::{
    Age, BypassReason, Cache, Cached, CallOptions, Event, FetchError, Fetched, MissReason, Mode,
    Outcome, Share, SkipReason, StoreOperation, Tier, Verdict,
    call::Packed,
    flight::{Leader, Part},
    memory::Entry,
};
use crate::{clock::millis, store::Stored};

/// Calls share a fetch when they ask for the same and would do the same with the answer.
pub(super) type FlightKey = (RequestKey, Mode);

/// What a leader lands.
#[derive(Clone)]
pub(super) enum Landing {
    /// An answer.
    Answer { payload: Bytes, usage: Option<Usage>, verdict: Verdict },
    /// An error that it shares.
    Error(Packed),
    /// Nothing that anybody else can use: all who waited fetch for themselves, at once.
    Nothing,
}

/// Decides whether an answer may serve a call: one that is stored ([`Verdict::Store`]), or one that
/// landed, with what its own call found.
pub(super) trait Accept: FnMut(&[u8], Verdict) -> bool {}

impl<F: FnMut(&[u8], Verdict) -> bool> Accept for F {}

impl Cache {
    /// The answer to the request `key`: from memory, else from the store, else by `fetch`.
    ///
    /// Of identical calls under way at one time (same key, same mode) one runs its `fetch` and all
    /// get the answer, also one that may not be stored. When that one is dropped or panics, another
    /// takes over with its own `fetch`; `share` decides what becomes of an error. No lock is held
    /// while `fetch` runs. The future may be dropped at any point and needs no certain runtime;
    /// inside tokio, a store that may block is written on tokio's blocking threads.
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
        share: Share<E>,
        fetch: F,
    ) -> Result<Cached, FetchError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
    {
        self.get_or_fetch_if(key, options, share, |_| true, fetch).await
    }

    /// As [`get_or_fetch`](Self::get_or_fetch); an answer that `accept` refuses, stored, or landed
    /// and to be stored by another call, counts as none.
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
        let call = Call { cache: self, key, options, mode: self.effective_mode(options) };
        if call.mode == Mode::Off {
            return call.fetch_past(fetch).await;
        }
        let mut why = match call.look_up(&mut accept) {
            Ok(found) => return Ok(found),
            Err(why) => why,
        };
        if call.mode == Mode::CachedOnly {
            return Err((FetchError::NotCached(why), call.report_lookup(Outcome::Miss { why })));
        }
        loop {
            match self.0.flights.join(&(key, call.mode)).await {
                Part::Lead(leader) => return call.lead(leader, why, share, accept, fetch).await,
                Part::Landed(Landing::Answer { payload, usage, verdict }) => {
                    if accept(&payload, verdict) {
                        let age = Age::Known(Duration::ZERO);
                        let outcome = Outcome::Hit { tier: Tier::Flight, age };
                        call.report_lookup(outcome);
                        return Ok(Cached { payload, usage, outcome, verdict });
                    }
                    why = MissReason::Undecodable;
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
        let Fetched { payload, usage, .. } =
            fetch().await.map_err(|error| (FetchError::Fetch(error), outcome))?;
        let verdict = Verdict::Skip { why: SkipReason::Bypassed };
        Ok(Cached { payload, usage, outcome, verdict })
    }

    /// Fetches for this call and all that wait for it.
    async fn lead<F, Fut, E>(
        &self,
        leader: Leader<'_, FlightKey, Landing>,
        why: MissReason,
        share: Share<E>,
        mut accept: impl Accept,
        fetch: F,
    ) -> Result<Cached, Failure<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
    {
        if leader.took_over {
            self.report(&Event::HandedOver { key: &self.key });
        }
        // Between this call's lookup and its lead another flight may have come and gone.
        if why != MissReason::StoreFault
            && let Ok(found) = self.look_up(&mut accept)
        {
            leader.land(Landing::answer(&found));
            return Ok(found);
        }
        self.fetch_and_keep(Some(leader), why, share, fetch).await
    }

    /// Fetches, for those who wait as well where this call leads, and stores what may be stored.
    async fn fetch_and_keep<F, Fut, E>(
        &self,
        leader: Option<Leader<'_, FlightKey, Landing>>,
        why: MissReason,
        share: Share<E>,
        fetch: F,
    ) -> Result<Cached, Failure<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
    {
        let outcome = self.report_lookup(Outcome::Miss { why });
        let land = |landing: Landing| {
            if let Some(leader) = &leader {
                leader.land(landing);
            }
        };
        match fetch().await {
            Ok(fetched) => Ok(self.keep(land, fetched, outcome).await),
            Err(error) => {
                land(share.pack(&error).map_or(Landing::Nothing, Landing::Error));
                Err((FetchError::Fetch(error), outcome))
            }
        }
    }

    /// Stores what may be stored. Those who wait get it before the store is written, and the
    /// flight stays until then, so that who comes meanwhile finds the answer in it. Nobody
    /// else can use an answer that is not encoded, or that depends on what is not in the key.
    async fn keep(&self, land: impl Fn(Landing), fetched: Fetched, outcome: Outcome) -> Cached {
        let verdict = match fetched.verdict {
            Verdict::Store if self.mode == Mode::ReadOnly => {
                Verdict::Skip { why: SkipReason::ReadOnly }
            }
            verdict => verdict,
        };
        let ttl = fetched.ttl.or(self.options.ttl).or(self.cache.0.ttl);
        let ttl = ttl.into_iter().chain(fetched.ttl_max).min().map(millis);
        let now = self.now();
        let Fetched { payload, usage, cost, .. } = fetched;
        let mut cached = Cached { payload, usage, outcome, verdict };
        if verdict == Verdict::Store {
            let payload = cached.payload.clone();
            let entry = Entry { payload, usage, created: now, ttl, cost };
            let in_memory = self.put_in_memory(&entry, now);
            land(Landing::answer(&cached));
            let in_store = self.put_in_store(entry).await;
            if !in_memory && !in_store {
                cached.verdict = Verdict::Skip { why: SkipReason::NoRoom };
            }
        } else {
            land(match verdict.skip_reason() {
                Some(SkipReason::Unscoped | SkipReason::NotEncoded) => Landing::Nothing,
                _ => Landing::answer(&cached),
            });
        }
        if let Verdict::Skip { why } = cached.verdict {
            self.report(&Event::Skipped { key: &self.key, why });
        }
        cached
    }

    fn put_in_memory(&self, entry: &Entry, now: Millis) -> bool {
        let key = &self.key;
        match self.cache.0.memory.insert(key, entry, now) {
            Ok(()) => {
                let payload_len = entry.payload.len();
                self.report(&Event::Stored { key, tier: Tier::Memory, payload_len });
                true
            }
            Err(InsertError::TooBig { needed, capacity }) => {
                self.report(&Event::TooBig { key, needed, capacity });
                false
            }
            // No room by choice, or its time is over already.
            Err(_) => false,
        }
    }

    async fn put_in_store(&self, entry: Entry) -> bool {
        let Some(backing) = &self.cache.0.backing else { return false };
        let (key, payload_len) = (&self.key, entry.payload.len());
        let stored = Stored {
            created: Timestamp::unix(entry.created),
            ttl: entry.ttl,
            cost: entry.cost,
            usage: entry.usage,
            extensions: Bytes::new(),
            payload: entry.payload,
        };
        match backing.put(*key, stored, self.options.blocking).await {
            Ok(()) => {
                self.report(&Event::Stored { key, tier: Tier::Disk, payload_len });
                true
            }
            Err(error) => {
                let operation = StoreOperation::Put;
                self.report(&Event::StoreFault { operation, error: &*error });
                false
            }
        }
    }

    pub(super) fn now(&self) -> Millis {
        self.cache.0.clock.now()
    }

    pub(super) fn report_lookup(&self, outcome: Outcome) -> Outcome {
        self.report(&Event::Lookup { key: Some(&self.key), outcome });
        outcome
    }

    fn report(&self, event: &Event<'_>) {
        self.cache.report(event);
    }
}

impl Landing {
    fn answer(cached: &Cached) -> Self {
        let Cached { payload, usage, verdict, .. } = cached.clone();
        Self::Answer { payload, usage, verdict }
    }
}

#[cfg(test)]
mod tests;
