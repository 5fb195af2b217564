//! The image of a flash that another build has written, recovered and used further.

use llm_cache_core::record::{Crc32c, Frame, LogItem, NorMedium, PortableCrc32c};

use crate::{
    CHIP_BYTES,
    console::{Word, line, print_line},
    flash::{Chip, RamFlash},
    image::recover_and_reclaim,
};

const IMAGE: &[u8; CHIP_BYTES] = include_bytes!("../../data/flash-v1.bin");

/// Prints what the log in the image holds, each entry as a record on its own, and the checksum of
/// the flash after every segment was reclaimed.
pub fn run(chip: &mut Chip<CHIP_BYTES>, buffer: &mut [u8]) {
    chip.0 = *IMAGE;
    let mut bytes = [0; 512];
    let medium = NorMedium::new(RamFlash::new(chip));
    let (is_found, _) = recover_and_reclaim(medium, buffer, |item| match item {
        LogItem::Entry(record) => {
            let room = bytes.len();
            let mut writer = &mut bytes[..];
            let encoded = record.encode(&Frame::standalone(), &PortableCrc32c, &mut writer);
            encoded.ok().expect("it fits the buffer");
            let left = writer.len();
            line(&["item entry".into(), Word::Hex(&bytes[..room - left])]);
        }
        LogItem::Removed(key) => line(&["item removed".into(), Word::Hex(key.as_bytes())]),
        _ => print_line!("item too big"),
    });
    print_line!("image reclaimed, newest found", is_found);
    let checksum = PortableCrc32c.append(0, &chip.0).to_be_bytes();
    line(&["image checksum".into(), Word::Hex(&checksum)]);
}
