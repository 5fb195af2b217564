//! The cache through its public face: tiers, modes, lifetimes, faults.

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{Arc, Mutex},
    thread::{self, ThreadId},
    time::Duration,
};

use llm_cache::{
    cache::{
        BypassReason, Cache, CacheBuilder, Cached, CallOptions, Event, FetchError, Fetched,
        MissReason, Mode, Outcome, Share, SkipReason, Tier, Verdict,
    },
    clock::ManualClock,
    llm_cache_core::{Millis, RequestKey, Usage, record::Record, reply},
    store::{MemoryStore, Store, StoreError, StoreErrorKind, StoreStats, Stored},
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
    match cache.get_or_fetch(key(1), &options, Share::cloned(), fetch).await {
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
    assert_eq!(&second.payload[..], b"Ada");
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
    let fetch =
        || async { Ok::<_, Infallible>(Fetched { usage: Some(usage), ..Fetched::new("Ada") }) };
    let first = open().get_or_fetch(key(1), &CallOptions::new(), Share::none(), fetch).await;
    assert_eq!(first.unwrap().outcome, miss(MissReason::Absent));

    clock.advance(Duration::from_secs(60));
    let reopened = open();
    for expected in ["hit disk 60s", "hit memory 60s"] {
        let cached = ask(&reopened, CallOptions::new(), "never asked").await;
        assert_eq!((cached.outcome.to_string().as_str(), cached.usage), (expected, Some(usage)));
        assert_eq!(&cached.payload[..], b"Ada");
    }
    assert!(reopened.remove(&key(1)).unwrap());
    assert_eq!(ask(&reopened, CallOptions::new(), "Bob").await.outcome, miss(MissReason::Absent));
    reopened.clear().unwrap();
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
        let own = Fetched { ttl: Some(Duration::from_secs(10)), ..Fetched::new("own") };
        let call = CallOptions::new().ttl(Duration::from_secs(20));
        for (fetched, options, lasts) in [
            (Fetched::new("cache's"), CallOptions::new(), 30),
            (Fetched::new("call's"), call, 20),
            (own.clone(), call, 10),
            (Fetched { ttl_max: Some(Duration::from_secs(5)), ..own }, call, 5),
            (Fetched { ttl_max: Some(Duration::from_secs(25)), ..Fetched::new("cut") }, call, 20),
        ] {
            let fetch = || async { Ok::<_, Infallible>(fetched.clone()) };
            let ask = || cache.get_or_fetch(key(2), &options, Share::none(), fetch);
            assert!(ask().await.unwrap().outcome.is_miss());
            clock.advance(Duration::from_millis(lasts * 1000 - 1));
            assert!(ask().await.unwrap().outcome.is_hit());
            clock.advance(Duration::from_millis(1));
            assert_eq!(ask().await.unwrap().outcome, miss(MissReason::Expired));
            cache.clear().unwrap();
        }
    }
}

/// Each mode looks, fetches and stores as its name says.
#[tokio::test]
async fn modes_do_what_they_say() {
    let cache = small().build();
    let fetch = || async { Ok::<_, Infallible>(Fetched::new("never")) };
    let alone = in_mode(Mode::CachedOnly);
    let nothing = cache.get_or_fetch(key(1), &alone, Share::cloned(), fetch).await;
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
            (cached.outcome.tier(), &cached.payload[..]),
            (Some(Tier::Memory), &b"four"[..])
        );
    }
}

/// An answer that may not be stored reaches its caller and nobody later.
#[tokio::test]
async fn skipped_answers_are_not_stored() {
    let cache = small().store(MemoryStore::new()).build();
    let verdict = reply::Verdict::Skip { why: reply::SkipReason::Truncated }.into();
    let fetch =
        || async { Ok::<_, Infallible>(Fetched { verdict, ..Fetched::new("half an ans") }) };
    for _ in 0..2 {
        let options = CallOptions::new();
        let cached = cache.get_or_fetch(key(1), &options, Share::none(), fetch).await.unwrap();
        assert_eq!((cached.outcome, cached.verdict), (miss(MissReason::Absent), verdict));
        assert_eq!(&cached.payload[..], b"half an ans");
    }
    assert_eq!(cache.stats().skipped, 2);
}

