//! Calls that fail, and calls that may not run.

use std::{
    error::Error as StdError,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use llm_cache::{
    Cache, Error, ErrorKind,
    cache::{BypassReason, MissReason, Mode, Outcome},
    cached,
};
use tokio::time::{Instant, sleep};

use super::{NotCloned, small};

static OFFLINE: LazyLock<Cache> =
    LazyLock::new(|| Cache::builder().memory_bytes(1 << 16).mode(Mode::CachedOnly).build());

/// An error of a program's own that can be made from ours, and cannot be cloned.
#[derive(Debug)]
struct Own(String);

impl From<Error> for Own {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where only the cache is to be asked, a function whose error can be made from ours returns that
/// error and does not run: of ours, anyhow's, boxed, a program's own, and generic with a bound.
#[tokio::test]
async fn cached_only_never_runs_a_body() {
    #[cached(cache = &OFFLINE)]
    async fn with_anyhow(q: &str) -> anyhow::Result<String> {
        panic!("it ran for {q}")
    }
    #[cached(cache = &OFFLINE)]
    fn with_ours(q: f64) -> Result<String, Error> {
        panic!("it ran for {q}")
    }
    #[cached(cache = &OFFLINE)]
    fn boxed(q: &str) -> Result<String, Box<dyn StdError + Send + Sync>> {
        panic!("it ran for {q}")
    }
    #[cached(cache = &OFFLINE)]
    fn boxed_here(q: &str) -> Result<String, Box<dyn StdError>> {
        panic!("it ran for {q}")
    }
    #[cached(cache = &OFFLINE)]
    fn with_own(q: &str) -> Result<String, Own> {
        panic!("it ran for {q}")
    }
    #[cached(cache = &OFFLINE)]
    fn bounded<E: From<Error> + 'static>(q: &str) -> Result<String, E> {
        panic!("it ran for {q}")
    }
    let absent = Outcome::Miss { why: MissReason::Absent };
    let (answer, outcome) = with_anyhow_with_outcome("x").await;
    let error = answer.unwrap_err();
    assert_eq!(error.downcast_ref::<Error>().map(Error::kind), Some(ErrorKind::NotCached));
    assert!(error.to_string().contains("with_anyhow` is not in the cache (absent)"), "{error}");
    assert_eq!(outcome, absent);
    let (answer, outcome) = with_ours_with_outcome(0.5);
    assert_eq!((answer.unwrap_err().kind(), outcome), (ErrorKind::NotCached, absent));
    let (answer, outcome) = with_ours_with_outcome(f64::NAN);
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotCached);
    assert_eq!(outcome, Outcome::Bypass { why: BypassReason::Unkeyable });
    assert!(boxed("x").unwrap_err().to_string().contains("not in the cache"));
    assert!(boxed_here("x").unwrap_err().to_string().contains("not in the cache"));
    assert!(with_own("x").unwrap_err().0.contains("not in the cache"));
    assert!(bounded::<Own>("x").unwrap_err().0.contains("not in the cache"));
    assert!(with_anyhow("x").await.is_err() && with_ours(1.0).is_err());
}

/// One that cannot refuse panics and says what it would need, and does not run.
#[test]
fn who_cannot_refuse_panics() {
    #[cached(cache = &OFFLINE)]
    fn value(q: &str) -> String {
        unreachable!("it ran for {q}")
    }
    #[cached(cache = &OFFLINE)]
    fn text(q: &str) -> Result<String, String> {
        unreachable!("it ran for {q}")
    }
    #[cached(cache = &OFFLINE)]
    fn unbounded<E: 'static>(q: &str) -> Result<String, E> {
        unreachable!("it ran for {q}")
    }
    let message = |call: &dyn Fn()| {
        let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("it panics");
        *panic.downcast::<String>().expect("a message")
    };
    for message in [
        message(&|| drop(value("x"))),
        message(&|| drop(text("x"))),
        message(&|| drop(unbounded::<Own>("x"))),
    ] {
        assert!(message.contains("whose mode is `CachedOnly`"), "{message}");
        assert!(message.contains("From<llm_cache::Error>"), "{message}");
    }
}

/// What is in the cache is returned where only the cache is asked.
#[test]
fn cached_only_returns_what_is_there() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn one(cache: &Cache) -> u8 {
        1
    }
    let store = std::sync::Arc::new(llm_cache::store::MemoryStore::new());
    let open = |mode| Cache::builder().store(store.clone()).mode(mode).build();
    assert_eq!(one(&open(Mode::ReadWrite)), 1);
    let (value, outcome) = one_with_outcome(&open(Mode::CachedOnly));
    assert!(value == 1 && outcome.is_hit());
}

/// A thousand identical calls whose error cannot be cloned take no longer than three: where the
/// error can be made from ours, all get the leader's text after one run; else all who waited run
/// at once.
#[tokio::test(start_paused = true)]
async fn failures_do_not_queue() {
    #[cached(cache = cache, skip_unkeyed(cache, runs))]
    async fn made(cache: &Cache, runs: &AtomicUsize, q: u32) -> anyhow::Result<String> {
        runs.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(2)).await;
        anyhow::bail!("no {q}")
    }
    #[cached(cache = cache, skip_unkeyed(cache, runs))]
    async fn alone(cache: &Cache, runs: &AtomicUsize, q: u32) -> Result<String, NotCloned> {
        runs.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(2 * u64::from(q).min(1))).await;
        Err(NotCloned)
    }
    let (cache, runs) = (small(), AtomicUsize::new(0));
    let begun = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    let (cache, runs) = (&*Box::leak(Box::new(cache)), &*Box::leak(Box::new(runs)));
    for _ in 0..1000 {
        calls.spawn(made(cache, runs, 5));
    }
    for answer in calls.join_all().await {
        assert!(answer.unwrap_err().to_string().starts_with("no 5"));
    }
    assert!(begun.elapsed() <= Duration::from_millis(6), "{:?}", begun.elapsed());
    assert_eq!(runs.swap(0, Ordering::SeqCst), 1);

    let begun = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        calls.spawn(async move { alone(cache, runs, 5).await.is_err() });
    }
    assert!(calls.join_all().await.into_iter().all(|failed| failed));
    assert!(begun.elapsed() <= Duration::from_millis(6), "{:?}", begun.elapsed());
    assert_eq!(runs.load(Ordering::SeqCst), 1000);
}

/// An error that is shared as ours keeps the kind of the one of ours beneath it.
#[tokio::test(start_paused = true)]
async fn a_shared_error_keeps_its_kind() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    async fn asks(cache: &Cache, wrapped: bool) -> anyhow::Result<String> {
        sleep(Duration::from_millis(2)).await;
        let failed: Result<String, Error> = offline("x");
        let failed = failed.map_err(anyhow::Error::from);
        if wrapped { failed.map_err(|error| error.context("while asking")) } else { failed }
    }
    #[cached(cache = &OFFLINE)]
    fn offline(q: &str) -> Result<String, Error> {
        unreachable!("it ran for {q}")
    }
    let cache = small();
    for wrapped in [false, true] {
        let (led, followed) = tokio::join!(biased; asks(&cache, wrapped), asks(&cache, wrapped));
        let (led, followed) = (format!("{:#}", led.unwrap_err()), followed.unwrap_err());
        assert!(followed.to_string().starts_with(&led), "{followed}");
        let kind = followed.downcast_ref::<Error>().map(Error::kind);
        assert_eq!(kind, Some(ErrorKind::NotCached));
    }
}
