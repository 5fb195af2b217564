//! Single flight through the cache's public face: identical calls under way share one fetch.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use llm_cache::{
    Cache,
    cache::{Cached, CallOptions, FetchError, Fetched, Share, Tier, Verdict},
    llm_cache_core::{RequestKey, reply},
    store::MemoryStore,
};
use tokio::sync::{Semaphore, oneshot};

fn key(number: u8) -> RequestKey {
    RequestKey::from_bytes([number; 32])
}

fn small() -> Cache {
    Cache::builder().memory_bytes(1 << 16).build()
}

/// Polls all futures from one task until all are done: none is polled again before all have been
/// polled once, so that they are under way at one time.
async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(|each| (Box::pin(each), None)).collect();
    poll_fn(|context| {
        let mut pending = false;
        for (future, output) in futures.iter_mut().filter(|(_, output)| output.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(ready) => *output = Some(ready),
                Poll::Pending => pending = true,
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

/// Polls a future once, which must not be enough.
async fn start<F: Future>(future: &mut Pin<Box<F>>) {
    poll_fn(|context| {
        assert!(future.as_mut().poll(context).is_pending(), "it was not to end yet");
        Poll::Ready(())
    })
    .await;
}

/// A fetch that waits at a gate and counts.
struct Gate {
    open: Semaphore,
    fetches: AtomicUsize,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { open: Semaphore::new(0), fetches: AtomicUsize::new(0) })
    }

    async fn fetch(self: Arc<Self>) -> Result<Fetched, &'static str> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        self.open.acquire().await.map_err(|_| "the gate was closed for good")?.forget();
        Ok(Fetched::new("Ada"))
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

/// A call through the gate, as a future that owns what it needs.
fn through(
    gate: &Arc<Gate>,
    cache: &Cache,
    share: Share<&'static str>,
) -> impl Future<Output = Result<Cached, FetchError<&'static str>>> + Send + use<> {
    let (cache, gate) = (cache.clone(), Arc::clone(gate));
    async move {
        let options = CallOptions::new();
        cache.get_or_fetch_sharing(key(1), &options, share, || gate.fetch()).await
    }
}

/// A thousand identical calls under way at one time make one fetch; the one that made it reports a
/// miss and all others a hit in flight.
#[tokio::test]
async fn a_thousand_misses_fetch_once() {
    let (gate, cache) = (Gate::new(), small());
    let mut calls: Vec<_> =
        (0..1000).map(|_| Box::pin(through(&gate, &cache, Share::cloned()))).collect();
    for call in &mut calls {
        start(call).await;
    }
    assert_eq!(gate.fetches(), 1);
    gate.open.add_permits(1);
    let answers = all(calls).await;
    let tiers = answers.iter().filter_map(|answer| answer.as_ref().unwrap().outcome.tier());
    assert_eq!(tiers.filter(|tier| *tier == Tier::Flight).count(), 999);
    assert_eq!((answers.len(), gate.fetches()), (1000, 1));
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits_flight, stats.handovers), (1, 999, 0));
}

/// The same from many threads, where calls come before, during and after the fetch.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_fetch_once() {
    let (gate, cache) = (Gate::new(), small());
    gate.open.add_permits(1);
    let tasks: Vec<_> =
        (0..1000).map(|_| tokio::spawn(through(&gate, &cache, Share::cloned()))).collect();
    for task in tasks {
        assert_eq!(&task.await.unwrap().unwrap().entry.payload[..], b"Ada");
    }
    assert_eq!(gate.fetches(), 1);
}

/// The leader is dropped midway: one follower fetches again, all others get its answer.
#[tokio::test]
async fn a_cancelled_leader_hands_over() {
    let (gate, cache) = (Gate::new(), small());
    let mut leader = Box::pin(through(&gate, &cache, Share::cloned()));
    start(&mut leader).await;
    let mut calls: Vec<_> =
        (0..99).map(|_| Box::pin(through(&gate, &cache, Share::cloned()))).collect();
    for call in &mut calls {
        start(call).await;
    }
    drop(leader);
    gate.open.add_permits(1);
    assert!(all(calls).await.iter().all(|answer| answer.is_ok()));
    assert_eq!((gate.fetches(), cache.stats().handovers), (2, 1));
}

