//! The store's directory: that nobody but us can reach into it.

use std::{
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{OFlags, StatVfsMountFlags},
    process::geteuid,
};

use super::{LOCK_NAME, LocalDisk};
use crate::store::{FileFault, StoreError};

/// What the directory of a namespace is called before the namespace's own name: no other file of a
/// store begins like this.
const NAMESPACE_PREFIX: &str = "ns-";

/// The directory that the store in `path` has for a namespace.
pub(crate) fn of_namespace(path: &Path, name: &str) -> PathBuf {
    path.join(format!("{NAMESPACE_PREFIX}{name}"))
}

/// Makes the directory if need be, checks that nobody else can reach into it, and opens it. With
/// `trusts_group` the groups of directories count as nobody else.
pub(crate) fn open(path: &Path, trusts_group: bool) -> Result<LocalDisk, StoreError> {
    let path = std::path::absolute(path).map_err(|error| FileFault::io(path, error))?;
    if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        check_ancestors(&path, trusts_group)?;
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&path);
        made.map_err(|error| FileFault::io(&path, error))?;
    }
    check_ancestors(&path, trusts_group)?;
    let (handle, metadata) = open_directory(&path)?;
    let failed = |error| FileFault::io(&path, error);
    let refused = |fault: FileFault| Err(fault.at(&path));
    if metadata.uid() != geteuid().as_raw() {
        return refused(FileFault::NotOurs);
    }
    let others = if trusts_group { 0o002 } else { 0o022 };
    if metadata.mode() & others != 0 {
        return refused(FileFault::WritableByOthers);
    }
    // Others may see names and sizes in a directory that was there before. Only one that holds
    // nothing but a store is closed to them: it may be somebody's home.
    if metadata.mode() & 0o077 != 0 && holds_only_a_store(&path).map_err(failed)? {
        handle.set_permissions(Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(LocalDisk::new(handle, path))
}

/// Opens a directory that is there, to read in it alone. Root may own it as well as we; and on a
/// mount where nothing can be written, owners and modes say nothing.
pub(crate) fn open_to_read(path: &Path, trusts_group: bool) -> Result<LocalDisk, StoreError> {
    let path = std::path::absolute(path).map_err(|error| FileFault::io(path, error))?;
    let (handle, metadata) = open_directory(&path)?;
    let mount = rustix::fs::fstatvfs(&handle);
    if mount.is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY)) {
        return Ok(LocalDisk::read_only(handle, path, true));
    }
    check_ancestors(&path, trusts_group)?;
    let us = geteuid().as_raw();
    if !is_trusted(&metadata, us) {
        return Err(FileFault::NotOurs.at(&path));
    }
    if is_writable_by_others(&metadata, us, trusts_group) {
        return Err(FileFault::WritableByOthers.at(&path));
    }
    Ok(LocalDisk::read_only(handle, path, false))
}

fn open_directory(path: &Path) -> Result<(File, Metadata), StoreError> {
    let failed = |error| FileFault::io(path, error);
    let flags = OFlags::NOFOLLOW | OFlags::DIRECTORY;
    if path.symlink_metadata().map_err(failed)?.is_symlink() {
        return Err(FileFault::SymbolicLink.at(path));
    }
    let handle = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(failed)?;
    let metadata = handle.metadata().map_err(failed)?;
    Ok((handle, metadata))
}

fn holds_only_a_store(path: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        let is_namespace = name.as_encoded_bytes().starts_with(NAMESPACE_PREFIX.as_bytes());
        let is_ours = name == LOCK_NAME
            || is_namespace
            || Path::new(&name).extension().is_some_and(|extension| extension == "seg");
        if !is_ours {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses a path that somebody else could make lead elsewhere: every directory above the store
/// must belong to us or to root and be closed to other writers, or sticky like `/tmp`; a symbolic
/// link on the way must be ours or root's.
fn check_ancestors(path: &Path, trusts_group: bool) -> Result<(), StoreError> {
    let us = geteuid().as_raw();
    let mut nearest = None;
    for ancestor in path.ancestors().skip(1) {
        let metadata = match ancestor.symlink_metadata() {
            // Not made yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata.map_err(|error| FileFault::io(ancestor, error))?,
        };
        nearest = nearest.or(Some(ancestor));
        if metadata.is_symlink() && !is_trusted(&metadata, us) {
            return Err(FileFault::SymbolicLink.at(ancestor));
        }
    }
    let parent = nearest.unwrap_or(path);
    let real = parent.canonicalize().map_err(|error| FileFault::io(parent, error))?;
    for ancestor in real.ancestors() {
        let metadata = ancestor.metadata().map_err(|error| FileFault::io(ancestor, error))?;
        if !is_trusted(&metadata, us) {
            return Err(FileFault::NotOurs.at(ancestor));
        }
        if is_writable_by_others(&metadata, us, trusts_group) {
            return Err(FileFault::WritableByOthers.at(ancestor));
        }
    }
    Ok(())
}

fn is_trusted(metadata: &Metadata, us: u32) -> bool {
    metadata.uid() == us || metadata.uid() == 0
}

fn is_writable_by_others(metadata: &Metadata, us: u32, trusts_group: bool) -> bool {
    let mode = metadata.mode();
    let is_sticky = mode & 0o1000 != 0;
    // Where each user has a group of the same number for himself alone, the usual umask is 002.
    let is_private_group = metadata.gid() == us && metadata.uid() == us;
    let others = if is_private_group || trusts_group { 0o002 } else { 0o022 };
    mode & others != 0 && !is_sticky
}
