//! What the calls of a client came to: the running total of its savings.

use core::time::Duration;
use std::sync::Arc;

use llm_cache_core::Usage;
use llm_cache_core::key::Dialect;

use super::handle::Client;
use super::reply::Reply;
use super::total::Total;
use crate::cache::{Cache, SkipReason, Verdict};
use crate::discard::Discard;
use crate::prompt::{Facts, Priced, Reported, Savings};
use crate::provider::SseEvent;
use crate::running::{Sink, Watch, note_reply};

/// The total of a client and its clones, and the facts that it is worked out with.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) facts: Arc<Facts>,
    total: Arc<Total>,
    /// The client as memoised functions know it, and its model.
    watch: Arc<Watch>,
    model: Option<Arc<str>>,
}

impl Account {
    pub(super) fn new(facts: Arc<Facts>) -> Self {
        Self::of_client(facts, Arc::default(), None)
    }

    fn of_client(facts: Arc<Facts>, total: Arc<Total>, model: Option<Arc<str>>) -> Self {
        let (own_facts, own_total) = (Arc::clone(&facts), Arc::clone(&total));
        let watch = Watch::new(Hits { facts: own_facts, total: own_total, model: model.clone() });
        Self { facts, total, watch, model }
    }

    /// The same total, for a client that memoised functions are to tell from others.
    pub(super) fn for_model(&self, model: Option<&str>) -> Self {
        let (facts, total) = (Arc::clone(&self.facts), Arc::clone(&self.total));
        Self::of_client(facts, total, model.map(Arc::from))
    }

    /// The client as memoised functions know it.
    pub(super) fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// The counts of an answer that a later hit may be reckoned with: it will know the client's
    /// model alone, so an answer of another model or price has none.
    fn usage_of_hits(&self, reported: Priced<'_>) -> Option<Usage> {
        let row = |model: Option<&str>| self.facts.model(model?).map(std::ptr::from_ref);
        let same = row(reported.model) == row(self.model.as_deref());
        reported.usage.filter(|_| same && !reported.at_other_prices)
    }

    /// Tells the memoised functions around a call of an answer that it hands to them.
    pub(super) fn note(
        &self,
        reported: Priced<'_>,
        ttl_max: impl FnOnce() -> Option<Duration>,
        skip: Option<SkipReason>,
    ) -> Option<Arc<Discard>> {
        note_reply(&self.watch, || self.usage_of_hits(reported), ttl_max, skip)
    }

    pub(super) fn add(&self, reported: Priced<'_>, is_hit: bool) {
        self.total.add(|savings| savings.add_reply(reported, is_hit, &self.facts));
    }

    fn total(&self) -> Savings {
        self.total.sum()
    }
}

/// Tells the observer of the cache of facts that are old by the cache's clock.
pub(super) fn report_if_stale(facts: &Facts, cache: &Cache) {
    if let (Some(as_of), Some(age_in_days)) = (facts.as_of(), facts.age_in_days(cache.now()))
        && age_in_days > Facts::STALE_AFTER_DAYS
    {
        cache.report_stale_facts(as_of, age_in_days);
    }
}

impl Client {
    /// What caching saved in the calls of this client and its clones so far, and what is unknown
    /// of it: every answer counts once, also one that did not decode; a stream counts when it ends
    /// or is dropped, with what it has reported by then; a hit of a memoised function with this
    /// client in its key counts as one reply of the client's model. In text: one line.
    #[must_use]
    pub fn savings(&self) -> Savings {
        self.account().total()
    }

    /// What this client knows of models. Default: [`Facts::embedded`].
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.account().facts
    }

    /// Adds an answer to the total, and tells the memoised functions around the call of it: by
    /// `own` and `ttl_max`, what request and answer alone say about storing it, whatever cache
    /// there is.
    pub(super) fn settle(
        &self,
        reply: Reply,
        own: Verdict,
        ttl_max: impl FnOnce() -> Option<Duration>,
    ) -> Reply {
        let account = self.account();
        let discard = reply.with_priced(|priced| {
            account.add(priced, reply.outcome().is_hit());
            account.note(priced, ttl_max, own.skip_reason())
        });
        Reply { discard, ..reply }
    }
}

/// Adds the hits of memoised functions to the total of a client.
struct Hits {
    facts: Arc<Facts>,
    total: Arc<Total>,
    model: Option<Arc<str>>,
}

impl Sink for Hits {
    fn hit(&self, usage: Option<Usage>) {
        let priced = Priced { usage, model: self.model.as_deref(), at_other_prices: false };
        self.total.add(|savings| savings.add_reply(priced, true, &self.facts));
    }
}

/// What a stream reports, added to the account of its client when it is dropped.
pub(super) struct StreamBill {
    account: Account,
    dialect: Dialect,
    pub(super) reported: Reported,
}

impl StreamBill {
    pub(super) fn new(account: Account, dialect: Dialect) -> Self {
        Self { account, dialect, reported: Reported::default() }
    }

    pub(super) fn take(&mut self, event: &SseEvent) {
        self.reported.take(self.dialect, &event.data);
    }
}

impl Drop for StreamBill {
    fn drop(&mut self) {
        self.account.add(self.reported.as_priced(), false);
    }
}
