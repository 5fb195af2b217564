//! A cache in front of a store that is slow, fails, or is asked by a caller who goes away.

use std::{
    convert::Infallible,
    future::{Future, pending},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
};

use llm_cache::{
    Entry,
    cache::{Cache, Cached, CallOptions, FetchError, Fetched, MissReason, Mode, Outcome, Tier},
    llm_cache_core::RequestKey,
    store::{
        Cursor, MemoryStore, Page, Selector, Store, StoreError, StoreErrorKind, StoreStats, Work,
    },
};
use tokio::sync::{Notify, Semaphore};

fn key(number: u8) -> RequestKey {
    RequestKey::from_bytes([number; 32])
}

/// What the store does with gets.
#[derive(Clone, Copy, PartialEq)]
enum Gets {
    Answer,
    Fail,
    /// They wait until the gate lets them through.
    Wait,
    Never,
}

/// A store that counts what is asked of it and waits where it is told to.
struct Remote {
    entries: MemoryStore,
    gets: Gets,
    asked: AtomicUsize,
    /// Told of each get and each put that has begun.
    begun: Notify,
    gate: Semaphore,
    /// Whether puts wait at the gate.
    puts_wait: bool,
}

impl Remote {
    fn new(gets: Gets) -> Self {
        Self {
            entries: MemoryStore::new(),
            gets,
            asked: AtomicUsize::new(0),
            begun: Notify::new(),
            gate: Semaphore::new(0),
            puts_wait: false,
        }
    }

    async fn pass(&self) {
        self.begun.notify_one();
        self.gate.acquire().await.expect("it is never closed").forget();
    }
}

impl Store for Remote {
    fn tier(&self) -> Tier {
        Tier::Redis
    }
    fn get<'a>(&'a self, key: &'a RequestKey) -> Work<'a, Option<Entry>> {
        self.asked.fetch_add(1, SeqCst);
        match self.gets {
            Gets::Answer => self.entries.get(key),
            Gets::Fail => Work::later(async { Err(StoreError::new(StoreErrorKind::Timeout)) }),
            Gets::Never => Work::later(pending()),
            Gets::Wait => Work::later(async move {
                self.pass().await;
                self.entries.get(key).await
            }),
        }
    }
    fn put<'a>(&'a self, key: &'a RequestKey, entry: &'a Entry) -> Work<'a, ()> {
        if !self.puts_wait {
            return self.entries.put(key, entry);
        }
        Work::later(async move {
            self.pass().await;
            let put = self.entries.put(key, entry).await;
            self.begun.notify_one();
            put
        })
    }
    fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool> {
        self.entries.remove(key)
    }
    fn clear(&self) -> Work<'_, ()> {
        self.entries.clear()
    }
    fn flush(&self) -> Work<'_, ()> {
        self.entries.flush()
    }
    fn iter_page<'a>(&'a self, after: Option<&'a Cursor>, limit: usize) -> Work<'a, Page> {
        self.entries.iter_page(after, limit)
    }
    fn stats(&self) -> StoreStats {
        self.entries.stats()
    }
}

fn cache(store: &Arc<Remote>) -> Cache {
    Cache::builder().memory_bytes(1 << 16).store(Arc::clone(store)).build()
}

