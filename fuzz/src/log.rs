//! A log whose medium was damaged: nothing panics, no wrong record is ever read, and the log can be
//! written to again.

use arbitrary::{Arbitrary, Unstructured};
use llm_cache_core::{
    Millis, RequestKey,
    record::{Log, LogItem, RamMedium, Record, Salt, Timestamp},
};

const BLOCK_BYTES: u32 = 512;
const SEGMENT_BYTES: u32 = 2 * BLOCK_BYTES;
const MEDIUM_BYTES: usize = 8 * BLOCK_BYTES as usize;

#[derive(Arbitrary, Debug)]
struct Input {
    /// What the medium held before the log was made on it, if it was not made on an erased one.
    image: Option<Vec<u8>>,
    appended: Vec<(u8, u16)>,
    /// Places and values of bytes that are damaged.
    damage: Vec<(u16, u8)>,
}

/// Writes a log, damages it, and reads it again.
pub fn check(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let mut bytes = [0xff; MEDIUM_BYTES];
    if let Some(image) = &input.image {
        let len = image.len().min(MEDIUM_BYTES);
        bytes[..len].copy_from_slice(&image[..len]);
    }
    if let Ok(mut log) = open(&mut bytes) {
        for &(key, length) in &input.appended {
            let payload = payload(key, length);
            _ = log.append(&record(key, &payload));
        }
    }
    for &(at, value) in &input.damage {
        bytes[usize::from(at) % MEDIUM_BYTES] = value;
    }
    let Ok(mut log) = open(&mut bytes) else { return };
    let mut buffer = [0; MEDIUM_BYTES];
    let mut items = log.iter();
    while let Some(item) = items.next(&mut buffer).expect("RAM does not fail") {
        if let LogItem::Entry(found) = item {
            let key = found.key.as_bytes()[0];
            let was_appended = |&(appended, length): &(u8, u16)| {
                appended == key && payload(key, length) == found.payload
            };
            // A foreign image may hold sound records of its own.
            let expected = input.image.is_some() || input.appended.iter().any(was_appended);
            assert!(expected, "a record that nobody wrote");
        }
    }
    let payload = payload(3, 200);
    log.append(&record(3, &payload)).expect("there is room in a ring");
    let found = log.find(&record(3, &[]).key, &mut buffer).expect("the buffer is large enough");
    assert_eq!(found.expect("it was just appended").payload, payload);
}

type RamLog<'a> = Log<RamMedium<'a>>;

fn open(bytes: &mut [u8]) -> Result<RamLog<'_>, impl std::fmt::Debug> {
    Log::open(RamMedium::new(bytes, BLOCK_BYTES), SEGMENT_BYTES, Salt([7; 16]))
}

fn record(key: u8, payload: &[u8]) -> Record<'_> {
    let created = Timestamp::unix(Millis(5));
    Record { created, ..Record::new(RequestKey::from_bytes([key; 32]), payload) }
}

fn payload(key: u8, length: u16) -> Vec<u8> {
    (0..length % 1500).map(|at| (at as u8) ^ key).collect()
}
