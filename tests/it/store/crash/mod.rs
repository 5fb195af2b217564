//! `kill -9` at any moment: what was acknowledged is there afterwards, and nothing is wrong.
//!
//! `CRASH_ROUNDS=1000 cargo test --release -p llm-cache-tests --test it store::crash --
//! --nocapture` prints how many rounds there were, how many puts were acknowledged, and what was
//! lost or wrong. `CRASH_SEED` repeats the draws of a run, though not its moments.

mod oracle;
mod writer;

use std::{
    path::Path,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use llm_cache::store::{FileStore, StoreError};
use tempfile::TempDir;

use self::oracle::{Oracle, Tally};
use super::{
    entry,
    process::{Process, this_binary},
};

pub(super) use writer::write;

const WRITERS_MAX: u32 = 4;
/// Keys that one writer alone puts and removes.
const OWN_KEYS: u32 = 24;
/// Keys that all writers put, above those that are somebody's own.
const SHARED_KEYS: u32 = 6;
/// Rounds on one directory.
const ROUNDS_EACH: u64 = 10;
/// Numbers of calls that each process has for itself.
const CALLS_MAX: u32 = 1_000_000;
/// The bound of every fourth directory: far less than is put, so that entries go.
const TIGHT: u64 = 1 << 20;

/// Rounds of 2 to 4 processes that put, remove, get and compact on one directory until they are
/// killed at random moments, one of them sometimes before the others and replaced; then the
/// directory is opened, verified, and compared with what they had said was acknowledged. A
/// directory lives for some rounds, at another durability in each.
#[test]
fn killed_writers_lose_nothing() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let rounds = number("CRASH_ROUNDS").unwrap_or(25);
    let seed = number("CRASH_SEED").unwrap_or_else(now);
    let random = &mut Random(seed);
    let mut all = Tally::default();
    let mut dir = TempDir::new().unwrap();
    let mut oracle = Oracle::default();
    for round in 0..rounds {
        if round % ROUNDS_EACH == 0 {
            dir = TempDir::new().unwrap();
            oracle = Oracle::default();
            oracle.may_forget = round / ROUNDS_EACH % 4 == 3;
        }
        let durability = ["none", "interval", "always"][random.below(3) as usize];
        let mut tally = one_round(dir.path(), durability, random, &mut oracle);
        let store = open(dir.path(), durability, oracle.may_forget).unwrap();
        tally.torn = store.verify().unwrap().damage.len() as u64;
        oracle.compare(&store, &mut tally);
        if tally.lost + tally.wrong > 0 {
            println!("round {round}, {durability}, seed {seed}: {tally:?}");
        }
        all.add(tally);
    }
    let Tally { acknowledged, lost, wrong, torn } = all;
    println!(
        "crash: {rounds} rounds, {acknowledged} puts acknowledged, {lost} lost, {wrong} wrong \
         (seed {seed}, {torn} torn records skipped)"
    );
    assert_eq!((lost, wrong), (0, 0));
}

/// Runs writers until a random number of their calls is acknowledged, kills them, and tells the
/// oracle what they have said.
fn one_round(dir: &Path, durability: &str, random: &mut Random, oracle: &mut Oracle) -> Tally {
    let (sender, receiver) = mpsc::channel();
    let start = |writer: u32, random: &mut Random, oracle: &mut Oracle| {
        let bound = if oracle.may_forget { "tight" } else { "wide" };
        let (first, seed) = (oracle.next_process() * CALLS_MAX, random.next());
        let role = format!("{writer} {first} {seed} {durability} {bound} {}", dir.display());
        listen(Process::start_by(this_binary(), &role), sender.clone())
    };
    let mut tally = Tally::default();
    let count = 2 + random.below(u64::from(WRITERS_MAX) - 1) as u32;
    let mut writers: Vec<_> = (0..count).map(|writer| start(writer, random, oracle)).collect();
    if random.below(2) == 0 {
        let one = random.below(count.into()) as u32;
        let calls = random.below(400);
        hear(&receiver, calls, oracle, &mut tally);
        random.moment();
        writers[one as usize].kill();
        writers[one as usize] = start(one, random, oracle);
    }
    let calls = random.below(800);
    hear(&receiver, calls, oracle, &mut tally);
    while !writers.is_empty() {
        random.moment();
        let next = random.below(writers.len() as u64) as usize;
        writers.swap_remove(next).kill();
    }
    drop(sender);
    hear(&receiver, u64::MAX, oracle, &mut tally);
    tally
}

/// Passes on what a process says, until it ends.
fn listen(mut process: Process, sender: Sender<String>) -> Process {
    let mut replies = process.take_replies();
    thread::spawn(move || {
        while let Some(line) = replies.next() {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    process
}

/// Hears `calls` calls, or all until the last process has ended.
fn hear(receiver: &Receiver<String>, calls: u64, oracle: &mut Oracle, tally: &mut Tally) {
    let before = tally.acknowledged;
    while tally.acknowledged - before < calls {
        match receiver.recv_timeout(Duration::from_secs(60)) {
            Ok(line) => oracle.hear(&line, tally),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the writers stand still"),
        }
    }
}

fn open(dir: &Path, durability: &str, is_tight: bool) -> Result<FileStore, StoreError> {
    let options = entry::options(durability);
    if is_tight { options.max_bytes(TIGHT) } else { options }.open(dir)
}

/// Nanoseconds that processes can compare.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Lets a random short time pass.
    fn moment(&mut self) {
        (0..self.below(30_000)).for_each(|_| std::hint::spin_loop());
    }
}
