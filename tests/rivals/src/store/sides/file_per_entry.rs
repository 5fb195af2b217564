//! One file for each entry, in 256 directories: written beside its place and renamed to it.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{Backend, Fault, Mode, looked_at};
use crate::store::entries::Key;

struct Files {
    path: PathBuf,
    mode: Mode,
}

pub(super) fn open(path: &Path, mode: Mode, _: usize) -> Result<Box<dyn Backend>, Fault> {
    for first in 0..=255_u8 {
        fs::create_dir_all(path.join(format!("{first:02x}")))?;
    }
    Ok(Box::new(Files { path: path.to_owned(), mode }))
}

impl Files {
    fn place(&self, key: &Key) -> (PathBuf, PathBuf) {
        let hex = key.hex();
        let folder = self.path.join(&hex[..2]);
        (folder.join(&hex[2..]), folder)
    }
}

impl Backend for Files {
    fn get(&self, key: &Key, _: usize) -> Result<Option<usize>, Fault> {
        match fs::read(self.place(key).0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            value => Ok(Some(looked_at(&value?))),
        }
    }

    fn put(&self, key: &Key, value: &[u8], thread: usize) -> Result<(), Fault> {
        let (place, folder) = self.place(key);
        let beside = folder.join(format!("new-{thread}"));
        let mut file = File::create(&beside)?;
        file.write_all(value)?;
        if self.mode == Mode::Durable {
            file.sync_data()?;
        }
        fs::rename(&beside, place)?;
        if self.mode == Mode::Durable {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}
