//! The log against a list, and against damage.

use proptest::prelude::*;
use std::{collections::BTreeSet, format, vec, vec::Vec};

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

/// With any byte of the medium changed, at most the entry that it lies in is lost; no other value
/// is returned, and the log takes new entries.
#[test]
#[cfg_attr(miri, ignore = "exhaustive: hours under Miri")]
fn any_byte_flipped() {
    let mut image = vec![0xff; 3 * SEGMENT as usize];
    let payloads = small_log(&mut image);
    for at in 0..image.len() {
        let flip = if at % 2 == 0 { 0xff } else { 1 << (at % 8) };
        let mut bytes = image.clone();
        bytes[at] ^= flip;
        let mut log = open(&mut bytes);
        let mut lost = 0;
        for (n, payload) in payloads.iter().enumerate() {
            match find(&mut log, &key(n as u8)) {
                Some(found) => assert_eq!(&found, payload, "wrong bytes after a flip at {at}"),
                None => lost += 1,
            }
        }
        assert!(lost <= 1, "{lost} entries lost by a flip at {at}");
        log.append(&Record::new(key(99), b"new")).unwrap();
        assert_eq!(find(&mut log, &key(99)).as_deref(), Some(&b"new"[..]), "flip at {at}");
    }
}

/// With everything from any byte on erased, or full of garbage, exactly the entries that end
/// before it are found, now and after new ones are appended.
#[test]
#[cfg_attr(miri, ignore = "exhaustive: hours under Miri")]
fn any_tail_cut() {
    let mut image = vec![0xff; 3 * SEGMENT as usize];
    let mut log = open(&mut image);
    let mut ends = Vec::new();
    for n in 0..7 {
        let active_end = |log: &Log<RamMedium<'_>>| log.active.unwrap().end as usize;
        let payload = vec![n; 37 * n as usize];
        let record = Record::new(key(n), &payload);
        log.append(&record).unwrap();
        let start = active_end(&log) - (record.encoded_len() as usize).next_multiple_of(16);
        ends.push(start + record.encoded_len() as usize);
    }
    for cut in 128..*ends.last().unwrap() {
        for garbage in [0xff, 0x00, 0x5a] {
            let mut bytes = image.clone();
            bytes[cut..SEGMENT as usize].fill(garbage);
            let mut log = open(&mut bytes);
            let there = ends.iter().filter(|&&end| end <= cut).count() as u8;
            // One that is cut right where the garbage continues it is whole.
            let check = |log: &mut Log<RamMedium<'_>>| {
                for n in 0..7 {
                    match find(log, &key(n)) {
                        Some(found) => assert_eq!(found, vec![n; 37 * n as usize]),
                        None => assert!(n >= there, "entry {n} lost by a cut at {cut}"),
                    }
                }
            };
            check(&mut log);
            log.append(&Record::new(key(50), b"after")).unwrap();
            assert_eq!(find(&mut log, &key(50)).as_deref(), Some(&b"after"[..]), "cut {cut}");
            // An append after garbage to the segment's end has begun the other segment.
            check(&mut log);
        }
    }
}

/// Records embedded in a payload, with whatever byte of the record around them changed, are never
/// taken for records: copies of the segment itself, of other segments, and standalone ones.
#[test]
#[cfg_attr(miri, ignore = "exhaustive: hours under Miri")]
fn embedded_records_stay_payload() {
    let mut image = vec![0xff; 3 * SEGMENT as usize];
    let mut log = open(&mut image);
    log.append(&Record::new(key(1), b"removed later")).unwrap();
    log.append(&Record::new(key(2), b"kept")).unwrap();
    assert!(log.remove(&key(1)).unwrap());
    let outer = log.active.unwrap();
    // A stranger knows the format and may guess the offset, but not the salt.
    let mut evil = log.into_medium_bytes()[128..448].to_vec();
    let forged = Record::new(key(66), b"forged");
    for (salt, at) in [(Salt([0; 16]), 0), (Salt([0xff; 16]), 0), (Salt([0x52; 16]), 1)] {
        evil.resize(evil.len().next_multiple_of(16), 0);
        let offset = outer.end + (HEAD_LEN + 8 + evil.len()) as u32 + at;
        let frame = Frame::new(&salt, offset, &CRC);
        append_to(&mut evil, &forged, &frame);
    }
    append_to(&mut evil, &forged, &Frame::standalone());
    for shift in 0..16 {
        let mut payload = vec![b' '; shift];
        payload.extend(&evil);
        let mut bytes = image.clone();
        let mut log = open(&mut bytes);
        log.append(&Record::new(key(3), &payload)).unwrap();
        let start = outer.end as usize;
        for at in start..start + HEAD_LEN + 32 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x81;
            let mut log = open(&mut bytes);
            let keys: BTreeSet<_> = keys(&mut log).into_iter().collect();
            assert_eq!(keys, BTreeSet::from([key(1), key(2)]), "flip at {at}, shift {shift}");
            assert_eq!(find(&mut log, &key(1)), None, "a removed entry is back");
            assert_eq!(find(&mut log, &key(66)), None, "a forged entry");
        }
    }
}

impl Log<RamMedium<'_>> {
    fn into_medium_bytes(mut self) -> Vec<u8> {
        let mut bytes = vec![0; self.medium.capacity() as usize];
        let Ok(()) = self.medium.read_at(0, &mut bytes);
        bytes
    }
}

fn append_to(bytes: &mut Vec<u8>, record: &Record<'_>, frame: &Frame) {
    let mut buffer = [0; 256];
    let mut writer = &mut buffer[..];
    record.encode(frame, &CRC, &mut writer).unwrap();
    let left = writer.len();
    bytes.extend(&buffer[..256 - left]);
}

fn keys(log: &mut Log<RamMedium<'_>>) -> Vec<RequestKey> {
    let (mut iter, mut keys) = (log.iter(), Vec::new());
    let mut buffer = [0; SEGMENT as usize];
    while let Some(item) = iter.next(&mut buffer).unwrap() {
        if let LogItem::Entry(record) = item {
            keys.push(record.key);
        }
    }
    keys
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
