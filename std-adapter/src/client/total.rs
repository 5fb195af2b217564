//! A running total of savings that threads add to without waiting for each other.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use crate::prompt::Savings;

/// So many threads add at a time without meeting; further ones share their places.
const PLACES: usize = 16;

/// The total of a client and its clones: one sum for each place that threads add in. Adding locks
/// the place of the thread, which as a rule no other thread uses.
#[derive(Default)]
pub(super) struct Total([Place; PLACES]);

/// The sum of some threads, on cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Place(Mutex<Savings>);

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The place of this thread: threads get the places by turns.
    static PLACE: usize = NEXT.fetch_add(1, Relaxed) % PLACES;
}

impl Total {
    /// Changes the sum of this thread.
    pub(super) fn add(&self, add: impl FnOnce(&mut Savings)) {
        // A thread that is being torn down has no place of its own any more.
        let place = PLACE.try_with(|place| *place).unwrap_or(0);
        add(&mut self.0[place].lock());
    }

    /// The sum over all threads.
    pub(super) fn sum(&self) -> Savings {
        self.0.iter().fold(Savings::default(), |mut sum, place| {
            sum += &place.lock();
            sum
        })
    }
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, Savings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::prompt::{Facts, Reported};

    /// Nothing is lost with more threads than places, and the sum is that of one thread.
    #[test]
    fn threads_add_up() {
        const THREADS: usize = 3 * PLACES;
        let (total, reported) = (Total::default(), Reported::default());
        let add = |savings: &mut Savings| {
            savings.add_reply(reported.as_priced(), true, Facts::embedded());
        };
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..100).for_each(|_| total.add(add)));
            }
        });
        let mut alone = Savings::default();
        (0..100 * THREADS).for_each(|_| add(&mut alone));
        assert_eq!(total.sum(), alone);
    }
}
