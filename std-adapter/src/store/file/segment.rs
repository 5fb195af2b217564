//! One segment in one file: its header, reading from it, and writing behind its end.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    io,
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::{Buf, Bytes};
use llm_cache_core::{
    RequestKey,
    record::{
        ALIGN_MIN, Found, HEAD_LEN, Head, Record, SEGMENT_HEADER_LEN, Salt, Scan, SegmentHeader,
        SegmentState,
    },
};

use super::{
    crc::HardwareCrc32c,
    disk::{Disk, DiskFile, Listed},
    window::SegmentMedium,
};
use crate::store::{StoreError, StoreErrorKind, Stored};

/// A segment file that is open. All who read hold it by reference count: one that was deleted
/// stays readable for them.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) name: String,
    /// As [`Listed::id`].
    pub(super) id: u64,
    /// For errors.
    pub(super) path: PathBuf,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) header: SegmentHeader,
    /// Where what this store has written ends. Moved by the writer alone.
    written: AtomicU32,
    synced: Mutex<Synced>,
}

#[derive(Clone, Copy, Debug)]
enum Synced {
    UpTo(u32),
    /// A sync failed. What of the rest is on the disk cannot be known any more: the kernel may
    /// have dropped the pages and will report success the next time.
    Failed,
}

/// What a file with the name of a segment is.
pub(super) enum Opened {
    Segment(Segment),
    /// It has no good header: it is being made, damaged, or something else.
    Unreadable,
    /// A newer version of this library made it.
    Newer {
        found: u16,
    },
}

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// To the end of the file.
    End,
    /// To the first place where a record could begin and nothing was written yet.
    Zeros,
}

/// Where the first record of a file stands.
pub(super) const DATA_START: u32 = 2 * SEGMENT_HEADER_LEN as u32;
pub(super) const CRC: HardwareCrc32c = HardwareCrc32c;

/// What a record of `len` bytes takes up.
pub(super) const fn padded(len: u64) -> u64 {
    len.next_multiple_of(ALIGN_MIN as u64)
}

/// The name of the file with this sequence.
pub(super) fn name_of(sequence: u32) -> String {
    format!("{sequence:08x}.seg")
}

/// The sequence that a file's name states, if it is a segment's.
pub(super) fn sequence_of(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".seg")?;
    let sequence = u32::from_str_radix(digits, 16).ok()?;
    (name_of(sequence) == name).then_some(sequence)
}

impl Segment {
    /// Makes a new file, locks it and writes its header. `None`: there is a file of that name, or
    /// somebody took it for an abandoned one before it was locked.
    pub(super) fn create(
        disk: &dyn Disk,
        directory: &Path,
        sequence: u32,
        capacity: u32,
    ) -> Result<Option<Self>, StoreError> {
        let name = name_of(sequence);
        let path = directory.join(&name);
        let failed = |error| StoreError::io(&path, error);
        let file = match disk.create(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            created => created.map_err(failed)?,
        };
        let id = file.id().map_err(failed)?;
        if !file.try_lock().map_err(failed)? || !is_listed(disk, &name, id).map_err(failed)? {
            return Ok(None);
        }
        let sequence = u64::from(sequence);
        let header = SegmentHeader { salt: random_salt(), sequence, capacity, align: ALIGN_MIN };
        let copy = header.encode(&CRC);
        if let Err(error) = file.write_at(&[copy, copy].concat(), 0) {
            // Not a segment yet, and in nobody's use.
            let _ = disk.remove(&name);
            return Err(failed(error));
        }
        Ok(Some(Self::new(name, id, path, file, header)))
    }

    /// Opens a listed file and reads its header.
    pub(super) fn open(
        disk: &dyn Disk,
        directory: &Path,
        listed: &Listed,
    ) -> Result<Opened, StoreError> {
        let path = directory.join(&listed.name);
        let failed = |error| StoreError::io(&path, error);
        let file = disk.open(&listed.name).map_err(failed)?;
        let id = file.id().map_err(failed)?;
        let mut medium = SegmentMedium::new(&*file, u32::MAX).map_err(failed)?;
        let header = match SegmentHeader::read(&mut medium, 0, &CRC).map_err(failed)? {
            SegmentState::Valid(header) => header,
            SegmentState::Newer { found } => return Ok(Opened::Newer { found }),
            _ => return Ok(Opened::Unreadable),
        };
        // A copy of a segment under another name is none: it would be read twice.
        if sequence_of(&listed.name).map(u64::from) != Some(header.sequence) {
            return Ok(Opened::Unreadable);
        }
        Ok(Opened::Segment(Self::new(listed.name.clone(), id, path, file, header)))
    }

    fn new(
        name: String,
        id: u64,
        path: PathBuf,
        file: Box<dyn DiskFile>,
        header: SegmentHeader,
    ) -> Self {
        let (written, synced) = (AtomicU32::new(DATA_START), Mutex::new(Synced::UpTo(0)));
        Self { name, id, path, file, header, written, synced }
    }

    /// Where a record of this length would have to end for another one to fit behind it.
    pub(super) const fn has_room(&self, at: u32, len: u64) -> bool {
        at as u64 + padded(len) <= self.header.capacity as u64
    }

    /// Where the place behind a record is.
    pub(super) fn end_of(&self, found: &Found) -> u32 {
        // The walk has found it to end within the capacity, a multiple of the alignment.
        self.header.align_up(u64::from(found.offset) + found.head.record_len()) as u32
    }

