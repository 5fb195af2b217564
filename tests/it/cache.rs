//! The cache through its public face: tiers, modes, lifetimes, faults.

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{Arc, Mutex},
    thread::{self, ThreadId},
    time::Duration,
};

use llm_cache::{
    Entry,
    cache::{
        BypassReason, Cache, CacheBuilder, Cached, CallOptions, Event, FetchError, Fetched,
        MissReason, Mode, Outcome, SkipReason, Tier, Verdict,
    },
    clock::ManualClock,
    llm_cache_core::{Millis, RequestKey, Usage, reply},
    store::{
        Cursor, MemoryStore, Page, Selector, Store, StoreError, StoreErrorKind, StoreStats, Work,
    },
};

fn key(number: u8) -> RequestKey {
    RequestKey::from_bytes([number; 32])
}

fn small() -> CacheBuilder {
    Cache::builder().memory_bytes(1 << 16)
}

/// Asks with a fetch that answers `text` at once.
async fn ask(cache: &Cache, options: CallOptions, text: &'static str) -> Cached {
    let fetch = || async { Ok::<_, Infallible>(Fetched::new(text)) };
    match cache.get_or_fetch(key(1), &options, fetch).await {
        Ok(cached) => cached,
        Err(error) => panic!("{error}"),
    }
}

fn in_mode(mode: Mode) -> CallOptions {
    CallOptions::new().mode(mode)
}

fn miss(why: MissReason) -> Outcome {
    Outcome::Miss { why }
}

/// New, the same again, new: the guide's first program on the bare cache.
#[tokio::test]
async fn the_same_request_is_answered_from_memory() {
    let clock = ManualClock::new(Millis(1_000));
    let cache = small().clock(clock.clone()).build();
    let first = ask(&cache, CallOptions::new(), "Ada").await;
    assert_eq!((first.outcome, first.verdict), (miss(MissReason::Absent), Verdict::Store));
    clock.advance(Duration::from_millis(12));
    let second = ask(&cache, CallOptions::new(), "never asked").await;
    assert_eq!(second.outcome.to_string(), "hit memory 12ms");
    assert_eq!(&second.entry.payload[..], b"Ada");
    let stats = cache.stats();
    assert_eq!((stats.hits(), stats.misses, stats.stored_memory), (1, 1, 1));
    assert!(!format!("{cache:?}{second:?}").contains("Ada"));
}

/// What is in the store outlives the cache, with its usage and age, and is in memory afterwards.
#[tokio::test]
async fn the_store_outlives_the_cache() {
    let (store, clock) = (Arc::new(MemoryStore::new()), ManualClock::new(Millis(1_000)));
    let open = || small().store(Arc::clone(&store)).clock(clock.clone()).build();
    let usage = Usage { input_tokens: 7, output_tokens: 3, ..Usage::default() };
    let fetch = || async { Ok::<_, Infallible>(Fetched::new("Ada").with_usage(Some(usage))) };
    let first = open().get_or_fetch(key(1), &CallOptions::new(), fetch).await;
    assert_eq!(first.unwrap().outcome, miss(MissReason::Absent));

    clock.advance(Duration::from_secs(60));
    let reopened = open();
    for expected in ["hit memory_store 60s", "hit memory 60s"] {
        let cached = ask(&reopened, CallOptions::new(), "never asked").await;
        assert_eq!(
            (cached.outcome.to_string().as_str(), cached.entry.usage),
            (expected, Some(usage))
        );
        assert_eq!(&cached.entry.payload[..], b"Ada");
    }
    assert!(reopened.remove(&key(1)).await.unwrap());
    assert_eq!(ask(&reopened, CallOptions::new(), "Bob").await.outcome, miss(MissReason::Absent));
    reopened.clear().await.unwrap();
    assert_eq!(ask(&open(), CallOptions::new(), "Cyd").await.outcome, miss(MissReason::Absent));
}

/// An answer serves as long as its time lasts, in every tier: its own ttl before the call's before
/// the cache's, and none longer than its limit.
#[tokio::test]
async fn time_runs_out_in_every_tier() {
    for memory_bytes in [0, 1 << 16] {
        let clock = ManualClock::new(Millis(1_000));
        let builder = Cache::builder().memory_bytes(memory_bytes).store(MemoryStore::new());
        let cache = builder.default_ttl(Duration::from_secs(30)).clock(clock.clone()).build();
        let own = Fetched::new("own").with_ttl(Duration::from_secs(10));
        let call = CallOptions::new().ttl(Duration::from_secs(20));
        for (fetched, options, lasts) in [
            (Fetched::new("cache's"), CallOptions::new(), 30),
            (Fetched::new("call's"), call, 20),
            (own.clone(), call, 10),
            (own.with_ttl_max(Some(Duration::from_secs(5))), call, 5),
            (Fetched::new("cut").with_ttl_max(Some(Duration::from_secs(25))), call, 20),
        ] {
            let fetch = || async { Ok::<_, Infallible>(fetched.clone()) };
            let ask = || cache.get_or_fetch(key(2), &options, fetch);
            assert!(ask().await.unwrap().outcome.is_miss());
            clock.advance(Duration::from_millis(lasts * 1000 - 1));
            assert!(ask().await.unwrap().outcome.is_hit());
            clock.advance(Duration::from_millis(1));
            assert_eq!(ask().await.unwrap().outcome, miss(MissReason::Expired));
            cache.clear().await.unwrap();
        }
    }
}

