//! A gate in front of the answers: latency that a test controls, without sleeping.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// A test that waits longer than this for a request has found a deadlock.
const BLOCKING_WAIT_MAX: Duration = Duration::from_secs(30);

/// Holds requests back after they were counted, checked and billed, and before their answer begins.
///
/// Open by default. [`hold`](Self::hold) closes it, [`wait_for`](Self::wait_for) tells when N
/// requests stand before it, [`open`](Self::open) or [`pass`](Self::pass) lets them through.
#[derive(Debug, Default)]
pub struct Gate {
    standing: Mutex<Standing>,
    arrived_blocking: Condvar,
    /// For who watches the crowd.
    arrived: Notify,
    /// For the crowd; apart, so that an arrival does not wake everyone who waits.
    opened: Notify,
}

#[derive(Debug, Default)]
struct Standing {
    held: bool,
    waiting: usize,
    passes: usize,
}

impl Gate {
    /// Closes the gate: from now on no answer begins.
    pub fn hold(&self) {
        self.lock().held = true;
    }

    /// Opens the gate for all that wait and all that come.
    pub fn open(&self) {
        let mut standing = self.lock();
        standing.held = false;
        standing.passes = 0;
        drop(standing);
        self.opened.notify_waiters();
    }

    /// Lets `count` requests through, of those that wait or come next; the gate stays closed.
    pub fn pass(&self, count: usize) {
        self.lock().passes += count;
        self.opened.notify_waiters();
    }

    /// How many requests stand before the gate now. One whose client hung up is not among them.
    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Waits until exactly or more than `count` requests stand before the gate; no timeout.
    pub async fn wait_for(&self, count: usize) {
        self.wait_until(&self.arrived, |standing| standing.waiting >= count).await;
    }

    /// Waits until at most `count` requests stand before the gate (clients hung up, or passed).
    pub async fn wait_until_at_most(&self, count: usize) {
        self.wait_until(&self.arrived, |standing| standing.waiting <= count).await;
    }

    /// [`wait_for`](Self::wait_for) for a thread without a runtime.
    ///
    /// # Panics
    ///
    /// After 30 seconds: the requests will not come any more.
    pub fn wait_for_blocking(&self, count: usize) {
        let (standing, timeout) = self
            .arrived_blocking
            .wait_timeout_while(self.lock(), BLOCKING_WAIT_MAX, |held| held.waiting < count)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(
            !timeout.timed_out(),
            "waited for {count} requests, only {} arrived",
            standing.waiting
        );
    }

    /// The request's side: comes back when the gate lets it through.
    pub(super) async fn enter(&self) {
        let _place = Place::take(self);
        self.wait_until(&self.opened, |standing| {
            if standing.held && standing.passes > 0 {
                standing.passes -= 1;
                return true;
            }
            !standing.held
        })
        .await;
    }

    async fn wait_until(&self, change: &Notify, mut done: impl FnMut(&mut Standing) -> bool) {
        loop {
            let notified = change.notified();
            tokio::pin!(notified);
            // Registered before the look, so that a change between the two is not missed.
            notified.as_mut().enable();
            if done(&mut self.lock()) {
                return;
            }
            notified.await;
        }
    }

    fn tell_watchers(&self) {
        self.arrived_blocking.notify_all();
        self.arrived.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place before the gate, given back on drop: a request whose client hangs up is dropped there.
struct Place<'a>(&'a Gate);

impl<'a> Place<'a> {
    fn take(gate: &'a Gate) -> Self {
        gate.lock().waiting += 1;
        gate.tell_watchers();
        Self(gate)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
        self.0.tell_watchers();
    }
}
