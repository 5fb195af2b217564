//! What goes into a cached call and what comes out of it.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use llm_cache_core::Usage;

use super::{MissReason, Outcome, Verdict};
use crate::entry::Entry;

/// What a call may do with the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// Answer from the cache, store what was fetched. The default.
    #[default]
    ReadWrite,
    /// Answer from the cache, store nothing.
    ReadOnly,
    /// Do not look, fetch, and replace what is stored.
    Refresh,
    /// Answer from the cache or fail with [`FetchError::NotCached`]: offline, or a test that must
    /// not spend. A memoised function refuses too; see `cached`.
    CachedOnly,
    /// Neither look nor store, nor share a fetch with identical calls.
    Off,
}

/// Settings of one call; what is left unset comes from the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    pub(crate) mode: Option<Mode>,
    pub(super) ttl: Option<Duration>,
    pub(super) max_age: Option<Duration>,
    /// The caller may block its thread, so a store may be written without a detour.
    pub(crate) blocking: bool,
}

impl CallOptions {
    /// Everything as the cache has it.
    #[must_use]
    pub const fn new() -> Self {
        Self { mode: None, ttl: None, max_age: None, blocking: false }
    }

    /// Overrides the cache's [`Mode`] for this call.
    #[must_use]
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// How long an answer fetched by this call is kept, and how old one may be that serves this
    /// call, whatever it was stored with; in whole milliseconds (rounded down). Unset, the cache's
    /// default. For what is kept, [`Fetched::ttl`] comes before it. An answer of unknown age is too
    /// old.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// How old an answer may be that serves this call, in whole milliseconds (rounded down); what
    /// the call fetches is kept as if it were unset. An answer of unknown age is too old. Default:
    /// as old as [`ttl`](Self::ttl) says.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }
}

/// An answer as the fetch of a call brings it: the entry to be, and what is to become of it.
///
/// ```
/// use std::time::Duration;
/// use llm_cache::cache::Fetched;
///
/// let fetched = Fetched::new("the answer").with_cost(7).with_ttl(Duration::from_secs(60));
/// assert!(fetched.verdict.is_store());
/// assert_eq!(fetched.entry.cost, 7);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fetched {
    /// The answer and what is known about it. The cache sets `created` and `ttl` when it keeps the
    /// entry.
    pub entry: Entry,
    /// Whether it may be stored. A skipped answer still serves the callers who wait for it.
    pub verdict: Verdict,
    /// How long it may serve; `None` takes the call's or the cache's default.
    pub ttl: Option<Duration>,
    /// How long it may serve at most, whatever the call and the cache say; `None` sets no limit.
    pub ttl_max: Option<Duration>,
}

impl Fetched {
    /// An answer to be stored, of cost 1 and without usage.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Entry::new(payload).into()
    }

    /// Sets what the answer cost in tokens.
    #[must_use]
    pub const fn with_usage(mut self, usage: Option<Usage>) -> Self {
        self.entry.usage = usage;
        self
    }

    /// Sets what fetching it again would cost, in any one unit.
    #[must_use]
    pub const fn with_cost(mut self, cost: u32) -> Self {
        self.entry.cost = cost;
        self
    }

    /// Sets whether it may be stored.
    #[must_use]
    pub const fn with_verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }

    /// Sets how long it may serve.
    #[must_use]
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Sets how long it may serve at most; `None` sets no limit.
    #[must_use]
    pub const fn with_ttl_max(mut self, ttl_max: Option<Duration>) -> Self {
        self.ttl_max = ttl_max;
        self
    }
}

impl From<Entry> for Fetched {
    fn from(entry: Entry) -> Self {
        Self { entry, verdict: Verdict::Store, ttl: None, ttl_max: None }
    }
}

/// An answer as a cached call returns it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cached {
    /// The answer and what is known about it. On a hit this call was billed nothing of its `usage`.
    pub entry: Entry,
    /// How the call was answered.
    pub outcome: Outcome,
    /// Whether the answer is stored.
    pub verdict: Verdict,
}

/// Why a cached call has no answer. A fault of the cache itself is never among the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchError<E> {
    /// The mode is [`Mode::CachedOnly`] and no tier has the answer.
    NotCached(MissReason),
    /// The fetch failed, this call's own or the one that it waited for.
    Fetch(E),
}

impl<E: fmt::Display> fmt::Display for FetchError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCached(why) => write!(f, "not in the cache ({why}), and it alone was asked"),
            Self::Fetch(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for FetchError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotCached(_) => None,
            Self::Fetch(error) => error.source(),
        }
    }
}

/// An error on its way from the call that met it to those who waited for it.
pub(crate) type Packed = Arc<dyn Any + Send + Sync>;

/// Whether the error of one fetch also answers the identical calls that waited for it.
///
/// Shared, one failure is everybody's; not shared, all who waited fetch for themselves at once.
pub struct Share<E> {
    pack: fn(&E) -> Option<Packed>,
    unpack: fn(&Packed) -> Option<E>,
}

impl<E> Share<E> {
    /// Every call meets its own errors: the callers who waited fetch all at once.
    #[must_use]
    pub const fn none() -> Self {
        Self::new(|_| None, |_| None)
    }

    /// Shares what `pack` makes of an error, and gives what `unpack` makes of that.
    pub(crate) const fn new(
        pack: fn(&E) -> Option<Packed>,
        unpack: fn(&Packed) -> Option<E>,
    ) -> Self {
        Self { pack, unpack }
    }

    pub(super) fn pack(&self, error: &E) -> Option<Packed> {
        (self.pack)(error)
    }

    pub(super) fn unpack(&self, packed: &Packed) -> Option<E> {
        (self.unpack)(packed)
    }
}

impl<E: Clone + Send + Sync + 'static> Share<E> {
    /// All who wait get a clone of the error.
    #[must_use]
    pub const fn cloned() -> Self {
        Self::new(
            |error| Some(Arc::new(error.clone())),
            |packed| packed.downcast_ref::<E>().cloned(),
        )
    }
}

impl<E> Clone for Share<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Share<E> {}

impl<E> fmt::Debug for Share<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share(..)")
    }
}
