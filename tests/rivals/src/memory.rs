//! How much memory something takes, counted at the allocator.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicIsize, Ordering},
};

/// The system's allocator, which counts while it is asked to.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Whether to count: while times are taken it is one load and a branch that is always foreseen.
static COUNTS: AtomicBool = AtomicBool::new(false);
static BYTES: AtomicIsize = AtomicIsize::new(0);

fn count(taken: usize, freed: usize) {
    if COUNTS.load(Ordering::Relaxed) {
        BYTES.fetch_add(taken as isize - freed as isize, Ordering::Relaxed);
    }
}

// SAFETY: each method hands on its arguments and returns what the system's allocator returns;
// counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps the trait's contract, which is the same here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: as above; the pointer came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        count(len, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, len) }
    }
}

/// The bytes that are still allocated of all that `work` has allocated, without what the allocator
/// itself adds. One thread at a time may count.
pub(crate) fn bytes_kept<T>(work: impl FnOnce() -> T) -> (T, usize) {
    BYTES.store(0, Ordering::Relaxed);
    COUNTS.store(true, Ordering::Relaxed);
    let result = work();
    COUNTS.store(false, Ordering::Relaxed);
    (result, BYTES.load(Ordering::Relaxed).max(0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is freed again does not count. Other tests allocate meanwhile, but not as much.
    #[test]
    fn what_is_kept_is_counted() {
        const MB: usize = 1 << 20;
        let (kept, bytes) = bytes_kept(|| {
            drop(vec![0_u8; 900 * MB]);
            let mut kept = vec![0_u8; 900 * MB];
            kept.truncate(300 * MB);
            kept.shrink_to_fit();
            kept
        });
        assert_eq!(kept.len(), 300 * MB);
        assert!(bytes.abs_diff(300 * MB) < 100 * MB, "{bytes}");
    }
}
