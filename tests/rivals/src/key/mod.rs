//! `key`: from the body of a request to its key.

mod cases;
mod corpus;
mod hostile;
mod scratch;
mod sides;
mod stages;
mod worst;

use crate::Options;

/// A table's name for `--only`, and what prints it.
type Entry = (&'static str, fn(&Options) -> Result<(), String>);

const TABLES: [Entry; 5] = [
    ("cases", cases::run),
    ("corpus", corpus::run),
    ("stages", stages::run),
    ("worst", worst::run),
    ("scratch", scratch::run),
];

/// Prints all tables, or the one that is wanted.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let wanted = |name: &str| options.only.as_ref().is_none_or(|only| only == name);
    if !TABLES.iter().any(|(name, _)| wanted(name)) {
        let names = TABLES.map(|(name, _)| name).join(", ");
        return Err(format!("there is no such table; there are: {names}"));
    }
    TABLES.iter().filter(|(name, _)| wanted(name)).try_for_each(|(_, table)| table(options))
}
