//! The adapter's file store.

use std::path::Path;

use llm_cache::store::{Durability, FileStore};
use llm_cache_core::{
    Millis, RequestKey, Usage,
    record::{Record, Timestamp},
};

use super::{Backend, Fault, Mode, looked_at};
use crate::store::entries::Key;

pub(super) fn open(path: &Path, mode: Mode, _: usize) -> Result<Box<dyn Backend>, Fault> {
    let durability = match mode {
        Mode::NoSync => Durability::None,
        Mode::Durable => Durability::Always,
    };
    // No run comes near the bound.
    let options = FileStore::options().durability(durability).max_bytes(1 << 40);
    Ok(Box::new(options.open(path)?))
}

/// An answer as the cache puts it, with what the provider billed for it.
pub(super) fn record<'r>(key: &Key, value: &'r [u8]) -> Record<'r> {
    let usage = Usage { input_tokens: 1234, output_tokens: 567, ..Usage::default() };
    Record {
        created: Timestamp::unix(Millis(1_700_000_000_000)),
        cost: 1000,
        usage: Some(usage),
        ..Record::new(RequestKey::from_bytes(key.bytes), value)
    }
}

impl Backend for FileStore {
    fn get(&self, key: &Key, _: usize) -> Result<Option<usize>, Fault> {
        let stored = Self::get(self, &RequestKey::from_bytes(key.bytes))?;
        Ok(stored.map(|stored| looked_at(&stored.payload)))
    }

    fn put(&self, key: &Key, value: &[u8], _: usize) -> Result<(), Fault> {
        Ok(Self::put(self, &record(key, value))?)
    }

    fn flush(&self) -> Result<(), Fault> {
        Ok(Self::flush(self)?)
    }
}
