//! Calls from many threads at once.

use std::{sync::Barrier, time::Instant};

use super::THREADS;

/// Microseconds of wall time a call, whichever thread makes it, from when all threads are ready
/// until the last is done. `work` gets the numbers of the thread and of its call.
pub(super) fn time(calls: usize, work: impl Fn(usize, usize) + Sync) -> f64 {
    let ready = Barrier::new(THREADS + 1);
    let start = std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (ready, work) = (&ready, &work);
            scope.spawn(move || {
                ready.wait();
                (0..calls).for_each(|call| work(thread, call));
            });
        }
        ready.wait();
        Instant::now()
    });
    start.elapsed().as_secs_f64() * 1e6 / (calls * THREADS) as f64
}
