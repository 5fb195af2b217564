//! The table for values of a type, each with a weight that its caller states.

use super::{
    HeapMemory, InsertError, Inserted, Meta, Miss, SliceMemory, Stats,
    cells::{Budget, Cells},
    engine::{Engine, State},
    hit::Found,
    memory::{Parts, Slices},
    outcome::Ask,
    slot::{Freshness, Slot},
};
use crate::{Millis, RequestKey};
use alloc::{boxed::Box, vec::Vec};
use core::fmt;

/// A cache table whose values are of a type rather than bytes: shared buffers, decoded answers.
///
/// It is [`Table`](super::Table) in all but where the values are: the same index, policy, times
/// and statistics, over the same code. A value stays where it was put until it leaves; the table
/// never clones one. What a value weighs is its caller's to say, in bytes, and counts against the
/// table's bytes and in the worth of the entry just as the length of a value in bytes does.
///
/// An entry takes [`ENTRY_BYTES`](super::ENTRY_BYTES) and an `Option<V>`, allocated once when the
/// table is built; what a value holds beyond itself is its own memory, and its weight should tell.
///
/// Values are dropped in the call that takes them out, unless that hands them over: see
/// [`insert_then`](Self::insert_then). A panic in their `drop` leaves the table in order.
pub struct ValueTable<V> {
    memory: HeapMemory,
    cells: Box<[Option<V>]>,
    budget: Budget,
    state: State,
}

/// A value that was found, borrowed from its table.
#[derive(Clone, Copy)]
pub struct ValueHit<'t, V> {
    /// The value.
    pub value: &'t V,
    /// Its weight in bytes, as its caller stated it.
    pub weight: usize,
    /// What its caller said about it.
    pub meta: Meta,
    /// The time since `meta.created`; zero if the clock has jumped back before it.
    pub age: Millis,
    /// Whether its ttl is over.
    pub freshness: Freshness,
}

impl<V> ValueTable<V> {
    /// An empty table for `entries` values that weigh at most `bytes` bytes together. Allocates
    /// all memory of its own that it will ever use; O(entries). For `seed` see
    /// [`Table::new`](super::Table::new).
    #[must_use]
    pub fn new(entries: usize, bytes: u64, seed: u64) -> Self {
        let mut memory = HeapMemory::new(entries, 0);
        let entries = memory.parts().slots.len();
        let mut table = Self {
            memory,
            cells: core::iter::repeat_with(|| None).take(entries).collect(),
            budget: Budget::new(bytes),
            state: State::new(entries, seed),
        };
        table.engine(drop).reset();
        table
    }

