//! The thread that syncs at intervals.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{Builder, JoinHandle},
    time::Duration,
};

/// Calls a function at intervals until it is dropped.
#[derive(Debug)]
pub(super) struct Flusher {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

const INTERVAL_MIN: Duration = Duration::from_millis(1);

impl Flusher {
    pub(super) fn start(
        interval: Duration,
        mut flush: impl FnMut() + Send + 'static,
    ) -> io::Result<Self> {
        // An interval of nothing would keep a processor busy.
        let interval = interval.max(INTERVAL_MIN);
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&stop);
        let thread = Builder::new().name("llm-cache-sync".to_owned()).spawn(move || {
            let (is_stopped, changed) = &*theirs;
            let mut guard = is_stopped.lock().unwrap_or_else(PoisonError::into_inner);
            while !*guard {
                guard =
                    changed.wait_timeout(guard, interval).unwrap_or_else(PoisonError::into_inner).0;
                if !*guard {
                    drop(guard);
                    flush();
                    guard = is_stopped.lock().unwrap_or_else(PoisonError::into_inner);
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        let (is_stopped, changed) = &*self.stop;
        *is_stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It ends after the sync that it may be in; a panic of it is not ours to repeat.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            atomic::{AtomicU32, Ordering},
            mpsc,
        },
        time::Instant,
    };

    /// An interval of zero is kept as the shortest one, not as a loop that never rests.
    #[test]
    fn an_interval_of_nothing_is_no_busy_loop() {
        let (calls, (sender, receiver)) = (Arc::new(AtomicU32::new(0)), mpsc::channel());
        let (theirs, start) = (Arc::clone(&calls), Instant::now());
        let flusher = Flusher::start(Duration::ZERO, move || {
            if theirs.fetch_add(1, Ordering::Relaxed) == 19 {
                sender.send(Instant::now()).unwrap();
            }
        });
        let twentieth = receiver.recv().unwrap();
        drop(flusher.unwrap());
        assert!(twentieth - start >= Duration::from_millis(20));
        assert!(calls.load(Ordering::Relaxed) >= 20);
    }
}