/// Each mode looks, fetches and stores as its name says.
#[tokio::test]
async fn modes_do_what_they_say() {
    let cache = small().build();
    let fetch = || async { Ok::<_, Infallible>(Fetched::new("never")) };
    let alone = in_mode(Mode::CachedOnly);
    let nothing = cache.get_or_fetch(key(1), &alone, fetch).await;
    assert_eq!(nothing.unwrap_err(), FetchError::NotCached(MissReason::Absent));

    let read_only = ask(&cache, in_mode(Mode::ReadOnly), "one").await;
    assert_eq!(read_only.verdict, Verdict::Skip { why: SkipReason::ReadOnly });
    let off = ask(&cache, in_mode(Mode::Off), "two").await;
    assert_eq!(off.outcome, Outcome::Bypass { why: BypassReason::ModeOff });
    assert_eq!(cache.stats().memory_entries, 0);

    ask(&cache, CallOptions::new(), "three").await;
    let refreshed = ask(&cache, in_mode(Mode::Refresh), "four").await;
    assert_eq!(refreshed.outcome, miss(MissReason::Refresh));
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CachedOnly] {
        let cached = ask(&cache, in_mode(mode), "never").await;
        assert_eq!(
            (cached.outcome.tier(), &cached.entry.payload[..]),
            (Some(Tier::Memory), &b"four"[..])
        );
    }
}

/// An answer that may not be stored reaches its caller and nobody later.
#[tokio::test]
async fn skipped_answers_are_not_stored() {
    let cache = small().store(MemoryStore::new()).build();
    let verdict = reply::Verdict::Skip { why: reply::SkipReason::Truncated }.into();
    let fetch = || async { Ok::<_, Infallible>(Fetched::new("half an ans").with_verdict(verdict)) };
    for _ in 0..2 {
        let options = CallOptions::new();
        let cached = cache.get_or_fetch(key(1), &options, fetch).await.unwrap();
        assert_eq!((cached.outcome, cached.verdict), (miss(MissReason::Absent), verdict));
        assert_eq!(&cached.entry.payload[..], b"half an ans");
    }
    assert_eq!(cache.stats().skipped, 2);
}

/// A store that fails at everything, and may block.
struct Broken;

impl Store for Broken {
    fn tier(&self) -> Tier {
        Tier::Other("broken")
    }
    fn get<'a>(&'a self, _: &'a RequestKey) -> Work<'a, Option<Entry>> {
        Work::ready(Err(StoreError::new(StoreErrorKind::Other)))
    }
    fn put<'a>(&'a self, _: &'a RequestKey, _: &'a Entry) -> Work<'a, ()> {
        Work::blocking(|| Err(StoreError::new(StoreErrorKind::Full)))
    }
    fn remove<'a>(&'a self, _: &'a RequestKey) -> Work<'a, bool> {
        Work::blocking(|| Err(StoreError::new(StoreErrorKind::Timeout)))
    }
    fn clear(&self) -> Work<'_, ()> {
        Work::later(async { Err(StoreError::new(StoreErrorKind::Unavailable)) })
    }
    fn flush(&self) -> Work<'_, ()> {
        Work::ready(Err(StoreError::new(StoreErrorKind::Other)))
    }
    fn iter_page<'a>(&'a self, _: Option<&'a Cursor>, _: usize) -> Work<'a, Page> {
        Work::ready(Err(StoreError::new(StoreErrorKind::Corrupt)))
    }
    fn stats(&self) -> StoreStats {
        StoreStats::default()
    }
}

/// Faults of the store cost no call: they are events and counters, and memory serves on.
#[tokio::test]
async fn a_broken_store_fails_no_call() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let observer = move |event: &Event<'_>| {
        if let Event::StoreFault { operation, error } = event {
            assert!(!error.to_string().is_empty());
            log.lock().unwrap().push(operation.to_string());
        }
    };
    let cache = small().store(Broken).observer(observer).build();
    let first = ask(&cache, CallOptions::new(), "Ada").await;
    assert_eq!((first.outcome, first.verdict), (miss(MissReason::StoreFault), Verdict::Store));
    assert!(ask(&cache, CallOptions::new(), "never").await.outcome.is_hit());
    assert!(cache.flush().await.is_err() && cache.remove(&key(1)).await.is_err());
    assert!(cache.clear().await.is_err());
    assert_eq!(*seen.lock().unwrap(), ["get", "put", "flush", "remove", "remove"]);
    assert_eq!(cache.stats().store_faults, 5);

    let without_memory = Cache::builder().memory_bytes(0).store(Broken).build();
    let nowhere = ask(&without_memory, CallOptions::new(), "Ada").await;
    assert_eq!(nowhere.verdict, Verdict::Skip { why: SkipReason::NoRoom });
}

