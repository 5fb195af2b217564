//! Where the adapter reads the time: ages, lifetimes and the stamps of records.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use llm_cache_core::Millis;

/// A source of wall-clock time.
///
/// Contract: `now` is Unix time in milliseconds, because stamps outlive the process in the store.
/// It may jump, also backwards: an age is then zero, never negative. It must not block.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01 UTC.
    fn now(&self) -> Millis;
}

/// The clock of the operating system; what a cache uses unless told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        millis(since_epoch)
    }
}

/// A clock that stands still until its holder moves it: for tests, and for replaying a trace.
///
/// Clones share one time.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: Millis) -> Self {
        Self(Arc::new(AtomicU64::new(start.0)))
    }

    /// Shows `now` from here on, earlier or later than before.
    pub fn set(&self, now: Millis) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    /// Moves forward by `step`, rounded down to whole milliseconds.
    pub fn advance(&self, step: Duration) {
        self.0.fetch_add(millis(step).0, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::Relaxed))
    }
}

/// Whole milliseconds of a duration; 584 million years and more all count as the longest.
pub(crate) fn millis(length: Duration) -> Millis {
    Millis(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clones of a manual clock show one time, and it moves only by hand.
    #[test]
    fn manual_clock_is_shared() {
        let clock = ManualClock::new(Millis(5));
        let twin = clock.clone();
        clock.advance(Duration::from_micros(2_900));
        assert_eq!(twin.now(), Millis(7));
        twin.set(Millis(1));
        assert_eq!(clock.now(), Millis(1));
    }

    /// The system clock stands after the day this was written.
    #[test]
    fn system_clock_counts_from_the_epoch() {
        assert!(SystemClock.now() > Millis(1_700_000_000_000));
    }
}
