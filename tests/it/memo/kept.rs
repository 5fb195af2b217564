//! What of a function's results is kept, for how long, and who gets it.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Future, poll_fn},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    thread,
};

use llm_cache::{
    Cache,
    cache::{Event, MissReason, Mode, Outcome, SkipReason, Tier},
    cached,
    store::MemoryStore,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::Semaphore;

use super::{Alias, Fallible, MODEL, Model, NotCloned, Person, parse, small};

/// A result that JSON cannot say reaches its caller and is not stored.
#[test]
fn a_result_without_json_is_not_stored() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn nan(cache: &Cache) -> f64 {
        f64::NAN
    }
    let cache = small();
    assert!(nan(&cache).is_nan() && nan(&cache).is_nan());
    assert_eq!((cache.stats().misses, cache.stats().skipped), (2, 2));
}

/// `Err` is never stored, behind an alias either, whether its type is `Clone` or not.
#[test]
fn errors_are_never_stored() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn aliased(cache: &Cache, text: &str) -> Alias {
        parse(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn fallible(cache: &Cache, text: &str) -> Fallible<Person> {
        parse(text).map_err(|_| NotCloned)
    }
    let cache = small();
    for _ in 0..2 {
        let (result, outcome) = aliased_with_outcome(&cache, "nobody");
        assert_eq!((result, outcome), (parse("nobody"), Outcome::Miss { why: MissReason::Absent }));
        let (result, outcome) = fallible_with_outcome(&cache, "nobody");
        assert!(result.is_err() && outcome.is_miss());
    }
    assert_eq!(cache.stats().memory_entries, 0);
    assert!(aliased(&cache, "Ada is 36").is_ok() && fallible(&cache, "Ada is 36").is_ok());
    assert!(aliased_with_outcome(&cache, "Ada is 36").1.is_hit());
    assert!(fallible_with_outcome(&cache, "Ada is 36").1.is_hit());
}

/// What was stored is there after a restart, and a namespace keeps uses apart.
#[test]
fn results_outlive_the_cache() {
    #[cached(cache = cache, skip_unkeyed(cache, namespace), namespace = namespace, ttl_secs = 60)]
    fn extract(cache: &Cache, namespace: &str, text: &str) -> Alias {
        parse(text)
    }
    let store = Arc::new(MemoryStore::new());
    let open = || Cache::builder().memory_bytes(1 << 16).store(Arc::clone(&store)).build();
    let ask = |cache: &Cache, namespace| extract_with_outcome(cache, namespace, "Ada is 36");
    assert!(ask(&open(), "a").1.is_miss());
    let reopened = open();
    let (person, outcome) = ask(&reopened, "a");
    assert_eq!((person, outcome.tier()), (parse("Ada is 36"), Some(Tier::Other("memory_store"))));
    assert_eq!(ask(&reopened, "a").1.tier(), Some(Tier::Memory));
    assert!(ask(&reopened, "b").1.is_miss());
    assert!(extract(&reopened, "a", "Ada is 36").is_ok());
}

thread_local! {
    static FUSSY: Cell<bool> = const { Cell::new(false) };
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Fussy(u8);

impl<'de> Deserialize<'de> for Fussy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match FUSSY.get() {
            true => Err(serde::de::Error::custom("not any more")),
            false => u8::deserialize(deserializer).map(Self),
        }
    }
}

/// A stored value that no longer decodes is a miss with that reason, and is replaced.
#[test]
fn a_value_that_no_longer_decodes_is_a_miss() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn ask(cache: &Cache) -> Fussy {
        Fussy(7)
    }
    let cache = small();
    assert_eq!(ask(&cache), Fussy(7));
    FUSSY.set(true);
    let undecodable = Outcome::Miss { why: MissReason::Undecodable };
    assert_eq!(ask_with_outcome(&cache), (Fussy(7), undecodable));
    FUSSY.set(false);
    assert!(ask_with_outcome(&cache).1.is_hit());
}

