//! SQLite with a write-ahead log and prepared statements, a connection for each thread.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension};

use super::{Backend, Fault, Mode, looked_at};
use crate::store::{
    THREADS,
    entries::{Entries, Key},
};

struct Sqlite(Vec<Mutex<Connection>>);

const INSERT: &str = "INSERT OR REPLACE INTO cache (key, value) VALUES (?1, ?2)";
const SELECT: &str = "SELECT value FROM cache WHERE key = ?1";

pub(super) fn open(path: &Path, mode: Mode, _: usize) -> Result<Box<dyn Backend>, Fault> {
    let connect = || {
        let connection = Connection::open(path.join("sqlite"))?;
        connection.busy_timeout(Duration::from_secs(60))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let synchronous = if mode == Mode::Durable { "FULL" } else { "OFF" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        let create = "CREATE TABLE IF NOT EXISTS cache (key BLOB PRIMARY KEY, value BLOB NOT NULL)";
        connection.execute(create, [])?;
        Ok(Mutex::new(connection))
    };
    let connections = (0..THREADS).map(|_| connect()).collect::<Result<Vec<_>, Fault>>()?;
    Ok(Box::new(Sqlite(connections)))
}

impl Sqlite {
    fn with<T>(&self, thread: usize, work: impl FnOnce(&mut Connection) -> T) -> T {
        work(&mut self.0[thread].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Backend for Sqlite {
    fn get(&self, key: &Key, thread: usize) -> Result<Option<usize>, Fault> {
        self.with(thread, |connection| {
            let mut select = connection.prepare_cached(SELECT)?;
            let value = select.query_row([&key.bytes[..]], |row| row.get::<_, Vec<u8>>(0));
            Ok(value.optional()?.map(|value| looked_at(&value)))
        })
    }

    fn put(&self, key: &Key, value: &[u8], thread: usize) -> Result<(), Fault> {
        self.with(thread, |connection| {
            connection.prepare_cached(INSERT)?.execute([&key.bytes[..], value])?;
            Ok(())
        })
    }

    fn fill(&self, entries: &Entries) -> Result<(), Fault> {
        self.with(0, |connection| {
            let transaction = connection.transaction()?;
            for number in 0..entries.count {
                let key = entries.key(number);
                let mut insert = transaction.prepare_cached(INSERT)?;
                entries.with_value(&key, |value| insert.execute([&key.bytes[..], value]))?;
            }
            Ok(transaction.commit()?)
        })
    }

    fn flush(&self) -> Result<(), Fault> {
        self.with(0, |connection| {
            Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
        })
    }

    fn foreign_memory(&self) -> usize {
        // SAFETY: SQLite has been initialised by the connections, and its counter is behind a lock
        // of its own.
        unsafe { rusqlite::ffi::sqlite3_memory_used() }.try_into().unwrap_or_default()
    }
}
