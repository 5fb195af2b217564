//! What a cache tells its operator while it works.

use std::{error::Error, fmt};

use llm_cache_core::{RequestKey, prompt::Violation};

use super::{Outcome, SkipReason, Tier};

/// Receives the events of a cache: for logs and metrics.
///
/// Contract: called on the caller's thread with no lock held, so it may use the cache; it should
/// return soon and must not panic. Events hold no prompt and no answer; a key's `Debug` is a
/// prefix of it.
pub trait Observer: Send + Sync + 'static {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>) + Send + Sync + 'static> Observer for F {
    fn event(&self, event: &Event<'_>) {
        self(event);
    }
}

/// Something that happened in a cache.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A call is answered, or about to be fetched. One a call.
    Lookup {
        /// The request; `None` when the call was sent past the cache without a key.
        key: Option<&'a RequestKey>,
        /// How it is answered.
        outcome: Outcome,
    },
    /// An answer was written to a tier.
    Stored {
        /// The request.
        key: &'a RequestKey,
        /// Which tier took it.
        tier: Tier,
        /// The length of the payload.
        payload_len: usize,
    },
    /// An answer was fetched and not stored.
    Skipped {
        /// The request.
        key: &'a RequestKey,
        /// Why not.
        why: SkipReason,
    },
    /// An answer does not fit the memory tier at all.
    TooBig {
        /// The request.
        key: &'a RequestKey,
        /// The bytes that it needs.
        needed: usize,
        /// The bytes that there are.
        capacity: usize,
    },
    /// The call that fetched for others was cancelled or panicked; one of those who wait takes
    /// over.
    HandedOver {
        /// The request.
        key: &'a RequestKey,
    },
    /// A request breaks a rule of the provider's API as far as this version knows, and is sent all
    /// the same.
    Violation {
        /// Where, and which rule.
        violation: Violation,
    },
    /// A client was built with facts of models (`Facts`) of which none is
    /// newer than `Facts::STALE_AFTER_DAYS`: prices and
    /// minimum lengths may have changed since. A newer table is given to
    /// `ClientBuilder::facts`.
    StaleFacts {
        /// The newest date of a row, `YYYY-MM-DD`.
        as_of: &'a str,
        /// How many days ago that was, by the cache's clock.
        age_in_days: u64,
    },
    /// The store failed. The call goes on without it.
    StoreFault {
        /// What was asked of the store.
        operation: StoreOperation,
        /// What it said.
        error: &'a (dyn Error + 'static),
    },
}

/// What was asked of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreOperation {
    /// To open.
    Open,
    /// To look an entry up.
    Get,
    /// To write an entry.
    Put,
    /// To remove one or all entries.
    Remove,
    /// To make what was written durable.
    Flush,
}

impl fmt::Display for StoreOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Get => "get",
            Self::Put => "put",
            Self::Remove => "remove",
            Self::Flush => "flush",
        })
    }
}
