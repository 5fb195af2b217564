//! The disk store of the `cached` crate: MessagePack in a redb, each put a transaction.

use std::path::Path;

use cached::{ConcurrentCached, RedbCache, SerializeCached};

use super::{Backend, Fault, Mode, looked_at};
use crate::store::entries::Key;

struct Cached(RedbCache<String, String>);

pub(super) fn open(path: &Path, mode: Mode, _: usize) -> Result<Box<dyn Backend>, Fault> {
    let builder = RedbCache::builder("cache").disk_dir(path).durable(mode == Mode::Durable);
    Ok(Box::new(Cached(builder.build()?)))
}

impl Backend for Cached {
    fn get(&self, key: &Key, _: usize) -> Result<Option<usize>, Fault> {
        Ok(self.0.cache_get(&key.hex())?.map(|value| looked_at(value.as_bytes())))
    }

    fn put(&self, key: &Key, value: &[u8], _: usize) -> Result<(), Fault> {
        Ok(self.0.cache_set_ref(&key.hex(), &String::from_utf8(value.to_vec())?)?)
    }

    fn flush(&self) -> Result<(), Fault> {
        Ok(self.0.flush()?)
    }
}
