//! A disk that fails at every operation in turn, is full, goes away; and processes that are killed
//! or stand still at every operation.

use std::{
    thread,
    time::{Duration, Instant},
};

mod fork;
mod leftover;
mod passing;

use super::{
    Durability, FileStore, FileStoreOptions,
    sim::{
        Fault, Loss, Oracle, Random, SimDisk, Step, check, durabilities, key, open, run, script,
    },
};
use crate::store::FileFault;

fn options(durability: Durability) -> FileStoreOptions {
    FileStore::options().durability(durability).segment_bytes(4096)
}

/// Runs steps on a store as far as the disk lets it, telling the oracle what was acknowledged.
/// The store is there in the end unless the disk is too broken to open it.
fn struggle(
    disk: &SimDisk,
    options: FileStoreOptions,
    steps: &[Step],
    oracle: &mut Oracle,
) -> Option<FileStore> {
    let mut store = open(disk, options).ok();
    for &step in steps {
        if step == Step::Reopen {
            drop(store);
            store = open(disk, options).ok();
        }
        let Some(store) = &store else { continue };
        oracle.begin(step);
        match run(store, step) {
            Ok(()) => oracle.done(step),
            Err(_) => oracle.failed(step),
        }
    }
    store
}

/// Whichever operation fails, in whichever way: no panic, what was acknowledged is found when the
/// disk is well again, by the same store and by the next, nothing is wrong, and the store works.
#[test]
fn a_fault_at_any_operation() {
    let steps = script(3, 22, 0);
    for (durability, fault) in durabilities().into_iter().flat_map(|d| Fault::ALL.map(|f| (d, f))) {
        let options = options(durability);
        for at in 0.. {
            let (disk, mut oracle) = (SimDisk::new(), Oracle::new(true));
            disk.fail(at, fault);
            let store = struggle(&disk, options, &steps, &mut oracle);
            let is_past = disk.operations() < at;
            disk.heal();
            let when = || format!("{durability:?}, {fault:?} at operation {at}");
            if let Some(store) = store {
                check(&store, &oracle, &when);
                run(&store, Step::Put(99, 1)).unwrap_or_else(|error| panic!("{error}; {}", when()));
                assert!(store.get(&key(99)).unwrap().is_some(), "{}", when());
            }
            let store = open(&disk, options);
            let store = store.unwrap_or_else(|error| panic!("{error}; {}", when()));
            check(&store, &oracle, &when);
            if is_past {
                break;
            }
        }
    }
}

/// A sync that fails once, and then reports success for what was lost: no put is acknowledged on
/// the strength of the later sync.
#[test]
fn a_failed_sync_is_not_made_good_by_the_next() {
    let steps = script(4, 25, 0);
    let options = options(Durability::Always);
    for at in 0.. {
        let (disk, mut oracle) = (SimDisk::new(), Oracle::new(true));
        oracle.is_lossy = true;
        disk.fail(at, Fault::SyncOnce);
        let store = struggle(&disk, options, &steps, &mut oracle);
        for loss in Loss::ALL {
            let after = disk.after_power_loss(loss, &mut Random(at));
            let store = open(&after, options).unwrap();
            check(&store, &oracle, &|| format!("sync failed at operation {at}, lost {loss:?}"));
        }
        drop(store);
        if disk.operations() < at {
            break;
        }
    }
}

