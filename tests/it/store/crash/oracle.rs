//! What was asked for and acknowledged, and what may be found because of it.

use std::collections::BTreeMap;

use llm_cache::store::FileStore;

use super::{OWN_KEYS, SHARED_KEYS, WRITERS_MAX, entry, now};

/// All calls on one directory, as its processes told of them.
#[derive(Default)]
pub(super) struct Oracle {
    /// By key, then by the call's number, which grows from call to call of one writer.
    calls: BTreeMap<u32, BTreeMap<u32, Call>>,
    processes: u32,
    /// Whether entries may be gone for the store's bound.
    pub(super) may_forget: bool,
}

/// A put or a removal.
#[derive(Clone, Copy, Debug)]
struct Call {
    is_put: bool,
    /// In nanoseconds.
    began: u64,
    /// The same; `None` where the process was killed before it could say so.
    done: Option<u64>,
}

/// What came of a round, or of all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) acknowledged: u64,
    pub(super) lost: u64,
    pub(super) wrong: u64,
    pub(super) torn: u64,
}

impl Tally {
    pub(super) const fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.wrong += other.wrong;
        self.torn += other.torn;
    }
}

impl Oracle {
    /// The number of the next process.
    pub(super) const fn next_process(&mut self) -> u32 {
        self.processes += 1;
        self.processes
    }

    /// Takes in a line of a writer: `put` or `remove` and key, number and time when a call begins;
    /// `done` and the same when it is acknowledged; anything else is a complaint.
    pub(super) fn hear(&mut self, line: &str, tally: &mut Tally) {
        let words: Vec<_> = line.split(' ').collect();
        let number = |at: usize| words[at].parse().unwrap();
        match words[0] {
            "put" | "remove" => {
                let call = Call { is_put: words[0] == "put", began: number(3), done: None };
                self.calls.entry(number(1) as u32).or_default().insert(number(2) as u32, call);
            }
            "done" => {
                let calls = self.calls.get_mut(&(number(1) as u32)).unwrap();
                let call = calls.get_mut(&(number(2) as u32)).unwrap();
                call.done = Some(number(3));
                tally.acknowledged += u64::from(call.is_put);
            }
            _ => {
                println!("a writer says: {line}");
                tally.wrong += 1;
            }
        }
    }

    /// Compares a store with what may be found, counts what may not, and goes on from what was
    /// found.
    pub(super) fn compare(&mut self, store: &FileStore, tally: &mut Tally) {
        for key in 0..WRITERS_MAX * OWN_KEYS + SHARED_KEYS {
            let calls = self.calls.entry(key).or_default();
            let found = match entry::get(store, key) {
                Ok(found) => found,
                Err(error) => {
                    println!("key {key}: {}", error.map_or("wrong".into(), |e| e.to_string()));
                    tally.wrong += 1;
                    continue;
                }
            };
            let is_own = key < WRITERS_MAX * OWN_KEYS;
            let is_right = if is_own { own(calls, found) } else { shared(calls, found) };
            if !(is_right || found.is_none() && self.may_forget) {
                println!("key {key}: found {found:?}, where there was {:?}", tail(calls));
                tally.lost += u64::from(found.is_none());
                tally.wrong += u64::from(found.is_some());
            }
            // What was under way has ended, one way or the other.
            calls.retain(|n, _| found == Some(*n));
            calls.values_mut().for_each(|call| call.done = call.done.or(Some(now())));
        }
    }
}

/// Whether this may be found of a key that has one writer: what it acknowledged last, or what it
/// began afterwards.
fn own(calls: &BTreeMap<u32, Call>, found: Option<u32>) -> bool {
    let last_done = calls.iter().rfind(|(_, call)| call.done.is_some());
    let since = calls.range(last_done.map_or(0, |(n, _)| *n)..);
    let mut allowed = since.map(|(n, call)| call.is_put.then_some(*n));
    allowed.any(|allowed| allowed == found) || (last_done.is_none() && found.is_none())
}

/// Whether this may be found of a key that many put and nobody removes: an entry that was not
/// acknowledged before another one, acknowledged too, was begun.
fn shared(calls: &BTreeMap<u32, Call>, found: Option<u32>) -> bool {
    let done = || calls.values().filter(|call| call.done.is_some());
    let Some(call) = found.map(|n| calls.get(&n)) else { return done().next().is_none() };
    let latest = done().map(|call| call.began).max().unwrap_or(0);
    call.is_some_and(|call| call.done.is_none_or(|done| done >= latest))
}

/// The last few calls, for a message.
fn tail(calls: &BTreeMap<u32, Call>) -> Vec<(&u32, &Call)> {
    calls.iter().rev().take(4).collect()
}