    /// Walks the heads from `at` on, past whatever damage there is; gives the walk at its end.
    ///
    /// It goes on to the end of the file, since a power loss may have left zeros between records;
    /// with `Until::Zeros` it ends there, for a segment that is being written.
    pub(super) fn walk(
        &self,
        at: u32,
        until: Until,
        mut visit: impl FnMut(&Found) -> io::Result<()>,
    ) -> io::Result<Scan> {
        let mut medium = SegmentMedium::new(&*self.file, self.header.capacity)?;
        let mut scan = Scan::resume(&medium, 0, self.header, at).written_until(medium.file_len());
        loop {
            if until == Until::Zeros && medium.is_zero_at(scan.end())? {
                return Ok(scan);
            }
            let Some(found) = scan.next(&mut medium, &CRC)? else { return Ok(scan) };
            visit(&found)?;
        }
    }

    /// Whether the body of a record passes its checksum.
    pub(super) fn is_whole(&self, found: &Found) -> io::Result<bool> {
        let mut medium = SegmentMedium::new(&*self.file, self.header.capacity)?;
        found.is_whole(&mut medium, 0, &self.header, &CRC)
    }

    /// The head at `offset`, if a whole one stands there.
    pub(super) fn head_at(&self, offset: u32) -> io::Result<Option<Head>> {
        let bytes = self.file.read_vec(HEAD_LEN, u64::from(offset))?;
        let frame = self.header.frame(offset, &CRC);
        let head = bytes.first_chunk().map(|bytes| Head::decode(bytes, &frame, &CRC));
        Ok(head.and_then(Result::ok))
    }

    /// The entry of `len` bytes at `offset`, checked, with its key. `None`: it is damaged.
    pub(super) fn read(&self, offset: u32, len: u32) -> io::Result<Option<(RequestKey, Stored)>> {
        let bytes = self.file.read_vec(len as usize, u64::from(offset))?;
        let frame = self.header.frame(offset, &CRC);
        let Ok((record, end)) = Record::decode(&bytes, &frame, &CRC) else { return Ok(None) };
        // The variable parts are the record's last bytes; they are shared, not copied.
        let payload_start = end - record.payload.len();
        let extensions_start = payload_start - record.extensions.len();
        let Record { key, created, ttl, cost, usage, .. } = record;
        let mut payload = Bytes::from(bytes);
        let extensions = payload.slice(extensions_start..payload_start);
        // Not sliced: a first reference to a part of them would have to be counted.
        payload.advance(payload_start);
        Ok(Some((key, Stored { created, ttl, cost, usage, extensions, payload })))
    }

    /// Makes this store the writer of a segment that another has begun and written up to `end`.
    pub(super) fn take_over(&self, end: u32) {
        self.written.store(end, Ordering::Release);
    }

    /// Writes `bytes` at `at`, behind everything that is there. One writer at a time.
    pub(super) fn append(&self, at: u32, bytes: &[u8]) -> Result<(), StoreError> {
        if let Err(error) = self.file.write_at(bytes, u64::from(at)) {
            // The next record is written over what there is of this one.
            let _ = self.file.set_len(u64::from(at));
            return Err(StoreError::io(&self.path, error));
        }
        self.written.store(at + bytes.len() as u32, Ordering::Release);
        Ok(())
    }

    /// Where what this store has written ends.
    pub(super) fn written(&self) -> u32 {
        self.written.load(Ordering::Acquire)
    }

    /// Whether a sync of it has failed, so that it must take no more.
    pub(super) fn is_failed(&self) -> bool {
        matches!(*self.synced(), Synced::Failed)
    }

    /// Returns when everything before `end` is on the disk. Those who wait while another syncs
    /// share the next sync.
    ///
    /// # Errors
    /// [`StoreErrorKind::SyncFailed`], now and for ever after a failure.
    pub(super) fn sync_up_to(&self, end: u32) -> Result<(), StoreError> {
        let mut synced = self.synced();
        match *synced {
            Synced::UpTo(done) if done >= end => return Ok(()),
            Synced::UpTo(_) => {}
            Synced::Failed => {
                return Err(StoreError::new(StoreErrorKind::SyncFailed).at(&self.path));
            }
        }
        // Read before the sync: what is written during it may or may not be covered.
        let written = self.written.load(Ordering::Acquire);
        self.file.sync_data().map_err(|error| {
            *synced = Synced::Failed;
            StoreError::from_io(StoreErrorKind::SyncFailed, &self.path, error)
        })?;
        *synced = Synced::UpTo(written);
        Ok(())
    }

    /// [`sync_up_to`](Self::sync_up_to) what was written so far.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.sync_up_to(self.written.load(Ordering::Acquire))
    }

    /// Whether all that this store has written was synced.
    #[cfg(test)]
    pub(super) fn is_synced(&self) -> bool {
        matches!(*self.synced(), Synced::UpTo(end) if end >= self.written())
    }

    fn synced(&self) -> MutexGuard<'_, Synced> {
        self.synced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the file of this identity still stands under this name.
pub(super) fn is_listed(disk: &dyn Disk, name: &str, id: u64) -> io::Result<bool> {
    Ok(disk.list()?.iter().any(|listed| listed.name == name && listed.id == id))
}

/// Sixteen bytes that nobody can foretell: SipHash under keys that the system's random source
/// gave to this process. A forked child has the same keys, so its number and the time count too.
pub(super) fn random_bytes() -> [u8; 16] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut bytes = [0; 16];
    for half in bytes.chunks_mut(8) {
        let unique = (process::id(), now.as_nanos());
        half.copy_from_slice(&RandomState::new().hash_one(unique).to_le_bytes());
    }
    bytes
}

fn random_salt() -> Salt {
    Salt(random_bytes())
}
