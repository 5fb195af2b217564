//! Work for a store, and what may be found of it afterwards.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use llm_cache_core::{
    Millis, RequestKey,
    record::{Record, Timestamp},
};

use super::{
    super::{Durability, FileStore, FileStoreOptions},
    Random, SimDisk,
};
use crate::store::StoreError;

/// What a key may hold: the entry of this number, or none.
pub(in super::super) type Value = Option<u32>;

/// One call of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Step {
    Put(u8, u32),
    Remove(u8),
    Clear,
    Flush,
    Compact,
    Get(u8),
    /// Dropped and opened again, by whoever runs the steps.
    Reopen,
}

/// Keys that are put; one more is only asked for.
const KEYS: u8 = 8;

/// `len` steps, drawn from `seed`; equal for equal seeds. Numbers of entries begin at `first`.
pub(in super::super) fn script(seed: u64, len: usize, first: u32) -> Vec<Step> {
    let mut random = Random(seed);
    let mut step = |n| {
        let key = random.below(KEYS.into()) as u8;
        match random.below(100) {
            0..70 => Step::Put(key, first + n as u32),
            70..82 => Step::Remove(key),
            82 => Step::Clear,
            83..87 => Step::Flush,
            87..91 => Step::Compact,
            91..94 => Step::Reopen,
            _ => Step::Get(key),
        }
    };
    (0..len).map(&mut step).collect()
}

/// Every durability, the interval so long that it never comes by itself.
pub(in super::super) fn durabilities() -> [Durability; 3] {
    [Durability::None, Durability::Interval(Duration::from_secs(3600)), Durability::Always]
}

/// Opens a store on a simulated disk, in small segments, so that they change often.
pub(in super::super) fn open(
    disk: &SimDisk,
    options: FileStoreOptions,
) -> Result<FileStore, StoreError> {
    FileStore::on_disk(Arc::new(disk.clone()), PathBuf::from("simulated"), options)
}

pub(in super::super) fn key(n: u8) -> RequestKey {
    RequestKey::from_bytes([n; 32])
}

/// The payload of entry `n` of key `key`: a few bytes, a sector or some sectors long.
pub(in super::super) fn payload(key: u8, n: u32) -> Vec<u8> {
    let len = [0, 40, 500, 1700][n as usize % 4] + n as usize % 97;
    let mut bytes = n.to_le_bytes().to_vec();
    bytes.extend((0..len).map(|at| (at as u8).wrapping_mul(31) ^ key ^ n as u8));
    bytes
}

/// Runs a step, but for [`Step::Reopen`], which is nothing here.
pub(in super::super) fn run(store: &FileStore, step: Step) -> Result<(), StoreError> {
    match step {
        Step::Put(at, n) => {
            let payload = payload(at, n);
            let created = Timestamp::unix(Millis(n.into()));
            store.put(&Record { created, ..Record::new(key(at), &payload) })
        }
        Step::Remove(at) => store.remove(&key(at)).map(drop),
        Step::Clear => store.clear(),
        Step::Flush => store.flush(),
        Step::Compact => store.compact().map(drop),
        Step::Get(at) => store.get(&key(at)).map(drop),
        Step::Reopen => Ok(()),
    }
}

/// What may be found of each key: one state that is sure, and all that it was given since.
#[derive(Clone, Debug)]
pub(in super::super) struct Oracle {
    keys: BTreeMap<u8, Allowed>,
    /// Whether a call that has returned is sure: without a power loss always, otherwise where it
    /// was synced.
    pub(in super::super) is_each_sure: bool,
    /// Whether a put that failed may take the older entry with it: it is found at first, so that a
    /// compaction drops the older one, and is lost by a power loss, since its sync had failed.
    pub(in super::super) is_lossy: bool,
}

#[derive(Clone, Debug, Default)]
struct Allowed {
    sure: Value,
    /// Later ones, in order, and whether each was acknowledged.
    since: Vec<(Value, bool)>,
}

impl Oracle {
    pub(in super::super) fn new(is_each_sure: bool) -> Self {
        let keys = (0..=KEYS).map(|key| (key, Allowed::default())).collect();
        Self { keys, is_each_sure, is_lossy: false }
    }

    /// The step has been asked for: from now on it may have been done.
    pub(in super::super) fn begin(&mut self, step: Step) {
        match step {
            Step::Put(key, n) => self.key(key).since.push((Some(n), false)),
            Step::Remove(key) => self.key(key).since.push((None, false)),
            Step::Clear => self.keys.values_mut().for_each(|key| key.since.push((None, false))),
            Step::Flush | Step::Compact | Step::Get(_) | Step::Reopen => {}
        }
    }

    /// The step was the last one begun, and has returned without an error.
    pub(in super::super) fn done(&mut self, step: Step) {
        match step {
            Step::Put(key, _) | Step::Remove(key) => self.key(key).acknowledge(),
            Step::Clear => self.keys.values_mut().for_each(Allowed::acknowledge),
            Step::Flush | Step::Compact | Step::Get(_) | Step::Reopen => {}
        }
        if self.is_each_sure || step == Step::Flush {
            self.keys.values_mut().for_each(Allowed::settle);
        }
    }

    /// The step was the last one begun, and has returned an error.
    pub(in super::super) fn failed(&mut self, step: Step) {
        if let (Step::Put(key, _), true) = (step, self.is_lossy) {
            self.key(key).since.push((None, false));
        }
    }

    /// Takes over what was found: from now on that is sure.
    pub(in super::super) fn rebase(&mut self, found: &BTreeMap<u8, Value>) {
        for (key, value) in found {
            *self.key(*key) = Allowed { sure: *value, since: Vec::new() };
        }
    }

    fn key(&mut self, key: u8) -> &mut Allowed {
        self.keys.entry(key).or_default()
    }
}

impl Allowed {
    fn acknowledge(&mut self) {
        if let Some((_, is_done)) = self.since.last_mut() {
            *is_done = true;
        }
    }

    /// What was acknowledged last is sure, and nothing older than that may be found.
    fn settle(&mut self) {
        if let Some(last) = self.since.iter().rposition(|(_, is_done)| *is_done) {
            self.sure = self.since[last].0;
            self.since.drain(..=last);
        }
    }
}

/// Asks a healthy store for every key and panics, telling `when`, where it finds what the oracle
/// does not allow. Says what it has found.
pub(in super::super) fn check(
    store: &FileStore,
    oracle: &Oracle,
    when: &dyn Fn() -> String,
) -> BTreeMap<u8, Value> {
    let find = |(&at, allowed): (&u8, &Allowed)| {
        let stored = store.get(&key(at)).unwrap_or_else(|error| panic!("{error}; {}", when()));
        let found = stored.map(|stored| {
            let n = u32::from_le_bytes(stored.payload[..4].try_into().unwrap());
            let is_whole = stored.payload == payload(at, n);
            assert!(is_whole, "wrong bytes for key {at}; {}", when());
            assert_eq!(stored.created, Timestamp::unix(Millis(n.into())));
            n
        });
        let is_allowed =
            found == allowed.sure || allowed.since.iter().any(|(value, _)| *value == found);
        assert!(is_allowed, "key {at}: {found:?}, where {allowed:?} may be; {}", when());
        (at, found)
    };
    oracle.keys.iter().map(find).collect()
}
