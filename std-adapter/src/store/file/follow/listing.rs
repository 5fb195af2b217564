//! The names in the directory, and what is not known yet of the segments.

use std::{collections::HashSet, io, mem, process, sync::Arc, time::Instant};

use super::{Follow, Identity, tail::Tail};
use crate::store::{
    FileFault, StoreError,
    file::{
        directory::Directory,
        disk::{LOCK_NAME, Listed, open_lock},
        segment::{Opened, Segment, sequence_of},
    },
};

impl Follow {
    /// Reads the names, and what is not known yet of the segments.
    pub(crate) fn list(&mut self, directory: &Directory) -> Result<(), StoreError> {
        let started = Instant::now();
        self.state.is_gone = directory.disk.is_gone();
        let listed = if self.state.is_gone { Ok(Vec::new()) } else { directory.disk.list() };
        let mut listed = listed.map_err(|error| directory.failed(error))?;
        self.find_lock(&listed, directory);
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
                    directory.index_mut().segments_mut().set_file_len(handle, file.len);
                }
                Some(_) => {}
                None => self.take_up(file, directory)?,
            }
        }
        self.drop_missing(&listed, directory);
        self.tails.retain(|tail| !tail.is_over());
        // To ask of a lock of our own would give it up.
        let others = self.tails.iter_mut().filter(|tail| Some(tail.handle) != self.reclaimed);
        others.into_iter().try_for_each(Tail::ask)?;
        // One whose writer has just died may hold what nobody has seen yet, and one that was taken
        // over may go on behind remains.
        self.tails.iter_mut().try_for_each(|tail| tail.read_all(directory).map(|_| ()))?;
        if directory.index().is_loose() {
            directory.index_mut().fit();
        }
        self.state.is_shared = self.tails.iter().any(Tail::is_live);
        self.listed_at = Some(started);
        Ok(())
    }

    /// Goes over to another lock file, where somebody has deleted the one that was used; until
    /// that can be done, the old one has to do.
    fn find_lock(&mut self, listed: &[Listed], directory: &Directory) {
        let there = listed.iter().find(|file| file.name == LOCK_NAME).map(|file| file.id);
        let ours = self.lock.as_ref().map(|(id, _)| *id);
        let is_read_only = directory.options.is_read_only;
        let is_missing = there.is_none() && !is_read_only;
        if (there != ours || is_missing)
            && !self.state.is_gone
            && let Ok(lock) = open_lock(&*directory.disk, &directory.path, is_read_only)
        {
            self.lock = lock;
        }
    }

    fn take_up(&mut self, file: &Listed, directory: &Directory) -> Result<(), StoreError> {
        let opened = match Segment::open(&directory.disk, &directory.path, file) {
            Err(error) if FileFault::cause_of(&error) == Some(io::ErrorKind::NotFound) => {
                return Ok(());
            }
            opened => opened?,
        };
        match opened {
            Opened::Segment(segment) => {
                self.unreadable.remove(&identity(file));
                let segment = Arc::new(segment);
                let handle =
                    directory.index_mut().segments_mut().add(Arc::clone(&segment), file.len);
                self.known.insert((segment.name.clone(), segment.id), handle);
                let mut tail = Tail::new(handle, segment);
                let read = tail.ask().and_then(|()| tail.read_all(directory));
                let is_live = tail.is_live();
                // What could not be read is at the next listing.
                self.tails.push(tail);
                // What its writer is about to finish is no damage.
                directory.counters.count_damage(if is_live { 0 } else { read? });
            }
            Opened::Newer { found } => self.newer = Some((file.name.clone(), found)),
            Opened::Unreadable => {
                let is_new = self.unreadable.insert(identity(file), file.len).is_none();
                // Its maker may be about to write the header, which is one write.
                let is_damage = is_new && file.len > 0;
                directory.counters.count_damage(is_damage.into());
            }
        }
        Ok(())
    }

    fn drop_missing(&mut self, listed: &[Listed], directory: &Directory) {
        let there: HashSet<_> = listed.iter().map(|file| (&*file.name, file.id)).collect();
        let is_there = |(name, id): &Identity| there.contains(&(&**name, *id));
        self.unreadable.retain(|identity, _| is_there(identity));
        let missing = self.known.keys().filter(|identity| !is_there(identity));
        let missing: Vec<_> = missing.cloned().collect();
        let mut unread = HashSet::new();
        for identity in missing {
            let held = self.known.get(&identity).and_then(|&handle| {
                directory.index().held(handle).map(|held| Arc::clone(&held.segment))
            });
            match held {
                Some(segment) if segment.is_open() => drop(self.drop_segment(&segment, directory)),
                // The keys in a file that is closed and gone cannot be read any more.
                _ => unread.extend(self.forget(&identity)),
            }
        }
        if !unread.is_empty() {
            directory.index_mut().drop_segments(&unread);
        }
    }

    /// This process is a child of the one that opened the store. Locks belong to an opened file,
    /// which a fork shares: so it opens everything anew, and leaves the parent its segments.
    pub(crate) fn after_fork(&mut self, directory: &Directory) -> Result<(), StoreError> {
        self.lock = open_lock(&*directory.disk, &directory.path, directory.options.is_read_only)?;
        (self.listed_at, self.reclaimed) = (None, None);
        self.tails.iter_mut().for_each(Tail::inherit);
        for (handle, segment) in mem::take(&mut self.own) {
            let (inherited, written) = (Arc::new(segment.inherited()), segment.written());
            self.tails.push(Tail::continued(handle, inherited, written));
        }
        directory.index_mut().segments_mut().inherit();
        self.pid = process::id();
        Ok(())
    }
}

fn identity(file: &Listed) -> Identity {
    (file.name.clone(), file.id)
}