/// A function whose body uses a client that is not in its key is not stored; with the client
/// skipped, or a scope named, it is. A hit of an inner function counts as a use.
#[test]
fn a_client_reached_otherwise_is_noticed() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn smuggled(cache: &Cache, text: &str) -> Alias {
        MODEL.ask(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache), scope = MODEL)]
    fn scoped(cache: &Cache, text: &str) -> Alias {
        MODEL.ask(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    fn inner(cache: &Cache, client: &Model, text: &str) -> Alias {
        client.ask(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn outer(cache: &Cache, text: &str) -> Alias {
        inner(cache, &MODEL, text)
    }
    let skipped = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&skipped);
    let observer = move |event: &Event<'_>| {
        if let Event::Skipped { why, .. } = event {
            log.lock().expect("no test panics here").push(*why);
        }
    };
    let cache = Cache::builder().memory_bytes(1 << 16).observer(observer).build();
    let text = "Ada is 36";
    for first in [true, false] {
        assert!(smuggled_with_outcome(&cache, text).1.is_miss());
        assert!(outer_with_outcome(&cache, text).1.is_miss());
        assert!(inner_with_outcome(&cache, &MODEL, text).1.is_hit());
        assert_eq!(scoped_with_outcome(&cache, text).1.is_miss(), first);
    }
    assert_eq!(*skipped.lock().unwrap(), [SkipReason::Unscoped; 4]);
    assert!(smuggled(&cache, text).is_ok() && outer(&cache, text).is_ok());
    assert!(scoped(&cache, text).is_ok());
}

/// A thousand identical calls under way at one time run the body once.
#[tokio::test]
async fn a_thousand_calls_run_the_body_once() {
    #[cached(cache = cache, skip_unkeyed(cache, gate, bodies))]
    async fn ask(cache: &Cache, gate: &Semaphore, bodies: &AtomicUsize) -> Result<u8, Infallible> {
        bodies.fetch_add(1, Ordering::SeqCst);
        let _permit = gate.acquire().await;
        Ok(7)
    }
    let (cache, gate, bodies) = (small(), Semaphore::new(0), AtomicUsize::new(0));
    let mut calls: Vec<_> = (0..1000).map(|_| Box::pin(ask(&cache, &gate, &bodies))).collect();
    poll_fn(|context| {
        assert!(calls.iter_mut().all(|call| call.as_mut().poll(context).is_pending()));
        Poll::Ready(())
    })
    .await;
    gate.add_permits(1);
    for call in calls {
        assert_eq!(call.await, Ok(7));
    }
    assert_eq!((bodies.load(Ordering::SeqCst), cache.stats().hits_flight), (1, 999));
}

/// Threads that call at one time run the body of a sync function once, inside tokio or not.
#[test]
fn threads_run_the_body_once() {
    static BODIES: AtomicUsize = AtomicUsize::new(0);
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn ask(cache: &Cache) -> usize {
        thread::yield_now();
        BODIES.fetch_add(1, Ordering::SeqCst)
    }
    let (cache, runtime) =
        (small(), tokio::runtime::Builder::new_current_thread().build().unwrap());
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| assert_eq!(ask(&cache), 0));
        }
    });
    assert_eq!(runtime.block_on(async { ask(&cache) }), 0);
    assert_eq!(BODIES.load(Ordering::SeqCst), 1);
}

/// The future of a decorated function can be sent where its arguments can.
#[test]
fn futures_are_send() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    async fn ask(cache: &Cache, text: &str) -> Result<Person, NotCloned> {
        parse(text).map_err(|_| NotCloned)
    }
    fn assert_send(_: impl Future + Send) {}
    assert_send(ask(&small(), ""));
}

/// Calls that wait for one whose result nobody else can use run the body themselves: a result
/// without JSON, one that depends on a client past the key. In read-only mode they share it.
#[tokio::test]
async fn who_waits_gets_only_what_is_for_all() {
    #[cached(cache = cache, skip_unkeyed(cache, bodies))]
    async fn ask(cache: &Cache, bodies: &AtomicUsize, what: &str) -> f64 {
        bodies.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        match what {
            "no number" => f64::NAN,
            "smuggled" => MODEL.ask("Ada is 36").map_or(0.0, |person| f64::from(person.age)),
            _ => 36.0,
        }
    }
    let read_only = Cache::builder().memory_bytes(1 << 16).mode(Mode::ReadOnly).build();
    for (cache, what, expected) in
        [(small(), "no number", 3), (small(), "smuggled", 3), (small(), "", 1), (read_only, "", 1)]
    {
        let bodies = AtomicUsize::new(0);
        let ask = || ask(&cache, &bodies, what);
        let answers: [f64; 3] = tokio::join!(ask(), ask(), ask()).into();
        assert!(answers.iter().all(|answer| *answer == 36.0 || answer.is_nan()));
        assert_eq!((bodies.load(Ordering::SeqCst), what), (expected, what));
    }
}