async fn ask(cache: &Cache, text: &'static str) -> Result<Cached, FetchError<Infallible>> {
    let fetch = || async { Ok(Fetched::new(text)) };
    cache.get_or_fetch(key(1), &CallOptions::new(), fetch).await
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A miss asks the store once, and identical calls at the same time ask it once together.
#[tokio::test]
async fn a_miss_asks_the_store_once() {
    let store = Arc::new(Remote::new(Gets::Answer));
    let miss = ask(&cache(&store), "Ada").await.unwrap();
    assert!(miss.outcome.is_miss());
    assert_eq!(store.asked.load(SeqCst), 1);
    let reopened = cache(&store);
    assert_eq!(ask(&reopened, "never").await.unwrap().outcome.tier(), Some(Tier::Redis));
    assert_eq!(store.asked.load(SeqCst), 2);
    let counts = reopened.stats();
    assert_eq!((counts.hits_store, counts.hits_memory), (1, 0));

    let waiting = Arc::new(Remote::new(Gets::Wait));
    waiting.entries.put(&key(1), &Entry::new("Ada")).wait().unwrap();
    let cache = cache(&waiting);
    let open = async {
        waiting.begun.notified().await;
        waiting.gate.add_permits(1);
    };
    let (one, two, ()) = tokio::join!(ask(&cache, "never"), ask(&cache, "never"), open);
    for answer in [one, two] {
        let answer = answer.unwrap();
        let found = (answer.outcome.tier(), &answer.entry.payload[..]);
        assert_eq!(found, (Some(Tier::Redis), &b"Ada"[..]));
    }
    assert_eq!(waiting.asked.load(SeqCst), 1);
}

/// A store that never answers holds up its own callers alone: other calls of the same thread go on,
/// and a mode that does not ask the store is answered.
#[tokio::test]
async fn a_store_that_never_answers_hangs_nobody_else() {
    let store = Arc::new(Remote::new(Gets::Never));
    let cache = cache(&store);
    let mut hangs = pin!(ask(&cache, "never"));
    assert!(poll(hangs.as_mut()).is_pending());
    let other = tokio::spawn(async { 7 });
    assert_eq!(other.await.unwrap(), 7);
    let options = CallOptions::new().mode(Mode::Refresh);
    let fetch = || async { Ok::<_, Infallible>(Fetched::new("Ada")) };
    assert!(cache.get_or_fetch(key(1), &options, fetch).await.unwrap().outcome.is_miss());
    // It is in memory now, and the store is not asked for what is there.
    assert_eq!(ask(&cache, "never").await.unwrap().outcome.tier(), Some(Tier::Memory));
    assert!(poll(hangs.as_mut()).is_pending());
}

/// A store that fails is told by the miss and counted, and the call goes on; it is asked once.
#[tokio::test]
async fn a_failing_store_is_counted_and_passed_over() {
    let store = Arc::new(Remote::new(Gets::Fail));
    let cache = cache(&store);
    let answer = ask(&cache, "Ada").await.unwrap();
    assert_eq!(answer.outcome, Outcome::Miss { why: MissReason::StoreFault });
    assert_eq!((cache.stats().store_faults, store.asked.load(SeqCst)), (1, 1));
    assert_eq!(ask(&cache, "never").await.unwrap().outcome.tier(), Some(Tier::Memory));
}

/// A caller who goes away while its answer is being put loses nothing: the put ends by itself.
#[tokio::test]
async fn a_put_outlives_its_caller() {
    let store = Arc::new(Remote { puts_wait: true, ..Remote::new(Gets::Answer) });
    let cache = cache(&store);
    {
        let mut call = pin!(ask(&cache, "Ada"));
        assert!(poll(call.as_mut()).is_pending());
        store.begun.notified().await;
    }
    store.gate.add_permits(1);
    store.begun.notified().await;
    let found = store.entries.get(&key(1)).wait().unwrap().expect("it was put");
    assert_eq!(found.payload, "Ada");
}

/// A leader who goes away while it asks the store hands over: another asks the store anew and
/// answers all.
#[tokio::test]
async fn a_leader_cancelled_at_the_store_hands_over() {
    let store = Arc::new(Remote::new(Gets::Wait));
    let cache = cache(&store);
    let mut follower = pin!(ask(&cache, "Bob"));
    {
        let mut leader = pin!(ask(&cache, "Ada"));
        assert!(poll(leader.as_mut()).is_pending());
        assert!(poll(follower.as_mut()).is_pending());
        assert_eq!(store.asked.load(SeqCst), 1);
    }
    store.gate.add_permits(1);
    let answer = follower.await.unwrap();
    assert_eq!((answer.outcome.is_miss(), &answer.entry.payload[..]), (true, &b"Bob"[..]));
    assert_eq!((cache.stats().handovers, store.asked.load(SeqCst)), (1, 2));
}

/// Extensions survive every tier: fetched, stored, promoted to memory, landed; and an invalidation
/// by them reaches memory and store.
#[tokio::test]
async fn extensions_survive_and_invalidate_in_every_tier() {
    let store = Arc::new(Remote::new(Gets::Answer));
    let cache_of = || cache(&store);
    let tagged = || Entry::new("Ada").with_tag("faq").and_then(|it| it.with_model("m")).unwrap();
    let fetch = || async { Ok::<_, Infallible>(Fetched::from(tagged())) };
    let reopened = cache_of();
    let (first, options) = (cache_of(), CallOptions::new());
    let fetched = first.get_or_fetch(key(1), &options, fetch).await.unwrap();
    let in_memory = ask(&first, "never").await.unwrap();
    let in_store = ask(&reopened, "never").await.unwrap();
    let promoted = ask(&reopened, "never").await.unwrap();
    assert_eq!(promoted.outcome.tier(), Some(Tier::Memory));
    for cached in [fetched, in_memory, in_store, promoted] {
        assert_eq!(cached.entry.extensions, tagged().extensions, "{}", cached.outcome);
    }
    let plain = || async { Ok::<_, Infallible>(Fetched::new("plain")) };
    reopened.get_or_fetch(key(2), &options, plain).await.unwrap();
    let done = reopened.invalidate(&Selector::tag("faq")).await.unwrap();
    assert_eq!((done.removed, done.unmarked), (1, 1));
    assert!(ask(&reopened, "Bob").await.unwrap().outcome.is_miss());
    let kept = reopened.get_or_fetch(key(2), &options, plain).await.unwrap();
    assert_eq!(kept.outcome.tier(), Some(Tier::Memory));
}
