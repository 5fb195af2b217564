//! Power losses at every operation: what was acknowledged is there, and nothing is wrong.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{
    Durability, FileStore, FileStoreOptions,
    segment::DATA_START,
    sim::{
        Change, Loss, Oracle, Random, SimDisk, State, Step, check, durabilities, key, open, run,
        script,
    },
};

fn options(durability: Durability) -> FileStoreOptions {
    FileStore::options().durability(durability).segment_bytes(4096)
}

/// Runs steps on `stores` stores on `disk`, each of another process, in turn, and puts into the
/// disk's history when each step begins and ends. Meanwhile the store whose turn is next sees what
/// has been done.
fn work(disk: &SimDisk, options: FileStoreOptions, steps: &[Step], stores: usize) {
    work_on(&Oracle::new(true), disk, options, steps, stores);
}

/// The same in a directory that holds what an oracle says.
fn work_on(
    there: &Oracle,
    disk: &SimDisk,
    options: FileStoreOptions,
    steps: &[Step],
    stores: usize,
) {
    let open = || Some(open(&disk.process(), options).unwrap());
    let mut stores: Vec<_> = (0..stores).map(|_| open()).collect();
    let mut oracle = there.clone();
    oracle.is_each_sure = true;
    for (n, &step) in steps.iter().enumerate() {
        let at = n % stores.len();
        oracle.begin(step);
        disk.say(Change::Begin(n));
        if step == Step::Reopen {
            stores[at] = None;
            stores[at] = open();
        }
        run(stores[at].as_ref().unwrap(), step).unwrap();
        if step == Step::Flush {
            // A store sees to what it has put itself.
            stores.iter().flatten().for_each(|store| store.flush().unwrap());
        }
        disk.say(Change::Done(n));
        oracle.done(step);
        if stores.len() > 1 {
            let next = stores[(n + 1) % stores.len()].as_ref().unwrap();
            check(next, &oracle, &|| format!("seen by the other after step {n}, {step:?}"));
        }
    }
}

/// Makes a history's directory again, change by change, and calls `look` with what the oracle
/// knows at each.
fn replay(
    history: &[Change],
    steps: &[Step],
    oracle: &mut Oracle,
    mut look: impl FnMut(usize, &State, &Oracle),
) {
    let mut state = State::default();
    for (at, change) in history.iter().enumerate() {
        state.apply(change);
        match change {
            Change::Begin(n) => oracle.begin(steps[*n]),
            Change::Done(n) => oracle.done(steps[*n]),
            _ => {}
        }
        look(at, &state, oracle);
    }
}

/// Opens what a power loss left and compares it with the oracle. With `puts` it is then used on:
/// by one process that puts, while another one looks on.
fn recover(after: &SimDisk, options: FileStoreOptions, oracle: &Oracle, puts: bool, when: &str) {
    let when = || when.to_owned();
    let open =
        || open(&after.process(), options).unwrap_or_else(|error| panic!("{error}; {}", when()));
    let store = open();
    check(&store, oracle, &when);
    if !puts {
        return;
    }
    let other = open();
    for n in 90..93 {
        run(&store, Step::Put(n, 1)).unwrap_or_else(|error| panic!("{error}; {}", when()));
        for (who, store) in [&store, &other].into_iter().enumerate() {
            let is_found = store.get(&key(n)).unwrap().is_some();
            assert!(is_found, "{who} does not find {n} after putting; {}", when());
            check(store, oracle, &when);
        }
    }
    drop((store, other));
    let store = open();
    assert!((90..93).all(|n| store.get(&key(n)).unwrap().is_some()), "{}", when());
    check(&store, oracle, &when);
}

/// After every single change that the store makes to its directory, whatever a power loss leaves
/// of it: the store opens, what was acknowledged (flushed, where not every put is synced) is there,
/// nothing is wrong, and new entries can be put and found. With one process and with two, which
/// see each other's work at once.
#[test]
fn any_power_loss_keeps_what_was_acknowledged() {
    for (durability, stores) in durabilities().into_iter().flat_map(|d| [(d, 1), (d, 2)]) {
        let (options, steps) = (options(durability), script(stores as u64, 60, 0));
        let disk = SimDisk::new();
        work(&disk, options, &steps, stores);
        let mut oracle = Oracle::new(durability == Durability::Always);
        replay(&disk.history(), &steps, &mut oracle, |at, state, oracle| {
            for (n, loss) in Loss::ALL.into_iter().enumerate() {
                let when = format!("{durability:?}, {stores} stores, change {at}, {loss:?}");
                let after = state.after_power_loss(loss, &mut Random(at as u64));
                // A new writer takes a moment for its first put: not after each of thousands.
                let puts = at % (7 * Loss::ALL.len()) == n;
                recover(&SimDisk::on(after), options, oracle, puts, &when);
            }
        });
    }
}

