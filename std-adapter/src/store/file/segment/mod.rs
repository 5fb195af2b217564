//! One segment in one file: its header, reading from it, and writing behind its end.

mod crc;
mod medium;
mod packed;
mod progress;
mod salt;
mod window;

use std::{
    fmt, io,
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::{Buf, Bytes};
use llm_cache_core::{
    RequestKey,
    record::{
        ALIGN_MIN, Found, HEAD_LEN, Head, Record, SEGMENT_HEADER_LEN, Scan, SegmentHeader,
        SegmentState,
    },
};

use self::{progress::Progress, window::SegmentMedium};
use crate::store::{
    Entry, FileFault, StoreError,
    file::disk::{Disk, DiskFile, Listed},
};

pub use crc::HardwareCrc32c;
pub use medium::FileMedium;
#[cfg(feature = "lz4")]
pub(crate) use packed::pack;
pub(crate) use packed::unpack;
pub(crate) use salt::{random_bytes, random_salt};

/// A segment file. All who read hold it by reference count: one that was deleted stays readable for
/// them while it is open.
///
/// Open or closed is for life, so that those who read need no lock for the file: to open a closed
/// one gives another value. A closed one can do all that an open one can but keep a lock; it opens
/// the file anew each time.
pub(crate) struct Segment {
    pub(crate) name: String,
    /// As [`Listed::id`].
    pub(crate) id: u64,
    /// For errors.
    pub(crate) path: PathBuf,
    pub(crate) header: SegmentHeader,
    disk: Arc<dyn Disk>,
    file: Option<Box<dyn DiskFile>>,
    progress: Arc<Progress>,
}

/// A segment's file: the one that is open, or one that was opened for this.
pub(crate) enum FileOf<'s> {
    Open(&'s dyn DiskFile),
    Opened(Box<dyn DiskFile>),
}

impl<'s> Deref for FileOf<'s> {
    type Target = dyn DiskFile + 's;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Open(file) => *file,
            Self::Opened(file) => &**file,
        }
    }
}

/// What a file with the name of a segment is.
pub(crate) enum Opened {
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
pub(crate) enum Until {
    /// To the end of the file.
    End,
    /// To the first place where a record could begin and nothing was written yet.
    Zeros,
}

/// Where the first record of a file stands.
pub(crate) const DATA_START: u32 = 2 * SEGMENT_HEADER_LEN as u32;
pub(crate) const CRC: HardwareCrc32c = HardwareCrc32c;

/// What a record of `len` bytes takes up.
pub(crate) const fn padded(len: u64) -> u64 {
    len.next_multiple_of(ALIGN_MIN as u64)
}

/// The name of the file with this sequence.
pub(crate) fn name_of(sequence: u32) -> String {
    format!("{sequence:08x}.seg")
}

/// The sequence that a file's name states, if it is a segment's.
pub(crate) fn sequence_of(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".seg")?;
    let sequence = u32::from_str_radix(digits, 16).ok()?;
    (name_of(sequence) == name).then_some(sequence)
}

impl Segment {
    /// Opens a listed file and reads its header.
    pub(crate) fn open(
        disk: &Arc<dyn Disk>,
        directory: &Path,
        listed: &Listed,
    ) -> Result<Opened, StoreError> {
        let path = directory.join(&listed.name);
        let failed = |error| FileFault::io(&path, error);
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
        let (name, disk) = (listed.name.clone(), Arc::clone(disk));
        Ok(Opened::Segment(Self::new(name, id, path, disk, file, header)))
    }

    pub(crate) fn new(
        name: String,
        id: u64,
        path: PathBuf,
        disk: Arc<dyn Disk>,
        file: Box<dyn DiskFile>,
        header: SegmentHeader,
    ) -> Self {
        let progress = Arc::new(Progress::new(DATA_START));
        Self { name, id, path, header, disk, file: Some(file), progress }
    }

