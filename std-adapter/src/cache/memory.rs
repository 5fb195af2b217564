//! The memory tier: answers in a shared table, handed out without a copy.

use bytes::Bytes;
use llm_cache_core::{
    Millis, RequestKey, Usage,
    record::Timestamp,
    table::{InsertError, Meta, Miss},
};

use super::{MissReason, SharedTable};
use crate::{
    entry::Entry,
    store::{Invalidated, Selector},
};

/// So many bytes of memory make it worth to divide them: an answer fits if it is no longer.
const SHARD_BYTES_MIN: usize = 2 << 20;

pub(super) struct Memory(SharedTable<Answer>);

/// What the table keeps of an entry as its value; the rest is the table's own [`Meta`].
#[derive(Clone)]
struct Answer {
    payload: Bytes,
    extensions: Bytes,
    usage: Option<Usage>,
}

impl Memory {
    pub(super) fn new(entries: usize, bytes: usize) -> Self {
        let shards = SharedTable::<Answer>::shards_for(entries).min(bytes / SHARD_BYTES_MIN);
        Self(SharedTable::with_shards(shards, entries, bytes as u64))
    }

    /// The entry under `key` if its time is not over: two reference counts, no copy of bytes.
    pub(super) fn lookup(&self, key: &RequestKey, now: Millis) -> Result<Entry, MissReason> {
        let hit = self.0.lookup(key, now).map_err(|miss| match miss {
            Miss::Absent => MissReason::Absent,
            Miss::Expired => MissReason::Expired,
        })?;
        let (Meta { created, ttl, cost }, Answer { payload, extensions, usage }) =
            (hit.meta, hit.value);
        Ok(Entry { payload, created: Timestamp::unix(created), ttl, cost, usage, extensions })
    }

    /// Keeps an entry whose time of creation is a calendar time.
    pub(super) fn insert(
        &self,
        key: &RequestKey,
        entry: &Entry,
        now: Millis,
    ) -> Result<(), InsertError> {
        let meta = Meta { created: entry.created.ms, ttl: entry.ttl, cost: entry.cost };
        let Entry { payload, extensions, usage, .. } = entry.clone();
        let answer = Answer { payload, extensions, usage };
        self.0.insert(key, answer, entry.weight(), meta, now).map(|_| ())
    }

    pub(super) fn remove(&self, key: &RequestKey) -> bool {
        self.0.remove(key).is_some()
    }

    /// Removes the entries that `selector` names: O(entries), a shard at a time.
    pub(super) fn invalidate(&self, selector: &Selector) -> Invalidated {
        if let Selector::Key(key) = selector {
            return Invalidated::new(u64::from(self.remove(key)), 0);
        }
        let mut done = Invalidated::default();
        self.0.remove_if(|_, answer| done.count(selector.matches(&answer.extensions)));
        done
    }

    pub(super) fn clear(&self) {
        self.0.clear();
    }

    /// The number of entries and the bytes of their values.
    pub(super) fn size(&self) -> (usize, u64) {
        (self.0.len(), self.0.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(usage: Option<Usage>) -> Entry {
        Entry::new("the answer")
            .with_created(Timestamp::unix(Millis(5)))
            .with_ttl(Some(Millis(10)))
            .with_cost(3)
            .with_usage(usage)
            .with_tag("faq")
            .expect("a short tag")
    }

    /// An entry comes out as it went in, with usage and without, until its time is over; its
    /// payload is the very bytes that went in.
    #[test]
    fn entries_come_back_whole() {
        let memory = Memory::new(4, 4096);
        let usage = Usage {
            input_tokens: 1,
            cache_read_tokens: u64::MAX,
            cache_write_tokens: 3,
            cache_write_1h_tokens: 0x0102_0304_0506_0708,
            cache_write_12h_tokens: 4,
            output_tokens: 5,
        };
        for usage in [None, Some(usage)] {
            let key = RequestKey::from_bytes([7; 32]);
            memory.insert(&key, &entry(usage), Millis(5)).unwrap();
            let found = memory.lookup(&key, Millis(14)).unwrap();
            assert_eq!(found, entry(usage));
            assert_eq!(found.payload.as_ptr(), entry(usage).payload.as_ptr());
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

    /// A small memory is one piece, so that an answer may take all of it; a large one takes
    /// answers of at least as many bytes as are documented.
    #[test]
    fn long_answers_fit() {
        let memory = Memory::new(1 << 20, 3 * SHARD_BYTES_MIN / 2);
        assert_eq!(memory.0.weight_max(), 3 * SHARD_BYTES_MIN / 2);
        let memory = Memory::new(1 << 20, 1 << 30);
        assert!(memory.0.weight_max() >= SHARD_BYTES_MIN);
    }
}
