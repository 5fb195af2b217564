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

use std::{
    collections::HashMap,
    io,
    path::Path,
    process,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    common::Common,
    disk::{Disk, DiskFile, Listed},
    segment::{DATA_START, Opened, Segment, Until, is_listed, random_bytes, sequence_of},
    tail::Tail,
};
use crate::store::{StoreError, StoreErrorKind};

/// How old what is known of others may be when nobody else is known to write.
pub(super) const LEASE: Duration = Duration::from_millis(2);
/// How long a writer's first put takes at least; longer than the lease.
pub(super) const ANNOUNCEMENT: Duration = Duration::from_millis(4);
/// How often the directory is read though no notice was given: somebody may have been killed
/// before he gave it, or have deleted the directory.
const LISTING: Duration = Duration::from_millis(500);

/// What is known of the directory.
pub(super) struct Follow {
    lock: Box<dyn DiskFile>,
    notice: [u8; NOTICE_LEN],
    listed_at: Option<Instant>,
    /// The segments in the index, by name and identity.
    known: HashMap<Identity, u32>,
    /// The one that this store writes itself.
    own: Option<(u32, Arc<Segment>)>,
    /// The process that all this belongs to.
    pub(super) pid: u32,
    /// The one that it has locked to reclaim it.
    reclaimed: Option<u32>,
    /// Other writers' segments that may grow.
    tails: Vec<Tail>,
    /// Files that are no segments, and their length.
    unreadable: HashMap<Identity, u64>,
    /// A segment of a newer version of this library, by name and version.
    newer: Option<(String, u16)>,
    state: State,
}

/// What calls of the store depend on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    /// Whether another writer is alive.
    pub(super) is_shared: bool,
    /// Whether the directory was removed or replaced.
    pub(super) is_gone: bool,
    /// The highest sequence of any segment so far.
    pub(super) sequence: u32,
}

/// The name of a file and what tells it from others of that name.
type Identity = (String, u64);

pub(super) const LOCK_NAME: &str = "lock";
const NOTICE_LEN: usize = 8;

