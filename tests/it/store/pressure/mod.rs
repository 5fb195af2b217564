//! A store under pressure: at its bound while others hold what it needs, without descriptors, with
//! files that somebody deletes.
//!
//! `STORE_PRESSURE_SECONDS=300 cargo test --release -p llm-cache-tests --test it
//! store::pressure::a_long_run -- --ignored --nocapture` runs four processes on 256 KiB, which are
//! stopped, woken and killed, and prints what became of size, descriptors, memory and entries.

mod report;
mod run;
mod writer;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use llm_cache::{
    llm_cache_core::{RequestKey, record::Record},
    store::{Durability, FileStore, StoreError, StoreErrorKind},
};
use tempfile::TempDir;

use self::run::{Signals, run};
use super::{
    entry::{self, key},
    process::{Process, this_binary},
};

pub(super) use writer::{ROLE, write};

const BOUND: u64 = 256 << 10;
/// Of a store with this bound.
const SEGMENT: u64 = BOUND / 32;

fn put(store: &FileStore, key: RequestKey, byte: u8) -> Result<(), StoreError> {
    store.put(&Record::new(key, &[byte; 3000]))
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "seg")).collect()
}

fn bytes_on_disk(dir: &Path) -> u64 {
    segments(dir).iter().map(|path| path.metadata().map_or(0, |metadata| metadata.len())).sum()
}

/// While somebody else holds the lock without which nothing may be deleted, the files stay within
/// the bound and a segment, and puts are declined with a reason; afterwards they go on.
#[test]
fn the_bound_holds_while_the_lock_is_held() {
    let dir = TempDir::new().unwrap();
    let options = FileStore::options().durability(Durability::None).max_bytes(BOUND);
    let store = options.open(&dir).unwrap();
    put(&store, key(0), 0).unwrap();
    let lock = File::open(dir.path().join("lock")).unwrap();
    lock.try_lock().unwrap();
    let mut declined = Vec::new();
    for n in 1..400 {
        declined.extend(put(&store, key(n), n as u8).err());
        assert!(bytes_on_disk(dir.path()) <= BOUND + SEGMENT, "after {n} puts");
        assert!(segments(dir.path()).len() < 48, "after {n} puts");
    }
    assert!(declined.len() > 200, "{} puts were declined", declined.len());
    assert!(declined.iter().all(|error| error.kind() == StoreErrorKind::Full));
    let words = declined[0].to_string();
    assert!(words.contains("lock"), "it does not say what is held: {words}");
    if cfg!(target_os = "linux") {
        let holder = std::process::id().to_string();
        assert!(words.contains(&holder), "it does not say who holds it: {words}");
    }
    let kept = store.stats().entries;
    assert!(kept > 60, "{kept} entries are kept");
    lock.unlock().unwrap();
    for n in 0..400 {
        put(&store, key(n), n as u8).unwrap();
    }
    assert!(bytes_on_disk(dir.path()) <= BOUND);
}

/// Four processes put, remove, clear and compact at a bound of 256 KiB: the files stay within the
/// bound and a segment for each, no put is declined, nothing is lost or wrong.
#[test]
fn four_processes_keep_the_bound() {
    let report = run(Duration::from_secs(5), Signals::None);
    println!("{report}");
    assert!(report.bytes_max <= BOUND + 4 * SEGMENT, "{report}");
    assert!(report.failures.is_empty(), "{report}");
    assert_eq!((report.lost, report.wrong), (0, 0), "{report}");
}

/// The same while processes are stopped, woken and killed: what may be declined is what a stopped
/// process is in the way of.
#[test]
fn stopped_and_killed_processes_keep_the_bound() {
    let report = run(Duration::from_secs(5), Signals::StopAndKill);
    println!("{report}");
    assert!(report.bytes_max <= BOUND + 4 * SEGMENT, "{report}");
    assert!(report.failures.keys().all(|reason| reason.ends_with("BoundReached")), "{report}");
    assert_eq!((report.lost, report.wrong), (0, 0), "{report}");
}

/// The same for as long as one likes, an hour if nothing is said.
#[test]
#[ignore = "takes an hour"]
fn a_long_run() {
    let seconds = std::env::var("STORE_PRESSURE_SECONDS").ok().and_then(|text| text.parse().ok());
    let report = run(Duration::from_secs(seconds.unwrap_or(3600)), Signals::StopAndKill);
    println!("{report}");
    assert!(report.bytes_max <= BOUND + 4 * SEGMENT, "{report}");
    assert!(report.failures.keys().all(|reason| reason.ends_with("BoundReached")), "{report}");
    assert_eq!((report.lost, report.wrong), (0, 0), "{report}");
}

/// Few keys that are put again and again: the index needs no more memory after thousands of
/// segments than after the first ones.
#[test]
fn memory_stays_flat_under_churn() {
    let dir = TempDir::new().unwrap();
    let options = FileStore::options().durability(Durability::None).max_bytes(BOUND);
    let store = options.open(&dir).unwrap();
    let mut early = 0;
    for n in 0..4000 {
        put(&store, key(n % 32), n as u8).unwrap();
        if n == 500 {
            early = store.stats().memory_bytes;
        }
    }
    let late = store.stats().memory_bytes;
    assert!(late <= early, "{early} bytes of memory after 500 puts, {late} after 4000");
}

/// A process that may open 64 files puts 600 entries into segments of 4 KiB, finds them all, and
/// still has descriptors for others.
#[test]
fn few_descriptors_are_enough() {
    let dir = TempDir::new().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]).arg(this_binary().get_program());
    let mut process = Process::start_by(command, "obey");
    assert_eq!(process.open(dir.path(), "none,segment=4096"), "ok");
    assert_eq!(process.ask("fill 0 600 19"), "600 ok");
    assert_eq!(process.ask("check 0 600 19 1"), "ok");
    assert!(segments(dir.path()).len() > 200);
    let open: usize = process.ask("descriptors").parse().unwrap();
    assert!(open < 40, "{open} descriptors are open");
    // Another one that opens what is there has no more.
    assert_eq!(process.ask("close"), "ok");
    assert_eq!(process.open(dir.path(), "always,segment=4096"), "ok");
    assert_eq!(process.ask("check 0 600 19 1"), "ok");
    assert_eq!(process.ask("compact"), "ok");
    assert_eq!(process.ask("fill 600 50 1"), "50 ok");
}

/// All segments are deleted under a store that puts, once the lock file with them: whatever it
/// acknowledges afterwards is there for everyone, and room can be made as before.
#[test]
fn what_is_put_after_segments_were_deleted_is_kept() {
    let dir = TempDir::new().unwrap();
    let store = entry::options("always").open(dir.path()).unwrap();
    for n in 0..40 {
        if n == 7 || n == 20 {
            segments(dir.path()).iter().for_each(|path| fs::remove_file(path).unwrap());
        }
        if n == 7 {
            fs::remove_file(dir.path().join("lock")).unwrap();
        }
        entry::put(&store, n, 1).unwrap();
    }
    let other = entry::options("none").open(dir.path()).unwrap();
    for store in [&store, &other] {
        let lost = (20..40).filter(|&n| entry::get(store, n).unwrap() != Some(1)).count();
        assert_eq!(lost, 0, "acknowledged and lost");
    }
    assert!(!other.compact().unwrap().is_elsewhere && !store.compact().unwrap().is_elsewhere);
    let lock = File::open(dir.path().join("lock")).unwrap();
    lock.try_lock().unwrap();
    assert!(other.compact().unwrap().is_elsewhere && store.compact().unwrap().is_elsewhere);
}
