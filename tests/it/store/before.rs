//! A process of the version before, written from core/FORMAT.md alone: it shares a directory with
//! this version's.
//!
//! It makes no segment ahead, reads the names only when the notice has changed, and keeps to the
//! page otherwise.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use llm_cache::{
    llm_cache_core::{
        Millis,
        record::{
            ALIGN_MIN, Found, Kind, PortableCrc32c, Record, Salt, Scan, SegmentHeader,
            SegmentState, Timestamp,
        },
    },
    store::FileMedium,
};
use tempfile::TempDir;

use super::{
    entry::{key, payload},
    process::Process,
};

const CRC: PortableCrc32c = PortableCrc32c;
const CAPACITY: u32 = 64 << 10;

/// What it knows of the directory.
struct Before {
    dir: PathBuf,
    lock: File,
    notice: [u8; 8],
    known: Vec<(PathBuf, File)>,
    /// The segment that it writes, and where the next record goes.
    own: Option<(File, SegmentHeader, u32)>,
    notices: u8,
}

/// A newest record: its rank, and what it says.
type Newest = ((u64, u64, u32), Option<Vec<u8>>);

impl Before {
    fn open(dir: &Path) -> Self {
        let lock = dir.join("lock");
        let lock =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(lock);
        let (dir, lock) = (dir.to_owned(), lock.unwrap());
        let mut before =
            Self { dir, lock, notice: [0; 8], known: Vec::new(), own: None, notices: 0 };
        before.list();
        before
    }

    fn list(&mut self) {
        let paths = fs::read_dir(&self.dir).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some()).collect();
        paths.sort();
        self.known.retain(|(path, _)| paths.contains(path));
        for path in paths {
            if !self.known.iter().any(|(known, _)| *known == path)
                && let Ok(file) = OpenOptions::new().read(true).write(true).open(&path)
            {
                self.known.push((path, file));
            }
        }
    }

    /// Reads the names if the notice has changed, as often as that is so.
    fn look(&mut self) {
        loop {
            let mut notice = [0; 8];
            let _ = self.lock.read_at(&mut notice, 0);
            if notice == self.notice {
                return;
            }
            self.list();
            self.notice = notice;
        }
    }

    fn give_notice(&mut self) {
        self.notices += 1;
        self.lock.write_all_at(&[b'b', self.notices, 3, 4, 5, 6, 7, 8], 0).unwrap();
    }

    /// Calls `visit` with every record of every segment that is known.
    fn walk(&self, mut visit: impl FnMut(&File, SegmentHeader, &Found)) {
        for (_, file) in &self.known {
            let mut medium = FileMedium::new(Borrowed(file), u32::MAX);
            let state = SegmentHeader::read(&mut medium, 0, &CRC).unwrap();
            let SegmentState::Valid(header) = state else { continue };
            let mut medium = FileMedium::new(Borrowed(file), header.capacity);
            let written = file.metadata().unwrap().len() as u32;
            let mut scan = Scan::new(&medium, 0, header).written_until(written);
            while let Some(found) = scan.next(&mut medium, &CRC).unwrap() {
                if found.is_whole(&mut medium, 0, &header, &CRC).unwrap() {
                    visit(file, header, &found);
                }
            }
        }
    }

    /// The number of the entry of a key.
    fn get(&mut self, at: u32) -> Option<u32> {
        self.look();
        let mut newest: Option<Newest> = None;
        self.walk(|file, header, found| {
            let rank = (found.head.order, header.sequence, found.offset);
            let is_newer = newest.as_ref().is_none_or(|(other, _)| *other < rank);
            if found.head.key != key(at) || !is_newer {
                return;
            }
            newest = match found.head.kind {
                Kind::Entry => {
                    let mut bytes = vec![0; found.head.record_len() as usize];
                    file.read_exact_at(&mut bytes, found.offset.into()).unwrap();
                    let frame = header.frame(found.offset, &CRC);
                    let (record, _) = Record::decode(&bytes, &frame, &CRC).unwrap();
                    Some((rank, Some(record.payload.to_vec())))
                }
                Kind::Removal => Some((rank, None)),
                _ => return,
            };
        });
        let bytes = newest?.1?;
        let n = u32::from_le_bytes(*bytes.first_chunk().unwrap());
        assert_eq!(bytes, payload(at, n), "wrong bytes for key {at}");
        Some(n)
    }

    fn put(&mut self, at: u32, n: u32) {
        self.look();
        let mut order = 0;
        self.walk(|_, _, found| order = order.max(found.head.order));
        let payload = payload(at, n);
        let created = Timestamp::unix(Millis(n.into()));
        let record = Record { created, ..Record::new(key(at), &payload) };
        let len = record.encoded_len().next_multiple_of(ALIGN_MIN.into()) as u32;
        if self.own.as_ref().is_none_or(|(_, header, end)| end + len > header.capacity) {
            self.begin();
        }
        let (file, header, end) = self.own.as_mut().unwrap();
        let mut bytes = Vec::new();
        record.encode_ordered(order + 1, &header.frame(*end, &CRC), &CRC, &mut bytes).unwrap();
        bytes.resize(len as usize, 0);
        file.write_all_at(&bytes, (*end).into()).unwrap();
        *end += len;
    }

    /// Begins a segment of its own; the one before is unlocked when this one is known of.
    fn begin(&mut self) {
        let highest = self.known.iter().map(|(path, _)| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            u32::from_str_radix(name, 16).unwrap()
        });
        let mut sequence = highest.max().unwrap_or(0);
        let (path, file) = loop {
            sequence += 1;
            let path = self.dir.join(format!("{sequence:08x}.seg"));
            let made = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
            if let Ok(file) = made {
                break (path, file);
            }
        };
        file.lock().unwrap();
        let salt = Salt([sequence as u8; 16]);
        let sequence = u64::from(sequence);
        let header = SegmentHeader { salt, sequence, capacity: CAPACITY, align: ALIGN_MIN };
        let copy = header.encode(&CRC);
        file.write_all_at(&[copy, copy].concat(), 0).unwrap();
        self.give_notice();
        thread::sleep(Duration::from_millis(4));
        self.known.push((path, file.try_clone().unwrap()));
        self.own = Some((file, header, header.data_start()));
    }

    /// Deletes a segment that nobody writes, as the one who may.
    fn delete_one(&mut self) {
        self.look();
        self.lock.lock().unwrap();
        for (path, _) in &self.known {
            let file = File::open(path).unwrap();
            if file.try_lock().is_ok() {
                fs::remove_file(path).unwrap();
                break;
            }
        }
        self.give_notice();
        self.lock.unlock().unwrap();
    }
}

