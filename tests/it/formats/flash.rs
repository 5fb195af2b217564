//! The flash image: a ring of four segments that has gone round, with replaced and removed
//! entries, one damaged, and one cut short by a power loss.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
};

use llm_cache::llm_cache_core::{
    Millis, RequestKey, Usage,
    record::{Crc32c, HEAD_LEN, Log, PortableCrc32c, Record, Timestamp, write_extension},
};

use super::{Item, data, expected, flash_image::FlashImage, golden_out};

#[expect(unreachable_pub, reason = "it is compiled into the firmware too")]
#[expect(clippy::ok_expect, reason = "the firmware has no room for the texts of errors")]
#[path = "../../embedded/src/image.rs"]
mod common;

use common::{SECTOR_BYTES, SEED, SEGMENT_BYTES, WRITE_BYTES, recover_and_reclaim};

const SEGMENTS: u32 = 4;
const DATA_START: u32 = 128;
/// The image is never made again: every later version reads this one.
const CHECKSUM: u32 = 0xea78_ad50;

/// What a walk over the image and the reclaiming of all of it came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Walk {
    pub(crate) items: Vec<Item>,
    pub(crate) is_newest_found: bool,
    /// CRC-32C of the flash afterwards.
    pub(crate) checksum: u32,
}

/// The golden image.
fn image() -> Vec<u8> {
    fs::read(data("flash-v1.bin")).unwrap()
}

/// Does on this machine, on a copy of the image in a file, what the firmware does with its flash.
pub(crate) fn walk_image() -> Walk {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flash.bin");
    fs::write(&path, image()).unwrap();
    let (mut items, mut buffer) = (Vec::new(), [0; 512]);
    let medium = FlashImage::new(open(&path), SECTOR_BYTES, WRITE_BYTES).unwrap();
    let (is_newest_found, _) =
        recover_and_reclaim(medium, &mut buffer, |item| items.push(Item::of_log(&item)));
    let checksum = PortableCrc32c.append(0, &fs::read(&path).unwrap());
    Walk { items, is_newest_found, checksum }
}

/// The image that version 1 wrote is the one in the tree, holds what the page beside it says, and
/// takes new entries in place of its oldest.
#[test]
fn the_flash_image_of_version_1_is_read() {
    assert_eq!(PortableCrc32c.append(0, &image()), CHECKSUM, "the golden image was changed");
    let walk = walk_image();
    assert_eq!(walk.items, expected("flash-v1.jsonl"));
    assert!(walk.is_newest_found);
    assert!(walk.items.len() > 10 && walk.items.iter().any(|item| item.entry.is_none()));
}

/// Writes an image and its page to the folder that `LLM_CACHE_WRITE_GOLDEN` names.
#[test]
#[ignore = "writes a golden file"]
fn write_a_flash_image() {
    let folder = golden_out().expect("LLM_CACHE_WRITE_GOLDEN names a folder");
    let path = folder.join("flash-v1.bin");
    fs::write(&path, vec![0xff; (SEGMENTS * SEGMENT_BYTES) as usize]).unwrap();
    let medium = FlashImage::new(open(&path), SECTOR_BYTES, WRITE_BYTES).unwrap();
    let mut log = Log::open(medium, SEGMENT_BYTES, SEED).unwrap();
    let mut ring = Ring { sequence: 1, end: DATA_START, placed: Vec::new() };
    for step in 0..52_u8 {
        let key = key(step % 9);
        if step % 8 == 6 {
            if log.remove(&key).unwrap() {
                ring.place(Item::removed(key), HEAD_LEN as u64);
            }
            continue;
        }
        let (extensions, payload) = variable_parts(step);
        let record = record(step, key, &extensions, &payload);
        log.append(&record).unwrap();
        ring.place(Item::of(&record), record.encoded_len());
    }
    log.sync().unwrap();
    drop(log);
    let mut bytes = fs::read(&path).unwrap();
    let mut placed = ring.alive();
    // The power went in the last record.
    let torn = placed.pop().unwrap();
    bytes[torn.at + torn.len - 20..][..20].fill(0xff);
    // One of those before has decayed.
    let decayed = placed.iter().rposition(|placed| placed.len > 200).unwrap();
    let decayed = placed.remove(decayed);
    bytes[decayed.at + decayed.len - 7] ^= 0x10;
    fs::write(&path, &bytes).unwrap();
    let mut page = File::create(folder.join("flash-v1.jsonl")).unwrap();
    for placed in &placed {
        writeln!(page, "{}", placed.item.to_line()).unwrap();
    }
    println!("checksum {:#010x}", PortableCrc32c.append(0, &bytes));
}

fn open(path: &Path) -> File {
    OpenOptions::new().read(true).write(true).open(path).unwrap()
}

fn key(n: u8) -> RequestKey {
    RequestKey::from_bytes([n.wrapping_mul(29); 32])
}

pub(super) fn variable_parts(step: u8) -> (Vec<u8>, Vec<u8>) {
    let (mut extensions, mut room) = (Vec::new(), [0; 32]);
    if step % 4 == 1 {
        let len = write_extension(&mut room, 0x8001, b"model").unwrap();
        extensions.extend_from_slice(&room[..len]);
    }
    let text = format!(r#"{{"step":{step},"text":"The valve is open."}}"#);
    (extensions, text.repeat(1 + usize::from(step % 6)).into_bytes())
}

/// Each clock, with and without ttl and usage, by turns.
pub(super) fn record<'a>(
    step: u8,
    key: RequestKey,
    extensions: &'a [u8],
    payload: &'a [u8],
) -> Record<'a> {
    let ms = Millis(1_700_000_000_000 + u64::from(step));
    let usage = Usage {
        input_tokens: u64::from(step) * 1000,
        cache_read_tokens: 7,
        cache_write_tokens: 200,
        cache_write_1h_tokens: 1 << 40,
        cache_write_12h_tokens: 0,
        output_tokens: u64::from(step),
    };
    Record {
        created: match step % 3 {
            0 => Timestamp::unix(ms),
            1 => Timestamp::boot(0xb007, Millis(u64::from(step))),
            _ => Timestamp::UNKNOWN,
        },
        ttl: (!step.is_multiple_of(5)).then_some(Millis(3_600_000)),
        cost: u32::from(step) << 20,
        usage: step.is_multiple_of(2).then_some(usage),
        extensions,
        ..Record::new(key, payload)
    }
}

/// Where FORMAT.md says that records go: reckoned here without the log.
struct Ring {
    sequence: u32,
    end: u32,
    placed: Vec<Placed>,
}

struct Placed {
    item: Item,
    sequence: u32,
    /// From the start of the flash.
    at: usize,
    len: usize,
}

impl Ring {
    fn place(&mut self, item: Item, len: u64) {
        if u64::from(self.end) + len > u64::from(SEGMENT_BYTES) {
            (self.sequence, self.end) = (self.sequence + 1, DATA_START);
        }
        let base = (self.sequence - 1) % SEGMENTS * SEGMENT_BYTES;
        let at = (base + self.end) as usize;
        let len = len as usize;
        self.placed.push(Placed { item, sequence: self.sequence, at, len });
        self.end += len.next_multiple_of(16) as u32;
    }

    /// Of n segments the newest n - 1 count.
    fn alive(self) -> Vec<Placed> {
        let is_alive = |placed: &Placed| placed.sequence + SEGMENTS - 1 > self.sequence;
        self.placed.into_iter().filter(is_alive).collect()
    }
}
