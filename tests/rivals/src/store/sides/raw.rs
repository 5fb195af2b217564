//! The limits: what the system takes for as many bytes, without keys, checksums or an index.

use std::{
    cell::RefCell,
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use memmap2::Mmap;

use super::{Backend, Fault, Mode, looked_at, ours};
use crate::store::entries::Key;

/// One file, of records without anything in them but values: appended to, and read from the place
/// that an entry's number tells.
struct Raw {
    file: File,
    /// What one of our records takes.
    stride: usize,
    len: usize,
    mode: Mode,
}

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with a buffer of `len` bytes that the thread uses over and over.
fn with_buffer<T>(len: usize, work: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(len, 0);
        work(buffer)
    })
}

impl Raw {
    fn open(path: &Path, mode: Mode, len: usize) -> Result<Self, Fault> {
        let path = path.join("raw");
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let key = Key { number: 0, bytes: [0; 32] };
        let stride = ours::record(&key, &vec![0; len]).encoded_len().next_multiple_of(16);
        Ok(Self { file, stride: usize::try_from(stride)?, len, mode })
    }

    fn offset(&self, key: &Key) -> usize {
        key.number as usize * self.stride
    }
}

pub(super) fn open(path: &Path, mode: Mode, len: usize) -> Result<Box<dyn Backend>, Fault> {
    Ok(Box::new(Raw::open(path, mode, len)?))
}

impl Backend for Raw {
    fn get(&self, key: &Key, _: usize) -> Result<Option<usize>, Fault> {
        with_buffer(self.len, |buffer| {
            self.file.read_exact_at(buffer, self.offset(key) as u64)?;
            Ok(Some(looked_at(buffer)))
        })
    }

    /// Appends as many bytes, of which the value is only the first: nothing but the call is
    /// measured.
    fn put(&self, key: &Key, value: &[u8], _: usize) -> Result<(), Fault> {
        let _ = key;
        with_buffer(self.stride, |buffer| {
            buffer[0] = value[0];
            (&self.file).write_all(buffer)
        })?;
        if self.mode == Mode::Durable {
            self.file.sync_data()?;
        }
        Ok(())
    }
}

/// The same file mapped into memory, and copied from there.
struct Map {
    raw: Raw,
    map: OnceLock<Mmap>,
}

pub(super) fn open_map(path: &Path, mode: Mode, len: usize) -> Result<Box<dyn Backend>, Fault> {
    let raw = Raw::open(path, mode, len)?;
    let map = OnceLock::new();
    if raw.file.metadata()?.len() > 0 {
        // SAFETY: the file lies in a directory of this run's own, and is not written to while it
        // is open for reading.
        map.get_or_init(|| unsafe { Mmap::map(&raw.file) }.expect("a file can be mapped"));
    }
    Ok(Box::new(Map { raw, map }))
}

impl Backend for Map {
    fn get(&self, key: &Key, _: usize) -> Result<Option<usize>, Fault> {
        let map = self.map.get().ok_or("the map is of a filled file")?;
        let at = self.raw.offset(key);
        with_buffer(self.raw.len, |buffer| {
            buffer.copy_from_slice(&map[at..at + self.raw.len]);
            Ok(Some(looked_at(buffer)))
        })
    }

    fn put(&self, key: &Key, value: &[u8], thread: usize) -> Result<(), Fault> {
        self.raw.put(key, value, thread)
    }
}

/// A file of zeros that are on the disk already, written over from its start: a sync of it has no
/// length and no places to write down.
struct Zeroed {
    raw: Raw,
    next: AtomicU64,
}

const ZEROED_BYTES: usize = 64 << 20;

pub(super) fn open_zeroed(path: &Path, mode: Mode, len: usize) -> Result<Box<dyn Backend>, Fault> {
    Raw::open(path, mode, len)?.file.write_all(&vec![0; ZEROED_BYTES])?;
    // Not for appending: positions count.
    let file = OpenOptions::new().read(true).write(true).open(path.join("raw"))?;
    file.sync_all()?;
    let raw = Raw { file, ..Raw::open(path, mode, len)? };
    Ok(Box::new(Zeroed { raw, next: AtomicU64::new(0) }))
}

impl Backend for Zeroed {
    fn get(&self, key: &Key, thread: usize) -> Result<Option<usize>, Fault> {
        self.raw.get(key, thread)
    }

    fn put(&self, _: &Key, value: &[u8], _: usize) -> Result<(), Fault> {
        let places = (ZEROED_BYTES / self.raw.stride) as u64;
        let place = self.next.fetch_add(1, Ordering::Relaxed) % places;
        with_buffer(self.raw.stride, |buffer| {
            buffer[0] = value[0];
            self.raw.file.write_all_at(buffer, place * buffer.len() as u64)
        })?;
        if self.raw.mode == Mode::Durable {
            self.raw.file.sync_data()?;
        }
        Ok(())
    }
}