/// A file that somebody else owns.
struct Borrowed<'f>(&'f File);

impl AsRef<File> for Borrowed<'_> {
    fn as_ref(&self) -> &File {
        self.0
    }
}

/// A process of the version before and two of this one put and remove in turn, through many
/// segments of each: whatever one has acknowledged, every other finds at once.
#[test]
fn two_versions_share_a_directory() {
    let dir = TempDir::new().unwrap();
    let mut ours = [(); 2].map(|()| Process::with_store(dir.path(), "none"));
    let mut before = Before::open(dir.path());
    for n in 0..300_u32 {
        let at = n % 5;
        if n % 3 == 2 {
            before.put(at, n);
        } else if n % 17 == 0 {
            ours[0].ask(&format!("remove {at}"));
            assert_eq!((before.get(at), ours[1].get(at)), (None, "none".to_owned()), "call {n}");
            continue;
        } else {
            assert_eq!(ours[n as usize % 3].put(at, n), "ok");
        }
        assert_eq!(before.get(at), Some(n), "call {n}");
        for process in &mut ours {
            assert_eq!(process.get(at), n.to_string(), "call {n}");
        }
    }
    // What the one deletes is gone for the others, and they still put and compact.
    before.delete_one();
    assert_eq!(ours[0].ask("compact"), "ok");
    for (at, process) in ours.iter_mut().enumerate() {
        assert_eq!(process.put(100 + at as u32, 1), "ok");
        assert_eq!(before.get(100 + at as u32), Some(1));
    }
}
