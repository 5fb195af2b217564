//! Writing: new entries, acknowledged by the system or by the disk.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{
    Entries, Fault, Folder, Mode, Opened, THREADS, VALUES, done,
    sides::{Part, SIDES, Side},
    threads,
};
use crate::{
    Options,
    report::{Ratio, Table},
    timing::{Spread, by_turns, rounds_by_turns, side},
};

/// Rounds of the rows of many threads, in which a side may wait for the disk many times.
const ROUNDS: usize = 15;

/// Ours beside the system's limit, and beside a group commit written by hand.
const RATIOS: [Ratio; 2] = [
    Ratio { name: "ours/raw", above: 0, below: 7 },
    Ratio { name: "ours/grouped", above: 0, below: 9 },
];

/// Prints the table. A quick run has the values of the budget only.
pub(super) fn run(options: &Options, folder: &Folder) -> Result<(), Fault> {
    let sides: Vec<_> = SIDES.iter().filter(|side| side.part != Part::Get).collect();
    let names: Vec<_> = sides.iter().map(|side| side.name).collect();
    let mut table = Table::begin(options, "put", &names, &RATIOS);
    for (mode, how) in [(Mode::NoSync, "nosync"), (Mode::Durable, "durable")] {
        for (name, len, _) in VALUES {
            if name == "4KB" || !options.quick {
                let entries = Entries::new(0, len, options.seed);
                let case = Case { sides: &sides, folder, entries, mode };
                table.row_with(&format!("put {name} {how}"), &case.one_thread(options)?, &[]);
                if name == "4KB" {
                    let name = format!("put {name} {how} {THREADS} threads");
                    table.row_with(&name, &case.many_threads()?, &[]);
                }
            }
        }
    }
    table.mean();
    Ok(())
}

struct Case<'s> {
    sides: &'s [&'s Side],
    folder: &'s Folder,
    entries: Entries,
    mode: Mode,
}

impl Case<'_> {
    /// Empty stores; none for a side that cannot do what is measured.
    fn open_all(&self) -> Result<Vec<Option<Opened>>, Fault> {
        let open = |side: &&Side| {
            if self.mode == Mode::Durable && !side.syncs {
                return Ok(None);
            }
            let folder = self.folder.empty()?;
            let backend = side.open(folder.path(), self.mode, self.entries.len)?;
            Ok(Some(Opened { backend, _folder: folder }))
        };
        let opened = self.sides.iter().map(open).collect();
        rustix::fs::sync();
        opened
    }

    fn one_thread(&self, options: &Options) -> Result<Vec<Option<Spread>>, Fault> {
        let opened = self.open_all()?;
        let sides = opened.iter().flatten().map(|Opened { backend, .. }| {
            let number = Cell::new(0);
            side(move || {
                let key = self.entries.key(number.replace(number.get() + 1));
                self.entries.with_value(&key, |value| done(backend.put(&key, value, 0)));
            })
        });
        let spreads = by_turns(options.plan, &mut sides.collect::<Vec<_>>());
        Ok(spread_out(&opened, spreads))
    }

    fn many_threads(&self) -> Result<Vec<Option<Spread>>, Fault> {
        let opened = self.open_all()?;
        let calls = if self.mode == Mode::Durable { 4 } else { 100 };
        let next = AtomicU32::new(0);
        let there: Vec<_> = opened.iter().flatten().collect();
        let spreads = rounds_by_turns(ROUNDS, there.len(), |at, _| {
            Ok::<_, Fault>(threads::time(calls, |thread, _| {
                let key = self.entries.key(next.fetch_add(1, Ordering::Relaxed));
                let put = |value: &[u8]| done(there[at].backend.put(&key, value, thread));
                self.entries.with_value(&key, put);
            }))
        })?;
        Ok(spread_out(&opened, spreads))
    }
}

/// The spreads of the sides that are there, each in its column.
fn spread_out(opened: &[Option<Opened>], spreads: Vec<Spread>) -> Vec<Option<Spread>> {
    let mut spreads = spreads.into_iter();
    opened.iter().map(|side| side.as_ref().and_then(|_| spreads.next())).collect()
}
