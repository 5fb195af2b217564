//! Where a store may be: what is refused, and who may read it.

use std::{
    fs::Permissions,
    os::unix::fs::{PermissionsExt, symlink},
};

use super::*;

/// Directory and files are closed to others, an own directory that was open to them included.
#[test]
fn others_cannot_read() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("new/store");
    put(&open(&path), 1);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&segments(&path)[0])), (0o700, 0o600));
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&segments(&path)[0], Permissions::from_mode(0o644)).unwrap();
    assert!(has(&open(&path), 1));
    assert_eq!((mode(&path), mode(&segments(&path)[0])), (0o700, 0o600));
}

/// A directory that others could write to or replace, a link, and a file are refused, each with
/// its kind, and nothing is made there.
#[test]
fn unsafe_places_are_refused() {
    let dir = TempDir::new().unwrap();
    let open_dir = dir.path().join("open");
    fs::create_dir(&open_dir).unwrap();
    fs::set_permissions(&open_dir, Permissions::from_mode(0o777)).unwrap();
    assert_eq!(kind(FileStore::open(&open_dir)), FileFault::WritableByOthers);
    let below = open_dir.join("below/store");
    assert_eq!(kind(FileStore::open(&below)), FileFault::WritableByOthers);
    assert_eq!(fs::read_dir(&open_dir).unwrap().count(), 0);
    fs::set_permissions(&open_dir, Permissions::from_mode(0o1777)).unwrap();
    open(&below);
    let link = dir.path().join("link");
    symlink(&below, &link).unwrap();
    assert_eq!(kind(FileStore::open(&link)), FileFault::SymbolicLink);
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    assert_eq!(kind(FileStore::open(&file)), FileFault::NotADirectory);
    assert_eq!(kind(FileStore::open(file.join("below"))), FileFault::NotADirectory);
    symlink("/etc/passwd", below.join("00000001.seg")).unwrap();
    assert_eq!(open(&below).stats().files, 0, "a link is not followed");
    fs::remove_file(below.join("lock")).unwrap();
    symlink("/etc/passwd", below.join("lock")).unwrap();
    assert_eq!(kind(FileStore::open(&below)), FileFault::SymbolicLink);
    // Where not even root may make a directory.
    if cfg!(target_os = "linux") {
        FileStore::open("/proc/llm-cache-test").unwrap_err();
    }
}

/// A read-only directory is a typed error. Permissions do not bind root, so there a thread that has
/// given that up opens the store.
#[test]
fn a_read_only_directory_is_refused() {
    let dir = TempDir::new().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o500)).unwrap();
    let open = || kind(FileStore::open(&dir));
    #[cfg(target_os = "linux")]
    let open = || {
        if !rustix::process::geteuid().is_root() {
            return open();
        }
        let nobody = 65_534;
        std::os::unix::fs::chown(dir.path(), Some(nobody), None).unwrap();
        let opened = thread::scope(|scope| {
            let unprivileged = scope.spawn(|| {
                // On Linux this is the thread's own affair: the others stay root.
                rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(nobody)).unwrap();
                open()
            });
            unprivileged.join()
        });
        opened.unwrap()
    };
    assert_eq!(open(), FileFault::ReadOnly);
}

/// The directory's files: names, lengths and modes.
fn files(path: &Path) -> Vec<(PathBuf, u64, u32)> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.path(), entry.metadata().unwrap()))
        .map(|(path, metadata)| (path, metadata.len(), metadata.permissions().mode()))
        .collect();
    files.sort();
    files
}

/// A store that is only read, with or without its lock file: it gives what is there, sees what
/// another one puts, changes nothing itself, and says so when it is asked to.
#[test]
fn a_store_that_is_only_read_leaves_nothing() {
    for has_lock in [true, false] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("fixture");
        let store = open(&path);
        (0..20).for_each(|n| put(&store, n));
        drop(store);
        if !has_lock {
            fs::remove_file(path.join("lock")).unwrap();
        }
        // As a checkout leaves them.
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&segments(&path)[0], Permissions::from_mode(0o644)).unwrap();
        let before = files(&path);
        let read_only = FileStore::options().read_only(true);
        let store = read_only.open(&path).unwrap();
        assert!((0..20).all(|n| has(&store, n)) && !has(&store, 99));
        assert_eq!(store.iter().unwrap().map(Result::unwrap).count(), 20);
        assert!(store.verify().unwrap().is_whole());
        let refused = [
            store.put(&Record::new(key(1), b"new")),
            store.remove(&key(1)).map(drop),
            store.clear(),
            store.compact().map(drop),
        ];
        for error in refused.map(Result::unwrap_err) {
            assert_eq!(FileFault::of(&error), Some(FileFault::ReadOnly), "{error}");
        }
        store.flush().unwrap();
        let second = read_only.open(&path).unwrap();
        assert!(has(&second, 1));
        drop((store, second));
        assert_eq!(files(&path), before);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        // Whoever writes there is seen.
        let store = read_only.open(&path).unwrap();
        let writer = open(&path);
        put(&writer, 50);
        let started = std::time::Instant::now();
        while !has(&store, 50) {
            assert!(has_lock || started.elapsed() < Duration::from_secs(60), "not seen");
            assert!(!has_lock, "not seen at once");
        }
    }
    let dir = TempDir::new().unwrap();
    let missing = dir.path().join("missing");
    FileStore::options().read_only(true).open(&missing).unwrap_err();
    assert!(!missing.exists());
}

/// A parent that its group may write to, as volumes of containers have: refused, unless the options
/// allow it; one that everybody may write to is refused all the same.
#[test]
fn a_group_may_be_trusted() {
    let dir = TempDir::new().unwrap();
    let volume = dir.path().join("volume");
    fs::create_dir(&volume).unwrap();
    let set_mode = |mode| fs::set_permissions(&volume, Permissions::from_mode(mode)).unwrap();
    let options = FileStore::options().durability(Durability::None);
    let trusting = options.allow_group_writable_parent(true);
    // A group that is nobody's own, where we may give the directory away.
    let group = if rustix::process::geteuid().is_root() { Some(2000) } else { None };
    std::os::unix::fs::chown(&volume, None, group).unwrap();
    set_mode(0o2775);
    let path = volume.join("cache/store");
    if group.is_some() {
        assert_eq!(kind(options.open(&path)), FileFault::WritableByOthers);
        assert_eq!(fs::read_dir(&volume).unwrap().count(), 0);
    }
    put(&trusting.open(&path).unwrap(), 1);
    assert!(has(&trusting.open(&path).unwrap(), 1));
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "the store itself is closed to the group");
    // The volume itself, which holds nothing but the store from then on.
    let own = volume.join("own");
    fs::create_dir(&own).unwrap();
    fs::set_permissions(&own, Permissions::from_mode(0o2775)).unwrap();
    assert_eq!(kind(options.open(&own)), FileFault::WritableByOthers);
    put(&trusting.open(&own).unwrap(), 1);
    assert_eq!(own.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    set_mode(0o2777);
    assert_eq!(kind(trusting.open(&path)), FileFault::WritableByOthers);
}
