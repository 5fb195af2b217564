//! What must be so before a file is deleted.

use std::{collections::HashSet, io};

use crate::store::{
    FileFault, StoreError,
    file::{
        directory::Directory,
        disk::{DiskFile, Listed},
        segment::{DATA_START, Opened, Segment, Until},
    },
};

/// Returns when what replaces records of a segment survives a power loss. Until then these records
/// are what would be found again, and the put that replaced them may not even have returned: its
/// process may be waiting for its own sync, or have been killed before.
pub(crate) fn sync_replacements(
    segment: &Segment,
    handle: u32,
    directory: &Directory,
) -> Result<(), StoreError> {
    let mut others = HashSet::new();
    let walked = segment.walk(DATA_START, Until::End, |found| {
        let place = directory.index().place(&found.head.key);
        others.extend(place.map(|place| place.segment));
        Ok(())
    });
    walked.map_err(|error| FileFault::io(&segment.path, error))?;
    others.remove(&handle);
    let index = directory.index();
    let replacements: Vec<_> = index
        .all_held()
        .filter(|(other, held)| others.contains(other) || (held.clear > 0 && *other != handle))
        .map(|(_, held)| held.segment.clone())
        .collect();
    drop(index);
    for other in replacements {
        let synced = match other.file() {
            // Somebody has deleted it, and what replaced these records with it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file.and_then(|file| file.sync_data()),
        };
        if let Err(error) = synced {
            let error = FileFault::SyncFailed.because(&other.path, error);
            directory.counters.note(&error);
            return Err(error);
        }
    }
    Ok(())
}

/// Whether a file is still no segment, now that it is locked: its maker may have finished it.
pub(crate) fn is_unreadable(
    file: &dyn DiskFile,
    name: String,
    directory: &Directory,
) -> Result<bool, StoreError> {
    let failed = |error| FileFault::io(&directory.path.join(&name), error);
    let id = file.id().map_err(failed)?;
    let len = file.len().map_err(failed)?;
    let opened = Segment::open(&directory.disk, &directory.path, &Listed { name, id, len })?;
    Ok(matches!(opened, Opened::Unreadable))
}