/// A fetch that panics takes its own call down and no other.
#[tokio::test]
async fn a_panicking_leader_hands_over() {
    let (gate, cache) = (Gate::new(), small());
    let (panic_now, told) = oneshot::channel::<()>();
    let panicking = cache.clone();
    let (leads, led) = oneshot::channel();
    let leader = tokio::spawn(async move {
        let fetch = || async {
            leads.send(()).unwrap();
            told.await.unwrap();
            panic!("a fault of the fetch");
        };
        let share = Share::<&'static str>::none();
        panicking.get_or_fetch_sharing(key(1), &CallOptions::new(), share, fetch).await
    });
    led.await.unwrap();
    let mut call = Box::pin(through(&gate, &cache, Share::cloned()));
    start(&mut call).await;
    panic_now.send(()).unwrap();
    assert!(leader.await.unwrap_err().is_panic());
    gate.open.add_permits(1);
    assert_eq!(&call.await.unwrap().entry.payload[..], b"Ada");
    assert_eq!((gate.fetches(), cache.stats().handovers), (1, 1));
}

/// An error that is shared answers all who wait; one that is not makes each fetch for itself. It
/// is never stored.
#[tokio::test]
async fn errors_are_shared_where_they_may_be() {
    for (share, expected) in [(Share::cloned(), 1), (Share::none(), 20)] {
        let (gate, cache) =
            (Gate::new(), Cache::builder().memory_bytes(1 << 16).store(MemoryStore::new()).build());
        let mut calls: Vec<_> = (0..20).map(|_| Box::pin(through(&gate, &cache, share))).collect();
        for call in &mut calls {
            start(call).await;
        }
        gate.open.close();
        for answer in all(calls).await {
            assert_eq!(answer.unwrap_err(), FetchError::Fetch("the gate was closed for good"));
        }
        assert_eq!(gate.fetches(), expected);
        assert_eq!((cache.stats().stored_memory, cache.stats().stored_store), (0, 0));
    }
}

/// An answer that may not be stored still serves those who waited for it, and nobody later.
#[tokio::test]
async fn a_skipped_answer_serves_those_who_wait() {
    let cache = small();
    let (fetches, gate) = (AtomicUsize::new(0), Semaphore::new(0));
    let ask = || async {
        let fetch = || async {
            fetches.fetch_add(1, Ordering::SeqCst);
            let _permit = gate.acquire().await;
            let verdict = Verdict::Skip { why: reply::SkipReason::Refusal.into() };
            Ok::<_, Infallible>(Fetched::new("no").with_verdict(verdict))
        };
        cache.get_or_fetch_sharing(key(1), &CallOptions::new(), Share::none(), fetch).await
    };
    let mut calls: Vec<_> = (0..9).map(|_| Box::pin(ask())).collect();
    for call in &mut calls {
        start(call).await;
    }
    gate.add_permits(1);
    let answers = all(calls).await;
    let skip = Verdict::Skip { why: reply::SkipReason::Refusal.into() };
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().verdict == skip));
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    assert!(pin!(ask()).await.unwrap().outcome.is_miss());
}

/// Callers of many threads, some of them cut off at any point, round after round: everyone who
/// stays gets the answer, and no flight is left behind to block the next round.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancellation_at_any_point_blocks_nobody() {
    let cache = small();
    for round in 0..300_u32 {
        let gate = Gate::new();
        let tasks: Vec<_> =
            (0..12).map(|_| tokio::spawn(through(&gate, &cache, Share::none()))).collect();
        gate.open.add_permits(12);
        for (at, task) in tasks.iter().enumerate() {
            if (round.wrapping_mul(2_654_435_761) >> at) & 1 == 1 {
                task.abort();
            }
        }
        for task in tasks {
            match task.await {
                Ok(answer) => assert_eq!(&answer.unwrap().entry.payload[..], b"Ada"),
                Err(error) => assert!(error.is_cancelled()),
            }
        }
        cache.clear().await.unwrap();
    }
}
