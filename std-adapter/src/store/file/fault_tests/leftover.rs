//! What puts that fail leave behind.

use llm_cache_core::record::HEAD_LEN;

use super::super::{
    segment::DATA_START,
    sim::{Fault, SimDisk, Step, durabilities, open, run},
};
use super::options;

/// How many segments there are that hold no entry.
fn empty_segments(disk: &SimDisk) -> usize {
    let mut state = disk.state();
    let names = state.file_names().filter(|name| name.ends_with(".seg"));
    let names: Vec<_> = names.map(str::to_owned).collect();
    let most = DATA_START as usize + HEAD_LEN;
    names.into_iter().filter(|name| state.bytes_mut(name).len() <= most).count()
}

/// Whichever operation of a put fails: a segment that was made for it is removed, so that however
/// many fail there is at most the one that was made ahead; and none when the store is closed.
#[test]
fn a_failed_put_leaves_no_segment() {
    for durability in durabilities() {
        let mut failures = 0;
        for at in 0..120 {
            let disk = SimDisk::new();
            let store = open(&disk, options(durability)).unwrap();
            disk.fail(at, Fault::Once);
            for n in 0..8 {
                if run(&store, Step::Put(n, 4 * u32::from(n) + 3)).is_err() {
                    failures += 1;
                    let left = empty_segments(&disk);
                    assert!(left <= 1, "{durability:?}, {at}: {left} without entries");
                }
            }
            disk.heal();
            drop(store);
            assert_eq!(empty_segments(&disk), 0, "{durability:?}, operation {at}");
        }
        assert!(failures > 10, "{durability:?}: {failures} puts have failed");
    }
}
