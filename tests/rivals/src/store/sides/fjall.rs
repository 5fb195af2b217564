//! fjall: a log-structured merge tree. Its journal goes to the system with every insert.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::{Backend, Fault, Mode, looked_at};
use crate::store::entries::Key;

struct Fjall {
    database: Database,
    keyspace: Keyspace,
    mode: Mode,
}

pub(super) fn open(path: &Path, mode: Mode, _: usize) -> Result<Box<dyn Backend>, Fault> {
    let database = Database::builder(path).open()?;
    let keyspace = database.keyspace("cache", KeyspaceCreateOptions::default)?;
    Ok(Box::new(Fjall { database, keyspace, mode }))
}

impl Backend for Fjall {
    fn get(&self, key: &Key, _: usize) -> Result<Option<usize>, Fault> {
        Ok(self.keyspace.get(key.bytes)?.map(|value| looked_at(&value)))
    }

    fn put(&self, key: &Key, value: &[u8], _: usize) -> Result<(), Fault> {
        self.keyspace.insert(key.bytes, value)?;
        if self.mode == Mode::Durable {
            self.database.persist(PersistMode::SyncData)?;
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), Fault> {
        self.keyspace.rotate_memtable_and_wait()?;
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }
}
