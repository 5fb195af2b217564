//! `store`: entries on disk beside other crates that keep them, and beside the bare system calls.

mod entries;
mod get;
mod open;
mod put;
mod sides;
mod space;
mod threads;

use std::path::PathBuf;

use tempfile::TempDir;

use crate::{Options, report::Ratio};
use entries::Entries;
use sides::{Backend, Mode, Side};

/// The error of whichever crate it came from.
type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Threads of the rows of several.
const THREADS: usize = 8;

/// The values' lengths, and how many of each there are.
const VALUES: [(&str, usize, u32); 3] =
    [("200B", 200, 10_000), ("4KB", 4096, 10_000), ("64KB", 65_536, 1000)];

/// Ours beside the limit, the last but one column of a table of times.
const RATIOS: [Ratio; 1] = [Ratio { name: "ours/raw", above: 0, below: 7 }];

/// Prints a table.
type Print = fn(&Options, &Folder) -> Result<(), Fault>;

const TABLES: [(&str, Print); 4] =
    [("get", get::run), ("put", put::run), ("open", open::run), ("space", space::run)];

/// Prints all tables, or the one that is asked for.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let only = options.only.as_deref();
    if only.is_some_and(|only| TABLES.iter().all(|(name, _)| *name != only)) {
        let names = TABLES.map(|(name, _)| name).join(", ");
        return Err(format!("there is no such table; there are: {names}"));
    }
    let folder = Folder(options.dir.clone().unwrap_or_else(std::env::temp_dir));
    for (name, table) in TABLES {
        if only.is_none_or(|only| only == name) {
            table(options, &folder).map_err(|fault| format!("{name}: {fault}"))?;
        }
    }
    Ok(())
}

/// Where the stores are kept while they are measured.
struct Folder(PathBuf);

impl Folder {
    /// An empty directory, which goes with all that is in it when it is dropped.
    fn empty(&self) -> Result<TempDir, Fault> {
        Ok(tempfile::Builder::new().prefix("llm-cache-rivals-").tempdir_in(&self.0)?)
    }

    /// A store with these entries, written out and closed.
    fn filled(&self, side: &Side, entries: &Entries) -> Result<TempDir, Fault> {
        let folder = self.empty()?;
        let backend = side.open(folder.path(), Mode::NoSync, entries.len)?;
        backend.fill(entries)?;
        backend.flush()?;
        drop(backend);
        Ok(folder)
    }
}

/// A store under measurement, with the directory it is in.
struct Opened {
    // Closed before its directory goes.
    backend: Box<dyn Backend>,
    _folder: TempDir,
}

/// What a call that is measured comes to: it may not fail.
fn done<T>(result: Result<T, Fault>) -> T {
    result.unwrap_or_else(|fault| panic!("a call under time failed: {fault}"))
}
