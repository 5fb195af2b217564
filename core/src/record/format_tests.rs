//! The bytes that FORMAT.md shows are the bytes that are written and read.

use std::{vec, vec::Vec};

use super::*;
use crate::{Millis, RequestKey, Usage};

/// The example of FORMAT.md, which another program made, with the header's second copy.
fn documented() -> Vec<u8> {
    let page = include_str!("../../FORMAT.md");
    let (_, dump) = page.split_once("```text\n").unwrap();
    let mut bytes = Vec::new();
    for line in dump.lines().take_while(|line| *line != "```") {
        let (_, hex) = line.split_once("  ").unwrap();
        bytes.extend(hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()));
        if bytes.len() == SEGMENT_HEADER_LEN {
            bytes.extend_from_within(..);
        }
    }
    bytes
}

/// Writing the documented segment gives the documented bytes, and reading those the record.
#[test]
fn the_example_is_what_is_written() {
    let crc = PortableCrc32c;
    let record = Record {
        key: RequestKey::from_bytes(core::array::from_fn(|i| i as u8)),
        created: Timestamp::unix(Millis(1_700_000_000_000)),
        ttl: Some(Millis(86_400_000)),
        cost: 3,
        usage: Some(Usage { input_tokens: 12, output_tokens: 300, ..Usage::default() }),
        extensions: b"\x01\x80\x02\x00\x00\x00ab",
        payload: b"{\"ok\":true}",
    };
    let salt = Salt(core::array::from_fn(|i| 0x10 + i as u8));
    let header = SegmentHeader { salt, sequence: 5, capacity: 4096, align: 16 };
    let mut bytes = [header.encode(&crc); 2].concat();
    let start = bytes.len() as u32;
    assert_eq!(start, header.data_start());
    let mut encoded = vec![0; record.encoded_len() as usize];
    record.encode(&header.frame(start, &crc), &crc, &mut &mut encoded[..]).unwrap();
    bytes.extend(&encoded);
    assert_eq!(bytes, documented());
    assert_eq!(Extensions::new(record.extensions).find(0x8001), Some(&b"ab"[..]));

    let mut bytes = documented();
    bytes.resize(4096, 0xff);
    let mut medium = RamMedium::new(&mut bytes, 4096);
    let Ok(state) = SegmentHeader::read(&mut medium, 0, &crc);
    assert_eq!(state, SegmentState::Valid(header));
    let mut scan = Scan::new(&medium, 0, header);
    let Ok(found) = scan.next(&mut medium, &crc);
    let mut buffer = [0; 64];
    let Ok(read) = found.unwrap().read(&mut medium, 0, &header, &crc, &mut buffer);
    assert_eq!(read, Ok(record));
    let Ok(end) = scan.next(&mut medium, &crc);
    assert_eq!((end, scan.end()), (None, 256));
}
