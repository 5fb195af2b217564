//! A fork at a moment when a thread of the store's own is at work.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::super::{
    Durability, FileStore,
    segment::Segment,
    sim::{Oracle, SimDisk, Step, check, open, run},
};
use super::{options, stop_at};

fn written_segment(store: &FileStore) -> Arc<Segment> {
    Arc::clone(store.shared.writer().active().unwrap())
}

/// Makes the store believe that a fork has copied it.
fn become_child(store: &FileStore) {
    (store.shared.writer().pid, store.shared.view.follow().pid) = (0, 0);
}

/// The thread that syncs at intervals gets its work done while a put holds the store: it needs no
/// lock of it, and so can hold none when the process forks.
#[test]
fn the_thread_that_syncs_takes_no_lock_of_the_store() {
    let interval = options(Durability::Interval(Duration::from_millis(1)));
    let store = open(&SimDisk::new(), interval).unwrap();
    for n in 0..100 {
        run(&store, Step::Put(1, n)).unwrap();
        let segment = written_segment(&store);
        let _held = store.shared.writer();
        let (_follow, _index) =
            (store.shared.view.follow(), store.shared.view.directory.index_mut());
        let started = Instant::now();
        while !segment.is_synced() {
            assert!(started.elapsed() < Duration::from_secs(30), "put {n} is not synced");
            thread::yield_now();
        }
    }
}

/// A child whose parent forked in the midst of a sync: it gets none of what that thread holds, and
/// whatever it does first, it needs nothing of it.
#[test]
fn a_child_needs_nothing_of_a_sync_that_it_has_inherited() {
    let interval = options(Durability::Interval(Duration::from_secs(3600)));
    let first = [Step::Put(2, 1), Step::Remove(1), Step::Clear, Step::Flush, Step::Compact];
    for step in first.map(Some).into_iter().chain([None]) {
        let (disk, mut oracle) = (SimDisk::new(), Oracle::new(true));
        let mut store = Some(open(&disk, interval).unwrap());
        let mut run = |store: &FileStore, step| {
            oracle.begin(step);
            run(store, step).unwrap();
            oracle.done(step);
            check(store, &oracle, &|| format!("after {step:?}"));
        };
        run(store.as_ref().unwrap(), Step::Put(1, 1));
        let segment = written_segment(store.as_ref().unwrap());
        let was_stopped = stop_at(
            &disk,
            0,
            || segment.sync().unwrap(),
            || {
                let Some(child) = store.take() else { return };
                become_child(&child);
                step.into_iter().for_each(|step| run(&child, step));
            },
        );
        assert!(was_stopped, "there was nothing to sync");
    }
}
