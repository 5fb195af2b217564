//! The log against a list, for a long time, and where it is not to be opened.

use proptest::prelude::*;
use std::{format, vec, vec::Vec};

use super::*;
use crate::RequestKey;

const SEGMENT: u32 = 2048;
const SEED: Salt = Salt([0x51; 16]);
const CRC: PortableCrc32c = PortableCrc32c;

fn key(n: u8) -> RequestKey {
    RequestKey::from_bytes([n; 32])
}

fn open(bytes: &mut [u8]) -> Log<RamMedium<'_>> {
    Log::open(RamMedium::new(bytes, 1024), SEGMENT, SEED).unwrap()
}

fn find(log: &mut Log<RamMedium<'_>>, key: &RequestKey) -> Option<Vec<u8>> {
    let mut buffer = [0; SEGMENT as usize];
    log.find(key, &mut buffer).unwrap().map(|record| record.payload.to_vec())
}

#[derive(Clone, Debug)]
enum Op {
    Append { key: u8, len: usize },
    Remove { key: u8 },
    Reopen,
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..6_u8, 0..700_usize).prop_map(|(key, len)| Op::Append { key, len }),
        2 => (0..6_u8).prop_map(|key| Op::Remove { key }),
        1 => Just(Op::Reopen),
    ]
}

/// What was written, in order: the segment's sequence, the key, and the payload or a removal.
type Written = Vec<(u64, u8, Option<Vec<u8>>)>;

fn expected(written: &Written, newest: u64, segments: u64, key: u8) -> Option<Vec<u8>> {
    let is_there = |sequence| sequence + segments > newest;
    let last = written.iter().rev().find(|entry| entry.1 == key && is_there(entry.0))?;
    last.2.clone()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..Default::default()
    })]

    /// Whatever is appended, removed and reopened, the log finds what a list of everything in the
    /// segments not yet reclaimed says, and walks it in the same order.
    #[test]
    #[cfg_attr(miri, ignore = "minutes under Miri")]
    fn log_is_a_list(ops in proptest::collection::vec(ops(), 1..80)) {
        let mut bytes = vec![0xff; 3 * SEGMENT as usize];
        let mut written = Written::new();
        let mut log = open(&mut bytes);
        for (step, op) in ops.iter().enumerate() {
            match *op {
                Op::Append { key: n, len } => {
                    let payload = vec![step as u8; len];
                    log.append(&Record::new(key(n), &payload)).unwrap();
                    written.push((log.active.unwrap().header.sequence, n, Some(payload)));
                }
                Op::Remove { key: n } => {
                    let was_there = find(&mut log, &key(n)).is_some();
                    prop_assert_eq!(log.remove(&key(n)).unwrap(), was_there);
                    if was_there {
                        written.push((log.active.unwrap().header.sequence, n, None));
                    }
                }
                Op::Reopen => {
                    log = open(&mut bytes);
                }
            }
            let newest = log.active.map_or(0, |active| active.header.sequence);
            for n in 0..6 {
                prop_assert_eq!(find(&mut log, &key(n)), expected(&written, newest, 2, n));
            }
        }
        let newest = log.active.map_or(0, |active| active.header.sequence);
        let (mut iter, mut walked) = (log.iter(), Vec::new());
        let mut buffer = [0; SEGMENT as usize];
        while let Some(item) = iter.next(&mut buffer).unwrap() {
            walked.push(match item {
                LogItem::Entry(record) => (record.key, Some(record.payload.to_vec())),
                LogItem::Removed(key) => (key, None),
                LogItem::BufferTooSmall { .. } => unreachable!("the buffer is a segment long"),
            });
        }
        prop_assert_eq!(iter.damaged(), 0);
        let listed: Vec<_> = written.iter().filter(|entry| entry.0 + 2 > newest)
            .map(|(_, n, payload)| (key(*n), payload.clone())).collect();
        prop_assert_eq!(walked, listed);
    }
}

/// A log of some small entries in two segments; gives the payload per key.
fn small_log(bytes: &mut [u8]) -> Vec<Vec<u8>> {
    let mut log = open(bytes);
    let payloads: Vec<_> =
        (0..14_u8).map(|n| format!("payload {n} ").repeat(1 + n as usize).into_bytes()).collect();
    for (n, payload) in payloads.iter().enumerate() {
        log.append(&Record::new(key(n as u8), payload)).unwrap();
    }
    assert!(log.active.unwrap().index > 0, "more than one segment");
    payloads
}