/// Each kind of trouble has its kind of error; gets go on, and so do puts when it is over.
#[test]
fn a_fault_is_told_by_its_kind() {
    for durability in durabilities() {
        let disk = SimDisk::new();
        let store = open(&disk, options(durability)).unwrap();
        run(&store, Step::Put(1, 1)).unwrap();
        for (fault, kind) in [
            (Fault::Full, FileFault::NoSpace),
            (Fault::ReadOnly, FileFault::ReadOnly),
            (Fault::Broken, FileFault::Io),
        ] {
            disk.fail(0, fault);
            // What the file was made long enough for goes well on a full disk.
            let error = (0..40).find_map(|n| run(&store, Step::Put(2, 4 * n + 3)).err());
            assert_eq!(error.and_then(|error| FileFault::of(&error)), Some(kind), "{durability:?}");
            if fault != Fault::Broken {
                assert!(store.get(&key(1)).unwrap().is_some());
            }
            disk.heal();
            run(&store, Step::Put(3, 1)).unwrap();
            assert!(store.get(&key(1)).unwrap().is_some());
            assert!(store.get(&key(3)).unwrap().is_some());
        }
        disk.fail(0, Fault::SyncOnce);
        let error = run(&store, Step::Put(4, 1)).and_then(|()| run(&store, Step::Flush));
        if durability != Durability::None {
            assert_eq!(FileFault::of(&error.unwrap_err()), Some(FileFault::SyncFailed));
            assert_eq!(store.stats().sync_failures, 1);
        }
        disk.heal();
        run(&store, Step::Put(5, 1)).unwrap();
        assert!(store.get(&key(5)).unwrap().is_some());
    }
}

/// A directory that is deleted under its store: gets miss, puts say so, nothing panics.
#[test]
fn a_directory_that_is_gone_is_told() {
    for durability in durabilities() {
        let disk = SimDisk::new();
        let store = open(&disk, options(durability)).unwrap();
        run(&store, Step::Put(1, 1)).unwrap();
        disk.take_away();
        let started = Instant::now();
        let error = loop {
            if let Err(error) = run(&store, Step::Put(2, 1)) {
                break error;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "not noticed");
        };
        assert_eq!(FileFault::of(&error), Some(FileFault::Gone));
        assert!(store.get(&key(1)).unwrap().is_none());
        assert!(run(&store, Step::Remove(1)).is_ok() || run(&store, Step::Clear).is_err());
    }
}

/// A process that is killed at any operation, with all its locks: another one that is there all
/// along finds what was acknowledged, at once, and goes on; and so does one that comes later.
#[test]
fn a_killed_process_is_survived() {
    let steps = script(5, 22, 0);
    for durability in durabilities() {
        let options = options(durability);
        for at in 0.. {
            let (disk, mut oracle) = (SimDisk::new(), Oracle::new(true));
            let (theirs, ours) = (disk.process(), disk.process());
            let store = open(&ours, options).unwrap();
            // Every third time the survivor is a writer already.
            if at % 3 == 0 {
                run(&store, Step::Put(99, 1)).unwrap();
            }
            theirs.kill_at(at);
            let killed = struggle(&theirs, options, &steps, &mut oracle);
            let is_past = !theirs.is_killed();
            theirs.kill();
            let when = || format!("{durability:?}, killed at operation {at}");
            check(&store, &oracle, &when);
            let mine = [Step::Put(1, 1000), Step::Compact, Step::Remove(2)];
            for step in mine {
                oracle.begin(step);
                run(&store, step).unwrap_or_else(|error| panic!("{error}; {}", when()));
                oracle.done(step);
                check(&store, &oracle, &when);
            }
            drop(killed);
            if durability == Durability::Always {
                let after = disk.after_power_loss(Loss::All, &mut Random(at));
                check(&open(&after, options).unwrap(), &oracle, &|| when() + ", power lost");
            }
            let later = open(&disk, options).unwrap();
            check(&later, &oracle, &when);
            check(&store, &oracle, &when);
            if is_past {
                break;
            }
        }
    }
}