/// A store that fails at everything, and may block.
struct Broken;

impl Store for Broken {
    fn get(&self, _: &RequestKey) -> Result<Option<Stored>, StoreError> {
        Err(StoreError::new(StoreErrorKind::Io))
    }
    fn put(&self, _: &Record<'_>) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::NoSpace))
    }
    fn remove(&self, _: &RequestKey) -> Result<bool, StoreError> {
        Err(StoreError::new(StoreErrorKind::Io))
    }
    fn clear(&self) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::Io))
    }
    fn flush(&self) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::Io))
    }
    fn stats(&self) -> StoreStats {
        StoreStats::default()
    }
    fn put_may_block(&self) -> bool {
        true
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
    assert!(cache.flush().is_err() && cache.remove(&key(1)).is_err() && cache.clear().is_err());
    assert_eq!(*seen.lock().unwrap(), ["get", "put", "flush", "remove", "remove"]);
    assert_eq!(cache.stats().store_faults, 5);

    let without_memory = Cache::builder().memory_bytes(0).store(Broken).build();
    let nowhere = ask(&without_memory, CallOptions::new(), "Ada").await;
    assert_eq!(nowhere.verdict, Verdict::Skip { why: SkipReason::NoRoom });
}

/// A store that could not be opened is reported once, and the cache works without it.
#[tokio::test]
async fn a_store_that_is_refused_is_reported() {
    let refused: Result<MemoryStore, _> = Err(StoreError::new(StoreErrorKind::NotOurs));
    let cache = small().store_or_report(refused).build();
    ask(&cache, CallOptions::new(), "Ada").await;
    assert!(ask(&cache, CallOptions::new(), "never").await.outcome.is_hit());
    let stats = cache.stats();
    assert_eq!((stats.store_faults, stats.stored_disk, stats.store), (1, 0, None));
}

/// Notes the threads that it is written on.
struct Slow(MemoryStore, Arc<Mutex<HashSet<ThreadId>>>);

impl Store for Slow {
    fn get(&self, key: &RequestKey) -> Result<Option<Stored>, StoreError> {
        self.0.get(key)
    }
    fn put(&self, record: &Record<'_>) -> Result<(), StoreError> {
        self.1.lock().expect("no test panics here").insert(thread::current().id());
        self.0.put(record)
    }
    fn remove(&self, key: &RequestKey) -> Result<bool, StoreError> {
        self.0.remove(key)
    }
    fn clear(&self) -> Result<(), StoreError> {
        self.0.clear()
    }
    fn flush(&self) -> Result<(), StoreError> {
        self.0.flush()
    }
    fn stats(&self) -> StoreStats {
        self.0.stats()
    }
    fn put_may_block(&self) -> bool {
        true
    }
}

/// A store that may block is not written on the executor's thread.
#[tokio::test]
async fn a_slow_store_is_written_elsewhere() {
    let threads = Arc::default();
    let cache = small().store(Slow(MemoryStore::new(), Arc::clone(&threads))).build();
    ask(&cache, CallOptions::new(), "Ada").await;
    assert_eq!(cache.stats().stored_disk, 1);
    let threads = threads.lock().unwrap();
    assert!(threads.len() == 1 && !threads.contains(&thread::current().id()));
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
    assert_eq!((stored.verdict, first.stats().stored_disk), (Verdict::Store, 1));
    let shared = ask(&second, CallOptions::new(), "never asked").await;
    assert_eq!((shared.outcome.tier(), &shared.payload[..]), (Some(Tier::Disk), &b"Ada"[..]));

    drop((first, second));
    let third = open();
    let cached = ask(&third, CallOptions::new(), "never asked").await;
    assert_eq!((cached.outcome.tier(), &cached.payload[..]), (Some(Tier::Disk), &b"Ada"[..]));
    assert_eq!(third.stats().store_faults, 0);
}
