//! Reading: warm, right after opening, from a disk that was not read before, and on many threads.

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use rustix::fs::{Advice, fadvise};
use tempfile::TempDir;

use super::{
    Entries, Fault, Folder, Mode, RATIOS, THREADS, VALUES, done,
    entries::Key,
    sides::{Backend, Part, SIDES, Side},
    threads,
};
use crate::{
    Options,
    report::Table,
    timing::{Plan, Spread, by_turns, rounds_by_turns, side},
};

/// Keys asked for in turn, in no order.
const KEYS: usize = 20_000;
/// Gets of a store that was just opened.
const COLD_GETS: usize = 100;

/// Prints the table. A quick run has the values of the budget only.
pub(super) fn run(options: &Options, folder: &Folder) -> Result<(), Fault> {
    let sides: Vec<_> = SIDES.iter().filter(|side| side.part != Part::Put).collect();
    let names: Vec<_> = sides.iter().map(|side| side.name).collect();
    let mut table = Table::begin(options, "get", &names, &RATIOS);
    for (name, len, count) in VALUES {
        if name == "4KB" || !options.quick {
            let stores = Stores::fill(&sides, folder, Entries::new(count, len, options.seed))?;
            table.row(&format!("get {name}"), &stores.warm(options)?);
            if name == "4KB" {
                table.row("get 4KB cold", &stores.cold(options, false)?);
                if !options.quick {
                    table.row("get 4KB from disk", &stores.cold(options, true)?);
                }
                let name = format!("get 4KB {THREADS} threads");
                table.row(&name, &stores.many_threads(options)?);
            }
        }
    }
    if !options.quick {
        let stores = Stores::fill(&sides, folder, Entries::new(100_000, 4096, options.seed))?;
        table.row("get 4KB 100000", &stores.warm(options)?);
    }
    table.mean();
    Ok(())
}

/// All sides' stores with the same entries, written out and closed.
struct Stores<'s> {
    sides: &'s [&'s Side],
    folders: Vec<TempDir>,
    entries: Entries,
    keys: Vec<Key>,
}

impl<'s> Stores<'s> {
    fn fill(sides: &'s [&'s Side], folder: &Folder, entries: Entries) -> Result<Self, Fault> {
        let folders = sides.iter().map(|side| folder.filled(side, &entries));
        let folders = folders.collect::<Result<Vec<_>, _>>()?;
        let keys = entries.shuffled(KEYS);
        // What is written meanwhile would disturb what is measured.
        rustix::fs::sync();
        Ok(Self { sides, folders, entries, keys })
    }

    /// The store opened anew, as which side it is.
    fn open(&self, at: usize) -> Result<Box<dyn Backend>, Fault> {
        self.sides[at].open(self.folders[at].path(), Mode::NoSync, self.entries.len)
    }

    fn open_all(&self) -> Result<Vec<Box<dyn Backend>>, Fault> {
        let opened = (0..self.sides.len()).map(|at| self.open(at));
        let backends = opened.collect::<Result<Vec<_>, _>>()?;
        for (side, backend) in self.sides.iter().zip(&backends) {
            for key in &self.keys {
                let expected = self.entries.len;
                let found = backend.get(key, 0)?.is_some_and(|found| found > expected);
                found.then_some(()).ok_or_else(|| format!("{} has lost an entry", side.name))?;
            }
        }
        Ok(backends)
    }

    fn warm(&self, options: &Options) -> Result<Vec<Spread>, Fault> {
        let backends = self.open_all()?;
        // So that no side's turns are sized by a call that found the processor's caches, or its own
        // knowledge of the directory, gone cold.
        for backend in &backends {
            self.keys[..100].iter().for_each(|key| {
                done(backend.get(key, 0));
            });
        }
        let sides = backends.iter().map(|backend| {
            let mut keys = self.keys.iter().cycle();
            side(move || keys.next().map(|key| done(backend.get(key, 0))))
        });
        // Long enough for each side to find the caches its own again, as a store in use does.
        let plan = Plan { turn: Duration::from_millis(10), rounds: options.plan.rounds.min(41) };
        Ok(by_turns(plan, &mut sides.collect::<Vec<_>>()))
    }

    /// The first gets of a store that was just opened; on request, of files that the system has
    /// not in memory.
    fn cold(&self, options: &Options, from_disk: bool) -> Result<Vec<Spread>, Fault> {
        let rounds = options.plan.rounds.min(15);
        rounds_by_turns(rounds, self.sides.len(), |at, round| {
            if from_disk {
                forget(self.folders[at].path())?;
            }
            let backend = self.open(at)?;
            let skipped = round * COLD_GETS % (KEYS - COLD_GETS);
            let keys = &self.keys[skipped..skipped + COLD_GETS];
            let start = Instant::now();
            for key in keys {
                std::hint::black_box(backend.get(key, 0)?);
            }
            Ok(start.elapsed().as_secs_f64() * 1e6 / COLD_GETS as f64)
        })
    }

    fn many_threads(&self, options: &Options) -> Result<Vec<Spread>, Fault> {
        let backends = self.open_all()?;
        let rounds = options.plan.rounds.min(31);
        rounds_by_turns(rounds, backends.len(), |at, _| {
            Ok(threads::time(500, |thread, call| {
                let key = &self.keys[(thread * 997 + call) % self.keys.len()];
                done(backends[at].get(key, thread));
            }))
        })
    }
}

/// Asks the system to drop all files below `path` from its memory. They are on the disk already.
fn forget(path: &Path) -> Result<(), Fault> {
    for entry in path.read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            forget(&entry.path())?;
        } else {
            let file = File::open(entry.path())?;
            file.sync_all()?;
            fadvise(&file, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}
