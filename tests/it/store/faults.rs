//! A full disk, a read-only one, a directory that goes away, a newer version, a clock that is set
//! back: nothing wrong is returned, and the trouble is told.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use llm_cache::llm_cache_core::{
    Millis,
    record::{Crc32c, PortableCrc32c, Record, Timestamp},
};
use llm_cache_tests::shared::skip;
use tempfile::TempDir;

use super::{
    entry::{self, key},
    process::{Process, this_binary},
};

/// Makes `$1` the root of this namespace, with all that the machine has and a disk of 1 MB at
/// `/small-disk`, and runs the rest. The root has to be ours: the store trusts nobody else's.
const SMALL_DISK: &str = r#"
set -e
root=$1
shift
mount -t tmpfs -o mode=755 root "$root"
for entry in /*; do
    if [ -L "$entry" ]; then cp -P "$entry" "$root$entry"
    elif [ -d "$entry" ]; then mkdir "$root$entry" && mount --rbind "$entry" "$root$entry"
    fi
done
mkdir "$root/small-disk"
mount -t tmpfs -o size=1m,mode=700 small "$root/small-disk"
exec chroot "$root" "$@"
"#;

/// A process that sees a disk of 1 MB at `/small-disk`; `None` where the machine allows no mounts.
fn with_small_disk(root: &TempDir) -> Option<Process> {
    let command = |last: &Path| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", SMALL_DISK, "sh"]).arg(root.path()).arg(last);
        command
    };
    let allowed = command(Path::new("true")).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        skip("no small disk: unshare -rm may not mount a tmpfs here");
        return None;
    }
    let exe = this_binary();
    Some(Process::start_by(command(Path::new(exe.get_program())), "obey"))
}

/// On a disk that fills up: puts say so, all that was acknowledged stays readable, and when there
/// is room again puts succeed. A store can be opened on a full disk, and on a read-only one is
/// told apart.
#[test]
fn a_full_disk_is_told_and_survived() {
    for durability in ["none", "always"] {
        let root = TempDir::new().unwrap();
        let Some(mut process) = with_small_disk(&root) else { return };
        let dir = Path::new("/small-disk/store");
        let run = |process: &mut Process, command: &str| {
            assert_eq!(process.ask(&format!("run {command}")), "ok", "{command}");
        };
        run(&mut process, "dd if=/dev/zero of=/small-disk/filler bs=1k count=300 2>/dev/null");
        assert_eq!(process.open(dir, durability), "ok");
        let filled = process.ask("fill 0 1000 7");
        let (count, error) = filled.split_once(' ').unwrap();
        assert_eq!(error, "NoSpace", "{durability}: after {count}");
        let count: u32 = count.parse().unwrap();
        assert!(count > 30, "{durability}: full after {count} entries of 9 KB");
        assert_eq!(process.ask(&format!("check 0 {count} 7 1")), "ok");
        assert_eq!((process.get(5000), process.put(5000, 7)), ("none".into(), "NoSpace".into()));
        assert_eq!(process.ask("close"), "ok");
        assert_eq!(process.open(dir, durability), "ok", "on a full disk");
        assert_eq!(process.ask(&format!("check 0 {count} 7 1")), "ok");
        run(&mut process, "rm /small-disk/filler");
        assert_eq!((process.put(6000, 7), process.get(6000)), ("ok".into(), "7".into()));
        assert_eq!(process.ask("close"), "ok");
        run(&mut process, "mount -o remount,ro /small-disk");
        let opened = process.open(dir, durability);
        assert!(opened == "ReadOnly" || opened == "ok", "{opened}");
        if opened == "ok" {
            assert_eq!((process.put(1, 1), process.get(6000)), ("ReadOnly".into(), "7".into()));
            assert_eq!(process.ask("close"), "ok");
        }
        run(&mut process, "mount -o remount,rw /small-disk");
        assert_eq!(process.open(dir, durability), "ok");
        assert_eq!(process.ask(&format!("check 0 {count} 7 1")), "ok");
        assert_eq!(process.get(6000), "7");
    }
}

/// On a disk that is mounted read-only, as the layer of an image, a store that is only read gives
/// what is there, declines puts, and leaves no file behind.
#[test]
fn a_read_only_mount_is_read() {
    let root = TempDir::new().unwrap();
    let Some(mut process) = with_small_disk(&root) else { return };
    let dir = Path::new("/small-disk/store");
    let run = |process: &mut Process, command: &str| {
        assert_eq!(process.ask(&format!("run {command}")), "ok", "{command}");
    };
    assert_eq!(process.open(dir, "none"), "ok");
    assert_eq!(process.ask("fill 0 50 1"), "50 ok");
    assert_eq!(process.ask("close"), "ok");
    // Neither what a checkout leaves out, nor modes that could not be changed, are in the way.
    run(&mut process, "rm /small-disk/store/lock");
    run(&mut process, "chmod 0775 /small-disk/store");
    run(&mut process, "ls -la --full-time /small-disk/store | grep -v total > /before");
    run(&mut process, "mount -o remount,ro /small-disk");
    assert_ne!(process.open(dir, "none"), "ok");
    assert_eq!(process.open(dir, "interval,read-only"), "ok");
    assert_eq!(process.ask("check 0 50 1 2"), "ok");
    assert_eq!((process.get(99), process.put(1, 2)), ("none".into(), "ReadOnly".into()));
    assert_eq!(process.ask("close"), "ok");
    run(&mut process, "ls -la --full-time /small-disk/store | grep -v total > /after");
    run(&mut process, "cmp /before /after");
}

/// A directory that is deleted while processes use it, and made anew by another: those who had the
/// old one miss and say that it is gone, and write nothing into the new one.
#[test]
fn a_deleted_directory_is_told() {
    for durability in ["none", "interval", "always"] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("store");
        let mut all = [(); 2].map(|()| Process::with_store(&path, durability));
        // One of the two has never put anything.
        assert_eq!(all[0].put(1, 1), "ok");
        fs::remove_dir_all(&path).unwrap();
        let mut newcomer = Process::with_store(&path, durability);
        assert_eq!(newcomer.put(2, 2), "ok");
        for process in &mut all {
            let started = Instant::now();
            // It need not be noticed at once.
            while process.put(3, 3) != "Gone" {
                assert!(started.elapsed() < Duration::from_secs(60), "{durability}: not noticed");
            }
            assert_eq!((process.get(1), process.get(3)), ("none".into(), "none".into()));
        }
        assert_eq!((newcomer.get(2), newcomer.get(3)), ("2".into(), "none".into()));
        assert_eq!(newcomer.ask("entries"), "1");
    }
}

/// The header of a segment in format version `version`.
fn header(version: u16) -> Vec<u8> {
    let mut bytes = b"LLMCseg\n".to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend([64, 0, 4, 0, 0, 0]);
    bytes.extend([0x77; 16]);
    bytes.extend(9_u64.to_le_bytes());
    bytes.extend([0, 0, 1, 0]);
    bytes.resize(60, 0);
    let checksum = PortableCrc32c.append(0, &bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// A newer version of the library begins to use the directory: a process that has it open goes on
/// reading and puts nothing more; one that comes later is refused; the newer file stays as it is.
#[test]
fn a_newer_version_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let mut process = Process::with_store(dir.path(), "none");
    assert_eq!(process.put(1, 1), "ok");
    let newer = [header(2), header(2), b"what only that version knows".to_vec()].concat();
    let file = dir.path().join("00000900.seg");
    fs::write(&file, &newer).unwrap();
    // It makes itself known as every writer does, by the notice.
    fs::write(dir.path().join("lock"), b"12345678").unwrap();
    let refused = Process::start().open(dir.path(), "none");
    assert_eq!(refused, "NewerVersion { found: 2 }");
    let started = Instant::now();
    let mut n = 2;
    while process.put(2, n) != "NewerVersion { found: 2 }" {
        n += 1;
        assert!(started.elapsed() < Duration::from_secs(60), "not noticed");
    }
    assert_eq!(process.get(1), "1");
    process.ask("clear");
    process.ask("compact");
    drop(process);
    assert_eq!(fs::read(&file).unwrap(), newer);
}

/// Which entry of a key is the newest is not a matter of clocks: with times that run backwards, lie
/// in a far future or are unknown, the last put counts, in this process, in another and after a
/// restart; and a compaction keeps it.
#[test]
fn clocks_do_not_decide() {
    let dir = TempDir::new().unwrap();
    let mut other = Process::with_store(dir.path(), "none");
    let times = [
        Timestamp::unix(Millis(u64::MAX)),
        Timestamp::unix(Millis(5_000_000_000_000)),
        Timestamp::unix(Millis(1_700_000_000_000)),
        Timestamp::boot(9, Millis(5)),
        Timestamp::unix(Millis(0)),
        Timestamp::UNKNOWN,
    ];
    let store = entry::options("none").open(dir.path()).unwrap();
    for (n, created) in times.into_iter().enumerate() {
        let ttl = (n % 2 == 0).then_some(Millis(1));
        let payload = entry::payload(1, n as u32);
        store.put(&Record { created, ttl, ..Record::new(key(1), &payload) }).unwrap();
        let found = store.get(&key(1)).unwrap().unwrap();
        assert_eq!((found.created, found.payload), (created, payload.into()));
    }
    assert_eq!(other.put(2, 3), "ok");
    store.compact().unwrap();
    drop(store);
    let store = entry::options("none").open(dir.path()).unwrap();
    assert_eq!(store.get(&key(1)).unwrap().unwrap().created, Timestamp::UNKNOWN);
    assert_eq!(entry::get(&store, 2).unwrap(), Some(3));
}
