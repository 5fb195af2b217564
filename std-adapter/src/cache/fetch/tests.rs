//! What the public face of the cache cannot show.

use super::*;
use crate::store::{Cursor, MemoryStore, Page, Store, StoreStats, Work};
use std::{
    cell::Cell,
    convert::Infallible,
    sync::{Mutex, PoisonError},
};
use tokio::sync::oneshot;

/// A store whose puts wait until they are let through.
struct Gated(MemoryStore, Mutex<Option<oneshot::Receiver<()>>>);

impl Store for Gated {
    fn tier(&self) -> Tier {
        self.0.tier()
    }

    fn get<'a>(&'a self, key: &'a RequestKey) -> Work<'a, Option<Entry>> {
        self.0.get(key)
    }

    fn put<'a>(&'a self, key: &'a RequestKey, entry: &'a Entry) -> Work<'a, ()> {
        Work::later(async move {
            let gate = self.1.lock().unwrap_or_else(PoisonError::into_inner).take();
            gate.expect("one put").await.expect("the test opens it");
            self.0.put(key, entry).await
        })
    }

    fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool> {
        self.0.remove(key)
    }

    fn clear(&self) -> Work<'_, ()> {
        self.0.clear()
    }

    fn flush(&self) -> Work<'_, ()> {
        self.0.flush()
    }

    fn iter_page<'a>(&'a self, after: Option<&'a Cursor>, limit: usize) -> Work<'a, Page> {
        self.0.iter_page(after, limit)
    }

    fn stats(&self) -> StoreStats {
        self.0.stats()
    }
}

/// While an answer that landed is being written, a waiting call that refuses it lets the
/// thread do other work before it looks again.
#[tokio::test]
async fn a_call_that_refuses_a_landing_starves_nobody() {
    let ((open, gate), (go, gone)) = (oneshot::channel(), oneshot::channel::<()>());
    let store = Gated(MemoryStore::new(), Mutex::new(Some(gate)));
    let cache = Cache::builder().memory_bytes(1 << 16).store(store).build();
    let (key, options) = (RequestKey::from_bytes([1; 32]), CallOptions::new());
    let (turns, refusals, mut last) = (Cell::new(0), Cell::new(0), 0);

    let leader = cache.get_or_fetch(key, &options, async || {
        gone.await.expect("it is sent");
        Ok::<_, Infallible>(Fetched::new("answer"))
    });
    let accept = |_: &[u8]| {
        assert!(turns.get() > last, "the thread did nothing else since the last refusal");
        (last, _) = (turns.get(), refusals.replace(refusals.get() + 1));
        refusals.get() == 3
    };
    let follower = async {
        let never = async || -> Result<Fetched, Infallible> { panic!("it follows") };
        let share = Share::cloned();
        let cached = cache.get_or_fetch_if(key, &options, share, accept, never).await;
        open.send(()).expect("the store is there");
        cached
    };
    let others = async {
        go.send(()).expect("the leader waits");
        poll_fn(|context| {
            turns.set(turns.get() + 1);
            context.waker().wake_by_ref();
            if refusals.get() == 3 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    };
    let (led, followed, ()) = tokio::join!(biased; leader, follower, others);
    assert!(led.expect("infallible").outcome.is_miss());
    assert_eq!(followed.expect("infallible").outcome.tier(), Some(Tier::Flight));
}