impl Follow {
    /// Opens the lock file, or makes it.
    pub(super) fn open(disk: &dyn Disk, path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            lock: open_lock(disk, path)?,
            notice: [0; NOTICE_LEN],
            listed_at: None,
            known: HashMap::new(),
            own: None,
            reclaimed: None,
            pid: process::id(),
            tails: Vec::new(),
            unreadable: HashMap::new(),
            newer: None,
            state: State::default(),
        })
    }

    pub(super) const fn state(&self) -> State {
        self.state
    }

    /// Whether the directory may be written to: it is there, and no newer version uses it.
    pub(super) fn check(&self, common: &Common) -> Result<(), StoreError> {
        if self.state.is_gone {
            return Err(StoreError::new(StoreErrorKind::Gone).at(&common.path));
        }
        let Some((name, found)) = &self.newer else { return Ok(()) };
        let kind = StoreErrorKind::NewerVersion { found: *found };
        Err(StoreError::new(kind).at(&common.path.join(name)))
    }

    /// The file whose lock makes its holder the only one to delete and to compact.
    pub(super) fn maintenance_lock(&self) -> &dyn DiskFile {
        &*self.lock
    }

    /// The files that are no segments: their names and lengths.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = (&str, u64)> {
        self.unreadable.iter().map(|((name, _), len)| (&**name, *len))
    }

    /// Forgets a file that is no segment and was deleted.
    pub(super) fn forget_unreadable(&mut self, name: &str) {
        self.unreadable.retain(|(other, _), _| other != name);
    }

    /// Tells everyone that the names or the writers of segments have changed.
    pub(super) fn give_notice(&self, common: &Common) -> Result<(), StoreError> {
        let given = self.lock.write_at(&random_bytes()[..NOTICE_LEN], 0);
        given.map_err(|error| StoreError::io(&common.path.join(LOCK_NAME), error))
    }

    /// Brings the index up to date with what others have done until now.
    pub(super) fn look(&mut self, common: &Common) -> Result<(), StoreError> {
        if self.pid != process::id() {
            self.after_fork(common)?;
        }
        let mut notice = self.read_notice(common)?;
        let mut is_due = self.listed_at.is_none_or(|at| at.elapsed() >= LISTING);
        // A compaction while the names are read may delete a file before it is opened, and have put
        // what was in it into one that was not listed yet. Then the notice has changed.
        while is_due || notice != self.notice {
            self.list(common)?;
            (self.notice, is_due) = (notice, false);
            notice = self.read_notice(common)?;
        }
        let mut live = self.tails.iter_mut().filter(|tail| tail.is_live());
        live.try_for_each(|tail| tail.catch_up(common))
    }

    fn read_notice(&self, common: &Common) -> Result<[u8; NOTICE_LEN], StoreError> {
        let mut notice = [0; NOTICE_LEN];
        let read = self.lock.read_at(&mut notice, 0);
        read.map_err(|error| StoreError::io(&common.path.join(LOCK_NAME), error))?;
        Ok(notice)
    }

    /// Reads the names, and what is not known yet of the segments.
    pub(super) fn list(&mut self, common: &Common) -> Result<(), StoreError> {
        let started = Instant::now();
        self.state.is_gone = common.disk.is_gone();
        let listed = if self.state.is_gone { Ok(Vec::new()) } else { common.disk.list() };
        let mut listed = listed.map_err(|error| common.failed(error))?;
        listed.retain(|file| sequence_of(&file.name).is_some());
        // Oldest first: then most records are the newest of their keys when they come up.
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        self.newer = None;
        for file in &listed {
            let sequence = sequence_of(&file.name).unwrap_or(0);
            self.state.sequence = self.state.sequence.max(sequence);
            match self.known.get(&identity(file)) {
                // What this store writes itself, it knows better.
                Some(&handle) if !self.is_own(handle) => {
                    common.index_mut().set_file_len(handle, file.len);
                }
                Some(_) => {}
                None => self.take_up(file, common)?,
            }
        }
        self.drop_missing(&listed, common)?;
        self.tails.retain(|tail| !tail.is_over());
        // To ask of a lock of our own would give it up.
        let others = self.tails.iter_mut().filter(|tail| Some(tail.handle) != self.reclaimed);
        others.into_iter().try_for_each(Tail::ask)?;
        // One whose writer has just died may hold what nobody has seen yet, and one that was taken
        // over may go on behind remains.
        self.tails.iter_mut().try_for_each(|tail| tail.read_all(common).map(|_| ()))?;
        self.state.is_shared = self.tails.iter().any(Tail::is_live);
        self.listed_at = Some(started);
        Ok(())
    }

    /// Knows the segment that this store writes from now on.
    pub(super) fn own(&mut self, handle: u32, segment: Arc<Segment>) {
        self.known.insert((segment.name.clone(), segment.id), handle);
        self.tails.retain(|tail| tail.handle != handle);
        self.own = Some((handle, segment));
    }

    /// Whether the file that this store writes was still there at the last listing.
    pub(super) fn is_own(&self, handle: u32) -> bool {
        self.own.as_ref().is_some_and(|(own, _)| *own == handle)
    }

    /// Ends [`own`](Self::own): the store has written up to `end` and its lock is free. Where that
    /// could not be said in the file, somebody may go on there.
    pub(super) fn disown(&mut self, handle: u32, segment: Arc<Segment>, end: u32, is_closed: bool) {
        self.own.take_if(|(own, _)| *own == handle);
        if !is_closed {
            self.tails.push(Tail::continued(handle, segment, end));
        }
    }

    /// Tries to lock a segment whose writer is dead and that has room for a record of `len` bytes,
    /// and reads it to its end. Gives it and where its next record goes.
    pub(super) fn adopt(
        &mut self,
        len: u64,
        common: &Common,
    ) -> Result<Option<(u32, Arc<Segment>, u32)>, StoreError> {
        for tail in &mut self.tails {
            let segment = Arc::clone(&tail.segment);
            let failed = |error| StoreError::io(&segment.path, error);
            // Where a sync of ours has failed, none that succeeds later would mean anything.
            let is_good = tail.has_room(len) && !segment.is_failed();
            if !is_good || !segment.file.try_lock().map_err(failed)? {
                continue;
            }
            // It may have been deleted, or filled and left again, before it was locked.
            let is_there = is_listed(&*common.disk, &segment.name, segment.id);
            if is_there.map_err(failed)? {
                tail.read_all(common)?;
                if tail.has_room(len) {
                    return Ok(Some((tail.handle, segment, tail.end())));
                }
            }
            segment.file.unlock().map_err(failed)?;
        }
        Ok(None)
    }

    /// Locks a segment so that nobody writes to it while it is reclaimed, and takes up what its
    /// writer has left there; says whether nobody writes.
    pub(super) fn lock(
        &mut self,
        handle: u32,
        segment: &Segment,
        common: &Common,
    ) -> Result<bool, StoreError> {
        let is_locked = segment.file.try_lock();
        if !is_locked.map_err(|error| StoreError::io(&segment.path, error))? {
            return Ok(false);
        }
        self.reclaimed = Some(handle);
        let tail = self.tails.iter_mut().find(|tail| tail.handle == handle);
        let read = tail.map_or(Ok(0), |tail| tail.read_all(common));
        if let Err(error) = read {
            let _ = self.unlock(segment);
            return Err(error);
        }
        Ok(true)
    }

    /// Ends [`lock`](Self::lock).
    pub(super) fn unlock(&mut self, segment: &Segment) -> io::Result<()> {
        self.reclaimed = None;
        segment.file.unlock()
    }

    /// Drops a segment whose file is deleted; says how many entries went with it.
    pub(super) fn drop_segment(&mut self, segment: &Segment, common: &Common) -> u64 {
        let identity = (segment.name.clone(), segment.id);
        let Some(handle) = self.known.remove(&identity) else { return 0 };
        self.tails.retain(|tail| tail.handle != handle);
        if self.is_own(handle) {
            self.own = None;
        }
        let mut keys = Vec::new();
        // What cannot be read here is found by its handle.
        let _ = segment.walk(DATA_START, Until::End, |found| {
            keys.push(found.head.key);
            Ok(())
        });
        common.index_mut().drop_segment(handle, &keys)
    }

    fn take_up(&mut self, file: &Listed, common: &Common) -> Result<(), StoreError> {
        let opened = match Segment::open(&*common.disk, &common.path, file) {
            Err(error) if error.io_kind() == Some(io::ErrorKind::NotFound) => return Ok(()),
            opened => opened?,
        };
        match opened {
            Opened::Segment(segment) => {
                self.unreadable.remove(&identity(file));
                let segment = Arc::new(segment);
                let handle = common.index_mut().add(Arc::clone(&segment), file.len);
                self.known.insert((segment.name.clone(), segment.id), handle);
                let mut tail = Tail::new(handle, segment);
                tail.ask()?;
                let damaged = tail.read_all(common)?;
                // What its writer is about to finish is no damage.
                common.counters.count_damage(if tail.is_live() { 0 } else { damaged });
                self.tails.push(tail);
            }
            Opened::Newer { found } => self.newer = Some((file.name.clone(), found)),
            Opened::Unreadable => {
                let is_new = self.unreadable.insert(identity(file), file.len).is_none();
                // Its maker may be about to write the header, which is one write.
                let is_damage = is_new && file.len > 0;
                common.counters.count_damage(is_damage.into());
            }
        }
        Ok(())
    }

    fn drop_missing(&mut self, listed: &[Listed], common: &Common) -> Result<(), StoreError> {
        let is_there =
            |(name, id): &Identity| listed.iter().any(|file| file.name == *name && file.id == *id);
        self.unreadable.retain(|identity, _| is_there(identity));
        let missing = self.known.iter().filter(|(identity, _)| !is_there(identity));
        let missing: Vec<u32> = missing.map(|(_, handle)| *handle).collect();
        for handle in missing {
            let held = common.index().held(handle).map(|held| Arc::clone(&held.segment));
            if let Some(segment) = held {
                self.drop_segment(&segment, common);
            }
        }
        Ok(())
    }

    /// This process is a child of the one that opened the store. Locks belong to an opened file,
    /// which a fork shares: so it opens everything anew, and leaves the parent its segment.
    fn after_fork(&mut self, common: &Common) -> Result<(), StoreError> {
        self.lock = open_lock(&*common.disk, &common.path)?;
        (self.listed_at, self.reclaimed) = (None, None);
        if let Some((handle, segment)) = self.own.take() {
            let written = segment.written();
            self.tails.push(Tail::continued(handle, segment, written));
        }
        let known: Vec<_> =
            self.known.iter().map(|(file, handle)| (file.clone(), *handle)).collect();
        for ((name, id), handle) in known {
            let listed = Listed { name, id, len: 0 };
            let opened = Segment::open(&*common.disk, &common.path, &listed);
            let segment = match opened {
                Ok(Opened::Segment(segment)) => segment,
                // The listing that follows finds that it is gone.
                Ok(_) => continue,
                Err(error) if error.io_kind() == Some(io::ErrorKind::NotFound) => continue,
                // The inherited one shares its lock with the parent, and must not be used.
                Err(error) => return Err(error),
            };
            if segment.id == id {
                let segment = Arc::new(segment);
                let mut tails = self.tails.iter_mut();
                if let Some(tail) = tails.find(|tail| tail.handle == handle) {
                    tail.segment = Arc::clone(&segment);
                }
                common.index_mut().replace_segment(handle, segment);
            }
        }
        self.pid = process::id();
        Ok(())
    }
}

fn identity(file: &Listed) -> Identity {
    (file.name.clone(), file.id)
}

fn open_lock(disk: &dyn Disk, path: &Path) -> Result<Box<dyn DiskFile>, StoreError> {
    let path = path.join(LOCK_NAME);
    let made = match disk.create(LOCK_NAME) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => disk.open(LOCK_NAME),
        made => made,
    };
    made.map_err(|error| match error.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
            StoreError::from_io(StoreErrorKind::SymbolicLink, &path, error)
        }
        _ => StoreError::io(&path, error),
    })
}
