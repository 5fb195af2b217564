//! `key`: from the body of a request to its key.

mod cases;
mod corpus;
mod hostile;
mod scratch;
mod sides;
mod stages;
mod worst;

use crate::Options;

/// A table, what prints it, and whether it is part of a quick run, which ends within a minute.
struct Entry {
    name: &'static str,
    run: fn(&Options) -> Result<(), String>,
    quick: bool,
}

const TABLES: [Entry; 6] = [
    Entry { name: "cases", run: cases::run, quick: true },
    Entry { name: "corpus", run: corpus::run, quick: true },
    Entry { name: "stages", run: stages::run, quick: true },
    Entry { name: "worst", run: worst::run, quick: true },
    Entry { name: "scratch", run: scratch::run, quick: true },
    Entry { name: "worst-scratch", run: worst::run_with_few_slots, quick: false },
];

/// Prints all tables, or the one that is wanted.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let wanted = |table: &&Entry| options.wants(table.name, table.quick);
    if !TABLES.iter().any(|table| wanted(&table)) {
        let names = TABLES.map(|table| table.name).join(", ");
        return Err(format!("there is no such table; there are: {names}"));
    }
    TABLES.iter().filter(wanted).try_for_each(|table| (table.run)(options))
}
