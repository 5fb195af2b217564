//! The simulated disk by itself.

use std::thread;

use super::{
    super::disk::{Disk, DiskFile},
    *,
};

/// A disk with a file `a` of 100 bytes, all of it synced.
fn disk_with_a_file() -> (SimDisk, Box<dyn DiskFile>) {
    let disk = SimDisk::new();
    let file = disk.create("a").unwrap();
    file.write_at(&[1; 100], 0).unwrap();
    file.sync_data().unwrap();
    disk.sync().unwrap();
    (disk, file)
}

/// Files behave as files do.
#[test]
fn reads_what_was_written() {
    let (disk, file) = disk_with_a_file();
    file.write_at(&[2; 10], 195).unwrap();
    assert_eq!(file.len().unwrap(), 205);
    assert_eq!(file.read_vec(300, 95).unwrap()[..101], [&[1; 5][..], &[0; 95], &[2]].concat());
    assert!(file.read_vec(10, 205).unwrap().is_empty());
    assert_eq!(file.read_at(&mut [0; 10], 200).unwrap(), 5);
    assert!(disk.create("a").is_err() && disk.open("b").is_err() && disk.remove("b").is_err());
    assert_eq!(disk.list().unwrap().len(), 1);
    disk.remove("a").unwrap();
    assert_eq!(file.read_vec(2, 0).unwrap(), [1, 1], "readable while it is open");
    assert!(disk.list().unwrap().is_empty());
}

/// A lock belongs to an opening, and goes with it, or with its process.
#[test]
fn locks_go_with_their_holders() {
    let (disk, file) = disk_with_a_file();
    let other = disk.process();
    let theirs = other.open("a").unwrap();
    assert!(theirs.try_lock().unwrap() && theirs.try_lock().unwrap());
    assert!(!file.try_lock().unwrap() && file.is_locked().unwrap());
    assert!(!theirs.is_locked().unwrap());
    drop(theirs);
    assert!(file.try_lock().unwrap());
    let theirs = other.open("a").unwrap();
    assert!(!theirs.try_lock().unwrap());
    file.unlock().unwrap();
    assert!(theirs.try_lock().unwrap());
    other.kill();
    assert!(file.try_lock().unwrap());
    assert!(theirs.write_at(&[0], 0).is_err() && other.list().is_err() && other.is_killed());
    assert_eq!(file.read_vec(1, 0).unwrap(), [1], "the dead have written");
}

/// Each fault strikes what it should, from the operation on that it should.
#[test]
fn faults_strike_as_told() {
    for fault in Fault::ALL {
        let (disk, file) = disk_with_a_file();
        disk.fail(1, fault);
        file.write_at(&[2; 100], 0).unwrap();
        let grown = file.write_at(&[3; 100], 50).is_err();
        let changed = file.write_at(&[4; 50], 0).is_err();
        let read = file.read_vec(1, 0).is_err();
        let synced = [file.sync_data().is_err(), file.sync_data().is_err()];
        let struck = (grown, changed, read, synced);
        let len = disk.state().bytes_mut("a").len();
        match fault {
            Fault::Once => assert_eq!((struck, len), ((true, false, false, [false; 2]), 100)),
            Fault::Broken => assert_eq!((struck, len), ((true, true, true, [true; 2]), 100)),
            Fault::Full => assert_eq!((struck, len), ((true, false, false, [false; 2]), 125)),
            Fault::ReadOnly => assert_eq!((struck, len), ((true, true, false, [false; 2]), 100)),
            Fault::SyncOnce => {
                assert_eq!((struck, len), ((false, false, false, [true, false]), 150));
                let after = disk.after_power_loss(Loss::None, &mut Random(0));
                assert_eq!(*after.state().bytes_mut("a"), [1; 100], "what the sync lost is back");
            }
        }
        disk.heal();
        file.write_at(&[5; 200], 0).unwrap();
    }
}

/// The history makes the same directory again.
#[test]
fn history_repeats_itself() {
    let (disk, file) = disk_with_a_file();
    file.set_len(1000).unwrap();
    file.write_at(&[7; 300], 600).unwrap();
    disk.create("b").unwrap();
    let mut again = State::default();
    disk.history().iter().for_each(|change| again.apply(change));
    assert_eq!(again.bytes_mut("a"), disk.state().bytes_mut("a"));
    assert!(!again.is_durable("a") && !again.is_durable("b"));
    let lost = |state: &State| {
        let mut after = state.after_power_loss(Loss::Torn, &mut Random(3));
        (after.bytes_mut("a").clone(), after.file_names().count())
    };
    assert_eq!(lost(&again), lost(&disk.state()));
}

/// An operation that is stopped waits, and holds up nobody else.
#[test]
fn stops_one_operation() {
    let (disk, file) = disk_with_a_file();
    disk.stop(1);
    thread::scope(|scope| {
        let stopped = scope.spawn(|| {
            file.write_at(&[2; 3], 0).unwrap();
            file.write_at(&[3; 3], 0).unwrap();
        });
        assert!(disk.wait_for_stop(|| stopped.is_finished()));
        assert_eq!(disk.open("a").unwrap().read_vec(3, 0).unwrap(), [3, 2, 2], "half a write");
        disk.go_on();
    });
    assert_eq!(file.read_vec(3, 0).unwrap(), [3; 3]);
    let before = disk.operations();
    disk.take_away();
    assert!(disk.is_gone() && disk.open("a").is_err() && disk.create("c").is_err());
    assert_eq!(disk.operations(), before + 2);
    let other = disk.process();
    other.kill_at(0);
    assert!(disk.list().is_ok() && other.list().is_err());
}
