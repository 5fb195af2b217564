//! The simulated disk as the store sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    sync::{Arc, Condvar, Mutex, MutexGuard},
};

use super::{
    super::disk::{Disk, DiskFile, Listed},
    Change, Fault, Loss, Random, State,
    fault::Sort,
};

/// A directory in memory. Clones are the same directory; [`process`](Self::process) is the same
/// for another process, whose locks go when it is killed.
#[derive(Clone)]
pub(in super::super) struct SimDisk {
    world: Arc<Shared>,
    process: u32,
}

struct Shared {
    world: Mutex<World>,
    /// Told when an operation stops at, or goes on from, where it was to wait.
    moved: Condvar,
}

#[derive(Default)]
struct World {
    state: State,
    /// By file: the process and the opening that hold its lock.
    locks: BTreeMap<u64, (u32, u64)>,
    processes: u32,
    killed: BTreeSet<u32>,
    /// The process to be killed at its first operation from this one on.
    doomed: Option<(u32, u64)>,
    opened: u64,
    /// By process: how many files it has open.
    open: BTreeMap<u32, usize>,
    made: u64,
    is_gone: bool,
    /// Asked so far, reads included.
    operations: u64,
    fault: Option<(u64, Fault)>,
    pause: Pause,
    history: Vec<Change>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pause {
    #[default]
    No,
    At(u64),
    Waiting,
}

impl SimDisk {
    /// An empty directory.
    pub(in super::super) fn new() -> Self {
        Self::on(State::default())
    }

    /// A directory with this in it.
    pub(in super::super) fn on(state: State) -> Self {
        let made = state.names.values().max().map_or(0, |last| last + 1);
        let world = Mutex::new(World { state, made, ..World::default() });
        Self { world: Arc::new(Shared { world, moved: Condvar::new() }), process: 0 }
    }

    /// The same directory for another process.
    pub(in super::super) fn process(&self) -> Self {
        let mut world = self.world();
        world.processes += 1;
        Self { world: Arc::clone(&self.world), process: world.processes }
    }

    /// Ends this process here and now: its locks are free, and whatever else it asks for fails.
    pub(in super::super) fn kill(&self) {
        self.world().kill(self.process);
    }

    /// The same before the operation of this process that comes `after` further ones of any.
    pub(in super::super) fn kill_at(&self, after: u64) {
        let mut world = self.world();
        world.doomed = Some((self.process, world.operations + after));
    }

    /// Whether this process was killed.
    pub(in super::super) fn is_killed(&self) -> bool {
        self.world().killed.contains(&self.process)
    }

    /// How many files this process has open.
    pub(in super::super) fn descriptors(&self) -> usize {
        self.world().open.get(&self.process).copied().unwrap_or(0)
    }

    /// What is in the directory.
    pub(in super::super) fn state(&self) -> State {
        self.world().state.clone()
    }

    /// The directory after a power loss at this moment.
    pub(in super::super) fn after_power_loss(&self, loss: Loss, random: &mut Random) -> Self {
        Self::on(self.world().state.after_power_loss(loss, random))
    }

    /// Everything that was changed, and what tests have said with [`say`](Self::say), in order.
    pub(in super::super) fn history(&self) -> Vec<Change> {
        self.world().history.clone()
    }

    /// Puts a remark into the history.
    pub(in super::super) fn say(&self, remark: Change) {
        self.world().history.push(remark);
    }

    /// How many operations there were.
    pub(in super::super) fn operations(&self) -> u64 {
        self.world().operations
    }

    /// Sets a fault that begins `after` further operations.
    pub(in super::super) fn fail(&self, after: u64, fault: Fault) {
        let mut world = self.world();
        world.fault = Some((world.operations + after, fault));
    }

    /// Ends all faults.
    pub(in super::super) fn heal(&self) {
        self.world().fault = None;
    }

    /// Makes the operation that comes `after` further ones wait for [`go_on`](Self::go_on); a write
    /// does so when half of it is there.
    pub(in super::super) fn stop(&self, after: u64) {
        let mut world = self.world();
        world.pause = Pause::At(world.operations + after);
    }

