//! A walk through a segment that is written meanwhile.

use super::super::{
    Durability,
    sim::{Oracle, SimDisk, Step, check, open, run},
};
use super::{options, stop_at};

/// Whatever operation a walk stands still at while others are put: none of what is written where it
/// has read zeros is passed over for what stands behind, so that a compaction deletes nothing that
/// its process has not seen.
#[test]
fn what_is_written_behind_a_walk_is_not_passed_over() {
    // Under `Always` zeros are written ahead, and a walk to the end of the file goes through them,
    // 32 KiB at a time: the records that are there end short of that, and the new ones behind it.
    let options = options(Durability::Always).segment_bytes(128 << 10);
    for records in 13..18 {
        for at in 0.. {
            let (disk, mut oracle) = (SimDisk::new(), Oracle::new(true));
            let when = || format!("{records} records, stopped at operation {at}");
            let writer = open(&disk.process(), options).unwrap();
            let mut put = |key: u8, n: u32| {
                // Some 1,800 bytes.
                let step = Step::Put(key, 4 * n + 3);
                oracle.begin(step);
                run(&writer, step).unwrap();
                oracle.done(step);
            };
            (0..records).for_each(|n| put(0, n));
            let (mut reader, theirs) = (None, disk.process());
            let was_stopped = stop_at(
                &disk,
                at,
                || reader = open(&theirs, options).ok(),
                || (1..8).for_each(|key| put(key, 1)),
            );
            let reader = reader.unwrap();
            check(&reader, &oracle, &when);
            drop(writer);
            run(&reader, Step::Compact).unwrap();
            check(&reader, &oracle, &when);
            check(&open(&disk, options).unwrap(), &oracle, &when);
            if !was_stopped {
                break;
            }
        }
    }
}
