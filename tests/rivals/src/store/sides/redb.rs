//! redb: a B-tree with copy on write. Without a sync its commits stay in its own memory.

use std::path::Path;

use redb::{Database, Durability, ReadableDatabase, TableDefinition};

use super::{Backend, Fault, Mode, looked_at};
use crate::store::entries::{Entries, Key};

const TABLE: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("cache");

struct Redb {
    database: Database,
    durability: Durability,
}

pub(super) fn open(path: &Path, mode: Mode, _: usize) -> Result<Box<dyn Backend>, Fault> {
    let durability = match mode {
        Mode::NoSync => Durability::None,
        Mode::Durable => Durability::Immediate,
    };
    let database = Database::create(path.join("redb"))?;
    let redb = Redb { database, durability };
    redb.write(Durability::Immediate, |_| Ok(()))?;
    Ok(Box::new(redb))
}

impl Redb {
    fn write(
        &self,
        durability: Durability,
        work: impl FnOnce(&mut redb::Table<'_, &[u8; 32], &[u8]>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(durability)?;
        work(&mut transaction.open_table(TABLE)?)?;
        Ok(transaction.commit()?)
    }
}

impl Backend for Redb {
    fn get(&self, key: &Key, _: usize) -> Result<Option<usize>, Fault> {
        let table = self.database.begin_read()?.open_table(TABLE)?;
        // The value is the store's page: who wants to keep it makes a copy.
        let value = table.get(&key.bytes)?.map(|value| value.value().to_vec());
        Ok(value.map(|value| looked_at(&value)))
    }

    fn put(&self, key: &Key, value: &[u8], _: usize) -> Result<(), Fault> {
        self.write(self.durability, |table| {
            table.insert(&key.bytes, value)?;
            Ok(())
        })
    }

    fn fill(&self, entries: &Entries) -> Result<(), Fault> {
        self.write(Durability::Immediate, |table| {
            for number in 0..entries.count {
                let key = entries.key(number);
                entries.with_value(&key, |value| table.insert(&key.bytes, value).map(drop))?;
            }
            Ok(())
        })
    }
}
