//! Damage: bytes flipped, cut and made up by strangers, everywhere.

use std::{collections::BTreeMap, vec, vec::Vec};

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

/// What a log holds of each key, oldest first; a removal empties the list.
type Contents = BTreeMap<RequestKey, Vec<Vec<u8>>>;

fn contents(log: &mut Log<RamMedium<'_>>) -> Contents {
    let (mut iter, mut contents) = (log.iter(), Contents::new());
    let mut buffer = [0; SEGMENT as usize];
    while let Some(item) = iter.next(&mut buffer).unwrap() {
        match item {
            LogItem::Entry(record) => {
                contents.entry(record.key).or_default().push(record.payload.to_vec());
            }
            LogItem::Removed(key) => _ = contents.remove(&key),
            LogItem::BufferTooSmall { .. } => unreachable!("the buffer is a segment long"),
        }
    }
    contents
}

/// A ring of three segments that has gone round once, with replaced and removed entries; and every
/// payload that was ever put for each key.
fn worn_log() -> (Vec<u8>, Contents) {
    let mut image = vec![0xff; 3 * SEGMENT as usize];
    let (mut log, mut ever) = (open(&mut image), Contents::new());
    for step in 0..60_u8 {
        let key = key(step % 7);
        if step % 9 == 5 {
            log.remove(&key).unwrap();
        } else {
            let payload = vec![step; 5 * usize::from(step % 23)];
            log.append(&Record::new(key, &payload)).unwrap();
            ever.entry(key).or_default().push(payload);
        }
    }
    assert!(log.active.unwrap().header.sequence > 3, "it has gone round");
    (image, ever)
}

/// With any byte of a worn log changed, no value is found that was never put for that key, at most
/// one key is the worse for it, and the log takes new entries.
#[test]
#[cfg_attr(miri, ignore = "exhaustive: hours under Miri")]
fn any_byte_flipped() {
    let (mut image, ever) = worn_log();
    let sound = contents(&mut open(&mut image));
    for at in 0..image.len() {
        for flip in [0xff, 1 << (at % 8), 0x80 >> (at % 7)] {
            let mut bytes = image.clone();
            bytes[at] ^= flip;
            let mut log = open(&mut bytes);
            let found = contents(&mut log);
            for (key, payloads) in &found {
                let known = &ever[key];
                assert!(payloads.iter().all(|payload| known.contains(payload)), "flip at {at}");
            }
            let differs = |key: &&RequestKey| {
                let last = |contents: &Contents| contents.get(*key)?.last().cloned();
                last(&found) != last(&sound)
            };
            assert!(ever.keys().filter(differs).count() <= 1, "two keys lost by a flip at {at}");
            log.append(&Record::new(key(99), b"new")).unwrap();
            let mut buffer = [0; 16];
            let new = log.find(&key(99), &mut buffer).unwrap().map(|record| record.payload);
            assert_eq!(new, Some(&b"new"[..]), "flip at {at}");
        }
    }
}

/// A segment with its bytes, to be damaged; `ERASED` as on flash or in a file.
#[derive(Clone)]
struct Image<const ERASED: u8>(Vec<u8>);

impl<const ERASED: u8> Medium for Image<ERASED> {
    type Error = core::convert::Infallible;
    const ERASED: u8 = ERASED;

    fn capacity(&self) -> u32 {
        self.0.len() as u32
    }

    fn write_size(&self) -> u32 {
        1
    }

