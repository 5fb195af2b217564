//! The appending side of a file store: which segment takes the next record, and which one goes.

use std::{
    collections::VecDeque,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use llm_cache_core::record::Kind;

use super::{
    Durability, FileStoreOptions,
    directory::Directory,
    index::{Index, Place},
    segment_file::{DATA_START, SegmentFile, Walked},
};
use crate::store::{StoreError, StoreErrorKind};

/// What befell the store; see [`StoreStats`](crate::store::StoreStats).
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) bytes: AtomicU64,
    pub(super) evicted: AtomicU64,
    pub(super) damaged: AtomicU64,
    pub(super) sync_failures: AtomicU64,
}

impl Counters {
    /// Counts a sync that failed; later callers that are told of it have no cause to show.
    pub(super) fn note(&self, error: &StoreError) {
        if error.kind() == StoreErrorKind::SyncFailed && error.io_kind().is_some() {
            self.sync_failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// One at a time has it, under the store's mutex.
pub(super) struct Writer {
    directory: Directory,
    options: FileStoreOptions,
    /// From the oldest to the newest.
    segments: VecDeque<Slot>,
    /// Whether the newest one takes records.
    has_active: bool,
    next_sequence: u32,
    pub(super) scratch: Vec<u8>,
}

#[derive(Debug)]
enum Slot {
    Open(Arc<SegmentFile>),
    /// A file without a readable header. It holds its place until its turn to go comes.
    Unreadable {
        path: PathBuf,
        len: u64,
    },
}

impl Slot {
    fn path(&self) -> &Path {
        match self {
            Self::Open(segment) => segment.path(),
            Self::Unreadable { path, .. } => path,
        }
    }

    fn len(&self) -> u64 {
        match self {
            Self::Open(segment) => segment.len(),
            Self::Unreadable { len, .. } => *len,
        }
    }
}

impl Writer {
    /// Reads all segments of the directory into `index`.
    pub(super) fn open(
        directory: Directory,
        options: FileStoreOptions,
        index: &mut Index,
        counters: &Counters,
    ) -> Result<Self, StoreError> {
        let mut writer = Self {
            directory,
            options,
            segments: VecDeque::new(),
            has_active: false,
            next_sequence: 1,
            scratch: Vec::new(),
        };
        let mut resume_at = None;
        for (sequence, path) in writer.segment_paths()? {
            writer.next_sequence = sequence.saturating_add(1);
            resume_at = writer.add(sequence, path, index, counters)?;
        }
        // Only now is it certain that nothing here is of a newer version.
        if let (Some(end), Some(Slot::Open(newest))) = (resume_at, writer.segments.back()) {
            writer.has_active = newest.resume_at(end);
        }
        let bytes = writer.segments.iter().map(Slot::len).sum();
        counters.bytes.store(bytes, Ordering::Relaxed);
        Ok(writer)
    }

    /// The segment files by their sequence, which is their name in hexadecimal.
    fn segment_paths(&self) -> Result<Vec<(u32, PathBuf)>, StoreError> {
        let directory = self.directory.path();
        let failed = |error| StoreError::io(directory, error);
        let mut paths = Vec::new();
        for entry in fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let is_segment = path.extension().is_some_and(|extension| extension == "seg");
            let sequence = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .filter(|stem| is_segment && stem.len() == 8)
                .and_then(|stem| u32::from_str_radix(stem, 16).ok());
            paths.extend(sequence.map(|sequence| (sequence, path)));
        }
        paths.sort();
        Ok(paths)
    }

    /// Takes up one file; says where its last whole record ends, if it takes more.
    fn add(
        &mut self,
        sequence: u32,
        path: PathBuf,
        index: &mut Index,
        counters: &Counters,
    ) -> Result<Option<u32>, StoreError> {
        let len = path.metadata().map_err(|error| StoreError::io(&path, error))?.len();
        let walked = SegmentFile::open(path.clone())?;
        let Some(walked) = walked.filter(|walked| walked.segment.sequence() == u64::from(sequence))
        else {
            counters.damaged.fetch_add(1, Ordering::Relaxed);
            self.segments.push_back(Slot::Unreadable { path, len });
            return Ok(None);
        };
        let Walked { segment, records, damaged, whole_end, is_closed } = walked;
        counters.damaged.fetch_add(u64::from(damaged), Ordering::Relaxed);
        for found in &records {
            // A record ends within a segment, whose length is a u32.
            let len = found.head.record_len() as u32;
            let place = Place { segment: sequence, offset: found.offset, len };
            match found.head.kind {
                Kind::Entry => index.insert(&found.head.key, place),
                Kind::Removal => index.remove(&found.head.key),
                _ => {}
            }
        }
        let segment = Arc::new(segment);
        index.add_segment(sequence, Arc::clone(&segment));
        self.segments.push_back(Slot::Open(segment));
        Ok((!is_closed).then_some(whole_end))
    }

    /// The segment that records go into now, if there is one.
    pub(super) fn active(&self) -> Option<&Arc<SegmentFile>> {
        match self.segments.back() {
            Some(Slot::Open(segment)) if self.has_active => Some(segment),
            _ => None,
        }
    }

    /// All segments that can be read.
    pub(super) fn open_segments(&self) -> Vec<Arc<SegmentFile>> {
        let open = |slot: &Slot| match slot {
            Slot::Open(segment) => Some(Arc::clone(segment)),
            Slot::Unreadable { .. } => None,
        };
        self.segments.iter().filter_map(open).collect()
    }

    /// A segment with room for a record of `len` bytes, padding included; makes that room by
    /// beginning a new one and by deleting the oldest.
    pub(super) fn segment_for(
        &mut self,
        len: u64,
        index: &RwLock<Index>,
        counters: &Counters,
    ) -> Result<(Arc<SegmentFile>, u32), StoreError> {
        let needed = len + u64::from(DATA_START);
        let capacity = self.options.max_bytes.min(u64::from(!15_u32));
        if needed > capacity {
            return Err(StoreError::new(StoreErrorKind::TooBig { needed, capacity }));
        }
        if self.active().is_none_or(|active| !active.takes(len)) {
            self.retire(counters);
        }
        while counters.bytes.load(Ordering::Relaxed) + needed > self.options.max_bytes {
            if !self.delete_oldest(index, counters)? {
                break;
            }
        }
        if self.active().is_none() {
            self.begin_segment(needed, index, counters)?;
        }
        let active = self.active().ok_or(StoreError::new(StoreErrorKind::Io))?;
        Ok((Arc::clone(active), active.sequence() as u32))
    }

    /// Ends the active segment, if there is one, so that the next record begins another.
    pub(super) fn retire(&mut self, counters: &Counters) {
        if let Some(active) = self.active().filter(|_| self.options.durability != Durability::None)
        {
            let before = active.len();
            if let Err(error) = active.close() {
                counters.note(&error);
            }
            counters.bytes.fetch_add(active.len() - before, Ordering::Relaxed);
        }
        self.has_active = false;
    }

    /// Deletes all files, the oldest first: a crash in between leaves no entry whose removal is
    /// already gone.
    pub(super) fn clear(
        &mut self,
        index: &RwLock<Index>,
        counters: &Counters,
    ) -> Result<(), StoreError> {
        while let Some(oldest) = self.segments.front() {
            remove_file(oldest.path())?;
            self.segments.pop_front();
        }
        self.has_active = false;
        counters.bytes.store(0, Ordering::Relaxed);
        write(index).clear();
        self.sync_names(counters)
    }

    fn delete_oldest(
        &mut self,
        index: &RwLock<Index>,
        counters: &Counters,
    ) -> Result<bool, StoreError> {
        let Some(oldest) = self.segments.front() else { return Ok(false) };
        remove_file(oldest.path())?;
        counters.bytes.fetch_sub(oldest.len(), Ordering::Relaxed);
        if let Slot::Open(segment) = oldest {
            let evicted = write(index).remove_segment(segment.sequence() as u32);
            counters.evicted.fetch_add(evicted as u64, Ordering::Relaxed);
        }
        self.segments.pop_front();
        self.has_active &= !self.segments.is_empty();
        Ok(true)
    }

    fn begin_segment(
        &mut self,
        needed: u64,
        index: &RwLock<Index>,
        counters: &Counters,
    ) -> Result<(), StoreError> {
        let sequence = self.next_sequence;
        let path = self.directory.path().join(format!("{sequence:08x}.seg"));
        // `segment_for` has seen that the need is below 4 GiB.
        let capacity = self.options.segment_capacity().max(needed as u32);
        let segment = Arc::new(SegmentFile::create(path, u64::from(sequence), capacity)?);
        self.next_sequence = sequence.saturating_add(1);
        counters.bytes.fetch_add(segment.len(), Ordering::Relaxed);
        write(index).add_segment(sequence, Arc::clone(&segment));
        self.segments.push_back(Slot::Open(segment));
        self.has_active = true;
        self.sync_names(counters)
    }

    fn sync_names(&self, counters: &Counters) -> Result<(), StoreError> {
        if self.options.durability == Durability::None {
            return Ok(());
        }
        self.directory.sync().map_err(|error| {
            let path = self.directory.path();
            let error = StoreError::from_io(StoreErrorKind::SyncFailed, path, error);
            counters.note(&error);
            error
        })
    }
}

fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path, error)),
        _ => Ok(()),
    }
}

pub(super) fn write(index: &RwLock<Index>) -> RwLockWriteGuard<'_, Index> {
    // Its methods do not panic between two changes that belong together.
    index.write().unwrap_or_else(PoisonError::into_inner)
}
