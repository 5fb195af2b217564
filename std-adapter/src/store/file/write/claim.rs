//! Segments that a store takes to write to, and how it leaves them.

use std::{io, path::Path, sync::Arc, time::Instant};

use llm_cache_core::record::{ALIGN_MIN, SegmentHeader};

use super::{active::Active, too_big};
use crate::store::{
    FileFault, StoreError,
    file::{
        disk::{Disk, DiskFile, lock_soon},
        follow::{ANNOUNCEMENT, Follow, View},
        segment::{CRC, DATA_START, Segment, name_of, padded, random_salt},
    },
};

/// How many names are tried for a new segment while other processes take them.
const NAMES_TRIED: u32 = 1000;

/// A segment for a record of `len` bytes, or for copies, which go into a new one.
pub(crate) fn take(
    len: Option<u64>,
    old: Option<&Active>,
    view: &View,
) -> Result<Active, StoreError> {
    let Some(old) = old else {
        let known_at = Some(Instant::now() + ANNOUNCEMENT);
        if let Some(len) = len {
            // Nobody may ask whether the segment is locked until it is known to be our own.
            let mut follow = view.follow();
            follow.list(&view.directory)?;
            if let Some(adopted) = adopt(&mut follow, len, known_at, view)? {
                return Ok(adopted);
            }
        }
        return create(len.unwrap_or(0), known_at, view);
    };
    // Those who know of the old one, or will in time, learn of this one by it.
    create(len.unwrap_or(0), old.known_at, view)
}

/// Takes a segment that was left with room for a record of `len` bytes, if there is one.
pub(crate) fn adopt(
    follow: &mut Follow,
    len: u64,
    known_at: Option<Instant>,
    view: &View,
) -> Result<Option<Active>, StoreError> {
    let Some((handle, segment, end)) = follow.adopt(len, &view.directory)? else { return Ok(None) };
    segment.take_over(end);
    follow.own(handle, Arc::clone(&segment), &view.directory);
    // Where that cannot be told, zeros are written ahead once more.
    let filled_to = segment.file().and_then(|file| file.len()).unwrap_or(0);
    let filled_to = u32::try_from(filled_to).unwrap_or(u32::MAX).max(end);
    Ok(Some(Active::new(handle, segment, end, filled_to, known_at)))
}

/// Makes a segment with room for a record of `len` bytes.
pub(crate) fn create(
    len: u64,
    known_at: Option<Instant>,
    view: &View,
) -> Result<Active, StoreError> {
    let needed = padded(len) + u64::from(DATA_START);
    let needed = u32::try_from(needed).map_err(|_| StoreError::new(too_big(len)))?;
    let capacity = view.directory.options.segment_capacity().max(needed);
    // Nobody may list the file until it is known to be our own.
    let mut follow = view.follow();
    let first = follow.state().sequence.saturating_add(1);
    for sequence in first..first.saturating_add(NAMES_TRIED) {
        let made = make(&view.directory.disk, &view.directory.path, sequence, capacity)?;
        let Some(segment) = made.map(Arc::new) else { continue };
        follow.state.sequence = sequence;
        let handle =
            view.directory.index_mut().segments_mut().add(Arc::clone(&segment), DATA_START.into());
        follow.own(handle, Arc::clone(&segment), &view.directory);
        return Ok(Active::new(handle, segment, DATA_START, DATA_START, known_at));
    }
    Err(FileFault::Io.at(&view.directory.path))
}

/// Keeps a segment that was just taken, if everyone can learn of it and its name survives a power
/// loss; else leaves it, so that nothing is acknowledged on the strength of it.
pub(crate) fn keep(taken: Active, view: &View) -> Result<Active, StoreError> {
    let told = view.follow().give_notice(&view.directory);
    let synced = told.and_then(|()| {
        if view.directory.is_durable() { view.directory.sync_names() } else { Ok(()) }
    });
    match synced {
        Ok(()) => Ok(taken),
        Err(error) => {
            leave(taken, view);
            Err(error)
        }
    }
}

/// Leaves a segment for good: nobody appends to it any more.
pub(crate) fn leave(mut active: Active, view: &View) {
    if active.is_empty() {
        return discard(active, view);
    }
    let is_closed = active.close();
    view.directory.index_mut().segments_mut().set_file_len(active.handle, active.end.into());
    if view.directory.is_durable()
        && let Err(error) = active.segment.sync()
    {
        view.directory.counters.note(&error);
    }
    active.unlock();
    view.follow().disown(active.handle, &active.segment, active.end, is_closed, &view.directory);
}

/// Deletes a segment that holds no record: nobody needs it, and its lock keeps all others off.
pub(crate) fn discard(active: Active, view: &View) {
    let mut follow = view.follow();
    if active.segment.remove().is_ok() {
        follow.drop_segment(&active.segment, &view.directory);
        // Where it cannot be given, the others find that out at their next listing.
        let _ = follow.give_notice(&view.directory);
        active.unlock();
    } else {
        active.unlock();
        follow.disown(active.handle, &active.segment, active.end, false, &view.directory);
    }
}

/// Makes a new file, locks it and writes its header. `None`: there is a file of that name, or
/// somebody took it for an abandoned one before it was locked.
fn make(
    disk: &Arc<dyn Disk>,
    directory: &Path,
    sequence: u32,
    capacity: u32,
) -> Result<Option<Segment>, StoreError> {
    let name = name_of(sequence);
    let path = directory.join(&name);
    let file = match disk.create(&name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        created => created.map_err(|error| FileFault::io(&path, error))?,
    };
    let sequence = u64::from(sequence);
    let header = SegmentHeader { salt: random_salt(), sequence, capacity, align: ALIGN_MIN };
    match begin(&**disk, &name, &*file, &header) {
        Ok(Some(id)) => Ok(Some(Segment::new(name, id, path, Arc::clone(disk), file, header))),
        Ok(None) => Ok(None),
        Err(error) => {
            // Not a segment yet, and in nobody's use.
            if matches!((file.id(), disk.id_of(&name)), (Ok(id), Ok(Some(there))) if id == there) {
                let _ = disk.remove(&name);
            }
            Err(FileFault::io(&path, error))
        }
    }
}

/// Locks a file that was just made, and writes the header; gives its identity. `None`: somebody
/// took it for an abandoned one before it was locked.
fn begin(
    disk: &dyn Disk,
    name: &str,
    file: &dyn DiskFile,
    header: &SegmentHeader,
) -> io::Result<Option<u64>> {
    let id = file.id()?;
    if !lock_soon(file)? || disk.id_of(name)? != Some(id) {
        return Ok(None);
    }
    let copy = header.encode(&CRC);
    file.write_at(&[copy, copy].concat(), 0)?;
    Ok(Some(id))
}
