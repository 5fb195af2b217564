//! The lookup of one call: memory, the store, and whether what is there may serve it.

use std::time::Duration;

use llm_cache_core::{
    RequestKey,
    record::{self, Timestamp},
};

use super::{
    Age, Cache, Cached, CallOptions, Event, MissReason, Mode, Outcome, StoreOperation, Tier,
    Verdict,
    fetch::{Accept, Call},
};
use crate::{clock::millis, entry::Entry};

impl Cache {
    /// The entry in memory, for a caller that needs no future where there is one. A miss is neither
    /// counted nor reported: [`fetch_after`](Self::fetch_after) goes on from it.
    pub(crate) fn look_in_memory(
        &self,
        key: RequestKey,
        options: &CallOptions,
        mut accept: impl FnMut(&[u8], Verdict) -> bool,
    ) -> Result<Cached, MissReason> {
        let call = Call { cache: self, key, options, mode: self.effective_mode(options) };
        // In this mode nobody looks for anything, and the reason is not told.
        if call.mode == Mode::Off {
            return Err(MissReason::Absent);
        }
        call.look_in_memory(&mut accept)
    }
}

impl Call<'_> {
    /// The entry in memory. One look at the clock, one shard's lock for reading, no allocation.
    pub(super) fn look_in_memory(&self, accept: &mut impl Accept) -> Result<Cached, MissReason> {
        if self.mode == Mode::Refresh {
            return Err(MissReason::Refresh);
        }
        let now = self.now();
        let entry = self.cache.0.memory.lookup(&self.key, now)?;
        let age = Age::Known(Duration::from_millis(now.since(entry.created.ms).0));
        self.serve(Tier::Memory, age, entry, accept)
    }

    /// The entry in the store, which goes into memory then. The reason for a miss is the more
    /// telling one of the store's and of `in_memory`.
    pub(super) async fn look_in_store(
        &self,
        in_memory: MissReason,
        accept: &mut impl Accept,
    ) -> Result<Cached, MissReason> {
        let Some(backing) = self.cache.0.backing.as_ref().filter(|_| self.mode != Mode::Refresh)
        else {
            return Err(in_memory);
        };
        let entry = match backing.get(&self.key, self.options.blocking).await {
            Ok(Some(entry)) => entry,
            Ok(None) => return Err(in_memory),
            Err(error) => {
                let operation = StoreOperation::Get;
                self.report(&Event::StoreFault { operation, error: &error });
                return Err(MissReason::StoreFault);
            }
        };
        let now = self.now();
        let served = self.judge(backing.tier(), entry, Timestamp::unix(now), accept)?;
        if matches!(served.outcome, Outcome::Hit { age: Age::Known(_), .. }) {
            // Where memory has no room for it, the store has it still.
            let _ = self.cache.0.memory.insert(&self.key, &served.entry, now);
        }
        Ok(served)
    }

    /// What the leader of a flight has landed: fetched, or found in a tier.
    pub(super) fn take_landed(
        &self,
        entry: Entry,
        verdict: Verdict,
        tier: Tier,
        accept: &mut impl Accept,
    ) -> Result<Cached, MissReason> {
        if tier != Tier::Flight {
            return self.judge(tier, entry, Timestamp::unix(self.now()), accept);
        }
        if !accept(&entry.payload, verdict) {
            return Err(MissReason::Undecodable);
        }
        let outcome = self.report_lookup(Outcome::Hit { tier, age: Age::Known(Duration::ZERO) });
        Ok(Cached { entry, outcome, verdict })
    }

    /// Serves an entry that was found behind memory, if its time is not over.
    fn judge(
        &self,
        tier: Tier,
        entry: Entry,
        now: Timestamp,
        accept: &mut impl Accept,
    ) -> Result<Cached, MissReason> {
        let age = entry.created.age(now);
        // Of an unknown age and yet bound to a time, an entry must be taken for expired.
        if entry.ttl.is_some_and(|ttl| !matches!(age, record::Age::Known(age) if age < ttl)) {
            return Err(MissReason::Expired);
        }
        let age = match age {
            record::Age::Known(age) => Age::Known(Duration::from_millis(age.0)),
            record::Age::Unknown => Age::Unknown,
        };
        self.serve(tier, age, entry, accept)
    }

    fn serve(
        &self,
        tier: Tier,
        age: Age,
        entry: Entry,
        accept: &mut impl Accept,
    ) -> Result<Cached, MissReason> {
        if !self.is_young_enough(age) {
            return Err(MissReason::Expired);
        }
        if !accept(&entry.payload, Verdict::Store) {
            return Err(MissReason::Undecodable);
        }
        let outcome = Outcome::Hit { tier, age };
        self.report_lookup(outcome);
        Ok(Cached { entry, outcome, verdict: Verdict::Store })
    }

    /// Whether an answer of that age may serve this call, by the call's own bounds: an entry may
    /// have been stored when they were wider, or by a caller who has others.
    fn is_young_enough(&self, age: Age) -> bool {
        let ttl = self.options.ttl.or(self.cache.0.ttl);
        let bound = ttl.into_iter().chain(self.options.max_age).min();
        match (bound, age) {
            (None, _) => true,
            (Some(bound), Age::Known(age)) => millis(age) < millis(bound),
            (Some(_), Age::Unknown) => false,
        }
    }
}