    /// Waits until an operation waits; `false` where `is_over` says so before.
    pub(in super::super) fn wait_for_stop(&self, is_over: impl Fn() -> bool) -> bool {
        let mut world = self.world();
        while world.pause != Pause::Waiting {
            if is_over() {
                world.pause = Pause::No;
                return false;
            }
            drop(world);
            std::thread::yield_now();
            world = self.world();
        }
        true
    }

    /// Lets the operation that waits go on.
    pub(in super::super) fn go_on(&self) {
        self.world().pause = Pause::No;
        self.world.moved.notify_all();
    }

    /// Deletes the directory and all that is in it under its users.
    pub(in super::super) fn take_away(&self) {
        let mut world = self.world();
        world.is_gone = true;
        let names: Vec<_> = world.state.file_names().map(str::to_owned).collect();
        names.into_iter().for_each(|name| world.change(Change::Remove { name }));
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.world.lock().unwrap()
    }

    /// Begins an operation, which may fail or wait here.
    fn operate(&self, sort: Sort) -> io::Result<MutexGuard<'_, World>> {
        let mut world = self.world();
        let number = world.operations;
        world.operations += 1;
        if world.pause == Pause::At(number) {
            world.pause = Pause::Waiting;
            let is_waiting = |world: &mut World| world.pause == Pause::Waiting;
            world = self.world.moved.wait_while(world, is_waiting).unwrap();
        }
        if world.doomed.is_some_and(|(process, at)| process == self.process && number >= at) {
            world.kill(self.process);
        }
        if world.killed.contains(&self.process) {
            return Err(io::Error::other("this process was killed"));
        }
        match world.strike(number, sort) {
            None => Ok(world),
            Some(error) => Err(error),
        }
    }

    fn handle(&self, world: &mut World, file: u64) -> Box<dyn DiskFile> {
        world.opened += 1;
        *world.open.entry(self.process).or_default() += 1;
        Box::new(SimFile { disk: self.clone(), file, opening: world.opened })
    }
}

impl World {
    fn kill(&mut self, process: u32) {
        self.killed.insert(process);
        self.locks.retain(|_, (holder, _)| *holder != process);
    }

    fn strike(&mut self, number: u64, sort: Sort) -> Option<io::Error> {
        let (at, fault) = self.fault?;
        let errno = fault.errno(sort, number.checked_sub(at)?)?;
        if fault.is_over() {
            self.fault = None;
        }
        Some(io::Error::from_raw_os_error(errno))
    }

    fn change(&mut self, change: Change) {
        self.state.apply(&change);
        self.history.push(change);
    }
}

impl Disk for SimDisk {
    fn list(&self) -> io::Result<Vec<Listed>> {
        let world = self.operate(Sort::Read)?;
        let listed = |(name, id): (&String, &u64)| Listed {
            name: name.clone(),
            id: *id,
            len: world.state.bytes(*id).len() as u64,
        };
        // A real directory has no order; the store must not count on one.
        Ok(world.state.names.iter().rev().map(listed).collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut world = self.operate(Sort::Grow)?;
        if world.is_gone {
            return Err(io::ErrorKind::NotFound.into());
        }
        if world.state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = world.made;
        world.made += 1;
        world.change(Change::Create { name: name.to_owned(), file });
        Ok(self.handle(&mut world, file))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut world = self.operate(Sort::Read)?;
        let file = *world.state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.handle(&mut world, file))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut world = self.operate(Sort::Change)?;
        if !world.state.names.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        world.change(Change::Remove { name: name.to_owned() });
        Ok(())
    }

    fn id_of(&self, name: &str) -> io::Result<Option<u64>> {
        Ok(self.operate(Sort::Read)?.state.names.get(name).copied())
    }

    fn sync(&self) -> io::Result<()> {
        self.operate(Sort::Sync)?.change(Change::SyncNames);
        Ok(())
    }

    fn is_gone(&self) -> bool {
        self.world().is_gone
    }
}

