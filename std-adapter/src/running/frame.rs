//! The memoised functions that are running: which clients are part of their keys, and what these
//! have given them.
//!
//! A frame is on the stack of its thread while its function is: for a future, during each poll.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use llm_cache_core::{
    Usage,
    key::{FieldHasher, KeyScope},
};

use super::watch::Watch;
use crate::{
    cache::{SkipReason, Verdict},
    discard::Discard,
};

type ScopeDigest = [u8; 32];

/// The scopes in one key.
#[derive(Default)]
pub struct Scopes {
    entries: Vec<Entry>,
    open: bool,
}

/// One scope, and the clients that it holds.
struct Entry {
    digest: ScopeDigest,
    clients: Vec<Arc<Watch>>,
}

impl Scopes {
    /// Adds a scope and returns its digest.
    pub(crate) fn add(&mut self, scope: &(impl KeyScope + ?Sized)) -> ScopeDigest {
        let (digest, clients) = Watch::met_in(|| digest(scope));
        self.entries.push(Entry { digest, clients });
        digest
    }

    /// From here on they stand for every client.
    pub(crate) const fn open(&mut self) {
        self.open = true;
    }

    /// Tells the functions around a memoised call what that call depends on, even if it is a hit.
    pub(crate) fn note(&self) {
        if self.entries.is_empty() {
            return;
        }
        each_frame(|frame| {
            for entry in &self.entries {
                let by_client = |client: &Arc<Watch>| frame.scopes.has_client(client);
                let known = !entry.clients.is_empty() && entry.clients.iter().all(by_client);
                if !known && !frame.scopes.covers(&entry.digest) {
                    frame.take(SkipReason::Unscoped, Arc::default());
                }
            }
        });
    }

    /// Tells the clients in them that a result of theirs was in the cache. What it had cost can be
    /// told to one client only, since how much of it was whose is not kept.
    pub(crate) fn report_hit(&self, usage: Option<Usage>) {
        let mut clients: Vec<_> = self.clients().collect();
        clients.sort_by_key(|client| Arc::as_ptr(client));
        clients.dedup_by_key(|client| Arc::as_ptr(client));
        let usage = usage.filter(|_| clients.len() == 1);
        clients.iter().for_each(|client| client.hit(usage));
    }

    fn clients(&self) -> impl Iterator<Item = &Arc<Watch>> {
        self.entries.iter().flat_map(|entry| &entry.clients)
    }

    fn has_client(&self, client: &Arc<Watch>) -> bool {
        self.open || self.clients().any(|each| Arc::ptr_eq(each, client))
    }

    fn covers(&self, digest: &ScopeDigest) -> bool {
        self.open || self.entries.iter().any(|entry| entry.digest == *digest)
    }
}

/// One running function.
pub(crate) struct Frame {
    scopes: Scopes,
    seen: Mutex<Seen>,
}

/// What the clients gave to a function so far.
#[derive(Default)]
struct Seen {
    /// What keeps its result from being stored, in the order in which it came.
    reasons: Vec<(SkipReason, Arc<Discard>)>,
    usage: Usage,
    replies: u32,
    /// A reply told no usage, or one that is not to be added up.
    usage_unknown: bool,
    /// The shortest time for which one of the replies may be kept.
    ttl_max: Option<Duration>,
}

impl Frame {
    fn take(&self, why: SkipReason, discard: Arc<Discard>) {
        self.seen().reasons.push((why, discard));
    }

    fn add(&self, usage: Option<Usage>) {
        let mut seen = self.seen();
        seen.replies += 1;
        match usage {
            Some(usage) => seen.usage = seen.usage.saturating_add(usage),
            None => seen.usage_unknown = true,
        }
    }

