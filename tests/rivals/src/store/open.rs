//! Opening a store with so many entries, and getting the first.

use std::time::Instant;

use super::{
    Entries, Fault, Folder, Mode,
    sides::{Part, SIDES, Side},
};
use crate::{
    Options,
    report::Table,
    timing::{Spread, rounds_by_turns},
};

/// How many entries, of which length, and at most how often they are opened.
const CASES: [(u32, usize, usize); 2] = [(10_000, 4096, 31), (1_000_000, 200, 15)];

/// Whether a side has a part in a case: a million commits or files would take an hour. A quick run
/// has ours only.
pub(super) fn takes_part(side: &Side, count: u32, options: &Options) -> bool {
    match (count > 100_000, options.quick) {
        (true, true) => side.name == "ours",
        (true, false) => side.part == Part::All,
        (false, _) => true,
    }
}

/// Prints the table. What is read is in the system's memory, as it was just written.
pub(super) fn run(options: &Options, folder: &Folder) -> Result<(), Fault> {
    let stores: Vec<_> = SIDES.iter().filter(|side| side.is_store()).collect();
    let names: Vec<_> = stores.iter().map(|side| side.name).collect();
    let mut table = Table::begin(options, "open", &names, &[]);
    for (count, len, most) in CASES {
        let entries = Entries::new(count, len, options.seed);
        let sides: Vec<_> = stores.iter().filter(|side| takes_part(side, count, options)).collect();
        let folders = sides.iter().map(|side| folder.filled(side, &entries));
        let folders = folders.collect::<Result<Vec<_>, _>>()?;
        rustix::fs::sync();
        let rounds = options.plan.rounds.min(most);
        let spreads = rounds_by_turns(rounds, sides.len(), |at, _| {
            let start = Instant::now();
            let backend = sides[at].open(folders[at].path(), Mode::NoSync, len)?;
            let found = backend.get(&entries.key(0), 0)?;
            let time = start.elapsed().as_secs_f64() * 1e6;
            found.ok_or_else(|| format!("{} has lost an entry", sides[at].name))?;
            Ok::<_, Fault>(time)
        })?;
        let spread_of = |side: &&Side| {
            sides.iter().position(|other| other.name == side.name).map(|at| spreads[at])
        };
        let row: Vec<Option<Spread>> = stores.iter().map(spread_of).collect();
        table.row_with(&format!("open {count}"), &row, &[]);
    }
    table.mean();
    Ok(())
}
