//! The memory tier: core's table behind a lock, with each answer's usage in front of its bytes.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use llm_cache_core::{
    Millis, RequestKey, Usage,
    table::{HeapTable, InsertError, Meta, Miss},
};

use super::MissReason;

/// Held only while bytes are copied in or out, never across a call of foreign code.
pub(super) struct Memory(Mutex<HeapTable>);

/// An answer and what is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) payload: Bytes,
    pub(super) usage: Option<Usage>,
    pub(super) created: Millis,
    pub(super) ttl: Option<Millis>,
    pub(super) cost: u32,
}

impl Memory {
    pub(super) fn new(entries: usize, bytes: usize) -> Self {
        // A hasher of the standard library is seeded with what strangers cannot know.
        let seed = RandomState::new().hash_one(());
        Self(Mutex::new(HeapTable::with_capacity(entries, bytes, seed)))
    }

    pub(super) fn lookup(&self, key: &RequestKey, now: Millis) -> Result<Entry, MissReason> {
        let mut table = self.lock();
        let hit = table.lookup(key, now).map_err(|miss| match miss {
            Miss::Absent => MissReason::Absent,
            Miss::Expired => MissReason::Expired,
        })?;
        let (Meta { created, ttl, cost }, value) = (hit.meta(), hit.to_vec());
        drop(table);
        // What was put in can be taken out; were it not so, the entry would be of no use.
        let (usage, payload) = split(value).ok_or(MissReason::Undecodable)?;
        Ok(Entry { payload, usage, created, ttl, cost })
    }

    pub(super) fn insert(
        &self,
        key: &RequestKey,
        entry: &Entry,
        now: Millis,
    ) -> Result<(), InsertError> {
        let meta = Meta { created: entry.created, ttl: entry.ttl, cost: entry.cost };
        let value = join(entry.usage.as_ref(), &entry.payload);
        self.lock().insert(key, &value, meta, now).map(|_| ())
    }

    pub(super) fn remove(&self, key: &RequestKey) -> bool {
        self.lock().remove(key)
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// The number of entries and the bytes of their values.
    pub(super) fn size(&self) -> (usize, u64) {
        let table = self.lock();
        (table.len(), table.bytes())
    }

    fn lock(&self) -> MutexGuard<'_, HeapTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const COUNT_BYTES: usize = size_of::<u64>();
const COUNTS: usize = 5;

/// The table's value: a byte that tells whether usage follows, its five counts, the payload.
fn join(usage: Option<&Usage>, payload: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(1 + COUNTS * COUNT_BYTES + payload.len());
    value.push(u8::from(usage.is_some()));
    if let Some(usage) = usage {
        let Usage {
            input_tokens,
            cache_read_tokens,
            cache_write_tokens,
            cache_write_1h_tokens,
            output_tokens,
        } = *usage;
        let counts: [u64; COUNTS] = [
            input_tokens,
            cache_read_tokens,
            cache_write_tokens,
            cache_write_1h_tokens,
            output_tokens,
        ];
        counts.iter().for_each(|count| value.extend_from_slice(&count.to_le_bytes()));
    }
    value.extend_from_slice(payload);
    value
}

fn split(value: Vec<u8>) -> Option<(Option<Usage>, Bytes)> {
    let value = Bytes::from(value);
    if value.first()? == &0 {
        return Some((None, value.slice(1..)));
    }
    let (counts, _) = value.get(1..)?.split_at_checked(COUNTS * COUNT_BYTES)?;
    let mut counts = counts
        .chunks_exact(COUNT_BYTES)
        .map(|bytes| bytes.iter().rev().fold(0_u64, |count, &byte| count << 8 | u64::from(byte)));
    let usage = Usage {
        input_tokens: counts.next()?,
        cache_read_tokens: counts.next()?,
        cache_write_tokens: counts.next()?,
        cache_write_1h_tokens: counts.next()?,
        output_tokens: counts.next()?,
    };
    Some((Some(usage), value.slice(1 + COUNTS * COUNT_BYTES..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(usage: Option<Usage>) -> Entry {
        let payload = Bytes::from_static(b"the answer");
        Entry { payload, usage, created: Millis(5), ttl: Some(Millis(10)), cost: 3 }
    }

    /// An entry comes out as it went in, with usage and without, until its time is over.
    #[test]
    fn entries_come_back_whole() {
        let memory = Memory::new(4, 4096);
        let usage = Usage {
            input_tokens: 1,
            cache_read_tokens: u64::MAX,
            cache_write_tokens: 3,
            cache_write_1h_tokens: 0x0102_0304_0506_0708,
            output_tokens: 5,
        };
        for usage in [None, Some(usage)] {
            let key = RequestKey::from_bytes([7; 32]);
            memory.insert(&key, &entry(usage), Millis(5)).unwrap();
            assert_eq!(memory.lookup(&key, Millis(14)), Ok(entry(usage)));
            assert_eq!(memory.lookup(&key, Millis(15)), Err(MissReason::Expired));
            assert_eq!(memory.lookup(&key, Millis(15)), Err(MissReason::Absent));
        }
    }

    /// A tier of no bytes takes nothing and says so; nothing else about it is special.
    #[test]
    fn a_tier_of_no_bytes_stays_empty() {
        let (memory, key) = (Memory::new(0, 0), RequestKey::from_bytes([7; 32]));
        let refused = memory.insert(&key, &entry(None), Millis(5));
        assert_eq!(refused, Err(InsertError::NoSlots));
        assert_eq!(memory.lookup(&key, Millis(5)), Err(MissReason::Absent));
        assert_eq!(memory.size(), (0, 0));
    }
}
