//! Whether a directory is on a file system that other machines write to as well.
//!
//! The store stands on locks that the kernel keeps and on reads that see what was written before
//! them. Both hold on one machine. Of a file system in another machine neither is known.

use std::{io, path::Path};

use crate::store::{FileFault, StoreError};

/// Refuses a path on a network file system. Of a directory that is not there yet, its nearest
/// ancestor that is tells where it will be.
pub(crate) fn refuse(path: &Path) -> Result<(), StoreError> {
    let failed = |error| FileFault::io(path, error);
    let absolute = std::path::absolute(path).map_err(failed)?;
    for ancestor in absolute.ancestors() {
        match network_kind(ancestor) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
            Ok(None) => return Ok(()),
            Ok(Some(kind)) => {
                let kind = io::Error::other(kind);
                return Err(FileFault::NetworkFileSystem.because(path, kind));
            }
        }
    }
    Ok(())
}

/// The kind of network file system that the path is on, if it is.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn network_kind(path: &Path) -> io::Result<Option<&'static str>> {
    // The type's width and sign differ between processors; the numbers have 32 bits.
    Ok(kind_of(rustix::fs::statfs(path)?.f_type as u32))
}

/// As on Linux; here the kernel itself says which file systems are local.
#[cfg(target_vendor = "apple")]
fn network_kind(path: &Path) -> io::Result<Option<&'static str>> {
    /// `MNT_LOCAL` of `sys/mount.h`.
    const LOCAL: u32 = 0x1000;
    let is_local = rustix::fs::statfs(path)?.f_flags & LOCAL != 0;
    Ok((!is_local).then_some("not mounted as local"))
}

/// Elsewhere nothing is known, and nobody is stopped.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn network_kind(path: &Path) -> io::Result<Option<&'static str>> {
    path.metadata().map(|_| None)
}

/// File systems that have their files elsewhere, by the number that statfs(2) gives: from
/// `linux/magic.h` and the file systems' own sources.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn kind_of(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x0000_6969 => "NFS",
        0x0000_517b | 0xfe53_4d42 | 0xff53_4d42 => "SMB",
        0x0102_1997 => "9P",
        // sshfs, s3fs, GlusterFS and others; which one it is, the number does not say.
        0x6573_5546 => "FUSE",
        0x00c3_6400 => "Ceph",
        0x0bd0_0bd0 => "Lustre",
        0x1983_0326 => "BeeGFS",
        0x4750_4653 => "GPFS",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x7375_7245 => "Coda",
        0x0000_564c => "NCP",
        0xbacb_acbc | 0x786f_4256 | 0x7c7c_6673 => "a virtual machine's shared folder",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The usual local file systems pass, those of other machines do not. The numbers here are
    /// what `stat --file-system --format=%t` prints of each.
    #[cfg(target_os = "linux")]
    #[test]
    fn kinds_are_told_apart() {
        let local = ["ef53", "58465342", "9123683e", "1021994", "794c7630", "2fc12fc1", "f2f52010"];
        for magic in local {
            assert_eq!(kind_of(u32::from_str_radix(magic, 16).unwrap()), None, "{magic}");
        }
        let remote =
            [("6969", "NFS"), ("ff534d42", "SMB"), ("fe534d42", "SMB"), ("65735546", "FUSE")];
        for (magic, kind) in remote {
            assert_eq!(kind_of(u32::from_str_radix(magic, 16).unwrap()), Some(kind), "{magic}");
        }
    }

    /// A local directory passes, whether or not it is there yet, and a path through a file is the
    /// system's error.
    #[test]
    fn a_local_directory_passes() {
        let dir = tempfile::TempDir::new().unwrap();
        refuse(dir.path()).unwrap();
        refuse(&dir.path().join("not/there/yet")).unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, b"").unwrap();
        let error = refuse(&file.join("below")).unwrap_err();
        assert_eq!(FileFault::of(&error), Some(FileFault::NotADirectory));
    }
}