/// A directory that loses power again and again, at random moments of its work: what the last life
/// left, and what this one has acknowledged, is there in the next.
#[test]
fn a_directory_lives_through_many_power_losses() {
    for durability in durabilities() {
        let (options, random) = (options(durability), &mut Random(7));
        let mut disk = SimDisk::new();
        let mut oracle = Oracle::new(durability == Durability::Always);
        for life in 0..100 {
            let steps = script(life, 12, life as u32 * 100);
            let mut state = disk.state();
            work_on(&oracle, &disk, options, &steps, 1 + life as usize % 2);
            let history = disk.history();
            for change in &history[..random.below(history.len() + 1)] {
                state.apply(change);
                match change {
                    Change::Begin(n) => oracle.begin(steps[*n]),
                    Change::Done(n) => oracle.done(steps[*n]),
                    _ => {}
                }
            }
            let loss = Loss::ALL[random.below(Loss::ALL.len())];
            disk = SimDisk::on(state.after_power_loss(loss, random));
            let when = || format!("{durability:?}, life {life}, lost {loss:?}");
            let store = open(&disk, options).unwrap_or_else(|error| panic!("{error}; {}", when()));
            let found = check(&store, &oracle, &when);
            drop(store);
            disk = SimDisk::on(disk.state());
            oracle.rebase(&found);
        }
    }
}

/// Threads that put at the same time share syncs, and each put is acknowledged after the sync that
/// covers it.
#[test]
fn a_shared_sync_covers_all_who_wait() {
    let disk = SimDisk::new();
    let options = options(Durability::Always);
    let steps: Vec<_> = (0..160).map(|n| Step::Put(n as u8 % 4, n)).collect();
    let store = open(&disk, options).unwrap();
    let waiting = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (store, steps, disk, waiting) = (&store, &steps, &disk, &waiting);
            scope.spawn(move || {
                for n in (thread..steps.len()).step_by(4) {
                    disk.say(Change::Begin(n));
                    waiting.fetch_add(1, Ordering::Relaxed);
                    run(store, steps[n]).unwrap();
                    disk.say(Change::Done(n));
                }
            });
        }
    });
    drop(store);
    assert_eq!(waiting.into_inner(), 160);
    replay(&disk.history(), &steps, &mut Oracle::new(true), |at, state, oracle| {
        if at % 5 == 0 {
            let after = state.after_power_loss(Loss::All, &mut Random(0));
            recover(&SimDisk::on(after), options, oracle, false, &format!("change {at}"));
        }
    });
}

/// The history of a put under `Always` ends in this order: the record's bytes, the sync of its
/// file, the acknowledgement; and the name of a new file is synced before the first of them.
#[test]
fn the_sync_precedes_the_acknowledgement() {
    let disk = SimDisk::new();
    let steps: Vec<_> = (0..40).map(|n| Step::Put(n as u8 % 8, n)).collect();
    work(&disk, options(Durability::Always), &steps, 1);
    let history = disk.history();
    let mut state = State::default();
    for change in &history {
        state.apply(change);
        if let Change::Done(n) = change {
            // One that was made ahead holds nothing yet that was acknowledged.
            let mut bytes = state.clone();
            let segments = state.file_names().filter(|name| name.ends_with(".seg"));
            let mut segments: Vec<_> = segments.map(str::to_owned).collect();
            segments.retain(|name| bytes.bytes_mut(name).len() > DATA_START as usize);
            let unsynced: Vec<_> = segments.iter().filter(|name| !state.is_durable(name)).collect();
            assert!(unsynced.is_empty(), "put {n} was acknowledged before {unsynced:?}");
        }
    }
    // The other way round: every put wrote something, and a sync came after it.
    for n in 0..40 {
        let at = |wanted: Change| history.iter().position(|change| *change == wanted).unwrap();
        let put = &history[at(Change::Begin(n))..at(Change::Done(n))];
        let wrote = put.iter().rposition(|change| matches!(change, Change::Write { .. })).unwrap();
        let is_sync = |change: &Change| matches!(change, Change::SyncData { .. });
        assert!(put[wrote..].iter().any(is_sync), "put {n} was not synced");
    }
}