/// One opening of a file.
struct SimFile {
    disk: SimDisk,
    file: u64,
    opening: u64,
}

impl SimFile {
    const fn holder(&self) -> (u32, u64) {
        (self.disk.process, self.opening)
    }

    /// A write that is to wait does so halfway.
    fn write_half_if_stopped(&self, bytes: &[u8], offset: u64) {
        let mut world = self.disk.world();
        if world.pause == Pause::At(world.operations) {
            let bytes = bytes[..bytes.len() / 2].to_vec();
            world.change(Change::Write { file: self.file, offset, bytes });
        }
    }
}

impl fmt::Debug for SimFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SimFile").field(&self.file).finish()
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let mut world = self.disk.world();
        if world.locks.get(&self.file) == Some(&self.holder()) {
            world.locks.remove(&self.file);
        }
        *world.open.entry(self.disk.process).or_default() -= 1;
    }
}

impl DiskFile for SimFile {
    fn id(&self) -> io::Result<u64> {
        Ok(self.file)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.operate(Sort::Read)?.state.bytes(self.file).len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let world = self.disk.operate(Sort::Read)?;
        let there = world.state.bytes(self.file).get(offset as usize..).unwrap_or_default();
        let len = there.len().min(bytes.len());
        bytes[..len].copy_from_slice(&there[..len]);
        Ok(len)
    }

    fn read_vec(&self, len: usize, offset: u64) -> io::Result<Vec<u8>> {
        let world = self.disk.operate(Sort::Read)?;
        let there = world.state.bytes(self.file).get(offset as usize..).unwrap_or_default();
        Ok(there[..len.min(there.len())].to_vec())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (file, end) = (self.file, offset + bytes.len() as u64);
        let len = self.disk.world().state.bytes(file).len() as u64;
        let sort = if end > len { Sort::Grow } else { Sort::Change };
        self.write_half_if_stopped(bytes, offset);
        let (failed, done) = match self.disk.operate(sort) {
            Ok(mut world) => {
                world.change(Change::Write { file, offset, bytes: bytes.to_vec() });
                return Ok(());
            }
            // A part is done: on a full disk what fits into the file as it is, and a bit.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                let fits = len.saturating_sub(offset) as usize;
                (error, fits + (bytes.len() - fits) / 2)
            }
            Err(error) if error.raw_os_error() == Some(5) => (error, bytes.len() / 2),
            Err(error) => (error, 0),
        };
        if done > 0 {
            let bytes = bytes[..done].to_vec();
            self.disk.world().change(Change::Write { file, offset, bytes });
        }
        Err(failed)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let old = self.disk.world().state.bytes(self.file).len() as u64;
        let sort = if len > old { Sort::Grow } else { Sort::Change };
        self.disk.operate(sort)?.change(Change::SetLen { file: self.file, len });
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let file = self.file;
        match self.disk.operate(Sort::Sync) {
            Ok(mut world) => {
                world.change(Change::SyncData { file });
                Ok(())
            }
            Err(error) => {
                if error.raw_os_error().is_some() {
                    self.disk.world().change(Change::SyncLost { file });
                }
                Err(error)
            }
        }
    }

    fn try_lock(&self) -> io::Result<bool> {
        let mut world = self.disk.operate(Sort::Read)?;
        let holder = *world.locks.entry(self.file).or_insert(self.holder());
        Ok(holder == self.holder())
    }

    fn unlock(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        if world.locks.get(&self.file) == Some(&self.holder()) {
            world.locks.remove(&self.file);
        }
        Ok(())
    }

    fn is_locked(&self) -> io::Result<bool> {
        let world = self.disk.operate(Sort::Read)?;
        Ok(world.locks.get(&self.file).is_some_and(|holder| *holder != self.holder()))
    }

    fn is_linked(&self) -> io::Result<bool> {
        Ok(self.disk.operate(Sort::Read)?.state.names.values().any(|file| *file == self.file))
    }

    fn holder(&self) -> Option<u32> {
        Some(self.disk.world().locks.get(&self.file)?.0)
    }
}
