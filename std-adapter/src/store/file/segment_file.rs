//! One segment in one file.

use std::{
    collections::hash_map::RandomState,
    fs::{self, File},
    hash::{BuildHasher, Hasher},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use llm_cache_core::{
    RequestKey,
    record::{
        ALIGN_MIN, Found, HEAD_LEN, Head, Kind, Record, SEGMENT_HEADER_LEN, Salt, Scan,
        SegmentHeader, SegmentState,
    },
};

use super::{crc::HardwareCrc32c, directory::open_file, medium::FileMedium};
use crate::store::{StoreError, StoreErrorKind, Stored};

/// A segment file that is open. Readers hold it by reference count: one that was deleted stays
/// readable for them.
#[derive(Debug)]
pub(super) struct SegmentFile {
    path: PathBuf,
    file: File,
    header: SegmentHeader,
    /// Where the next record goes. Moved by the writer alone.
    end: AtomicU32,
    synced: Mutex<Synced>,
    /// Makes syncs fail.
    #[cfg(test)]
    fails: std::sync::atomic::AtomicBool,
}

#[derive(Clone, Copy, Debug)]
enum Synced {
    UpTo(u32),
    /// A sync failed. What of the rest is on the disk cannot be known any more: the kernel may
    /// have dropped the pages and will report success the next time.
    Failed,
}

/// What a walk over a segment tells about it.
pub(super) struct Walked {
    pub(super) segment: SegmentFile,
    pub(super) records: Vec<Found>,
    pub(super) damaged: u32,
    /// Where the last whole record ends, rounded up.
    pub(super) whole_end: u32,
    /// Whether it takes no more records.
    pub(super) is_closed: bool,
}

/// The header's length in a file.
pub(super) const DATA_START: u32 = 2 * SEGMENT_HEADER_LEN as u32;
const CRC: HardwareCrc32c = HardwareCrc32c;

impl SegmentFile {
    /// Makes a new file with a header.
    pub(super) fn create(path: PathBuf, sequence: u64, capacity: u32) -> Result<Self, StoreError> {
        let file = open_file(&path, true)?;
        let header = SegmentHeader { salt: random_salt(), sequence, capacity, align: ALIGN_MIN };
        let copy = header.encode(&CRC);
        let written = file.write_all_at(&[copy, copy].concat(), 0);
        if let Err(error) = written {
            // Not a segment yet, and in nobody's use.
            let _ = fs::remove_file(&path);
            return Err(StoreError::io(&path, error));
        }
        Ok(Self::new(path, file, header, DATA_START))
    }

    /// Opens a file and walks its records. Bodies of a file that was not closed are checked, for
    /// a power loss may have torn any of them; the others are checked when they are read.
    ///
    /// `Ok(None)`: no segment, a torn or damaged header.
    ///
    /// # Errors
    /// A newer version's file, and the file system's errors.
    pub(super) fn open(path: PathBuf) -> Result<Option<Walked>, StoreError> {
        let failed = |error| StoreError::io(&path, error);
        let file = open_file(&path, false)?;
        let len = file.metadata().map_err(failed)?.len();
        let medium_len = u32::try_from(len).unwrap_or(u32::MAX);
        let mut medium = FileMedium::new(FileRef(&file), medium_len);
        let header = match SegmentHeader::read(&mut medium, 0, &CRC).map_err(failed)? {
            SegmentState::Valid(header) => header,
            SegmentState::Newer { found } => {
                return Err(StoreError::new(StoreErrorKind::NewerVersion { found }).at(&path));
            }
            _ => return Ok(None),
        };
        let mut scan = Scan::new(&medium, 0, header);
        let (mut records, mut is_closed) = (Vec::new(), false);
        while let Some(found) = scan.next(&mut medium, &CRC).map_err(failed)? {
            is_closed |= found.head.kind == Kind::Close;
            records.push(found);
        }
        let mut damaged = scan.damaged();
        let (mut whole_end, mut failure) = (DATA_START, None);
        let mut is_whole = |found: &Found| match is_closed {
            true => Ok(true),
            false => found.is_whole(&mut medium, 0, &header, &CRC),
        };
        records.retain(|found| match is_whole(found) {
            Ok(true) => {
                whole_end = end_of(&header, found);
                true
            }
            Ok(false) => {
                damaged += 1;
                false
            }
            Err(error) => {
                failure = Some(error);
                false
            }
        });
        if let Some(error) = failure {
            return Err(failed(error));
        }
        let segment = Self::new(path.clone(), file, header, medium_len);
        Ok(Some(Walked { segment, records, damaged, whole_end, is_closed }))
    }

    fn new(path: PathBuf, file: File, header: SegmentHeader, end: u32) -> Self {
        Self {
            path,
            file,
            header,
            end: AtomicU32::new(end),
            synced: Mutex::new(Synced::UpTo(0)),
            #[cfg(test)]
            fails: false.into(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) const fn sequence(&self) -> u64 {
        self.header.sequence
    }

    /// Bytes of the file.
    pub(super) fn len(&self) -> u64 {
        u64::from(self.end.load(Ordering::Acquire))
    }

    /// Whether a record of `len` bytes still fits and the file may take it.
    pub(super) fn takes(&self, len: u64) -> bool {
        self.len() + len <= u64::from(self.header.capacity)
            && matches!(*self.synced(), Synced::UpTo(_))
    }

    /// Appends an entry; `buffer` is scratch. Gives its offset and length. One writer at a time.
    pub(super) fn append(
        &self,
        record: &Record<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<(u32, u32), StoreError> {
        let offset = self.end.load(Ordering::Relaxed);
        let frame = self.header.frame(offset, &CRC);
        buffer.clear();
        let encoded = record.encode(&frame, &CRC, buffer);
        debug_assert!(encoded.is_ok(), "a record that takes() accepted, into memory");
        self.write(offset, buffer)
    }

    /// Appends a record without a body.
    pub(super) fn append_bare(&self, kind: Kind, key: RequestKey) -> Result<(), StoreError> {
        let offset = self.end.load(Ordering::Relaxed);
        let frame = self.header.frame(offset, &CRC);
        let mut bytes = Head::bare(kind, key, 0, &frame, &CRC).encode(&frame, &CRC).to_vec();
        self.write(offset, &mut bytes).map(|_| ())
    }

    /// One write, padded to the next record's place so that the file's length is known.
    fn write(&self, offset: u32, bytes: &mut Vec<u8>) -> Result<(u32, u32), StoreError> {
        let len = bytes.len();
        bytes.resize(len.next_multiple_of(ALIGN_MIN as usize), 0);
        if let Err(error) = self.file.write_all_at(bytes, u64::from(offset)) {
            // The next record is written over what there is of this one.
            let _ = self.file.set_len(u64::from(offset));
            return Err(StoreError::io(&self.path, error));
        }
        self.end.store(offset + bytes.len() as u32, Ordering::Release);
        Ok((offset, len as u32))
    }

    /// The entry of `len` bytes at `offset`, checked. `None` where it is damaged or another key's.
    pub(super) fn read(
        &self,
        key: &RequestKey,
        offset: u32,
        len: u32,
    ) -> io::Result<Option<Stored>> {
        let mut bytes = vec![0; len as usize];
        match self.file.read_exact_at(&mut bytes, u64::from(offset)) {
            // Somebody has cut the file off under us.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            done => done?,
        }
        let frame = self.header.frame(offset, &CRC);
        let Ok((record, end)) = Record::decode(&bytes, &frame, &CRC) else { return Ok(None) };
        if record.key != *key {
            return Ok(None);
        }
        // The variable parts are the record's last bytes; they are shared, not copied.
        let payload_start = end - record.payload.len();
        let extensions_start = payload_start - record.extensions.len();
        let stored = Stored {
            created: record.created,
            ttl: record.ttl,
            cost: record.cost,
            usage: record.usage,
            extensions: Bytes::new(),
            payload: Bytes::new(),
        };
        let bytes = Bytes::from(bytes);
        Ok(Some(Stored {
            extensions: bytes.slice(extensions_start..payload_start),
            payload: bytes.slice(payload_start..end),
            ..stored
        }))
    }

    /// Returns when all records that end at or before `end` are on the disk. Callers that wait for
    /// one another are served by one sync.
    ///
    /// # Errors
    /// [`StoreErrorKind::SyncFailed`], now and for ever after a failure.
    pub(super) fn sync_up_to(&self, end: u32) -> Result<bool, StoreError> {
        let mut synced = self.synced();
        match *synced {
            Synced::UpTo(done) if done >= end => return Ok(false),
            Synced::UpTo(_) => {}
            Synced::Failed => {
                return Err(StoreError::new(StoreErrorKind::SyncFailed).at(&self.path));
            }
        }
        // Read before the sync: what is written during it may or may not be covered.
        let written = self.end.load(Ordering::Acquire);
        match self.sync_data() {
            Ok(()) => {
                *synced = Synced::UpTo(written);
                Ok(true)
            }
            Err(error) => {
                *synced = Synced::Failed;
                Err(StoreError::from_io(StoreErrorKind::SyncFailed, &self.path, error))
            }
        }
    }

    /// Syncs and then says in the file that no record follows, which spares the next open the
    /// reading of bodies.
    pub(super) fn close(&self) -> Result<(), StoreError> {
        self.sync_up_to(self.end.load(Ordering::Acquire))?;
        if self.takes(HEAD_LEN as u64) {
            self.append_bare(Kind::Close, RequestKey::from_bytes([0; 32]))?;
        }
        Ok(())
    }

    /// Makes the segment take records behind its last whole one, which ends at `end`; cuts off the
    /// remains of a torn one that stand there. Says whether that could be done.
    pub(super) fn resume_at(&self, end: u32) -> bool {
        if self.end.swap(end, Ordering::AcqRel) == end {
            return true;
        }
        self.file.set_len(u64::from(end)).is_ok()
    }

    fn sync_data(&self) -> io::Result<()> {
        #[cfg(test)]
        if self.fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("injected"));
        }
        self.file.sync_data()
    }

    #[cfg(test)]
    pub(super) fn fail_syncs(&self) {
        self.fails.store(true, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn synced_len(&self) -> u64 {
        match *self.synced() {
            Synced::UpTo(len) => len.into(),
            Synced::Failed => 0,
        }
    }

    fn synced(&self) -> std::sync::MutexGuard<'_, Synced> {
        self.synced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn end_of(header: &SegmentHeader, found: &Found) -> u32 {
    // The walk has found it to end within the capacity, a multiple of the alignment.
    header.align_up(u64::from(found.offset) + found.head.record_len()) as u32
}

/// Sixteen bytes that nobody can foretell: SipHash under keys that the system's random source
/// gave to this process, of a counter of its own.
fn random_salt() -> Salt {
    let mut salt = Salt([0; 16]);
    for half in salt.0.chunks_mut(8) {
        half.copy_from_slice(&RandomState::new().build_hasher().finish().to_le_bytes());
    }
    salt
}

struct FileRef<'f>(&'f File);

impl AsRef<File> for FileRef<'_> {
    fn as_ref(&self) -> &File {
        self.0
    }
}
