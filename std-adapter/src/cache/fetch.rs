//! One call through the cache: memory, store, single flight, fetch.

use std::{
    future::{Future, poll_fn},
    mem,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use llm_cache_core::{
    Millis, RequestKey, Usage,
    record::{self, Timestamp},
    table::InsertError,
};

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

/// What a leader lands: an answer, or an error that it shares.
#[derive(Clone)]
pub(super) enum Landing {
    Answer { payload: Bytes, usage: Option<Usage>, verdict: Verdict },
    Error(Packed),
}

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
        accept: impl FnMut(&[u8]) -> bool,
        fetch: F,
    ) -> Result<Cached, FetchError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, E>>,
    {
        self.fetch_if(key, options, share, accept, fetch).await.map_err(|(error, _)| error)
    }

    /// As [`get_or_fetch_if`](Self::get_or_fetch_if); an error comes with the lookup's outcome.
    pub(crate) async fn fetch_if<F, Fut, E>(
        &self,
        key: RequestKey,
        options: &CallOptions,
        share: Share<E>,
        mut accept: impl FnMut(&[u8]) -> bool,
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
                    if is_final(verdict) || accept(&payload) {
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
                    if let Some(error) = share.unpack(&packed) {
                        let outcome = call.report_lookup(Outcome::Miss { why });
                        return Err((FetchError::Fetch(error), outcome));
                    }
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
struct Call<'a> {
    cache: &'a Cache,
    key: RequestKey,
    options: &'a CallOptions,
    mode: Mode,
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

    /// Memory, then the store. The reason for a miss is the more telling one of the two.
    fn look_up(&self, accept: &mut impl FnMut(&[u8]) -> bool) -> Result<Cached, MissReason> {
        if self.mode == Mode::Refresh {
            return Err(MissReason::Refresh);
        }
        self.look_in_memory(accept).or_else(|in_memory| {
            self.look_in_store(accept).map_err(|in_store| match in_store {
                MissReason::Absent => in_memory,
                told => told,
            })
        })
    }

    fn look_in_memory(&self, accept: &mut impl FnMut(&[u8]) -> bool) -> Result<Cached, MissReason> {
        let now = self.now();
        let entry = self.cache.0.memory.lookup(&self.key, now)?;
        let age = Age::Known(Duration::from_millis(now.since(entry.created).0));
        self.serve(Tier::Memory, age, entry.payload, entry.usage, accept)
    }

    fn look_in_store(&self, accept: &mut impl FnMut(&[u8]) -> bool) -> Result<Cached, MissReason> {
        let found = self.cache.ask_store(StoreOperation::Get, |store| store.get(&self.key));
        let stored = found.map_err(|_| MissReason::StoreFault)?.flatten();
        let Stored { created, ttl, cost, usage, payload, .. } = stored.ok_or(MissReason::Absent)?;
        let now = self.now();
        let age = created.age(Timestamp::unix(now));
        // Of an unknown age and yet bound to a time, an entry must be taken for expired.
        if ttl.is_some_and(|ttl| !matches!(age, record::Age::Known(age) if age < ttl)) {
            return Err(MissReason::Expired);
        }
        let entry = Entry { payload: payload.clone(), usage, created: created.ms, ttl, cost };
        let (age, readable) = match age {
            record::Age::Known(age) => (Age::Known(Duration::from_millis(age.0)), true),
            record::Age::Unknown => (Age::Unknown, false),
        };
        let served = self.serve(Tier::Disk, age, payload, usage, accept)?;
        if readable {
            // Where memory has no room for it, the store has it still.
            let _ = self.cache.0.memory.insert(&self.key, &entry, now);
        }
        Ok(served)
    }

    fn serve(
        &self,
        tier: Tier,
        age: Age,
        payload: Bytes,
        usage: Option<Usage>,
        accept: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<Cached, MissReason> {
        if !accept(&payload) {
            return Err(MissReason::Undecodable);
        }
        let outcome = Outcome::Hit { tier, age };
        self.report_lookup(outcome);
        Ok(Cached { payload, usage, outcome, verdict: Verdict::Store })
    }

    /// Fetches for this call and all that wait for it.
    async fn lead<F, Fut, E>(
        &self,
        leader: Leader<'_, FlightKey, Landing>,
        why: MissReason,
        share: Share<E>,
        mut accept: impl FnMut(&[u8]) -> bool,
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
        let outcome = Outcome::Miss { why };
        self.report_lookup(outcome);
        let fetched = match fetch().await {
            Ok(fetched) => fetched,
            Err(error) => {
                if let Some(packed) = share.pack(&error) {
                    leader.land(Landing::Error(packed));
                }
                return Err((FetchError::Fetch(error), outcome));
            }
        };
        Ok(self.keep(&leader, fetched, outcome).await)
    }

    /// Stores what may be stored. Those who wait get it before the store is written, and the
    /// flight stays until then, so that who comes meanwhile finds the answer in it. Nobody
    /// else can use an answer that is not encoded, or that depends on what is not in the key.
    async fn keep(
        &self,
        leader: &Leader<'_, FlightKey, Landing>,
        fetched: Fetched,
        outcome: Outcome,
    ) -> Cached {
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
            leader.land(Landing::answer(&cached));
            let in_store = self.put_in_store(entry).await;
            if !in_memory && !in_store {
                cached.verdict = Verdict::Skip { why: SkipReason::NoRoom };
            }
        } else if !matches!(
            verdict.skip_reason(),
            Some(SkipReason::Unscoped | SkipReason::NotEncoded)
        ) {
            leader.land(Landing::answer(&cached));
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

    fn now(&self) -> Millis {
        self.cache.0.clock.now()
    }

    fn report_lookup(&self, outcome: Outcome) -> Outcome {
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