    fn with_file(&self, file: Option<Box<dyn DiskFile>>) -> Self {
        Self {
            name: self.name.clone(),
            id: self.id,
            path: self.path.clone(),
            header: self.header,
            disk: Arc::clone(&self.disk),
            file,
            progress: Arc::clone(&self.progress),
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// The same segment without a descriptor.
    pub(crate) fn closed(&self) -> Self {
        self.with_file(None)
    }

    /// The same segment for a child of this process: without a descriptor, and without what a
    /// thread of the parent's may hold and never gives back.
    pub(crate) fn inherited(&self) -> Self {
        Self { progress: Arc::new(Progress::new(DATA_START)), ..self.closed() }
    }

    /// The same segment with its file open.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] too where the file was deleted and another has its name.
    pub(crate) fn opened(&self) -> io::Result<Self> {
        Ok(self.with_file(Some(self.open_file()?)))
    }

    /// The file, for a moment. Errors are as [`opened`](Self::opened)'s.
    pub(crate) fn file(&self) -> io::Result<FileOf<'_>> {
        match &self.file {
            Some(file) => Ok(FileOf::Open(&**file)),
            None => self.open_file().map(FileOf::Opened),
        }
    }

    fn open_file(&self) -> io::Result<Box<dyn DiskFile>> {
        let file = self.disk.open(&self.name)?;
        // The system gives a deleted file's number away again.
        let is_ours = file.id()? == self.id && {
            let mut medium = SegmentMedium::new(&*file, u32::MAX)?;
            let state = SegmentHeader::read(&mut medium, 0, &CRC)?;
            matches!(state, SegmentState::Valid(header) if header == self.header)
        };
        if is_ours { Ok(file) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Deletes the file, if it still stands under its name.
    pub(crate) fn remove(&self) -> io::Result<()> {
        if self.disk.id_of(&self.name)? != Some(self.id) {
            return Ok(());
        }
        match self.disk.remove(&self.name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Where a record of this length would have to end for another one to fit behind it.
    pub(crate) const fn has_room(&self, at: u32, len: u64) -> bool {
        at as u64 + padded(len) <= self.header.capacity as u64
    }

    /// Where the place behind a record is.
    pub(crate) fn end_of(&self, found: &Found) -> u32 {
        // The walk has found it to end within the capacity, a multiple of the alignment.
        self.header.align_up(u64::from(found.offset) + found.head.record_len()) as u32
    }

    /// Walks the heads from `at` on, past whatever damage there is; gives the walk at its end.
    ///
    /// It goes on to the end of the file, since a power loss may have left zeros between records;
    /// with `Until::Zeros` it ends there, for a segment that is being written.
    pub(crate) fn walk(
        &self,
        at: u32,
        until: Until,
        mut visit: impl FnMut(&Found) -> io::Result<()>,
    ) -> io::Result<Scan> {
        let file = self.file()?;
        let mut medium = SegmentMedium::new(&*file, self.header.capacity)?;
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
    pub(crate) fn is_whole(&self, found: &Found) -> io::Result<bool> {
        let file = self.file()?;
        let mut medium = SegmentMedium::new(&*file, self.header.capacity)?;
        found.is_whole(&mut medium, 0, &self.header, &CRC)
    }

    /// The head at `offset`, if a whole one stands there, in a file that is still there.
    pub(crate) fn head_at(&self, offset: u32) -> io::Result<Option<Head>> {
        let file = match self.file() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let bytes = file.read_vec(HEAD_LEN, u64::from(offset))?;
        let frame = self.header.frame(offset, &CRC);
        let head = bytes.first_chunk().map(|bytes| Head::decode(bytes, &frame, &CRC));
        Ok(head.and_then(Result::ok))
    }

    /// The entry of `len` bytes at `offset`, checked, with its key. `None`: it is damaged.
    pub(crate) fn read(&self, offset: u32, len: u32) -> io::Result<Option<(RequestKey, Entry)>> {
        Ok(self.decode(offset, self.read_bytes(offset, len)?))
    }

    /// The same where no disk has to be waited for. `None` where it has to, and where the entry is
    /// damaged or the file is not open.
    pub(crate) fn read_at_once(&self, offset: u32, len: u32) -> Option<(RequestKey, Entry)> {
        let mut bytes = vec![0; len as usize];
        let read = self.read_cached(&mut bytes, offset)?;
        if read == bytes.len() { self.decode(offset, bytes) } else { None }
    }

    /// How many bytes at `offset` could be read without waiting for a disk. `None` where it would
    /// have to be waited for, or the file is not open.
    pub(crate) fn read_cached(&self, bytes: &mut [u8], offset: u32) -> Option<usize> {
        self.file.as_ref()?.read_cached(bytes, u64::from(offset)).ok()?
    }

    /// The entry that these bytes from `offset` are. `None`: it is damaged.
    fn decode(&self, offset: u32, bytes: Vec<u8>) -> Option<(RequestKey, Entry)> {
        let frame = self.header.frame(offset, &CRC);
        let (record, end) = Record::decode(&bytes, &frame, &CRC).ok()?;
        // The variable parts are the record's last bytes; they are shared, not copied.
        let payload_start = end - record.payload.len();
        let extensions_start = payload_start - record.extensions.len();
        let Record { key, created, ttl, cost, usage, .. } = record;
        let mut payload = Bytes::from(bytes);
        let extensions = payload.slice(extensions_start..payload_start);
        // Not sliced: a first reference to a part of them would have to be counted.
        payload.advance(payload_start);
        Some((key, Entry { created, ttl, cost, usage, extensions, payload }))
    }

    /// The bytes of a record.
    pub(crate) fn read_bytes(&self, offset: u32, len: u32) -> io::Result<Vec<u8>> {
        match &self.file {
            Some(file) => file.read_vec(len as usize, u64::from(offset)),
            None => self.open_file()?.read_vec(len as usize, u64::from(offset)),
        }
    }

    /// Makes this store the writer of a segment that another has begun and written up to `end`.
    pub(crate) fn take_over(&self, end: u32) {
        self.progress.set_written(end);
    }

    /// Writes `bytes` at `at`, behind everything that is there. One writer at a time.
    pub(crate) fn append(&self, at: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.file().and_then(|file| {
            // The next record is written over what there is of this one.
            let cut = |_: &io::Error| drop(file.set_len(u64::from(at)));
            file.write_at(bytes, u64::from(at)).inspect_err(cut)
        });
        written.map_err(|error| FileFault::io(&self.path, error))?;
        self.progress.set_written(at + bytes.len() as u32);
        Ok(())
    }

    /// Where what this store has written ends.
    pub(crate) fn written(&self) -> u32 {
        self.progress.written()
    }

    /// Whether a sync of it has failed, so that it must take no more.
    pub(crate) fn is_failed(&self) -> bool {
        self.progress.is_failed()
    }

    /// Returns when everything before `end` is on the disk. Those who wait while another syncs
    /// share the next sync.
    ///
    /// # Errors
    /// [`FileFault::SyncFailed`], now and for ever after a failure.
    pub(crate) fn sync_up_to(&self, end: u32) -> Result<(), StoreError> {
        let sync = || match self.file() {
            // Nothing of it is to survive.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            file => file?.sync_data(),
        };
        self.progress.sync_up_to(end, sync).map_err(|cause| match cause {
            Some(error) => FileFault::SyncFailed.because(&self.path, error),
            None => FileFault::SyncFailed.at(&self.path),
        })
    }

    /// [`sync_up_to`](Self::sync_up_to) what was written so far.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.sync_up_to(self.written())
    }

    /// Whether all that this store has written was synced.
    #[cfg(test)]
    pub(crate) fn is_synced(&self) -> bool {
        self.progress.is_synced()
    }

    /// Whether the file has a name still.
    pub(crate) fn is_linked(&self) -> io::Result<bool> {
        match self.file().and_then(|file| file.is_linked()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            is_linked => is_linked,
        }
    }
}

/// Shows what it is, not what is in it.
impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("path", &self.path)
            .field("is_open", &self.is_open())
            .finish_non_exhaustive()
    }
}
