//! An open store: its writer, appending, syncing, and what a fork makes of it.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    thread,
    time::Instant,
};

use super::{
    Durability, FileStoreOptions,
    disk::Disk,
    follow::View,
    maintain::Maintenance,
    segment::Segment,
    write::{Appended, Flusher, Item, Writer},
};
use crate::store::{FileFault, StoreError};

/// How often something is written anew because somebody deletes the files that it is in.
const COMMITS: u32 = 4;

/// An open store: what the calls of all threads work on.
pub(crate) struct OpenStore {
    pub(crate) view: View,
    /// Taken before all other locks, and never while a put's sync is waited for.
    writer: Mutex<Writer>,
    /// Where the durability is an interval.
    flusher: Mutex<Option<Flusher<Arc<Segment>>>>,
}

impl OpenStore {
    /// Opens the store and reads what is there.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        options: FileStoreOptions,
    ) -> Result<Arc<Self>, StoreError> {
        let shared = Arc::new(Self {
            view: View::open(disk, path, options)?,
            writer: Mutex::new(Writer::new()),
            flusher: Mutex::new(None),
        });
        shared.view.look_now()?;
        shared.view.follow().check_version(&shared.view.directory)?;
        shared.start_flusher()?;
        Ok(shared)
    }

    /// Waits for what is under way, and leaves the segment to whoever takes it next.
    pub(crate) fn close(&self) {
        let mut writer = self.writer();
        let is_child = writer.note_fork();
        writer.release(&self.view);
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

    fn start_flusher(self: &Arc<Self>) -> Result<(), StoreError> {
        let Durability::Interval(interval) = self.view.directory.options.durability else {
            return Ok(());
        };
        if self.view.directory.options.is_read_only {
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
        *self.flusher() = Some(flusher.map_err(|error| self.view.directory.failed(error))?);
        Ok(())
    }

    fn stop_flusher(&self, is_child: bool) {
        let flusher = self.flusher().take();
        if is_child && let Some(flusher) = flusher {
            flusher.abandon();
        }
    }

    pub(crate) fn sync(&self, segment: &Segment, end: u32) -> Result<(), StoreError> {
        segment.sync_up_to(end).inspect_err(|error| self.view.directory.counters.note(error))
    }

    pub(crate) fn maintain<T>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Maintenance<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer();
        self.note_fork(&mut writer)?;
        work(&mut Maintenance { view: &self.view, writer: &mut writer })
    }

    /// Makes a store of its own of what a fork has copied.
    pub(crate) fn note_fork(self: &Arc<Self>, writer: &mut Writer) -> Result<(), StoreError> {
        if writer.note_fork() {
            self.stop_flusher(true);
            self.start_flusher()?;
            self.view.look_now()?;
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
            self.view.look_anew()?;
            writer = self.writer();
        }
        Err(FileFault::Gone.at(&self.view.directory.path))
    }

    /// Appends an item with an order above all that were seen, and applies it to the index.
    fn append(&self, writer: &mut Writer, item: Item<'_>) -> Result<Appended, StoreError> {
        let view = &self.view;
        let follow = view.follow();
        follow.check(&view.directory)?;
        writer.forget_deleted(&follow);
        drop(follow);
        Maintenance { view, writer }.make_room(item.encoded_len())?;
        let order = view.directory.counters.order.load(Ordering::Relaxed).saturating_add(1);
        let appended = writer.append(item, order, view)?;
        if let Durability::Interval(_) = view.directory.options.durability
            && let Some(flusher) = &*self.flusher()
        {
            // A segment that was left before is on the disk.
            flusher.set_due(Arc::clone(&appended.segment));
        }
        appended.apply(&view.directory)?;
        writer.prepare(view);
        Ok(appended)
    }

    /// Returns when what was appended may be acknowledged. `false`: somebody has deleted the file
    /// that it is in, so that it has to be written again.
    fn settle(&self, appended: &Appended) -> Result<bool, StoreError> {
        let segment = &appended.segment;
        let is_there = if self.view.directory.options.durability == Durability::Always {
            self.sync(segment, appended.end)?;
            segment.is_linked().map_err(|error| FileFault::io(&segment.path, error))?
        } else {
            true
        };
        if let Some(known_at) = appended.known_at.filter(|_| is_there) {
            thread::sleep(known_at.saturating_duration_since(Instant::now()));
        }
        Ok(is_there)
    }
}
