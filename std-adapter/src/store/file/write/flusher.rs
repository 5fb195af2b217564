//! The thread that syncs at intervals.

use std::{
    io, mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread::{Builder, JoinHandle},
    time::Duration,
};

/// Hands what it was told of last to a function, at intervals, until it is dropped.
///
/// Its thread takes no lock of the store's, so that a fork at any moment leaves the child none that
/// nobody gives back. What the two share goes with the flusher: a child [`abandon`](Self::abandon)s
/// it and starts its own.
#[derive(Debug)]
pub(crate) struct Flusher<T> {
    shared: Arc<Shared<T>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    stopped: Condvar,
}

#[derive(Debug)]
struct State<T> {
    due: Option<T>,
    is_stopped: bool,
}

const INTERVAL_MIN: Duration = Duration::from_millis(1);

impl<T: Send + 'static> Flusher<T> {
    pub(crate) fn start(
        interval: Duration,
        mut flush: impl FnMut(T) + Send + 'static,
    ) -> io::Result<Self> {
        // An interval of nothing would keep a processor busy.
        let interval = interval.max(INTERVAL_MIN);
        let state = Mutex::new(State { due: None, is_stopped: false });
        let shared = Arc::new(Shared { state, stopped: Condvar::new() });
        let theirs = Arc::clone(&shared);
        let (started, is_started) = mpsc::channel::<()>();
        let thread = Builder::new().name("llm-cache-sync".to_owned()).spawn(move || {
            drop(started);
            while let Some(due) = theirs.wait(interval) {
                due.into_iter().for_each(&mut flush);
            }
        })?;
        // A thread that starts holds locks of the standard library, which a fork would copy too.
        let _ = is_started.recv();
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Has this handed over at the next interval, in place of what was to be.
    pub(crate) fn set_due(&self, due: T) {
        self.shared.state().due = Some(due);
    }

    /// Forgets the thread, which this process does not have: it is the parent's.
    pub(crate) fn abandon(self) {
        mem::forget(self);
    }
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is due after the interval; `None` at the end.
    fn wait(&self, interval: Duration) -> Option<Option<T>> {
        let state = self.state();
        if state.is_stopped {
            return None;
        }
        let waited = self.stopped.wait_timeout(state, interval);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        (!state.is_stopped).then(|| state.due.take())
    }
}

impl<T> Drop for Flusher<T> {
    fn drop(&mut self) {
        self.shared.state().is_stopped = true;
        self.shared.stopped.notify_all();
        if let Some(thread) = self.thread.take() {
            // It ends after the sync that it may be in; a panic of it is not ours to repeat.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    /// An interval of zero is kept as the shortest one, not as a loop that never rests; what is due
    /// is handed over once.
    #[test]
    fn an_interval_of_nothing_is_no_busy_loop() {
        let ((sender, receiver), start) = (mpsc::channel(), Instant::now());
        let flusher = Flusher::start(Duration::ZERO, move |n| sender.send(n).unwrap()).unwrap();
        for n in 0..20 {
            flusher.set_due(n);
            assert_eq!(receiver.recv(), Ok(n));
        }
        assert!(start.elapsed() >= Duration::from_millis(20));
        drop(flusher);
        assert!(receiver.recv().is_err(), "handed over twice");
    }
}
