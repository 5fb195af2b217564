//! What other writers do in the directory, seen in time.
//!
//! A get that begins after another process's put has returned must find it, and must not pay a
//! system call for that while nobody else writes. So a writer announces itself before its first
//! put returns: it writes a new notice into the lock file and waits for [`ANNOUNCEMENT`]. Everyone
//! reads the notice at least every [`LEASE`] of his own gets, a shorter time, and thus knows of the
//! writer by then. From there on he looks behind the end of the writer's segment before each get,
//! until that segment's lock is free.
//!
//! Advice to the next editor: what is looked at must be read after the look has begun, and in this
//! order: notice, names, segments. Those who change things change them in the opposite order.

mod listing;
mod tail;
mod view;

use std::{
    collections::HashMap,
    io,
    path::Path,
    process,
    sync::Arc,
    time::{Duration, Instant},
};

use self::tail::Tail;
use crate::store::{
    FileFault, StoreError,
    file::{
        directory::Directory,
        disk::{Disk, DiskFile, LOCK_NAME, LockFile, lock_soon, open_lock},
        segment::{DATA_START, Segment, Until, random_bytes},
    },
};

pub(crate) use view::View;

/// How old what is known of others may be when nobody else is known to write.
pub(crate) const LEASE: Duration = Duration::from_millis(2);
/// How long a writer's first put takes at least; longer than the lease.
pub(crate) const ANNOUNCEMENT: Duration = Duration::from_millis(4);
/// How often the directory is read though no notice was given: somebody may have been killed
/// before he gave it, or have deleted the directory.
const LISTING: Duration = Duration::from_millis(500);

/// What is known of the directory.
pub(crate) struct Follow {
    /// A store that is only read may do without.
    pub(crate) lock: Option<LockFile>,
    notice: Notice,
    pub(crate) listed_at: Option<Instant>,
    /// The segments in the index, by name and identity.
    pub(crate) known: HashMap<Identity, u32>,
    /// Those that this store writes itself: the one that records go into, and the next one.
    pub(crate) own: Vec<(u32, Arc<Segment>)>,
    /// The process that all this belongs to.
    pub(crate) pid: u32,
    /// The one that it has locked to reclaim it.
    pub(crate) reclaimed: Option<u32>,
    /// Other writers' segments that may grow.
    pub(crate) tails: Vec<Tail>,
    /// Files that are no segments, and their length.
    pub(crate) unreadable: HashMap<Identity, u64>,
    /// A segment of a newer version of this library, by name and version.
    pub(crate) newer: Option<(String, u16)>,
    pub(crate) state: State,
}

/// What calls of the store depend on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    /// Whether another writer is alive.
    pub(crate) is_shared: bool,
    /// Whether the directory was removed or replaced.
    pub(crate) is_gone: bool,
    /// The highest sequence of any segment so far.
    pub(crate) sequence: u32,
}

/// The name of a file and what tells it from others of that name.
pub(crate) type Identity = (String, u64);

/// Random bytes that tell whether names or writers have changed.
pub(crate) type Notice = [u8; 8];

/// Who kept a store from making room when it last waited for that, and until what has changed it
/// does not wait again.
pub(crate) struct HeldUp {
    pub(crate) notice: Notice,
    pub(crate) holder: Option<u32>,
}

