//! Work that is not timed, on two threads.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

const THREADS: usize = 2;

/// What `work` makes of each item, in the items' order.
pub(crate) fn map<T: Sync, R: Send + Sync>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let results: Vec<_> = items.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(item) = items.get(at)
                {
                    results[at].get_or_init(|| work(item));
                }
            });
        }
    });
    // The scope ends once all are there, or panics if one has.
    results.into_iter().filter_map(OnceLock::into_inner).collect()
}