/// A store that could not be opened is reported once, and the cache works without it.
#[tokio::test]
async fn a_store_that_is_refused_is_reported() {
    let refused: Result<MemoryStore, _> = Err(StoreError::new(StoreErrorKind::Permission));
    let cache = small().store_or_report(refused).build();
    ask(&cache, CallOptions::new(), "Ada").await;
    assert!(ask(&cache, CallOptions::new(), "never").await.outcome.is_hit());
    let stats = cache.stats();
    assert_eq!((stats.store_faults, stats.stored_store, stats.store), (1, 0, None));
}

/// Notes the threads that it is asked on; each answer waits for a disk.
struct Slow(Arc<MemoryStore>, Arc<Mutex<HashSet<ThreadId>>>);

impl Slow {
    fn elsewhere<'a, T: Send + 'static>(
        &self,
        work: impl FnOnce(&MemoryStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Work<'a, T> {
        let (store, threads) = (Arc::clone(&self.0), Arc::clone(&self.1));
        Work::blocking(move || {
            threads.lock().expect("no test panics here").insert(thread::current().id());
            work(&store)
        })
    }
}

impl Store for Slow {
    fn tier(&self) -> Tier {
        Tier::Disk
    }
    fn get<'a>(&'a self, key: &'a RequestKey) -> Work<'a, Option<Entry>> {
        let key = *key;
        self.elsewhere(move |store| store.get(&key).wait())
    }
    fn put<'a>(&'a self, key: &'a RequestKey, entry: &'a Entry) -> Work<'a, ()> {
        let (key, entry) = (*key, entry.clone());
        self.elsewhere(move |store| store.put(&key, &entry).wait())
    }
    fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool> {
        let key = *key;
        self.elsewhere(move |store| store.remove(&key).wait())
    }
    fn clear(&self) -> Work<'_, ()> {
        self.elsewhere(|store| store.clear().wait())
    }
    fn flush(&self) -> Work<'_, ()> {
        self.elsewhere(|store| store.flush().wait())
    }
    fn iter_page<'a>(&'a self, after: Option<&'a Cursor>, limit: usize) -> Work<'a, Page> {
        let after = after.cloned();
        self.elsewhere(move |store| store.iter_page(after.as_ref(), limit).wait())
    }
    fn stats(&self) -> StoreStats {
        self.0.stats()
    }
}

/// A store that waits for a disk is never asked on the executor's thread, whatever it is asked for.
#[tokio::test]
async fn a_slow_store_is_asked_elsewhere() {
    let threads = Arc::default();
    let slow = Slow(Arc::new(MemoryStore::new()), Arc::clone(&threads));
    let cache = Cache::builder().memory_bytes(0).store(slow).build();
    ask(&cache, CallOptions::new(), "Ada").await;
    assert_eq!(cache.stats().stored_store, 1);
    assert_eq!(ask(&cache, CallOptions::new(), "never").await.outcome.tier(), Some(Tier::Disk));
    cache.invalidate(&Selector::tag("x")).await.unwrap();
    cache.flush().await.unwrap();
    assert!(cache.remove(&key(1)).await.unwrap());
    cache.clear().await.unwrap();
    let threads = threads.lock().unwrap();
    assert!(!threads.is_empty() && !threads.contains(&thread::current().id()));
}

/// What is in files is there for another cache at the same time, and after a restart.
#[cfg(unix)]
#[tokio::test]
async fn files_outlive_the_cache() {
    use llm_cache::store::FileStore;
    let directory = tempfile::tempdir().unwrap();
    let open = || small().store_or_report(FileStore::open(directory.path().join("c"))).build();
    let first = open();
    let second = open();
    let stored = ask(&first, CallOptions::new(), "Ada").await;
    assert_eq!((stored.verdict, first.stats().stored_store), (Verdict::Store, 1));
    let shared = ask(&second, CallOptions::new(), "never asked").await;
    assert_eq!((shared.outcome.tier(), &shared.entry.payload[..]), (Some(Tier::Disk), &b"Ada"[..]));

    drop((first, second));
    let third = open();
    let cached = ask(&third, CallOptions::new(), "never asked").await;
    assert_eq!((cached.outcome.tier(), &cached.entry.payload[..]), (Some(Tier::Disk), &b"Ada"[..]));
    assert_eq!(third.stats().store_faults, 0);
}
