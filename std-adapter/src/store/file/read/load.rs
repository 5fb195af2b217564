//! Reading the entry of a key.

use llm_cache_core::RequestKey;

use super::recover;
use crate::store::{
    Entry, FileFault, StoreError,
    file::{follow::View, segment::unpack},
};

/// How often an entry is looked up anew because the file that it was in is gone.
pub(super) const LOADS: u32 = 8;

/// What [`load`] gives, where no disk has to be waited for; else `None`.
pub(crate) fn load_at_once(key: &RequestKey, view: &View) -> Option<Option<Entry>> {
    let Some((segment, place)) = view.directory.index().find(key) else { return Some(None) };
    let (found, entry) = segment.read_at_once(place.offset(), place.len)?;
    Some(Some(entry).filter(|_| found == *key).and_then(unpack))
}

/// The newest whole entry of `key`, as far as the index knows.
pub(crate) fn load(key: &RequestKey, view: &View) -> Result<Option<Entry>, StoreError> {
    let directory = &view.directory;
    for _ in 0..LOADS {
        let Some((segment, place)) = directory.index().find(key) else { return Ok(None) };
        let Some(segment) = directory.open_segment(place.segment, segment)? else {
            // Deleted since the last look, after what counts in it was copied.
            view.look_anew()?;
            continue;
        };
        let read = segment.read(place.offset(), place.len);
        return match read.map_err(|error| FileFault::io(&segment.path, error))? {
            Some((found, stored)) => Ok(Some(stored).filter(|_| found == *key).and_then(unpack)),
            None => recover(key, place, directory),
        };
    }
    Ok(None)
}
