//! Bytes an entry: on the disk beside its value, and in memory.

use std::{os::unix::fs::MetadataExt, path::Path};

use super::{
    Entries, Fault, Folder, Mode, VALUES,
    open::takes_part,
    sides::{SIDES, Side},
};
use crate::{Options, memory::bytes_kept, report};

/// Prints the table. Nothing in it depends on the machine's speed: there is no spread.
pub(super) fn run(options: &Options, folder: &Folder) -> Result<(), Fault> {
    let stores: Vec<_> = SIDES.iter().filter(|side| side.is_store()).collect();
    report::begin(options, "space");
    let names: Vec<_> = stores.iter().map(|side| format!("{}_bytes", side.name)).collect();
    println!("case\t{}", names.join("\t"));
    let million = (!options.quick).then_some(("200B", 200, 1_000_000));
    let cases = VALUES.into_iter().filter(|case| case.0 == "4KB" || !options.quick);
    for (name, len, count) in cases.chain(million) {
        let entries = Entries::new(count, len, options.seed);
        let measure = |side: &&Side| {
            takes_part(side, count, options).then(|| each(side, folder, &entries)).transpose()
        };
        let found = stores.iter().map(measure).collect::<Result<Vec<_>, _>>()?;
        let disk: Vec<_> = found.iter().map(|found| found.map(|found| found.0)).collect();
        report::print_cells(&format!("disk overhead {name} {count}"), &disk);
        let memory: Vec<_> = found.iter().map(|found| found.map(|found| found.1)).collect();
        report::print_cells(&format!("memory {name} {count}"), &memory);
    }
    Ok(())
}

/// Bytes an entry that a closed store occupies, less the value; and bytes an entry that are
/// allocated in the process once it is open and each entry was asked for.
fn each(side: &Side, folder: &Folder, entries: &Entries) -> Result<(f64, f64), Fault> {
    let filled = folder.filled(side, entries)?;
    let before = occupied(folder.empty()?.path())?;
    let disk = occupied(filled.path())? - before;
    let each = |bytes: u64| bytes as f64 / f64::from(entries.count);
    let (backend, memory) = bytes_kept(|| {
        let backend = side.open(filled.path(), Mode::NoSync, entries.len)?;
        for number in 0..entries.count {
            backend.get(&entries.key(number), 0)?;
        }
        Ok::<_, Fault>(backend)
    });
    let memory = memory + backend?.foreign_memory();
    Ok((each(disk) - entries.len as f64, each(memory as u64)))
}

/// Bytes of the blocks of all that is below `path`, directories too.
fn occupied(path: &Path) -> Result<u64, Fault> {
    let metadata = path.symlink_metadata()?;
    let mut bytes = metadata.blocks() * 512;
    if metadata.is_dir() {
        for entry in path.read_dir()? {
            bytes += occupied(&entry?.path())?;
        }
    }
    Ok(bytes)
}
