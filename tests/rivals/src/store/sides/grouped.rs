//! A group commit written by hand: what several threads can have of the disk without keys,
//! checksums or an index.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::FileExt,
    path::Path,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use super::{Backend, Fault, Mode, ours};
use crate::store::entries::Key;

/// A file of zeros that are on the disk already, written over from its start. One thread syncs for
/// all that have written before it began; the others wait for it.
struct Grouped {
    file: File,
    stride: usize,
    mode: Mode,
    state: Mutex<State>,
    synced: Condvar,
}

#[derive(Default)]
struct State {
    record: Vec<u8>,
    /// How many records were written, and how many of these are on the disk.
    written: u64,
    synced: u64,
    is_syncing: bool,
}

const BYTES: usize = 64 << 20;

pub(super) fn open(path: &Path, mode: Mode, len: usize) -> Result<Box<dyn Backend>, Fault> {
    let path = path.join("grouped");
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
    file.write_all(&vec![0; BYTES])?;
    file.sync_all()?;
    let key = Key { number: 0, bytes: [0; 32] };
    let stride = ours::record(&key, &vec![0; len]).encoded_len().next_multiple_of(16);
    let stride = usize::try_from(stride)?;
    let state = Mutex::new(State { record: vec![0; stride], ..State::default() });
    Ok(Box::new(Grouped { file, stride, mode, state, synced: Condvar::new() }))
}

impl Grouped {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Grouped {
    fn get(&self, _: &Key, _: usize) -> Result<Option<usize>, Fault> {
        Err("it is written only".into())
    }

    fn put(&self, _: &Key, value: &[u8], _: usize) -> Result<(), Fault> {
        let mut state = self.state();
        let place = state.written % (BYTES / self.stride) as u64;
        state.record[..value.len()].copy_from_slice(value);
        self.file.write_all_at(&state.record, place * self.stride as u64)?;
        state.written += 1;
        let mine = state.written;
        if self.mode != Mode::Durable {
            return Ok(());
        }
        while state.synced < mine {
            if state.is_syncing {
                state = self.synced.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.is_syncing = true;
            let covered = state.written;
            drop(state);
            let done = self.file.sync_data();
            state = self.state();
            state.is_syncing = false;
            self.synced.notify_all();
            done?;
            state.synced = covered;
        }
        Ok(())
    }
}
