//! How far a store has come with a segment: what it has written, and what of that is on the disk.

use std::{
    io,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

/// The same for all openings of a segment's file.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Where what this store has written ends. Moved by the writer alone.
    written: AtomicU32,
    synced: Mutex<Synced>,
    /// A sync has ended.
    ended: Condvar,
}

#[derive(Clone, Copy, Debug)]
struct Synced {
    /// Everything before it is on the disk.
    up_to: u32,
    /// A thread syncs now, without the lock.
    is_syncing: bool,
    /// A sync failed. What of the rest is on the disk cannot be known any more: the kernel may
    /// have dropped the pages and will report success the next time.
    is_failed: bool,
}

impl Progress {
    /// Of a segment of which this store has written nothing.
    pub(crate) const fn new(start: u32) -> Self {
        let synced = Synced { up_to: 0, is_syncing: false, is_failed: false };
        let (written, synced) = (AtomicU32::new(start), Mutex::new(synced));
        Self { written, synced, ended: Condvar::new() }
    }

    pub(crate) fn written(&self) -> u32 {
        self.written.load(Ordering::Acquire)
    }

    pub(crate) fn set_written(&self, end: u32) {
        self.written.store(end, Ordering::Release);
    }

    pub(crate) fn is_failed(&self) -> bool {
        self.synced().is_failed
    }

    /// Syncs, unless everything before `end` is on the disk. Those who come while another syncs
    /// wait for its end; one of those whom that sync did not cover then syncs for all.
    ///
    /// No lock is held during a sync: when it ends, whoever it has covered goes on at once, and
    /// never waits for the next sync too.
    ///
    /// # Errors
    /// The cause where this sync failed, and none where one before has.
    pub(crate) fn sync_up_to(
        &self,
        end: u32,
        sync: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), Option<io::Error>> {
        let mut synced = self.synced();
        loop {
            if synced.is_failed {
                return Err(None);
            }
            if synced.up_to >= end {
                return Ok(());
            }
            if !synced.is_syncing {
                break;
            }
            synced = self.ended.wait(synced).unwrap_or_else(PoisonError::into_inner);
        }
        synced.is_syncing = true;
        drop(synced);
        let mut syncing = Syncing { progress: self, up_to: None };
        // Read before the sync: what is written during it may or may not be covered.
        let written = self.written();
        sync()?;
        syncing.up_to = Some(written);
        Ok(())
    }

    /// Whether all that was written was synced.
    #[cfg(test)]
    pub(crate) fn is_synced(&self) -> bool {
        let synced = self.synced();
        !synced.is_failed && synced.up_to >= self.written()
    }

    fn synced(&self) -> MutexGuard<'_, Synced> {
        self.synced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sync of one thread. Dropped, it tells the others how it has ended.
struct Syncing<'p> {
    progress: &'p Progress,
    /// What is on the disk then; `None` where the sync failed or panicked.
    up_to: Option<u32>,
}

impl Drop for Syncing<'_> {
    fn drop(&mut self) {
        let mut synced = self.progress.synced();
        synced.is_syncing = false;
        match self.up_to {
            Some(up_to) => synced.up_to = up_to,
            None => synced.is_failed = true,
        }
        drop(synced);
        self.progress.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{atomic::AtomicUsize, mpsc},
        thread,
    };

    /// Those whom a sync has covered go on when it ends, while the next one is still under way:
    /// nobody waits for two. One of the others syncs for all of these.
    #[test]
    fn who_was_covered_does_not_wait_for_the_next_sync() {
        let progress = Progress::new(0);
        progress.set_written(1);
        let (begun, has_begun) = mpsc::channel();
        let (end_first, first) = mpsc::channel::<()>();
        let (end_second, second) = mpsc::channel::<()>();
        let (done, is_done) = mpsc::channel();
        let progress = &progress;
        thread::scope(|scope| {
            let (begins, tells) = (begun.clone(), done.clone());
            scope.spawn(move || {
                let sync = || {
                    begins.send(1).unwrap();
                    first.recv().unwrap();
                    Ok(())
                };
                tells.send(progress.sync_up_to(1, sync).is_ok()).unwrap();
            });
            assert_eq!(has_begun.recv(), Ok(1));
            progress.set_written(2);
            let waits = |end| {
                let tells = done.clone();
                move || tells.send(progress.sync_up_to(end, || panic!("twice")).is_ok()).unwrap()
            };
            // Covered by the first sync: its record was written before that began.
            scope.spawn(waits(1));
            end_first.send(()).unwrap();
            assert_eq!([is_done.recv(), is_done.recv()], [Ok(true); 2]);
            let begins = begun.clone();
            let tells = done.clone();
            scope.spawn(move || {
                let sync = || {
                    begins.send(2).unwrap();
                    second.recv().unwrap();
                    Ok(())
                };
                tells.send(progress.sync_up_to(2, sync).is_ok()).unwrap();
            });
            assert_eq!(has_begun.recv(), Ok(2));
            // The second is under way, and who needs the first alone is not held up by it.
            waits(1)();
            assert_eq!(is_done.recv(), Ok(true));
            scope.spawn(waits(2));
            end_second.send(()).unwrap();
            assert_eq!([is_done.recv(), is_done.recv()], [Ok(true); 2]);
            assert!(progress.is_synced());
        });
    }

    /// A sync that fails or panics fails everybody who waits for it, and all who come later.
    #[test]
    fn a_failed_sync_fails_all() {
        for panics in [false, true] {
            let (progress, causes) = (Progress::new(0), AtomicUsize::new(0));
            progress.set_written(1);
            let sync = || if panics { panic!("a bad disk") } else { Err(io::Error::other("bad")) };
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let call = || progress.sync_up_to(1, sync);
                        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)) {
                            Ok(Err(None)) => {}
                            Ok(Err(Some(_))) | Err(_) => {
                                causes.fetch_add(1, Ordering::Relaxed);
                            }
                            Ok(Ok(())) => panic!("a failed sync passed for one that was done"),
                        }
                    });
                }
            });
            assert_eq!(causes.into_inner(), 1);
            assert!(progress.is_failed());
            assert!(progress.sync_up_to(1, || Ok(())).is_err());
        }
    }
}
