//! What the calls of a client came to: the running total of its savings.

use std::sync::{Arc, Mutex, PoisonError};

use llm_cache_core::key::Dialect;

use super::handle::Client;
use super::reply::Reply;
use crate::cache::Cache;
use crate::prompt::{Facts, Reported, Savings};
use crate::provider::SseEvent;

/// The total of a client and its clones, and the facts that it is worked out with.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) facts: Arc<Facts>,
    total: Arc<Mutex<Savings>>,
}

impl Account {
    pub(super) fn new(facts: Arc<Facts>) -> Self {
        Self { facts, total: Arc::default() }
    }

    pub(super) fn add(&self, reported: &Reported, is_hit: bool) {
        let savings = Savings::of(reported, is_hit, &self.facts);
        *self.total.lock().unwrap_or_else(PoisonError::into_inner) += &savings;
    }

    fn total(&self) -> Savings {
        self.total.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
    /// or is dropped, with what it has reported by then. In text: one line.
    #[must_use]
    pub fn savings(&self) -> Savings {
        self.account().total()
    }

    /// What this client knows of models. Default: [`Facts::embedded`].
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.account().facts
    }

    /// Adds an answer to the total.
    pub(super) fn settle(&self, reply: Reply) -> Reply {
        self.account().add(&reply.reported(), reply.outcome().is_hit());
        reply
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
        self.account.add(&self.reported, false);
    }
}
