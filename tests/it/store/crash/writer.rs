//! A process that puts, removes, gets and compacts until it is killed, and tells what it does.

use std::{collections::BTreeMap, path::Path};

use llm_cache::store::FileStore;

use super::{
    super::{entry, process::say},
    OWN_KEYS, Random, SHARED_KEYS, WRITERS_MAX, now, open,
};

struct Writer {
    store: FileStore,
    /// Which of the writers this is: what its own keys are.
    number: u32,
    /// The number of the next call.
    next: u32,
    random: Random,
    may_forget: bool,
    /// The newest call that was seen of each key that is another writer's own.
    seen: BTreeMap<u32, u32>,
}

/// Works as told by `role`: the writer's number, its first call's number, a seed, the durability,
/// whether the bound is tight, and the directory.
pub(in super::super) fn write(role: &str) {
    let words: Vec<_> = role.splitn(6, ' ').collect();
    let number = |at: usize| words[at].parse::<u64>().unwrap();
    let may_forget = words[4] == "tight";
    let store = match open(Path::new(words[5]), words[3], may_forget) {
        Ok(store) => store,
        Err(error) => return say(&format!("cannot open: {error}")),
    };
    let mut writer = Writer {
        store,
        number: number(0) as u32,
        next: number(1) as u32,
        random: Random(number(2)),
        may_forget,
        seen: BTreeMap::new(),
    };
    loop {
        writer.step();
    }
}

impl Writer {
    fn step(&mut self) {
        let own = self.number * OWN_KEYS + self.random.below(OWN_KEYS.into()) as u32;
        match self.random.below(100) {
            0..60 => self.put(own),
            60..72 => {
                let shared = self.random.below(SHARED_KEYS.into()) as u32;
                self.put(WRITERS_MAX * OWN_KEYS + shared);
            }
            72..80 => self.remove(own),
            80 => {
                if let Err(error) = self.store.compact() {
                    say(&format!("compact: {error}"));
                }
            }
            _ => self.get(),
        }
    }

    fn put(&mut self, key: u32) {
        let n = self.begin("put", key);
        match entry::put(&self.store, key, n) {
            Ok(()) => say(&format!("done {key} {n} {}", now())),
            Err(error) => return say(&format!("put: {error}")),
        }
        let found = entry::get(&self.store, key);
        let is_own = key < WRITERS_MAX * OWN_KEYS;
        let is_gone = matches!(found, Ok(None)) && self.may_forget;
        if is_own && !matches!(found, Ok(Some(found)) if found == n) && !is_gone {
            say(&format!("put {n} of key {key} and found {found:?}"));
        }
    }

    fn remove(&mut self, key: u32) {
        let n = self.begin("remove", key);
        match self.store.remove(&entry::key(key)) {
            Ok(_) => say(&format!("done {key} {n} {}", now())),
            Err(error) => return say(&format!("remove: {error}")),
        }
        let found = entry::get(&self.store, key);
        if !matches!(found, Ok(None)) {
            say(&format!("removed key {key} and found {found:?}"));
        }
    }

    /// Asks for any key: of those that are others' own it must never find an older entry than
    /// before.
    fn get(&mut self) {
        let key = self.random.below((WRITERS_MAX * OWN_KEYS + SHARED_KEYS).into()) as u32;
        match entry::get(&self.store, key) {
            Ok(Some(n)) if key < WRITERS_MAX * OWN_KEYS => {
                let before = self.seen.insert(key, n);
                if before > Some(n) {
                    say(&format!("key {key} went back from {before:?} to {n}"));
                }
            }
            Ok(_) => {}
            Err(None) => say(&format!("wrong bytes for key {key}")),
            Err(Some(error)) => say(&format!("get: {error}")),
        }
    }

    fn begin(&mut self, what: &str, key: u32) -> u32 {
        let n = self.next;
        self.next += 1;
        say(&format!("{what} {key} {n} {}", now()));
        n
    }
}
