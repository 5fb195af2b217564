//! An open store: looking at others before it answers, appending, syncing.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use llm_cache_core::RequestKey;

use super::{
    Durability, FileStoreOptions,
    directory::Common,
    disk::Disk,
    follow::LEASE,
    maintain::Maintenance,
    read::recover,
    segment::{Segment, unpack},
    write::{Appended, Flusher, Item, Writer},
};
use crate::store::{StoreError, StoreErrorKind, Stored};

/// How often something is written anew because somebody deletes the files that it is in.
const COMMITS: u32 = 4;
/// How often an entry is looked up anew because the file that it was in is gone.
pub(crate) const LOADS: u32 = 8;

/// An open store: what the calls of all threads work on.
pub(crate) struct Shared {
    pub(crate) common: Common,
    /// Taken before all other locks, and never while a put's sync is waited for.
    writer: Mutex<Writer>,
    /// Where the durability is an interval.
    flusher: Mutex<Option<Flusher<Arc<Segment>>>>,
    opened: Instant,
    /// When what others do was last looked at, in nanoseconds since `opened`.
    looked_at: AtomicU64,
    /// Whether another writer was alive then.
    is_shared: AtomicBool,
}

impl Shared {
    /// Opens the store and reads what is there.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        options: FileStoreOptions,
    ) -> Result<Arc<Self>, StoreError> {
        let shared = Arc::new(Self {
            common: Common::open(disk, path, options)?,
            writer: Mutex::new(Writer::new()),
            flusher: Mutex::new(None),
            opened: Instant::now(),
            looked_at: AtomicU64::new(0),
            is_shared: AtomicBool::new(false),
        });
        shared.look_now()?;
        shared.common.follow().check_version(&shared.common)?;
        shared.start_flusher()?;
        Ok(shared)
    }

    /// Waits for what is under way, and leaves the segment to whoever takes it next.
    pub(crate) fn close(&self) {
        let mut writer = self.writer();
        let is_child = writer.note_fork();
        writer.release(&self.common);
        drop(writer);
        self.stop_flusher(is_child);
    }

    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic while it was held has at worst left bytes behind a segment's end.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flusher(&self) -> MutexGuard<'_, Option<Flusher<Arc<Segment>>>> {
        self.flusher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Looks at what others have done, unless that was just done, by this clock, and nobody else
    /// writes.
    pub(crate) fn look(&self, now: u64) -> Result<(), StoreError> {
        let age = now.saturating_sub(self.looked_at.load(Ordering::Acquire));
        if u128::from(age) < LEASE.as_nanos() && !self.is_shared.load(Ordering::Acquire) {
            return Ok(());
        }
        self.look_since(now)
    }

    pub(crate) fn look_now(&self) -> Result<(), StoreError> {
        self.look_since(self.now())
    }

    /// Looks at what others have done, unless somebody has begun to do so after `since`.
    pub(crate) fn look_since(&self, since: u64) -> Result<(), StoreError> {
        let mut follow = self.common.follow();
        if self.looked_at.load(Ordering::Acquire) > since {
            return Ok(());
        }
        let begun = self.now();
        follow.look(&self.common)?;
        self.is_shared.store(follow.state().is_shared, Ordering::Release);
        self.looked_at.store(begun, Ordering::Release);
        Ok(())
    }

    /// Looks at the names too, whether or not anybody has said that they have changed.
    pub(crate) fn look_anew(&self) -> Result<(), StoreError> {
        self.common.follow().list(&self.common)
    }

    fn start_flusher(self: &Arc<Self>) -> Result<(), StoreError> {
        let Durability::Interval(interval) = self.common.options.durability else {
            return Ok(());
        };
        if self.common.options.is_read_only {
            return Ok(());
        }
        // The store's end drops the flusher, and the flusher must not keep the store.
        let store = Arc::downgrade(self);
        let flusher = Flusher::start(interval, move |segment: Arc<Segment>| {
            if let Some(shared) = store.upgrade() {
                // Reported by the counter, and by the next put that finds the segment retired.
                let _ = shared.sync(&segment, segment.written());
            }
        });
        *self.flusher() = Some(flusher.map_err(|error| self.common.failed(error))?);
        Ok(())
    }

    fn stop_flusher(&self, is_child: bool) {
        let flusher = self.flusher().take();
        if is_child && let Some(flusher) = flusher {
            flusher.abandon();
        }
    }

    pub(crate) fn sync(&self, segment: &Segment, end: u32) -> Result<(), StoreError> {
        segment.sync_up_to(end).inspect_err(|error| self.common.counters.note(error))
    }

    pub(crate) fn maintain<T>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Maintenance<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer();
        self.note_fork(&mut writer)?;
        work(&mut Maintenance { common: &self.common, writer: &mut writer })
    }

    /// Makes a store of its own of what a fork has copied.
    pub(crate) fn note_fork(self: &Arc<Self>, writer: &mut Writer) -> Result<(), StoreError> {
        if writer.note_fork() {
            self.stop_flusher(true);
            self.start_flusher()?;
            self.look_now()?;
        }
        Ok(())
    }

    /// Appends an item and returns when that may be acknowledged.
    pub(crate) fn commit<'s>(
        &'s self,
        mut writer: MutexGuard<'s, Writer>,
        item: Item<'_>,
    ) -> Result<(), StoreError> {
        for _ in 0..COMMITS {
            let appended = self.append(&mut writer, item)?;
            drop(writer);
            if self.settle(&appended)? {
                return Ok(());
            }
            self.look_anew()?;
            writer = self.writer();
        }
        Err(StoreError::new(StoreErrorKind::Gone).at(&self.common.path))
    }

    /// Appends an item with an order above all that were seen, and applies it to the index.
    fn append(&self, writer: &mut Writer, item: Item<'_>) -> Result<Appended, StoreError> {
        let common = &self.common;
        let follow = common.follow();
        follow.check(common)?;
        writer.forget_deleted(&follow);
        drop(follow);
        Maintenance { common, writer }.make_room(item.encoded_len())?;
        let order = common.counters.order.load(Ordering::Relaxed).saturating_add(1);
        let appended = writer.append(item, order, common)?;
        if let Durability::Interval(_) = common.options.durability
            && let Some(flusher) = &*self.flusher()
        {
            // A segment that was left before is on the disk.
            flusher.set_due(Arc::clone(&appended.segment));
        }
        common.apply(&appended)?;
        writer.prepare(common);
        Ok(appended)
    }

    /// Returns when what was appended may be acknowledged. `false`: somebody has deleted the file
    /// that it is in, so that it has to be written again.
    fn settle(&self, appended: &Appended) -> Result<bool, StoreError> {
        let segment = &appended.segment;
        let is_there = if self.common.options.durability == Durability::Always {
            self.sync(segment, appended.end)?;
            segment.is_linked().map_err(|error| StoreError::io(&segment.path, error))?
        } else {
            true
        };
        if let Some(known_at) = appended.known_at.filter(|_| is_there) {
            thread::sleep(known_at.saturating_duration_since(Instant::now()));
        }
        Ok(is_there)
    }

    pub(crate) fn load(&self, key: &RequestKey) -> Result<Option<Stored>, StoreError> {
        for _ in 0..LOADS {
            let Some((segment, place)) = self.common.index().find(key) else { return Ok(None) };
            let opened = self.common.open_segment(place.segment, segment)?;
            let Some(segment) = opened else {
                // Deleted since the last look, after what counts in it was copied.
                self.look_anew()?;
                continue;
            };
            let read = segment.read(place.offset(), place.len);
            return match read.map_err(|error| StoreError::io(&segment.path, error))? {
                Some((found, stored)) => {
                    Ok(Some(stored).filter(|_| found == *key).and_then(unpack))
                }
                None => recover(key, place, &self.common),
            };
        }
        Ok(None)
    }
}