    #[cfg(feature = "client")]
    fn limit(&self, ttl_max: Duration) {
        let mut seen = self.seen();
        seen.ttl_max = Some(seen.ttl_max.map_or(ttl_max, |ttl| ttl.min(ttl_max)));
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    static FRAMES: RefCell<Vec<Arc<Frame>>> = const { RefCell::new(Vec::new()) };
}

/// What came of a function's run.
pub(crate) struct Ran<T> {
    pub(crate) output: T,
    /// The first thing that keeps its result from being stored.
    pub(crate) skip: Option<SkipReason>,
    /// What its replies cost in tokens, where all of them told.
    pub(crate) usage: Option<Usage>,
    /// How long its result may be kept, where one of its replies has a limit.
    pub(crate) ttl_max: Option<Duration>,
}

/// Runs a memoised function's future in a frame.
pub(crate) async fn run<F: Future>(scopes: Scopes, future: F) -> Ran<F::Output> {
    let frame = Arc::new(Frame { scopes, seen: Mutex::default() });
    let _watched = Watched::new(&frame);
    let mut future = pin!(future);
    let output = poll_fn(|context| {
        let _entered = Entered::new([Arc::clone(&frame)]);
        future.as_mut().poll(context)
    })
    .await;
    let seen = frame.seen();
    let skip = seen.reasons.iter().find(|(_, it)| !it.is_discarded()).map(|(why, _)| *why);
    let usage = (seen.replies > 0 && !seen.usage_unknown).then_some(seen.usage);
    Ran { output, skip, usage, ttl_max: seen.ttl_max }
}

/// Known to the clients of its scopes as long as it lives.
struct Watched<'a>(&'a Arc<Frame>);

impl<'a> Watched<'a> {
    fn new(frame: &'a Arc<Frame>) -> Self {
        frame.scopes.clients().for_each(|client| client.add(frame));
        Self(frame)
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.scopes.clients().for_each(|client| client.remove(self.0));
    }
}

/// Notes a client, told by its scope alone, with all functions that are running on this thread.
pub(crate) fn note_scope(client: &(impl KeyScope + ?Sized)) {
    if FRAMES.with_borrow(|frames| !frames.is_empty()) {
        let mut scopes = Scopes::default();
        scopes.add(client);
        scopes.note();
    }
}

/// Notes a reply that `client` hands to its caller, with what it cost in tokens, how long it may be
/// kept if it has a limit, and, where it may not be stored, why; a discard takes that back.
///
/// Where no function is running on this thread, the caller may be a task that a function started:
/// all that are running with this client in their key are told.
#[cfg(feature = "client")]
pub(crate) fn note_reply(
    client: &Watch,
    usage: impl FnOnce() -> Option<Usage>,
    ttl_max: impl FnOnce() -> Option<Duration>,
    skip: Option<SkipReason>,
) -> Option<Arc<Discard>> {
    let inside = FRAMES.with_borrow(|frames| !frames.is_empty());
    if inside {
        let (usage, ttl_max) = (usage(), ttl_max());
        each_frame(|frame| {
            frame.add(usage);
            ttl_max.into_iter().for_each(|ttl_max| frame.limit(ttl_max));
        });
    }
    let why = if inside { skip? } else { skip.and(Some(SkipReason::Untracked))? };
    let discard = Arc::default();
    if inside {
        each_frame(|frame| frame.take(why, Arc::clone(&discard)));
    } else {
        client.running().iter().for_each(|frame| frame.take(why, Arc::clone(&discard)));
    }
    Some(discard)
}

/// Notes the result of a memoised call that did not run its function in here: a hit, or the result
/// of an identical call. The frames around learn from it what they would have learned from its
/// replies.
pub(crate) fn note_result(scopes: &Scopes, usage: Option<Usage>, verdict: Verdict) {
    if scopes.clients().next().is_some() {
        each_frame(|frame| frame.add(usage));
    }
    // Why there was no room, or nothing is to be stored, says nothing about the result.
    if let Some(why) = verdict.skip_reason()
        && !matches!(why, SkipReason::ReadOnly | SkipReason::NoRoom)
    {
        each_frame(|frame| frame.take(why, Arc::default()));
    }
}

/// The functions that are running on this thread.
pub(crate) fn current() -> Vec<Arc<Frame>> {
    FRAMES.with_borrow(Clone::clone)
}

fn each_frame(mut tell: impl FnMut(&Frame)) {
    FRAMES.with_borrow(|frames| frames.iter().for_each(|frame| tell(frame)));
}

fn digest(scope: &(impl KeyScope + ?Sized)) -> ScopeDigest {
    let mut hash = FieldHasher::new("llm-cache scope 1");
    scope.key_scope(&mut hash);
    hash.finish()
}

/// Frames on the stack as long as it lives; also when their function panics.
pub(crate) struct Entered(usize);

impl Entered {
    pub(crate) fn new(entering: impl IntoIterator<Item = Arc<Frame>>) -> Self {
        FRAMES.with_borrow_mut(|frames| {
            let below = frames.len();
            frames.extend(entering);
            Self(below)
        })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let left = FRAMES.with_borrow_mut(|frames| frames.split_off(self.0));
        drop(left);
    }
}
