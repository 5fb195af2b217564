//! Entries that are put again and again: memory, descriptors and the work for a put stay what they
//! were.

use llm_cache_core::record::Record;

use super::{
    Durability, FileStore, FileStoreOptions,
    sim::{SimDisk, Step, key, open, run},
};

fn options() -> FileStoreOptions {
    let options = FileStore::options().durability(Durability::None);
    options.max_bytes(64 << 10).segment_bytes(4096)
}

fn put(store: &FileStore, n: u32) {
    store.put(&Record::new(key(n as u8 % 32), &[n as u8; 200])).unwrap();
}

/// What a store takes at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taken {
    memory: u64,
    descriptors: usize,
    files: u64,
    /// Operations of the disk for a put, in thousandths.
    work: u64,
}

/// A put every two seconds for eight hours, with another process that reads along: after the first
/// hour neither of the two takes more memory, descriptors or files, and a put no more work.
#[test]
fn eight_hours_of_churn_stay_flat() {
    const PUTS_AN_HOUR: u32 = 1800;
    let disk = SimDisk::new();
    let (ours, theirs) = (disk.process(), disk.process());
    let (store, follower) = (open(&ours, options()).unwrap(), open(&theirs, options()).unwrap());
    let mut hours: Vec<[Taken; 2]> = Vec::new();
    for hour in 0..8 {
        let (mut work, mut descriptors) = (0, [0; 2]);
        for n in 0..PUTS_AN_HOUR {
            let before = disk.operations();
            put(&store, hour * PUTS_AN_HOUR + n);
            work += disk.operations() - before;
            if n % 50 == 0 {
                assert!(follower.get(&key(n as u8 % 32)).unwrap().is_some());
            }
            for (most, process) in descriptors.iter_mut().zip([&ours, &theirs]) {
                *most = process.descriptors().max(*most);
            }
        }
        let taken = |store: &FileStore, descriptors, work| {
            let stats = store.stats();
            Taken { memory: stats.memory_bytes, descriptors, files: stats.files, work }
        };
        let work = work * 1000 / u64::from(PUTS_AN_HOUR);
        let [mine, other] = descriptors;
        hours.push([taken(&store, mine, work), taken(&follower, other, 0)]);
    }
    // In the first hour the store fills; it makes room from then on.
    let first = hours[1];
    for (hour, taken) in hours.iter().enumerate().skip(1) {
        for (first, taken) in first.iter().zip(taken) {
            let is_flat = taken.memory <= first.memory
                && taken.descriptors <= first.descriptors + 1
                && taken.files <= first.files + 2
                && taken.work <= first.work + first.work / 20;
            assert!(is_flat, "hour {hour}: {taken:?}, where it was {first:?} at first");
        }
    }
}

/// An index that has held many entries gives their memory back when they are gone.
#[test]
fn memory_follows_what_is_there() {
    let disk = SimDisk::new();
    let store = open(&disk, options().max_bytes(4 << 20)).unwrap();
    let empty = store.stats().memory_bytes;
    for n in 0..4000_u32 {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        let key = llm_cache_core::RequestKey::from_bytes(bytes);
        store.put(&Record::new(key, &[n as u8; 100])).unwrap();
    }
    let full = store.stats().memory_bytes;
    assert!(full > 20 * 4000, "{full}");
    store.clear().unwrap();
    store.compact().unwrap();
    let cleared = store.stats().memory_bytes;
    assert!(cleared < empty + 20_000, "{empty} bytes, then {full}, then {cleared}");
}

/// After the first put of a writer none waits until others know of it: not one that begins a
/// segment, nor one that follows a compaction, nor one that makes room.
#[test]
fn no_put_waits_after_the_first() {
    let disk = SimDisk::new();
    let store = open(&disk, options()).unwrap();
    put(&store, 0);
    for n in 1..2000_u32 {
        put(&store, n);
        match n % 100 {
            33 => drop(store.compact().unwrap()),
            66 => run(&store, Step::Remove(n as u8 % 32)).unwrap(),
            99 => store.clear().unwrap(),
            _ => {}
        }
        put(&store, n);
        assert!(!store.shared.writer().is_announcing(), "put {n} waits");
    }
}

/// Few descriptors are enough for many segments, for who writes, reads, compacts, and for who
/// opens them all; an entry in a file that is not open is found, and so is one whose segment was
/// compacted meanwhile by another process.
#[test]
fn descriptors_are_bounded() {
    const OPEN: usize = 4;
    let options = options().max_bytes(8 << 20).open_segments(OPEN as u32);
    let disk = SimDisk::new();
    let (ours, theirs) = (disk.process(), disk.process());
    let (store, other) = (open(&ours, options).unwrap(), open(&theirs, options).unwrap());
    let check = |what: &str| {
        for process in [&ours, &theirs] {
            let open = process.descriptors();
            assert!(open <= OPEN + 5 + 2, "{what}: {open} descriptors are open");
        }
    };
    for n in 0..120_u8 {
        let step = Step::Put(n, 4 * u32::from(n) + 3);
        run(if n % 3 == 0 { &other } else { &store }, step).unwrap();
        check("a put");
    }
    assert!(store.stats().files > 40);
    let all = |store: &FileStore| (0..120).all(|n| store.get(&key(n)).unwrap().is_some());
    assert!(all(&store) && all(&other));
    check("gets");
    for n in 0..120_u8 {
        run(&store, Step::Put(n, 4 * u32::from(n) + 7)).unwrap();
    }
    store.compact().unwrap();
    check("a compaction");
    assert!(all(&store) && all(&other), "after a compaction");
    assert_eq!(other.iter().unwrap().map(Result::unwrap).count(), 120);
    store.flush().unwrap();
    check("a walk");
    let late = disk.process();
    let newcomer = open(&late, options).unwrap();
    assert!(all(&newcomer));
    assert!(late.descriptors() <= OPEN + 5 + 2, "{}", late.descriptors());
}
