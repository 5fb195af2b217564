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
    assert_eq!(kind(FileStore::open(&open_dir)), StoreErrorKind::WritableByOthers);
    let below = open_dir.join("below/store");
    assert_eq!(kind(FileStore::open(&below)), StoreErrorKind::WritableByOthers);
    assert_eq!(fs::read_dir(&open_dir).unwrap().count(), 0);
    fs::set_permissions(&open_dir, Permissions::from_mode(0o1777)).unwrap();
    open(&below);
    let link = dir.path().join("link");
    symlink(&below, &link).unwrap();
    assert_eq!(kind(FileStore::open(&link)), StoreErrorKind::SymbolicLink);
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    assert_eq!(kind(FileStore::open(&file)), StoreErrorKind::NotADirectory);
    assert_eq!(kind(FileStore::open(file.join("below"))), StoreErrorKind::NotADirectory);
    symlink("/etc/passwd", below.join("00000001.seg")).unwrap();
    assert_eq!(open(&below).stats().files, 0, "a link is not followed");
    fs::remove_file(below.join("lock")).unwrap();
    symlink("/etc/passwd", below.join("lock")).unwrap();
    assert_eq!(kind(FileStore::open(&below)), StoreErrorKind::SymbolicLink);
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
    assert_eq!(open(), StoreErrorKind::ReadOnly);
}