    fn erase_size(&self) -> u32 {
        1
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn program_at(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn erase_block(&mut self, offset: u32) -> Result<(), Self::Error> {
        self.program_at(offset, &[ERASED])
    }

    fn sync(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// A whole record: where it starts, its kind, key, and payload.
type Whole = (u32, Kind, RequestKey, Vec<u8>);

impl<const ERASED: u8> Image<ERASED> {
    fn new(salt: Salt) -> (Self, SegmentHeader) {
        let header = SegmentHeader { salt, sequence: 3, capacity: 8192, align: 16 };
        let mut image = Self(vec![ERASED; 8192]);
        let copy = header.encode(&CRC);
        image.0[..128].copy_from_slice(&[copy, copy].concat());
        (image, header)
    }

    /// Writes at `offset` what a writer of this segment would; gives where it ends, rounded up.
    fn put(&mut self, header: &SegmentHeader, offset: u32, key: RequestKey, payload: &[u8]) -> u32 {
        let frame = header.frame(offset, &CRC);
        let bytes = encoded(&Record::new(key, payload), u64::from(offset), &frame);
        let Ok(()) = self.program_at(offset, &bytes);
        header.align_up(u64::from(offset) + bytes.len() as u64) as u32
    }

    /// All that a reader finds from `scan` on, the segment's header included.
    fn whole_records(&mut self) -> Vec<Whole> {
        let Ok(state) = SegmentHeader::read(self, 0, &CRC);
        let SegmentState::Valid(header) = state else { return Vec::new() };
        let scan = Scan::new(self, 0, header);
        self.walk(header, scan)
    }

    fn walk(&mut self, header: SegmentHeader, mut scan: Scan) -> Vec<Whole> {
        let mut whole = Vec::new();
        let mut buffer = [0; 8192];
        while let Ok(Some(found)) = scan.next(self, &CRC) {
            let Ok(is_whole) = found.is_whole(self, 0, &header, &CRC);
            if is_whole {
                let Ok(read) = found.read(self, 0, &header, &CRC, &mut buffer);
                let payload = read.map_or_else(|_| Vec::new(), |record| record.payload.to_vec());
                whole.push((found.offset, found.head.kind, found.head.key, payload));
            }
        }
        whole
    }
}

fn encoded(record: &Record<'_>, order: u64, frame: &Frame) -> Vec<u8> {
    let mut bytes = vec![0; record.encoded_len() as usize];
    record.encode_ordered(order, frame, &CRC, &mut &mut bytes[..]).unwrap();
    bytes
}

/// A segment that ends, is erased, or is full of rubbish from any byte on has exactly the records
/// that end before it; and a walk resumed behind any of them finds the rest.
#[test]
#[cfg_attr(miri, ignore = "exhaustive: hours under Miri")]
fn a_segment_cut_at_every_byte() {
    cut_everywhere::<0>();
    cut_everywhere::<0xff>();
}

fn cut_everywhere<const ERASED: u8>() {
    let (mut image, header) = Image::<ERASED>::new(Salt([0x5a; 16]));
    let mut offsets = vec![header.data_start()];
    for n in 0..9_u8 {
        // No payload ends as erased bytes do, so that a cut through it always damages it.
        let payload = vec![0x11 + n; 31 * usize::from(n) + 1];
        offsets.push(image.put(&header, offsets[usize::from(n)], key(n), &payload));
    }
    let records = image.whole_records();
    assert_eq!(records.len(), 9);
    let end_of = |(at, .., payload): &Whole| *at as usize + HEAD_LEN + payload.len();
    let ends: Vec<_> = records.iter().map(end_of).collect();
    for (cut, rubbish) in (0..*ends.last().unwrap()).flat_map(|cut| [(cut, 0), (cut, 0x5a)]) {
        let mut cut_off = image.clone();
        cut_off.0.truncate(cut);
        let mut erased = image.clone();
        erased.0[cut..].fill(ERASED);
        let mut filled = image.clone();
        filled.0[cut..].fill(rubbish ^ ERASED);
        let count = ends.iter().filter(|&&end| end <= cut).count();
        // One good copy of the header is enough to read on.
        let count = if cut < 64 { 0 } else { count };
        for mut damaged in [cut_off, erased, filled] {
            assert_eq!(damaged.whole_records(), records[..count], "cut at {cut}");
        }
    }
    for (n, &offset) in offsets.iter().enumerate() {
        for at in offset.saturating_sub(15)..=offset {
            let scan = Scan::resume(&image, 0, header, at);
            assert_eq!(image.walk(header, scan), records[n..], "resumed at {at}");
        }
    }
    for beyond in [8191, 8192, u32::MAX] {
        let scan = Scan::resume(&image, 0, header, beyond);
        assert_eq!(image.walk(header, scan), []);
    }
}

/// What a stranger may put into a payload that starts at `start`: records of all kinds at every
/// residue of the alignment, made for exactly the place where they stand, with salts that are
/// near; copies of the segment's own records; standalone ones; and headers of a segment of his.
fn evil_payload(genuine: &[u8], start: u32) -> Vec<u8> {
    let mut payload = Vec::new();
    let forged = Record::new(key(66), b"forged");
    let mut salts = [[0x5a; 16], [0x5a; 16], [0; 16], [0xff; 16]].map(Salt);
    salts[0].0[0] ^= 2;
    salts[1].0[15] ^= 1;
    for (n, salt) in salts.into_iter().enumerate() {
        for kind in [Kind::Removal, Kind::Close, Kind::Clear] {
            payload.resize(payload.len().next_multiple_of(16), b' ');
            let frame = Frame::new(&salt, start + payload.len() as u32, &CRC);
            let head = Head::bare(kind, key(1), u64::MAX, &frame, &CRC);
            payload.extend(head.encode(&frame, &CRC));
        }
        payload.resize(payload.len().next_multiple_of(16) + n, b' ');
        let frame = Frame::new(&salt, start + payload.len() as u32, &CRC);
        payload.extend(encoded(&forged, u64::MAX, &frame));
        let header = SegmentHeader { salt, sequence: u64::MAX, capacity: 4096, align: 256 };
        payload.extend(header.encode(&CRC));
    }
    for shift in 0..16 {
        payload.resize(payload.len().next_multiple_of(16) + shift, b' ');
        payload.extend(genuine);
    }
    payload.extend(encoded(&forged, 0, &Frame::standalone()));
    payload
}

/// Records embedded in a payload are never found, whatever byte of the record around them, of its
/// neighbours or of the segment's headers is flipped, and wherever what is before or behind it is
/// cut: a reader finds the segment's own records or fewer.
#[test]
#[cfg_attr(miri, ignore = "exhaustive: hours under Miri")]
fn embedded_records_stay_payload() {
    embed::<0>();
    embed::<0xff>();
}

fn embed<const ERASED: u8>() {
    let (mut image, header) = Image::<ERASED>::new(Salt([0x5a; 16]));
    let first = header.data_start();
    let outer = image.put(&header, first, key(1), b"before");
    let genuine = image.0[first as usize..outer as usize].to_vec();
    // A payload without usage starts where a record could, since a head is six steps long.
    let payload = evil_payload(&genuine, outer + HEAD_LEN as u32);
    let end = image.put(&header, outer, key(2), &payload);
    let end = image.put(&header, end, key(3), b"behind");
    let records = image.whole_records();
    assert_eq!(records.len(), 3);
    let check = |damaged: &mut Image<ERASED>, what: &str, at: usize| {
        let found = damaged.whole_records();
        assert!(found.iter().all(|record| records.contains(record)), "{what} at {at}");
    };
    for at in 0..end as usize {
        for flip in [0x01, 0x80, 0xff, 1 << (at % 8)] {
            let mut damaged = image.clone();
            damaged.0[at] ^= flip;
            check(&mut damaged, "a flip", at);
        }
        for filler in [ERASED, !ERASED, b' '] {
            let mut damaged = image.clone();
            damaged.0[..at].fill(filler);
            check(&mut damaged, "all before", at);
            // With a header, so that the records are looked for.
            damaged.0[..64].copy_from_slice(&image.0[..64]);
            check(&mut damaged, "all before, but for a header,", at);
            let mut damaged = image.clone();
            damaged.0[at..].fill(filler);
            check(&mut damaged, "all behind", at);
        }
    }
}

/// The same in a ring: the segment that holds the payload loses its head, its header and more from
/// the front on, as an erasure cut short leaves it, and nothing of it comes back or is followed.
#[test]
#[cfg_attr(miri, ignore = "exhaustive: hours under Miri")]
fn an_embedded_header_is_no_segment() {
    let mut image = vec![0xff; 3 * SEGMENT as usize];
    let mut log = open(&mut image);
    let forged = SegmentHeader { salt: Salt([7; 16]), sequence: 99, capacity: SEGMENT, align: 256 };
    let frame = forged.frame(512, &CRC);
    let mut payload = vec![0; 800];
    for copy in [0, 32, 96] {
        payload[copy..copy + 64].copy_from_slice(&forged.encode(&CRC));
    }
    // The payload starts at 224 of its segment, the made up segment's records at 512.
    let record = encoded(&Record::new(key(66), b"forged"), u64::MAX, &frame);
    payload[512 - 224..][..record.len()].copy_from_slice(&record);
    log.append(&Record::new(key(1), &payload)).unwrap();
    for at in 0..SEGMENT as usize {
        for filler in [0xff, 0] {
            let mut bytes = image.clone();
            bytes[..at].fill(filler);
            // The other segments are blank, so that it is still a log.
            let mut log = open(&mut bytes);
            assert!(contents(&mut log).keys().all(|found| *found == key(1)), "erased up to {at}");
        }
    }
}
