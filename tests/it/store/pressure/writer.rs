//! A process that puts, gets, removes, clears and compacts until it is told to end, and tells what
//! came of it.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::stdin,
    os::unix::fs::FileExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use llm_cache::store::FileStore;

use super::{
    super::{
        entry::{self, kind},
        process::{end_after, say},
    },
    BOUND,
};

/// What the role of such a process begins with.
pub(in super::super) const ROLE: &str = "pressure ";
/// Keys that one writer alone puts.
pub(super) const OWN_KEYS: u32 = 40;
/// Above all other keys: what each writer puts at the end.
pub(super) const LAST_KEYS: u32 = 1 << 20;
/// How many calls lie between two that are not puts, removals and gets.
const TELL: Duration = Duration::from_millis(250);

struct Writer {
    store: FileStore,
    number: u32,
    next: u32,
    random: u64,
    /// What was acknowledged last of each key: a number, or that it was removed.
    acknowledged: BTreeMap<u32, Option<u32>>,
    clears: Clears,
    tally: Tally,
}

/// What came of the calls since that was last told.
#[derive(Default)]
struct Tally {
    puts: u64,
    lost: u64,
    wrong: u64,
    failures: BTreeMap<String, u64>,
}

/// How many clears the first writer has begun and ended, in a file that all processes have open.
struct Clears(File);

impl Clears {
    fn open(path: &Path) -> Self {
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        Self(options.unwrap())
    }

    fn read(&self) -> [u64; 2] {
        let mut bytes = [0; 16];
        let _ = self.0.read_exact_at(&mut bytes, 0);
        let [begun, ended] = [&bytes[..8], &bytes[8..]];
        [begun, ended].map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
    }

    fn write(&self, [begun, ended]: [u64; 2]) {
        let bytes = [begun.to_le_bytes(), ended.to_le_bytes()].concat();
        self.0.write_all_at(&bytes, 0).unwrap();
    }
}

/// Works as told by `role`: the writer's number, its first entry's number, a seed, for how many
/// seconds at most, and the folder that the store is in.
pub(in super::super) fn write(role: &str) {
    let words: Vec<_> = role.trim_start_matches(ROLE).splitn(5, ' ').collect();
    let number = |at: usize| words[at].parse::<u64>().unwrap();
    end_after(number(3) as u32);
    let folder = Path::new(words[4]);
    let options = FileStore::options().max_bytes(BOUND);
    let store = match options.open(folder.join("store")) {
        Ok(store) => store,
        Err(error) => return say(&format!("tally 0 0 1 open:{}=1", kind(&error))),
    };
    let clears = Clears::open(&folder.join("clears"));
    if number(0) == 0 {
        // The one before was killed in a clear, perhaps: that is over.
        let [begun, _] = clears.read();
        clears.write([begun, begun]);
    }
    let mut writer = Writer {
        store,
        number: number(0) as u32,
        next: number(1) as u32,
        random: number(2) | 1,
        acknowledged: BTreeMap::new(),
        clears,
        tally: Tally::default(),
    };
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    thread::spawn(|| {
        let _ = stdin().read_line(&mut String::new());
        IS_OVER.store(true, Ordering::Release);
    });
    let mut told = Instant::now();
    while !IS_OVER.load(Ordering::Acquire) {
        writer.step();
        if told.elapsed() >= TELL {
            told = Instant::now();
            writer.tell();
        }
    }
    writer.end();
}

impl Writer {
    fn step(&mut self) {
        let key = self.number * OWN_KEYS + self.below(OWN_KEYS.into()) as u32;
        match self.below(1000) {
            0..700 => self.put(key),
            700..800 => {
                let removed = self.store.remove(&entry::key(key)).map(drop);
                if self.note("remove", removed) {
                    self.acknowledged.insert(key, None);
                }
            }
            800..805 => {
                let compacted = self.store.compact().map(drop);
                self.note("compact", compacted);
            }
            805 if self.number == 0 => self.clear(),
            _ => self.check(key),
        }
    }

    fn put(&mut self, key: u32) {
        // Every seventh is longer than a segment.
        self.next += 1 + u32::from(self.next % 7 == 6);
        let n = self.next;
        let before = self.clears.read();
        let put = entry::put(&self.store, key, n);
        if !self.note("put", put) {
            return;
        }
        self.tally.puts += 1;
        self.acknowledged.insert(key, Some(n));
        let found = entry::get(&self.store, key);
        let is_cleared = before[0] != before[1] || self.clears.read() != before;
        match found {
            Ok(Some(found)) if found == n => {}
            Ok(None) if is_cleared => {}
            Ok(None) => self.tally.lost += 1,
            _ => self.tally.wrong += 1,
        }
    }

    fn clear(&mut self) {
        let [begun, ended] = self.clears.read();
        self.clears.write([begun + 1, ended]);
        let cleared = self.store.clear();
        self.clears.write([begun + 1, begun + 1]);
        if self.note("clear", cleared) {
            self.acknowledged.values_mut().for_each(|n| *n = None);
        }
    }

    /// An entry may be gone for the bound; an older one, or one that was removed, must not be
    /// there.
    fn check(&mut self, key: u32) {
        let known = self.acknowledged.get(&key);
        match (entry::get(&self.store, key), known) {
            (Ok(None), _) | (Ok(Some(_)), None) => {}
            (Ok(found), Some(known)) if found == *known => {}
            (Err(Some(error)), _) => drop(self.note("get", Err(error))),
            _ => self.tally.wrong += 1,
        }
    }

    /// Counts a failure by its reason; says whether there was none.
    fn note(&mut self, call: &str, done: Result<(), llm_cache::store::StoreError>) -> bool {
        if let Err(error) = &done {
            let kind = kind(error);
            // A put is what is asked about; of the others the call is named too.
            let reason = if call == "put" { kind } else { format!("{call}:{kind}") };
            *self.tally.failures.entry(reason).or_default() += 1;
        }
        done.is_ok()
    }

    fn tell(&mut self) {
        let Tally { puts, lost, wrong, failures } = std::mem::take(&mut self.tally);
        let failures: String =
            failures.iter().map(|(reason, n)| format!(" {reason}={n}")).collect();
        let memory = self.store.stats().memory_bytes;
        say(&format!("tally {puts} {lost} {wrong} {memory}{failures}"));
    }

    /// Puts an entry that the parent asks for afterwards.
    fn end(&mut self) {
        let last = LAST_KEYS + self.number;
        let put = entry::put(&self.store, last, self.next);
        let is_put = self.note("put", put);
        self.tell();
        say(&format!("last {} {}", last, if is_put { self.next } else { 0 }));
        // Its segment is the writer's own, and stays, until the parent has looked.
        thread::sleep(Duration::from_secs(60));
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }
}
