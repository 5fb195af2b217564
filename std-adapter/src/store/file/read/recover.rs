//! The entry that a damaged one has replaced.

use std::io;

use llm_cache_core::{
    RequestKey,
    record::{Found, Kind},
};

use crate::store::{
    Entry, FileFault, StoreError,
    file::{
        directory::Directory,
        index::Place,
        segment::{DATA_START, Until, unpack},
    },
};

/// Finds the newest whole entry of `key`, where the one at `damaged` cannot be read, and points the
/// index to it. Reads all heads: O(records).
pub(crate) fn recover(
    key: &RequestKey,
    damaged: Place,
    directory: &Directory,
) -> Result<Option<Entry>, StoreError> {
    directory.counters.count_damage(1);
    directory.index_mut().forget(key, damaged);
    let mut candidates = candidates(key, directory)?;
    candidates.retain(|(_, place)| *place != damaged);
    for (found, place) in candidates {
        if found.head.kind != Kind::Entry {
            directory.index_mut().point(key, place);
            return Ok(None);
        }
        let held = directory.index().held(place.segment).map(|held| held.segment.clone());
        let Some(segment) = held else { continue };
        let read = match segment.read(place.offset(), place.len) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read,
        };
        if let Some((_, stored)) = read.map_err(|error| FileFault::io(&segment.path, error))? {
            directory.index_mut().point(key, place);
            return Ok(unpack(stored));
        }
        directory.counters.count_damage(1);
    }
    Ok(None)
}

/// All entries and removals of `key` that no clear has made void, the newest first.
pub(crate) fn candidates(
    key: &RequestKey,
    directory: &Directory,
) -> Result<Vec<(Found, Place)>, StoreError> {
    let index = directory.index();
    let cleared_below = index.cleared_below();
    let segments: Vec<_> =
        index.all_held().map(|(handle, held)| (handle, held.segment.clone())).collect();
    drop(index);
    let mut candidates = Vec::new();
    for (handle, segment) in &segments {
        let walked = segment.walk(DATA_START, Until::End, |found| {
            let is_kind = matches!(found.head.kind, Kind::Entry | Kind::Removal);
            if is_kind && found.head.key == *key && found.head.order >= cleared_below {
                let rank = (found.head.order, segment.header.sequence, found.offset);
                candidates.push((rank, *found, Place::of(*handle, found)));
            }
            Ok(())
        });
        match walked {
            // It was deleted, and what it held stands elsewhere or is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            walked => {
                walked.map_err(|error| FileFault::io(&segment.path, error))?;
            }
        }
    }
    candidates.sort_unstable_by_key(|(rank, ..)| std::cmp::Reverse(*rank));
    Ok(candidates.into_iter().map(|(_, found, place)| (found, place)).collect())
}
