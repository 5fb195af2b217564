//! Several processes on one directory.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tempfile::TempDir;

use super::{entry, fork::COUNT, process::Process};

const DURABILITIES: [&str; 3] = ["none", "interval", "always"];

/// Three processes put, replace, remove and clear in turn; after each call every process finds what
/// it left, at once.
#[test]
fn each_sees_what_the_others_did() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let mut all: Vec<_> = (0..3).map(|_| Process::with_store(dir.path(), durability)).collect();
        for n in 0..150_u32 {
            let (who, key) = (n as usize % 3, n % 7);
            let expected = match n % 10 {
                3 => {
                    all[who].ask(&format!("remove {key}"));
                    "none".to_owned()
                }
                9 if n % 50 == 49 => {
                    assert_eq!(all[who].ask("clear"), "ok");
                    assert_eq!(all[(who + 1) % 3].get(key + 1), "none");
                    "none".to_owned()
                }
                _ => {
                    assert_eq!(all[who].put(key, n), "ok");
                    n.to_string()
                }
            };
            for (at, process) in all.iter_mut().enumerate() {
                assert_eq!(process.get(key), expected, "{durability}: call {n}, process {at}");
            }
        }
    }
}

/// Processes that come late, each replacing one entry with its first put: a reader that never
/// rests, and so has reason to think that nothing is new, sees each put as soon as it is
/// acknowledged.
#[test]
fn a_busy_reader_sees_the_first_put_of_a_new_process() {
    let dir = TempDir::new().unwrap();
    let reader = entry::options("none").open(dir.path()).unwrap();
    entry::put(&reader, 1, 0).unwrap();
    let (acknowledged, is_over) = (AtomicU32::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                let least = acknowledged.load(Ordering::Acquire);
                let found = entry::get(&reader, 1).unwrap();
                assert!(found >= Some(least), "{found:?}, where {least} was acknowledged");
            }
        });
        for n in 1..=20 {
            let mut process = Process::with_store(dir.path(), "none");
            assert_eq!(process.put(1, n), "ok");
            acknowledged.store(n, Ordering::Release);
            // Every other process is still there when the next one comes.
            if n % 2 == 0 && !busy.is_finished() {
                assert_eq!(process.ask("close"), "ok");
            }
        }
        is_over.store(true, Ordering::Release);
    });
}

/// While one process compacts again and again, others find every entry every time: files go away
/// under them, entries do not.
#[test]
fn compaction_takes_nothing_from_readers() {
    let dir = TempDir::new().unwrap();
    let mut writer = Process::with_store(dir.path(), "none");
    assert_eq!(writer.ask("fill 0 60 1"), "60 ok");
    let mut readers: Vec<_> = (0..2).map(|_| Process::with_store(dir.path(), "none")).collect();
    readers.iter_mut().for_each(|reader| reader.tell("check 0 60 1 60"));
    for n in 2..20 {
        assert_eq!(writer.ask(&format!("fill 100 40 {n}")), "40 ok");
        assert_eq!(writer.ask("compact"), "ok");
    }
    for reader in &mut readers {
        assert_eq!(reader.reply().as_deref(), Some("ok"));
        assert_eq!(reader.ask("check 100 40 19 1"), "ok");
    }
}

/// After a compaction what was removed is gone from the disk, and stays gone after a restart.
#[test]
fn compaction_forgets_what_was_removed() {
    let dir = TempDir::new().unwrap();
    let mut one = Process::with_store(dir.path(), "always");
    let mut other = Process::with_store(dir.path(), "always");
    assert_eq!(one.ask("fill 0 50 1"), "50 ok");
    assert_eq!(other.ask("fill 50 50 1"), "50 ok");
    for key in 0..100 {
        let who = if key % 3 == 0 { &mut one } else { &mut other };
        assert_eq!(who.ask(&format!("remove {key}")), "true");
    }
    assert_eq!((one.ask("entries"), other.ask("check 0 1 1 1")).0, "0");
    drop(other);
    assert_eq!(one.ask("compact"), "ok");
    let needle = &entry::payload(7, 1)[4..100];
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(needle.len()).any(|window| window == needle), "still there");
    }
    drop(one);
    let store = entry::options("none").open(dir.path()).unwrap();
    assert_eq!(store.stats().entries, 0);
}

/// A process that holds every lock there is and is killed: the others do not wait for it, and
/// afterwards do what only it could do.
#[test]
fn a_writer_killed_with_every_lock_is_survived() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let mut killed = Process::with_store(dir.path(), durability);
        let mut other = Process::with_store(dir.path(), durability);
        assert_eq!(killed.ask("fill 0 50 1"), "50 ok");
        assert_eq!(other.ask("fill 50 50 1"), "50 ok");
        let locks: usize = killed.ask(&format!("lock {}", dir.path().display())).parse().unwrap();
        assert!(locks >= 3, "a lock file and two segments");
        // More than a segment holds: the other needs a new file while every lock is held.
        assert_eq!(other.ask("fill 100 100 1"), "100 ok");
        assert_eq!(killed.ask("check 100 100 1 1"), "ok");
        killed.kill();
        assert_eq!(other.ask("compact"), "ok");
        assert_eq!(other.ask("fill 200 50 1"), "50 ok");
        let mut later = Process::with_store(dir.path(), durability);
        assert_eq!(later.put(0, 2), "ok");
        for process in [&mut other, &mut later] {
            assert_eq!((process.get(0), process.ask("check 1 249 1 1")), ("2".into(), "ok".into()));
        }
    }
}

/// A process that forks: parent and child both put, at the same time, and lose nothing; a child
/// that only drops its copy of the store does not give away what is the parent's.
#[test]
fn a_fork_is_noticed() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let mut process = Process::with_store(dir.path(), durability);
        let mut other = Process::with_store(dir.path(), durability);
        for (round, how) in ["work", "leave", "work", "leave"].into_iter().enumerate() {
            let first = round as u32 * 2 * COUNT;
            // The second pair forks from a process that has put already.
            assert_eq!(process.ask(&format!("fork {how} {first}")), "ok", "{durability}: {how}");
            assert_eq!(other.put(1000 + round as u32, 1), "ok");
            let (ours, count) =
                if how == "work" { (first, 2 * COUNT) } else { (first + COUNT, COUNT) };
            for process in [&mut other, &mut process] {
                assert_eq!(process.ask(&format!("check {ours} {count} 1 1")), "ok");
                assert_eq!(process.ask(&format!("check 1000 {} 1 1", round + 1)), "ok");
            }
        }
        let mut later = Process::with_store(dir.path(), durability);
        assert_eq!(later.ask(&format!("check 0 {} 1 1", 2 * COUNT)), "ok");
    }
}
