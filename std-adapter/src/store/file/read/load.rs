//! Reading the entry of a key.

use llm_cache_core::RequestKey;

use super::recover;
use crate::store::{
    StoreError, Stored,
    file::{follow::View, segment::unpack},
};

/// How often an entry is looked up anew because the file that it was in is gone.
pub(super) const LOADS: u32 = 8;

/// The newest whole entry of `key`, as far as the index knows.
pub(crate) fn load(key: &RequestKey, view: &View) -> Result<Option<Stored>, StoreError> {
    let directory = &view.directory;
    for _ in 0..LOADS {
        let Some((segment, place)) = directory.index().find(key) else { return Ok(None) };
        let Some(segment) = directory.open_segment(place.segment, segment)? else {
            // Deleted since the last look, after what counts in it was copied.
            view.look_anew()?;
            continue;
        };
        let read = segment.read(place.offset(), place.len);
        return match read.map_err(|error| StoreError::io(&segment.path, error))? {
            Some((found, stored)) => Ok(Some(stored).filter(|_| found == *key).and_then(unpack)),
            None => recover(key, place, directory),
        };
    }
    Ok(None)
}