/// Runs `work`, stopped at operation `at` if it has as many, and `meanwhile` while it stands still
/// there; panics where that does not come to an end. Says whether it was stopped.
fn stop_at(
    disk: &SimDisk,
    at: u64,
    work: impl FnOnce() + Send,
    meanwhile: impl FnOnce() + Send,
) -> bool {
    disk.stop(at);
    thread::scope(|scope| {
        let work = scope.spawn(work);
        if !disk.wait_for_stop(|| work.is_finished()) {
            return false;
        }
        let meanwhile = scope.spawn(meanwhile);
        let started = Instant::now();
        while !meanwhile.is_finished() && started.elapsed() < Duration::from_secs(30) {
            thread::yield_now();
        }
        let is_held_up = !meanwhile.is_finished();
        disk.go_on();
        assert!(!is_held_up, "held up at operation {at}");
        true
    })
}

/// Whatever operation a compaction stands still at: another process gets, puts and ends meanwhile,
/// and when it goes on nothing of that is lost.
#[test]
fn a_compaction_holds_no_other_process_up() {
    let options = options(Durability::Interval(Duration::from_secs(3600)));
    for at in 0.. {
        let (disk, mut oracle) = (SimDisk::new(), Oracle::new(true));
        let when = || format!("stopped at operation {at}");
        let store = struggle(&disk, options, &script(6, 60, 0), &mut oracle).unwrap();
        let other = open(&disk.process(), options).unwrap();
        run(&other, Step::Put(98, 1)).unwrap();
        let was_stopped = stop_at(
            &disk,
            at,
            || run(&store, Step::Compact).unwrap(),
            || {
                check(&other, &oracle, &when);
                for step in [Step::Put(1, 2001), Step::Remove(2), Step::Put(3, 2003)] {
                    oracle.begin(step);
                    run(&other, step).unwrap_or_else(|error| panic!("{error}; {}", when()));
                    oracle.done(step);
                    check(&other, &oracle, &when);
                }
                // Its segment is free from here on, with what the compaction has not seen.
                drop(other);
            },
        );
        check(&store, &oracle, &when);
        run(&store, Step::Compact).unwrap();
        check(&store, &oracle, &when);
        check(&open(&disk, options).unwrap(), &oracle, &when);
        if !was_stopped {
            break;
        }
    }
}

/// Two compactions at once, one of which stands still at any operation.
#[test]
fn two_compactions_lose_nothing() {
    let options = options(Durability::None);
    for at in 0.. {
        let (disk, mut oracle) = (SimDisk::new(), Oracle::new(true));
        let when = || format!("stopped at operation {at}");
        let store = struggle(&disk, options, &script(8, 60, 0), &mut oracle).unwrap();
        let other = open(&disk.process(), options).unwrap();
        let was_stopped = stop_at(
            &disk,
            at,
            || run(&store, Step::Compact).unwrap(),
            || {
                run(&other, Step::Compact).unwrap();
                check(&other, &oracle, &when);
            },
        );
        for store in [&store, &other] {
            check(store, &oracle, &when);
            run(store, Step::Compact).unwrap();
            check(store, &oracle, &when);
        }
        check(&open(&disk, options).unwrap(), &oracle, &when);
        if !was_stopped {
            break;
        }
    }
}

/// Whatever operation a put stands still at, a write halfway: others find what was there before or
/// the new entry, and the new one as soon as the put has returned. The entries are of any length,
/// so that they fill segments to the last byte too.
#[test]
fn a_put_that_stands_still_is_seen_when_it_returns() {
    for durability in durabilities() {
        for at in 0..60_u64 {
            let (disk, mut oracle) = (SimDisk::new(), Oracle::new(true));
            let (store, other) =
                (open(&disk, options(durability)), open(&disk, options(durability)));
            let (store, other) = (store.unwrap(), other.unwrap());
            let mut random = Random(at);
            for n in 0..40 {
                let step = Step::Put(random.below(4) as u8, 2 * n + random.below(2) as u32);
                oracle.begin(step);
                let when = || format!("{durability:?}, put {n} stopped, {at}");
                stop_at(
                    &disk,
                    at % 6,
                    || run(&store, step).unwrap(),
                    || drop(check(&other, &oracle, &when)),
                );
                oracle.done(step);
                check(&other, &oracle, &when);
            }
        }
    }
}
