//! A stranger's bytes as a segment and as a ring of segments, with headers and heads made good, so
//! that everything behind the checksums is reached: nothing panics, a walk ends and stays within
//! the segment, and two ways of reading agree.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Unstructured};
use llm_cache_core::{
    RequestKey,
    record::{
        Crc32c, Found, HEAD_LEN, Log, LogItem, PortableCrc32c, RamMedium, Record, Salt, Scan,
        SegmentHeader, SegmentState,
    },
};

const CRC: PortableCrc32c = PortableCrc32c;
const SEGMENT_BYTES: usize = 2048;
const SEGMENTS: usize = 4;

#[derive(Arbitrary, Debug)]
struct Input {
    salt: [u8; 16],
    /// The alignment is 16 times two to the power of this.
    align: u8,
    /// The sequence of each segment; 0 leaves its header as the stranger has it.
    sequences: [u8; SEGMENTS],
    /// Places, in steps of the alignment, where a head is made good, and whether its body is.
    places: Vec<(u8, bool)>,
    bytes: Vec<u8>,
}

/// Reads the bytes as they are, as segments, and as a ring.
pub fn check(data: &[u8]) {
    let mut image = filled(data);
    read_segment(&mut image, 0, false);
    read_ring(&mut image);
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let mut image = filled(&input.bytes);
    for (index, &sequence) in input.sequences.iter().enumerate() {
        let base = index * SEGMENT_BYTES;
        if sequence == 0 {
            read_segment(&mut image, base, false);
            continue;
        }
        let header = SegmentHeader {
            salt: Salt(input.salt),
            sequence: sequence.into(),
            capacity: SEGMENT_BYTES as u32,
            align: 16 << (input.align % 5),
        };
        image[base..base + 64].copy_from_slice(&header.encode(&CRC));
        make_good(&mut image[base..][..SEGMENT_BYTES], &header, &input.places);
        read_segment(&mut image, base, true);
    }
    read_ring(&mut image);
}

fn filled(bytes: &[u8]) -> Vec<u8> {
    let mut image = vec![0xff; SEGMENTS * SEGMENT_BYTES];
    let len = bytes.len().min(image.len());
    image[..len].copy_from_slice(&bytes[..len]);
    image
}

/// Gives the bytes at each place the marker and the checksums of a record, as FORMAT.md has them.
fn make_good(segment: &mut [u8], header: &SegmentHeader, places: &[(u8, bool)]) {
    // From the last on: a body's checksum covers the heads that stand in it.
    let mut places = places.to_vec();
    places.sort_unstable();
    for &(place, with_body) in places.iter().rev() {
        let at = header.data_start() as usize + usize::from(place) * header.align as usize;
        let Some(record) = segment.get_mut(at..).filter(|rest| rest.len() >= HEAD_LEN) else {
            continue;
        };
        let seed = CRC.append(CRC.append(0, &header.salt.0), &(at as u32).to_le_bytes());
        record[..8].copy_from_slice(&header.salt.0[..8]);
        record[0] |= 1;
        record[1] &= 0x7f;
        record[8] = 1;
        let len_at = |at: usize| {
            u64::from(u32::from_le_bytes([
                record[at],
                record[at + 1],
                record[at + 2],
                record[at + 3],
            ]))
        };
        let body_len = u64::from(record[44]) + len_at(12) + len_at(16);
        let body = usize::try_from(body_len).ok().and_then(|len| record[HEAD_LEN..].get(..len));
        if let Some(body) = body.filter(|_| with_body) {
            let checksum = CRC.append(seed, body);
            record[88..92].copy_from_slice(&checksum.to_le_bytes());
        }
        let checksum = CRC.append(seed, &record[..92]);
        record[92..96].copy_from_slice(&checksum.to_le_bytes());
    }
}

/// Walks the segment at `base`, once, and again from behind each record.
fn read_segment(image: &mut [u8], base: usize, is_good: bool) {
    let mut medium = RamMedium::new(image, 1024);
    let base = base as u32;
    let state = SegmentHeader::read(&mut medium, base, &CRC).expect("RAM does not fail");
    let SegmentState::Valid(header) = state else {
        assert!(!is_good, "a good header is not read");
        return;
    };
    let scan = Scan::new(&medium, base, header);
    let found = walk(&mut medium, base, &header, scan);
    for (n, record) in found.iter().enumerate() {
        let end = header.align_up(u64::from(record.offset) + record.head.record_len());
        let scan = Scan::resume(&medium, base, header, end as u32);
        assert_eq!(walk(&mut medium, base, &header, scan), found[n + 1..], "resumed at {end}");
    }
}

fn walk(
    medium: &mut RamMedium<'_>,
    base: u32,
    header: &SegmentHeader,
    mut scan: Scan,
) -> Vec<Found> {
    let (mut all, mut buffer) = (Vec::new(), [0; SEGMENT_BYTES]);
    let mut end = u64::from(header.data_start());
    while let Some(found) = scan.next(medium, &CRC).expect("RAM does not fail") {
        assert!(u64::from(found.offset) >= end, "records overlap");
        assert!(found.offset.is_multiple_of(header.align), "an odd place");
        end = u64::from(found.offset) + found.head.record_len();
        assert!(end <= u64::from(header.capacity), "a record beyond the segment");
        let is_whole = found.is_whole(medium, base, header, &CRC).expect("RAM does not fail");
        let read = found.read(medium, base, header, &CRC, &mut buffer).expect("RAM does not fail");
        assert!(is_whole || read.is_err(), "an entry whose body is damaged");
        all.push(found);
    }
    let free = scan.end();
    assert!(u64::from(free) >= end.min(u64::from(free)) && free <= header.capacity);
    assert!(free.is_multiple_of(header.align));
    all
}

/// Opens the image as a log: what a walk shows last of a key is what is found for it, and the log
/// takes an entry.
fn read_ring(image: &mut [u8]) {
    let medium = RamMedium::new(image, 1024);
    let Ok(mut log) = Log::open(medium, SEGMENT_BYTES as u32, Salt([7; 16])) else { return };
    let mut last: BTreeMap<[u8; 32], Option<Vec<u8>>> = BTreeMap::new();
    let (mut items, mut buffer) = (log.iter(), [0; SEGMENT_BYTES]);
    while let Some(item) = items.next(&mut buffer).expect("RAM does not fail") {
        match item {
            LogItem::Entry(record) => {
                last.insert(*record.key.as_bytes(), Some(record.payload.to_vec()));
            }
            LogItem::Removed(key) => _ = last.insert(*key.as_bytes(), None),
            _ => panic!("the buffer is a segment long"),
        }
    }
    for (key, payload) in last {
        let found = log.find(&RequestKey::from_bytes(key), &mut buffer).expect("RAM does not fail");
        assert_eq!(found.map(|record| record.payload.to_vec()), payload, "find against iter");
    }
    let key = RequestKey::from_bytes([0xa5; 32]);
    log.append(&Record::new(key, b"appended")).expect("there is room in a ring");
    let found = log.find(&key, &mut buffer).expect("RAM does not fail");
    assert_eq!(found.expect("it was just appended").payload, b"appended");
}