impl Follow {
    /// Opens the lock file, or makes it unless the store is only read.
    pub(crate) fn open(
        disk: &dyn Disk,
        path: &Path,
        is_read_only: bool,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            lock: open_lock(disk, path, is_read_only)?,
            notice: Notice::default(),
            listed_at: None,
            known: HashMap::new(),
            own: Vec::new(),
            reclaimed: None,
            pid: process::id(),
            tails: Vec::new(),
            unreadable: HashMap::new(),
            newer: None,
            state: State::default(),
        })
    }

    pub(crate) const fn state(&self) -> State {
        self.state
    }

    /// Whether the directory may be written to: it is there, and no newer version uses it.
    pub(crate) fn check(&self, directory: &Directory) -> Result<(), StoreError> {
        directory.check_writable()?;
        self.check_version(directory)
    }

    /// Whether the directory is there, and no newer version uses it.
    pub(crate) fn check_version(&self, directory: &Directory) -> Result<(), StoreError> {
        if self.state.is_gone {
            return Err(FileFault::Gone.at(&directory.path));
        }
        let Some((name, found)) = &self.newer else { return Ok(()) };
        Err(FileFault::NewerVersion { found: *found }.at(&directory.path.join(name)))
    }

    /// The file whose lock makes its holder the only one to delete and to compact.
    pub(crate) fn maintenance_lock(
        &self,
        directory: &Directory,
    ) -> Result<&dyn DiskFile, StoreError> {
        let read_only = || FileFault::ReadOnly.at(&directory.path);
        self.lock.as_ref().map(|(_, file)| &**file).ok_or_else(read_only)
    }

    /// The notice that was read last.
    pub(crate) const fn notice(&self) -> Notice {
        self.notice
    }

    /// The files that are no segments: their names and lengths.
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = (&str, u64)> {
        self.unreadable.iter().map(|((name, _), len)| (&**name, *len))
    }

    /// Forgets a file that is no segment and was deleted.
    pub(crate) fn forget_unreadable(&mut self, name: &str) {
        self.unreadable.retain(|(other, _), _| other != name);
    }

    /// Tells everyone that the names or the writers of segments have changed.
    pub(crate) fn give_notice(&self, directory: &Directory) -> Result<(), StoreError> {
        let [a, b, c, d, e, f, g, h, ..] = random_bytes();
        let given = self.maintenance_lock(directory)?.write_at(&[a, b, c, d, e, f, g, h], 0);
        given.map_err(|error| FileFault::io(&directory.path.join(LOCK_NAME), error))
    }

    /// Brings the index up to date with what others have done until now.
    pub(crate) fn look(&mut self, directory: &Directory) -> Result<(), StoreError> {
        if self.pid != process::id() {
            self.after_fork(directory)?;
        }
        let mut notice = self.read_notice(directory)?;
        let mut is_due = self.listed_at.is_none_or(|at| at.elapsed() >= LISTING);
        // A compaction while the names are read may delete a file before it is opened, and have put
        // what was in it into one that was not listed yet. Then the notice has changed.
        while is_due || notice != self.notice {
            self.list(directory)?;
            (self.notice, is_due) = (notice, false);
            notice = self.read_notice(directory)?;
        }
        let mut live = self.tails.iter_mut().filter(|tail| tail.is_live());
        live.try_for_each(|tail| tail.catch_up(directory))
    }

    /// Whether a look would find nothing new, told without waiting for a disk. `false` where it
    /// would find something, or that cannot be told.
    pub(crate) fn is_unchanged(&self) -> bool {
        let mut notice = Notice::default();
        let is_noted = match &self.lock {
            Some((_, lock)) => matches!(lock.read_cached(&mut notice, 0), Ok(Some(_))),
            None => true,
        };
        is_noted
            && notice == self.notice
            && self.pid == process::id()
            && self.listed_at.is_some_and(|at| at.elapsed() < LISTING)
            && self.tails.iter().filter(|tail| tail.is_live()).all(Tail::is_unchanged)
    }

    fn read_notice(&self, directory: &Directory) -> Result<Notice, StoreError> {
        let mut notice = Notice::default();
        let Some((_, lock)) = &self.lock else { return Ok(notice) };
        let read = lock.read_at(&mut notice, 0);
        read.map_err(|error| FileFault::io(&directory.path.join(LOCK_NAME), error))?;
        Ok(notice)
    }

    /// Knows a segment that this store writes from now on.
    pub(crate) fn own(&mut self, handle: u32, segment: Arc<Segment>, directory: &Directory) {
        self.known.insert((segment.name.clone(), segment.id), handle);
        self.tails.retain(|tail| tail.handle != handle);
        directory.index_mut().segments_mut().own(handle, Arc::clone(&segment));
        self.own.push((handle, segment));
    }

    /// Whether this store writes the file, and it was still there at the last listing.
    pub(crate) fn is_own(&self, handle: u32) -> bool {
        self.own.iter().any(|(own, _)| *own == handle)
    }

    /// Whether another writer of the segment was alive at the last listing.
    pub(crate) fn is_written(&self, handle: u32) -> bool {
        self.tails.iter().any(|tail| tail.handle == handle && tail.is_live())
    }

    /// Ends [`own`](Self::own): the store has written up to `end` and its lock is free. Where that
    /// could not be said in the file, somebody may go on there.
    pub(crate) fn disown(
        &mut self,
        handle: u32,
        segment: &Segment,
        end: u32,
        is_closed: bool,
        directory: &Directory,
    ) {
        self.own.retain(|(own, _)| *own != handle);
        directory.index_mut().segments_mut().disown(handle);
        if !is_closed && directory.index().held(handle).is_some() {
            self.tails.push(Tail::continued(handle, Arc::new(segment.closed()), end));
        }
    }

    /// Tries to lock a segment whose writer is dead and that has room for a record of `len` bytes,
    /// and reads it to its end. Gives it and where its next record goes.
    pub(crate) fn adopt(
        &mut self,
        len: u64,
        directory: &Directory,
    ) -> Result<Option<(u32, Arc<Segment>, u32)>, StoreError> {
        for tail in &mut self.tails {
            let path = tail.segment.path.clone();
            let failed = |error| FileFault::io(&path, error);
            // Where a sync of ours has failed, none that succeeds later would mean anything.
            if !tail.has_room(len) || tail.is_live() || tail.segment.is_failed() {
                continue;
            }
            let segment = match tail.segment.opened() {
                // Deleted before it was locked.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => Arc::new(opened.map_err(failed)?),
            };
            let locked = lock_soon(&*segment.file().map_err(failed)?);
            if !locked.map_err(failed)? {
                continue;
            }
            // It may have been deleted, or filled and left again, before it was locked.
            let there = directory.disk.id_of(&segment.name);
            if there.map_err(failed)? == Some(segment.id) {
                tail.read_all(directory)?;
                if tail.has_room(len) {
                    return Ok(Some((tail.handle, segment, tail.end())));
                }
            }
        }
        Ok(None)
    }

    /// Locks a segment so that nobody writes to it while it is reclaimed, and takes up what its
    /// writer has left there; says whether nobody writes.
    pub(crate) fn lock(
        &mut self,
        handle: u32,
        segment: &Segment,
        directory: &Directory,
    ) -> Result<bool, StoreError> {
        let is_locked = segment.file().and_then(|file| lock_soon(&*file));
        if !is_locked.map_err(|error| FileFault::io(&segment.path, error))? {
            return Ok(false);
        }
        self.reclaimed = Some(handle);
        let tail = self.tails.iter_mut().find(|tail| tail.handle == handle);
        let read = tail.map_or(Ok(0), |tail| tail.read_all(directory));
        if let Err(error) = read {
            let _ = self.unlock(segment);
            return Err(error);
        }
        Ok(true)
    }

    /// Ends [`lock`](Self::lock).
    pub(crate) fn unlock(&mut self, segment: &Segment) -> io::Result<()> {
        self.reclaimed = None;
        segment.file()?.unlock()
    }

    /// Drops a segment whose file is deleted; says how many entries went with it.
    pub(crate) fn drop_segment(&mut self, segment: &Segment, directory: &Directory) -> u64 {
        let Some(handle) = self.forget(&(segment.name.clone(), segment.id)) else { return 0 };
        let mut keys = Vec::new();
        // What cannot be read here is found by its handle.
        let _ = segment.walk(DATA_START, Until::End, |found| {
            keys.push(found.head.key);
            Ok(())
        });
        directory.index_mut().drop_segment(handle, &keys)
    }

    /// Forgets a segment whose file is gone; gives the handle that the index has of it.
    pub(crate) fn forget(&mut self, identity: &Identity) -> Option<u32> {
        let handle = self.known.remove(identity)?;
        self.tails.retain(|tail| tail.handle != handle);
        self.own.retain(|(own, _)| *own != handle);
        Some(handle)
    }
}
