//! What a device and a server do alike with the image of a flash that a device has written: this
//! file is compiled into the firmware and into the test that runs on the host.

use llm_cache_core::{
    Millis, RequestKey,
    record::{Log, LogItem, Medium, Record, Salt, Timestamp},
};

pub const SECTOR_BYTES: u32 = 1024;
pub const WRITE_BYTES: u32 = 4;
pub const SEGMENT_BYTES: u32 = 2 * SECTOR_BYTES;
pub const SEED: Salt = Salt(*b"device unique id");

/// Opens the log and gives all it holds to `each`, then fills the ring and a half more, so that
/// every segment is reclaimed; says whether the newest entry is found.
pub fn recover_and_reclaim<M: Medium>(
    medium: M,
    buffer: &mut [u8],
    mut each: impl FnMut(LogItem<'_>),
) -> (bool, M) {
    let mut log = Log::open(medium, SEGMENT_BYTES, SEED).ok().expect("a log");
    let mut items = log.iter();
    while let Some(item) = items.next(buffer).ok().expect("the medium works") {
        each(item);
    }
    for round in 0..60_u8 {
        let payload = [round; 77];
        let created = Timestamp::boot(2, Millis(u64::from(round)));
        let record = Record { created, ..Record::new(key(round), &payload) };
        log.append(&record).ok().expect("the oldest segment is reclaimed");
        if round % 3 == 0 {
            log.remove(&key(round / 2)).ok().expect("the oldest segment is reclaimed");
        }
    }
    log.sync().ok().expect("the medium works");
    let is_found = log.find(&key(59), buffer).ok().expect("the medium works").is_some();
    (is_found, log.into_medium())
}

fn key(round: u8) -> RequestKey {
    RequestKey::from_bytes([round; 32])
}