    /// As [`Table::lookup`](super::Table::lookup): the value under `key` if it is fresh at `now`.
    /// It counts as used. O(1) expected.
    ///
    /// # Errors
    ///
    /// [`Miss::Absent`] or [`Miss::Expired`]. An entry that is beyond use is removed here.
    pub fn lookup(&mut self, key: &RequestKey, now: Millis) -> Result<ValueHit<'_, V>, Miss> {
        self.ask(key, now, Ask::Fresh)
    }

    /// As [`Table::get_stale`](super::Table::get_stale): the value under `key` even if its ttl is
    /// over, as long as it is not over by [`stale_for`](Self::stale_for) or more.
    pub fn get_stale(&mut self, key: &RequestKey, now: Millis) -> Option<ValueHit<'_, V>> {
        self.ask(key, now, Ask::Stale).ok()
    }

    /// As [`lookup`](Self::lookup), for many readers at a time: the value counts as used, but
    /// nothing is removed and nothing counted, which is left to who shares the table.
    ///
    /// # Errors
    ///
    /// [`Miss::Absent`] or [`Miss::Expired`]; the entry may still be there then.
    #[inline]
    pub fn lookup_shared(&self, key: &RequestKey, now: Millis) -> Result<ValueHit<'_, V>, Miss> {
        self.ask_shared(key, now, Ask::Fresh)
    }

    /// As [`get_stale`](Self::get_stale), for many readers at a time: the value counts as used,
    /// but nothing is removed and nothing counted.
    ///
    /// # Errors
    ///
    /// [`Miss::Absent`] or [`Miss::Expired`]; the entry may still be there then.
    pub fn stale_shared(&self, key: &RequestKey, now: Millis) -> Result<ValueHit<'_, V>, Miss> {
        self.ask_shared(key, now, Ask::Stale)
    }

    /// As [`get_stale`](Self::get_stale), but leaves no trace: no count, no effect on eviction.
    #[must_use]
    pub fn peek(&self, key: &RequestKey, now: Millis) -> Option<ValueHit<'_, V>> {
        let found = self.state.peek(&self.memory.view(), key, now)?;
        self.hit(&found, now)
    }

    /// Stores `value`, which weighs `weight` bytes, under `key`, in place of what was there, and
    /// evicts what must go for it. Drops what leaves, `value` itself if it is refused.
    ///
    /// # Errors
    ///
    /// As [`Table::insert`](super::Table::insert). A weight over [`weight_max`](Self::weight_max)
    /// can never fit.
    pub fn insert(
        &mut self,
        key: &RequestKey,
        value: V,
        weight: usize,
        meta: Meta,
        now: Millis,
    ) -> Result<Inserted, InsertError> {
        self.insert_then(key, (value, weight), meta, now, drop)
    }

    /// As [`insert`](Self::insert) of a value and its weight, and hands every value that leaves to
    /// `gone`: what was replaced, what was evicted, and the value itself if it is refused. So a
    /// caller can drop them where it holds no lock.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn insert_then(
        &mut self,
        key: &RequestKey,
        (value, weight): (V, usize),
        meta: Meta,
        now: Millis,
        mut gone: impl FnMut(V),
    ) -> Result<Inserted, InsertError> {
        let mut value = Some(value);
        let result = self.engine(&mut gone).insert(key, &mut value, weight, meta, now);
        value.map(gone);
        result
    }

    /// Removes the value under `key` and returns it.
    pub fn remove(&mut self, key: &RequestKey) -> Option<V> {
        let mut removed = None;
        self.engine(|value| removed = Some(value)).remove(key);
        removed
    }

    /// Removes the values that `is_selected` names and hands them to `gone`; returns how many.
    /// O(entries). A panic in either leaves the table in order.
    pub fn remove_if(
        &mut self,
        mut is_selected: impl FnMut(&RequestKey, &V) -> bool,
        mut gone: impl FnMut(V),
    ) -> usize {
        let mut removed = 0;
        for at in 0..self.cells.len() {
            let Some(value) = &self.cells[at] else { continue };
            let key = self.memory.view().slots[at].key;
            if is_selected(&key, value) {
                self.engine(&mut gone).remove(&key);
                removed += 1;
            }
        }
        removed
    }

    /// Removes the value under `key` if it is beyond use at `now`, as expired, and returns it:
    /// what [`lookup`](Self::lookup) does, left to do after
    /// [`lookup_shared`](Self::lookup_shared).
    pub fn reclaim(&mut self, key: &RequestKey, now: Millis) -> Option<V> {
        let mut removed = None;
        self.engine(|value| removed = Some(value)).reclaim(key, now);
        removed
    }

    /// Removes all values and returns them. Counters, seed and settings stay. O(entries).
    pub fn clear(&mut self) -> Vec<V> {
        let mut removed = Vec::with_capacity(self.len());
        self.engine(|value| removed.push(value)).clear();
        removed
    }

    /// As [`Table::sweep`](super::Table::sweep): looks at up to `budget` slots, from where the last
    /// call stopped, and hands the values that are no longer of use at `now` to `gone`.
    pub fn sweep(&mut self, now: Millis, budget: usize, gone: impl FnMut(V)) -> usize {
        self.engine(gone).sweep(now, budget)
    }

    /// Sets how long entries stay available to [`get_stale`](Self::get_stale) after their ttl is
    /// over; zero, the default, means not at all.
    pub fn set_stale_for(&mut self, stale_for: Millis) {
        self.state.stale_for = stale_for;
    }

    /// How long entries stay available after their ttl is over.
    #[must_use]
    pub const fn stale_for(&self) -> Millis {
        self.state.stale_for
    }

    /// The number of entries, expired ones that nobody has met yet included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.state.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of entries that there is room for.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.state.entries()
    }

    /// The sum of the weights of all values, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.state.bytes()
    }

    /// The weight of the heaviest value that fits, in bytes: all of the table's, up to `u32::MAX`.
    #[must_use]
    pub fn weight_max(&self) -> usize {
        self.budget.len_max()
    }

    /// What has happened since the table was built, without what went through shared references.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.state.stats
    }

    /// Checks every invariant of the table, layer by layer. O(entries).
    ///
    /// # Panics
    ///
    /// When an invariant does not hold, saying which.
    #[cfg(any(test, fuzzing))]
    pub fn validate(&mut self) {
        self.engine(drop).validate();
    }

    fn ask(&mut self, key: &RequestKey, now: Millis, ask: Ask) -> Result<ValueHit<'_, V>, Miss> {
        let found = self.state.lookup(&self.memory.view(), key, now, ask);
        let found = found.map_err(|missed| self.engine(drop).missed(missed))?;
        self.hit(&found, now).ok_or(Miss::Absent)
    }

    #[inline]
    fn ask_shared(&self, key: &RequestKey, now: Millis, ask: Ask) -> Result<ValueHit<'_, V>, Miss> {
        let found = self.state.seek(&self.memory.view(), key, now, ask)?;
        self.hit(&found, now).ok_or(Miss::Absent)
    }

    #[inline]
    fn hit(&self, found: &Found, now: Millis) -> Option<ValueHit<'_, V>> {
        let slot: &Slot = &self.memory.view().slots[found.slot as usize];
        let value = self.cells[found.slot as usize].as_ref()?;
        let (meta, age) = (slot.meta(), now.since(slot.created));
        Some(ValueHit { value, weight: slot.len as usize, meta, age, freshness: found.freshness })
    }

    fn engine<F: FnMut(V)>(&mut self, gone: F) -> Engine<'_, Cells<'_, V, F>> {
        let SliceMemory { slots, nodes, index, ghosts, .. } = self.memory.parts();
        Engine {
            parts: Parts { slots, nodes, index, ghosts },
            values: Cells { budget: &mut self.budget, cells: &mut self.cells, gone },
            state: &mut self.state,
        }
    }
}

impl<V> fmt::Debug for ValueTable<V> {
    /// Shows sizes and counters; no key, no value, no seed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueTable")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("bytes", &self.bytes())
            .field("stats", self.stats())
            .finish_non_exhaustive()
    }
}

impl<V> fmt::Debug for ValueHit<'_, V> {
    /// Shows the weight, not the value: it is somebody's answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueHit")
            .field("weight", &self.weight)
            .field("meta", &self.meta)
            .field("age", &self.age)
            .field("freshness", &self.freshness)
            .finish_non_exhaustive()
    }
}
