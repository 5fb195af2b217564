//! The lookup of one call: memory, then the store, and whether what is there may serve it.

use std::time::Duration;

use bytes::Bytes;
use llm_cache_core::{
    Usage,
    record::{self, Timestamp},
};

use super::{
    Age, Cached, MissReason, Mode, Outcome, StoreOperation, Tier, Verdict,
    fetch::{Accept, Call},
    memory::Entry,
};
use crate::{clock::millis, store::Stored};

impl Call<'_> {
    /// Memory, then the store. The reason for a miss is the more telling one of the two.
    pub(super) fn look_up(&self, accept: &mut impl Accept) -> Result<Cached, MissReason> {
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

    fn look_in_memory(&self, accept: &mut impl Accept) -> Result<Cached, MissReason> {
        let now = self.now();
        let entry = self.cache.0.memory.lookup(&self.key, now)?;
        let age = Age::Known(Duration::from_millis(now.since(entry.created).0));
        self.serve(Tier::Memory, age, entry.payload, entry.usage, accept)
    }

    fn look_in_store(&self, accept: &mut impl Accept) -> Result<Cached, MissReason> {
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
        accept: &mut impl Accept,
    ) -> Result<Cached, MissReason> {
        if !self.is_young_enough(age) {
            return Err(MissReason::Expired);
        }
        if !accept(&payload, Verdict::Store) {
            return Err(MissReason::Undecodable);
        }
        let outcome = Outcome::Hit { tier, age };
        self.report_lookup(outcome);
        Ok(Cached { payload, usage, outcome, verdict: Verdict::Store })
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
