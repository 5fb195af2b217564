//! The end of a segment that another writes, followed as it moves.

use std::{io, sync::Arc};

use llm_cache_core::record::{Found, HEAD_LEN, Kind, Scan};

use crate::store::{
    FileFault, StoreError,
    file::{
        directory::Directory,
        segment::{DATA_START, Segment, Until},
    },
};

/// A segment of another writer, and up to where its records are in the index.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) handle: u32,
    pub(crate) segment: Arc<Segment>,
    /// Behind the last record that is in the index.
    at: u32,
    /// Behind everything that stands there, a torn record too.
    end: u32,
    /// Whether its writer was alive when that was last asked.
    is_live: bool,
    /// Whether its writer has said that no record follows.
    is_closed: bool,
}

impl Tail {
    /// A segment of which nothing was read yet.
    pub(crate) const fn new(handle: u32, segment: Arc<Segment>) -> Self {
        let (at, end) = (DATA_START, DATA_START);
        Self { handle, segment, at, end, is_live: false, is_closed: false }
    }

    /// Has this process, a child by now, open the file anew.
    pub(crate) fn inherit(&mut self) {
        self.segment = Arc::new(self.segment.inherited());
    }

    /// A segment whose records are in the index up to `at`, and that somebody may go on with.
    pub(crate) const fn continued(handle: u32, segment: Arc<Segment>, at: u32) -> Self {
        Self { handle, segment, at, end: at, is_live: true, is_closed: false }
    }

    pub(crate) const fn is_live(&self) -> bool {
        self.is_live && !self.is_closed
    }

    /// Whether nothing more can come. A full segment counts as live while its writer is: it will
    /// not announce the next one to those who know of this one.
    pub(crate) fn is_over(&self) -> bool {
        let is_full = !self.segment.has_room(self.at, HEAD_LEN as u64);
        self.is_closed || (is_full && !self.is_live)
    }

    /// Where the next record goes.
    pub(crate) const fn end(&self) -> u32 {
        self.end
    }

    /// Whether it could take a record of `len` bytes from another writer than its own.
    pub(crate) fn has_room(&self, len: u64) -> bool {
        !self.is_closed && self.segment.has_room(self.end, len)
    }

    /// Finds out whether its writer is alive. Only where it is, the file stays open: it is read
    /// before each answer then.
    pub(crate) fn ask(&mut self) -> Result<(), StoreError> {
        let asked = self.ask_file();
        self.is_live = match asked {
            // The next listing finds that it is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            asked => asked.map_err(|error| FileFault::io(&self.segment.path, error))?,
        };
        Ok(())
    }

    fn ask_file(&mut self) -> io::Result<bool> {
        let is_live = self.segment.file()?.is_locked()?;
        if is_live && !self.segment.is_open() {
            self.segment = Arc::new(self.segment.opened()?);
        } else if !is_live && self.segment.is_open() {
            self.segment = Arc::new(self.segment.closed());
        }
        Ok(is_live)
    }

    /// Takes up all that there is behind the known place; says how much of it is damaged.
    pub(crate) fn read_all(&mut self, directory: &Directory) -> Result<u32, StoreError> {
        let read = self.read(directory, Until::End);
        self.unless_gone(read)
    }

    /// Takes up what was written since. A single read while that is nothing.
    pub(crate) fn catch_up(&mut self, directory: &Directory) -> Result<(), StoreError> {
        let caught_up = self.has_more().and_then(|has_more| match has_more {
            Some(until) => self.read(directory, until).map(|_| ()),
            None => Ok(()),
        });
        self.unless_gone(caught_up)
    }

    /// What came of reading, where there is nothing in a file that is gone.
    fn unless_gone<T: Default>(&self, read: io::Result<T>) -> Result<T, StoreError> {
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
            read => read.map_err(|error| FileFault::io(&self.segment.path, error)),
        }
    }

    /// Whether nothing was written since, told without waiting for a disk.
    pub(super) fn is_unchanged(&self) -> bool {
        let mut start = [0; 16];
        let read = self.segment.read_cached(&mut start, self.at);
        self.at == self.end && read.is_some() && start == [0; 16]
    }

    /// Whether there may be more to read, and how far.
    fn has_more(&self) -> io::Result<Option<Until>> {
        if self.at != self.end {
            // Remains of a record, or one that is being written. What comes next may stand behind.
            return Ok(Some(Until::End));
        }
        let mut start = [0; 16];
        let len = self.segment.file()?.read_at(&mut start, u64::from(self.at))?;
        // A record begins with a marker, which is not zero.
        Ok(start[..len].iter().any(|&byte| byte != 0).then_some(Until::Zeros))
    }

    /// The records behind the known place, and whether each stands right behind the one before.
    fn walk(&self, until: Until) -> io::Result<(Vec<Found>, bool, Scan)> {
        let (mut new, mut end, mut is_dense) = (Vec::new(), self.at, true);
        let scan = self.segment.walk(self.at, until, |found| {
            is_dense &= found.offset == end;
            end = self.segment.end_of(found);
            new.push(*found);
            Ok(())
        })?;
        Ok((new, is_dense, scan))
    }

    fn read(&mut self, directory: &Directory, until: Until) -> io::Result<u32> {
        let (mut new, is_dense, mut scan) = self.walk(until)?;
        if let Some(last) = new.last().map(|last| last.offset).filter(|_| !is_dense) {
            // What was passed over, zeros or a part of a head, may have been written after it was
            // read, and before what was found behind it. It is whole by now, or damage indeed.
            (new, _, scan) = self.walk(until)?;
            new.retain(|found| found.offset <= last);
        }
        self.end = scan.end();
        for found in &new {
            directory.counters.saw_order(found.head.order);
        }
        // Records are written one after the other, so that only the last one may be half there.
        let is_torn = match new.last() {
            Some(last) => !self.segment.is_whole(last)?,
            None => false,
        };
        new.truncate(new.len() - usize::from(is_torn));
        let mut index = directory.index_mut();
        index.reserve(new.len());
        for found in &new {
            index.apply(self.handle, found)?;
        }
        drop(index);
        if let Some(last) = new.last() {
            self.at = self.segment.end_of(last);
        }
        self.is_closed |= new.iter().any(|found| found.head.kind == Kind::Close);
        Ok(scan.damaged() + u32::from(is_torn))
    }
}
