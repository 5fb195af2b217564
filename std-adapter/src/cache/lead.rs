//! The call that leads a flight: it asks the store, fetches, and keeps what may be kept.

use std::future::Future;

use llm_cache_core::{Millis, record::Timestamp, table::InsertError};

use super::{
    Cached, Event, FetchError, Fetched, MissReason, Mode, Outcome, Share, SkipReason,
    StoreOperation, Tier, Verdict,
    fetch::{Accept, Call, Failure, FlightKey, Landing},
    flight::Leader,
};
use crate::{clock::millis, entry::Entry};

impl Call<'_> {
    /// Asks the store and fetches, for this call and all that wait for it.
    pub(super) async fn lead<F, Fut, E>(
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
        // Between this call's lookup and its lead another flight may have come and gone, and have
        // put its answer into memory.
        let found = match self.look_in_memory(&mut accept) {
            Ok(found) => Ok(found),
            Err(_) => self.look_in_store(why, &mut accept).await,
        };
        match found {
            Ok(found) => {
                let tier = found.outcome.tier().unwrap_or(Tier::Flight);
                leader.land(Landing::answer(&found, tier));
                Ok(found)
            }
            Err(why) => self.fetch_and_keep(Some(leader), why, share, fetch).await,
        }
    }

    /// Fetches, for those who wait as well where this call leads, and stores what may be stored.
    pub(super) async fn fetch_and_keep<F, Fut, E>(
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
        let entry = Entry { created: Timestamp::unix(now), ttl, ..fetched.entry };
        let mut cached = Cached { entry, outcome, verdict };
        if verdict == Verdict::Store {
            let in_memory = self.put_in_memory(&cached.entry, now);
            land(Landing::answer(&cached, Tier::Flight));
            let in_store = self.put_in_store(&cached.entry).await;
            if !in_memory && !in_store {
                cached.verdict = Verdict::Skip { why: SkipReason::NoRoom };
            }
        } else {
            land(match verdict.skip_reason() {
                Some(SkipReason::Unscoped | SkipReason::NotEncoded) => Landing::Nothing,
                _ => Landing::answer(&cached, Tier::Flight),
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

    async fn put_in_store(&self, entry: &Entry) -> bool {
        let Some(backing) = &self.cache.0.backing else { return false };
        let (key, payload_len) = (&self.key, entry.payload.len());
        match backing.put(key, entry, self.options.blocking).await {
            Ok(()) => {
                self.report(&Event::Stored { key, tier: backing.tier(), payload_len });
                true
            }
            Err(error) => {
                let operation = StoreOperation::Put;
                self.report(&Event::StoreFault { operation, error: &error });
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

    pub(super) fn report(&self, event: &Event<'_>) {
        self.cache.report(event);
    }
}
