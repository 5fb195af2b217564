//! Counts of lookups that threads write without waiting for each other.

use std::{
    cell::Cell,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread_local,
};

use llm_cache_core::table::{Freshness, Miss, Stats};

/// So many threads at a time count into a place of their own; the others share one.
const PLACES_OWN: usize = 32;

/// What lookups came to. Every thread adds in a place that only it writes, so adding needs no
/// step that other processors must wait for.
pub(super) struct Tally(Box<[Place]>);

/// The counters of one thread; on cache lines of their own.
#[derive(Default)]
#[repr(align(128))]
struct Place {
    hits: AtomicU64,
    hits_stale: AtomicU64,
    misses_absent: AtomicU64,
    misses_expired: AtomicU64,
    hit_bytes: AtomicU64,
    hit_cost: AtomicU64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self((0..=PLACES_OWN).map(|_| Place::default()).collect())
    }

    #[inline]
    pub(super) fn hit(&self, freshness: Freshness, weight: usize, cost: u32) {
        let (place, own) = self.place();
        let counter = match freshness {
            Freshness::Fresh => &place.hits,
            Freshness::Stale => &place.hits_stale,
        };
        add(counter, 1, own);
        add(&place.hit_bytes, weight as u64, own);
        add(&place.hit_cost, u64::from(cost), own);
    }

    pub(super) fn miss(&self, miss: Miss) {
        let (place, own) = self.place();
        let counter = match miss {
            Miss::Absent => &place.misses_absent,
            Miss::Expired => &place.misses_expired,
        };
        add(counter, 1, own);
    }

    /// The sum over all threads, in the fields that lookups fill.
    pub(super) fn read(&self) -> Stats {
        self.0.iter().fold(Stats::default(), |sum, place| {
            let mut stats = Stats::default();
            stats.hits = place.hits.load(Relaxed);
            stats.hits_stale = place.hits_stale.load(Relaxed);
            stats.misses_absent = place.misses_absent.load(Relaxed);
            stats.misses_expired = place.misses_expired.load(Relaxed);
            stats.hit_bytes = place.hit_bytes.load(Relaxed);
            stats.hit_cost = place.hit_cost.load(Relaxed);
            sum.plus(&stats)
        })
    }

    /// Where this thread counts, and whether no other thread does so there.
    #[inline]
    fn place(&self) -> (&Place, bool) {
        let mut number = NUMBER.get();
        if number == UNKNOWN {
            number = number_of_this_thread();
        }
        (&self.0[number], number < PLACES_OWN)
    }
}

#[inline]
fn add(counter: &AtomicU64, by: u64, own: bool) {
    if own {
        counter.store(counter.load(Relaxed).saturating_add(by), Relaxed);
    } else {
        let added = |count: u64| Some(count.saturating_add(by));
        let _ = counter.fetch_update(Relaxed, Relaxed, added);
    }
}

/// Numbers given back by threads that ended, and the lowest that was never given out.
static NUMBERS: Mutex<(Vec<usize>, usize)> = Mutex::new((Vec::new(), 0));

/// The thread has not been asked for its number yet.
const UNKNOWN: usize = usize::MAX;

thread_local! {
    /// The place of this thread. Plain, as it is read at each lookup: `LEASE` knows more.
    static NUMBER: Cell<usize> = const { Cell::new(UNKNOWN) };
    static LEASE: Number = Number::take();
}

#[cold]
fn number_of_this_thread() -> usize {
    // A thread that is being torn down has no number any more.
    let number = LEASE.try_with(|lease| lease.0).unwrap_or(PLACES_OWN).min(PLACES_OWN);
    NUMBER.set(number);
    number
}

/// A number that no other living thread has.
struct Number(usize);

impl Number {
    fn take() -> Self {
        let (free, next) = &mut *NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
        Self(free.pop().unwrap_or_else(|| {
            *next += 1;
            *next - 1
        }))
    }
}

impl Drop for Number {
    // Whoever takes the number next sees all that was counted under it: the lock is in between.
    fn drop(&mut self) {
        NUMBER.set(PLACES_OWN);
        NUMBERS.lock().unwrap_or_else(PoisonError::into_inner).0.push(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::Barrier, thread};

    /// Nothing is lost with more threads than places, nor when threads come and go.
    #[test]
    fn no_count_is_lost() {
        const THREADS: usize = 2 * PLACES_OWN;
        let (tally, started) = (Tally::new(), Barrier::new(THREADS));
        for _ in 0..3 {
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        started.wait();
                        for _ in 0..100 {
                            tally.hit(Freshness::Fresh, 3, 5);
                            tally.miss(Miss::Absent);
                        }
                    });
                }
            });
        }
        let stats = tally.read();
        let all = 3 * 100 * THREADS as u64;
        assert_eq!((stats.hits, stats.misses_absent), (all, all));
        assert_eq!((stats.hit_bytes, stats.hit_cost), (3 * all, 5 * all));
    }

    /// Counters stop at their end.
    #[test]
    fn counters_saturate() {
        for own in [true, false] {
            let counter = AtomicU64::new(u64::MAX - 1);
            (0..3).for_each(|_| add(&counter, 1, own));
            assert_eq!(counter.load(Relaxed), u64::MAX);
        }
    }
}