/// A log of a newer version is refused and left as it is; foreign bytes are; another segment size
/// is named; sizes that do not go together are refused.
#[test]
fn what_is_not_opened() {
    let mut bytes = vec![0xff; 3 * SEGMENT as usize];
    small_log(&mut bytes);
    let other = Log::open(RamMedium::new(&mut bytes, 1024), 1024, SEED).unwrap_err();
    assert_eq!(other, OpenError::OtherSegmentSize { found: SEGMENT });
    bytes[8] = 2;
    let checksum = CRC.append(0, &bytes[..60]);
    bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
    let before = bytes.clone();
    let newer = Log::open(RamMedium::new(&mut bytes, 1024), SEGMENT, SEED).unwrap_err();
    assert_eq!(newer, OpenError::NewerVersion { found: 2 });
    assert!(bytes == before, "refused and changed");
    bytes.fill(0x42);
    let foreign = Log::open(RamMedium::new(&mut bytes, 1024), SEGMENT, SEED).unwrap_err();
    assert_eq!(foreign, OpenError::NotALog);
    for (erase_size, segment) in [(1024, 1500), (1024, 4096), (512, 512), (0, 0)] {
        let medium = RamMedium::new(&mut bytes, erase_size);
        assert_eq!(Log::open(medium, segment, SEED).unwrap_err(), OpenError::Geometry);
    }
    let mut log = Log::format(RamMedium::new(&mut bytes, 1024), SEGMENT, SEED, CRC).unwrap();
    log.append(&Record::new(key(1), b"formatted")).unwrap();
    assert_eq!(find(&mut log, &key(1)).as_deref(), Some(&b"formatted"[..]));
    let big = vec![0; SEGMENT as usize];
    let error = log.append(&Record::new(key(1), &big)).unwrap_err();
    assert_eq!(error, AppendError::TooBig { needed: 2144, capacity: 1920 });
    let small = log.find(&key(1), &mut []).unwrap_err();
    assert_eq!(small, FindError::BufferTooSmall { needed: 9 });
}

/// Flash that counts how often each block was erased, and how many bytes were programmed.
struct Worn<'a> {
    ram: RamMedium<'a>,
    erased: [u32; 8],
    programmed: usize,
}

impl Medium for Worn<'_> {
    type Error = core::convert::Infallible;
    const ERASED: u8 = 0xff;

    fn capacity(&self) -> u32 {
        self.ram.capacity()
    }

    fn write_size(&self) -> u32 {
        4
    }

    fn erase_size(&self) -> u32 {
        self.ram.erase_size()
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.ram.read_at(offset, bytes)
    }

    fn program_at(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.programmed += bytes.len();
        self.ram.program_at(offset, bytes)
    }

    fn erase_block(&mut self, offset: u32) -> Result<(), Self::Error> {
        self.erased[(offset / self.erase_size()) as usize] += 1;
        self.ram.erase_block(offset)
    }

    fn sync(&mut self) -> Result<(), Self::Error> {
        self.ram.sync()
    }
}

/// However long a log is used, and over however many boots, there is room for the next entry, the
/// newest two segments and what is in the third are found, all blocks wear alike, and a block is
/// erased once for each segment that is begun: nothing of the medium is lost, and nothing copied.
#[test]
#[cfg_attr(miri, ignore = "minutes under Miri")]
fn space_is_reclaimed_for_ever() {
    let mut bytes = vec![0xff; 4 * SEGMENT as usize];
    let ram = RamMedium::new(&mut bytes, 1024);
    let mut medium = Worn { ram, erased: [0; 8], programmed: 0 };
    let mut appended = 0_u32;
    for boot in 0..60 {
        let mut log = Log::open(medium, SEGMENT, Salt([boot; 16])).unwrap();
        for _ in 0..37 {
            // 256 bytes with the head: seven fill a segment.
            let payload = [appended as u8; 160];
            let key = |n: u32| RequestKey::from_bytes([n as u8; 32]);
            log.append(&Record::new(key(appended), &payload)).unwrap();
            appended += 1;
            // At the least, when a segment has just been begun: two whole ones, and that entry.
            let mut buffer = [0; 160];
            for n in appended.saturating_sub(15)..appended {
                let found = log.find(&key(n), &mut buffer).unwrap();
                assert_eq!(found.map(|record| record.payload), Some(&[n as u8; 160][..]));
            }
        }
        medium = log.into_medium();
    }
    let begun = appended.div_ceil(7);
    assert_eq!(medium.erased.iter().sum::<u32>(), 2 * begun, "each segment has two blocks");
    assert_eq!(medium.programmed, appended as usize * 256 + begun as usize * 128);
    let (least, most) = (medium.erased.iter().min(), medium.erased.iter().max());
    assert!(most.unwrap() - least.unwrap() <= 1, "{:?}", medium.erased);
}
