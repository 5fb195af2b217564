//! cacache: npm's cache, files by the digest of their contents and an index of files by key. It
//! never syncs.

use std::path::{Path, PathBuf};

use super::{Backend, Fault, Mode, looked_at};
use crate::store::entries::Key;

struct Cacache(PathBuf);

pub(super) fn open(path: &Path, _: Mode, _: usize) -> Result<Box<dyn Backend>, Fault> {
    Ok(Box::new(Cacache(path.to_owned())))
}

impl Backend for Cacache {
    fn get(&self, key: &Key, _: usize) -> Result<Option<usize>, Fault> {
        match cacache::read_sync(&self.0, key.hex()) {
            Err(cacache::Error::EntryNotFound(..)) => Ok(None),
            value => Ok(Some(looked_at(&value?))),
        }
    }

    fn put(&self, key: &Key, value: &[u8], _: usize) -> Result<(), Fault> {
        cacache::write_sync(&self.0, key.hex(), value)?;
        Ok(())
    }
}
