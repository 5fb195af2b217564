//! Joins index, policy and values. Written once, over slices, for all kinds of memory and values.

use super::{
    ghost::Ghosts,
    hit::Found,
    index::{IndexView, KeyHash},
    memory::{Parts, View},
    policy::{Node, Policy},
    slot::{Freshness, Meta, NONE, Slot, freshness},
    stats::{Stats, count},
    values::Values,
    worth::Worth,
};
use crate::{Millis, RequestKey};
use core::fmt;

/// What an insert did beside storing the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inserted {
    /// Whether an older value under the same key was replaced, expired or not.
    pub replaced: bool,
    /// How many other entries went for this one.
    pub evicted: usize,
}

/// Why a value was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsertError {
    /// The value can never fit.
    TooBig {
        /// The value's length in bytes.
        needed: usize,
        /// The length of the longest value that fits.
        capacity: usize,
    },
    /// The table was built without room for a single entry.
    NoSlots,
    /// Its ttl is over already, by as much as the table keeps stale entries.
    Expired,
}

impl fmt::Display for InsertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooBig { needed, capacity } => {
                write!(f, "a value of {needed} bytes never fits a table for {capacity} bytes")
            }
            Self::NoSlots => f.write_str("the table was built for no entries at all"),
            Self::Expired => f.write_str("the value's time to live is over already"),
        }
    }
}

impl core::error::Error for InsertError {}

/// Why a lookup found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// There is no entry under the key: never inserted, evicted, or removed.
    Absent,
    /// There was an entry, but its ttl is over.
    Expired,
}

/// What a lookup is content with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Fresh,
    Stale,
}

/// Why an entry is evicted.
#[derive(Clone, Copy)]
enum Cause {
    Slot,
    Bytes,
}

/// All of a table but its slices and its values.
pub(super) struct State {
    pub(super) hash: KeyHash,
    pub(super) policy: Policy,
    worth: Worth,
    /// The first of the free slots, chained.
    pub(super) free_slot: u32,
    pub(super) entries: u32,
    pub(super) len: u32,
    pub(super) bytes: u64,
    /// Where the next sweep goes on.
    sweep_at: u32,
    pub(super) stale_for: Millis,
    pub(super) stats: Stats,
}

impl State {
    /// For `entries` slots; to be made empty by [`Engine::reset`].
    pub(super) fn new(entries: usize, seed: u64) -> Self {
        Self {
            hash: KeyHash::new(seed),
            policy: Policy::new(),
            worth: Worth::new(),
            free_slot: NONE,
            entries: word(entries),
            len: 0,
            bytes: 0,
            sweep_at: 0,
            stale_for: Millis(0),
            stats: Stats::default(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len as usize
    }

    pub(super) const fn entries(&self) -> usize {
        self.entries as usize
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn peek(&self, view: &View<'_>, key: &RequestKey, now: Millis) -> Option<Found> {
        let slot = self.find(view.index, view.slots, key, self.hash.of(key))?;
        let freshness = view.slots[slot as usize].freshness(now, self.stale_for)?;
        Some(Found { slot, freshness })
    }

    /// As [`Engine::lookup`], but removes nothing and counts nothing beside the use of the entry.
    #[cfg(feature = "alloc")]
    #[inline]
    pub(super) fn lookup_shared(
        &self,
        view: &View<'_>,
        key: &RequestKey,
        now: Millis,
        ask: Ask,
    ) -> Result<Found, Miss> {
        let at = self.find(view.index, view.slots, key, self.hash.of(key)).ok_or(Miss::Absent)?;
        let slot = &view.slots[at as usize];
        let kept = slot.freshness(now, self.stale_for);
        let wanted = |&is: &Freshness| is == Freshness::Fresh || ask == Ask::Stale;
        let freshness = kept.filter(wanted).ok_or(Miss::Expired)?;
        slot.node.used();
        Ok(Found { slot: at, freshness })
    }

    pub(super) fn find(
        &self,
        index: IndexView<'_>,
        slots: &[Slot],
        key: &RequestKey,
        hash: u32,
    ) -> Option<u32> {
        if self.len == 0 { None } else { index.find(slots, key, hash) }
    }
}

/// The number of slots or blocks to work with: numbers are words, and the highest means "none".
pub(super) fn word(len: usize) -> u32 {
    len.min(NONE as usize) as u32
}

/// A table at work: its slices, its values and the rest of it.
pub(super) struct Engine<'a, V> {
    pub(super) parts: Parts<'a>,
    pub(super) values: V,
    pub(super) state: &'a mut State,
}

impl<V: Values> Engine<'_, V> {
    pub(super) fn lookup(
        &mut self,
        key: &RequestKey,
        now: Millis,
        ask: Ask,
    ) -> Result<Found, Miss> {
        let hash = self.state.hash.of(key);
        let Some(at) = self.find(key, hash) else {
            count(&mut self.state.stats.misses_absent, 1);
            return Err(Miss::Absent);
        };
        let slot = &mut self.parts.slots[at as usize];
        let stats = &mut self.state.stats;
        match slot.freshness(now, self.state.stale_for) {
            Some(Freshness::Fresh) => count(&mut stats.hits, 1),
            Some(Freshness::Stale) if ask == Ask::Stale => count(&mut stats.hits_stale, 1),
            kept => {
                count(&mut stats.misses_expired, 1);
                if kept.is_none() {
                    count(&mut stats.expired, 1);
                    self.release(at, hash);
                }
                return Err(Miss::Expired);
            }
        }
        count(&mut stats.hit_bytes, u64::from(slot.len));
        count(&mut stats.hit_cost, u64::from(slot.cost));
        slot.node.used();
        let freshness = slot.freshness(now, self.state.stale_for).unwrap_or(Freshness::Fresh);
        Ok(Found { slot: at, freshness })
    }

    pub(super) fn insert(
        &mut self,
        key: &RequestKey,
        value: V::Value<'_>,
        len: usize,
        meta: Meta,
        now: Millis,
    ) -> Result<Inserted, InsertError> {
        let hash = self.state.hash.of(key);
        let old = self.find(key, hash);
        let old = old.map(|at| {
            let node = self.parts.slots[at as usize].node.clone();
            self.release(at, hash);
            node
        });
        if let Err(refused) = self.check(len, &meta, now) {
            count(&mut self.state.stats.removed, u64::from(old.is_some()));
            return Err(refused);
        }
        let evicted = self.make_room(len, now);
        let replaced = old.is_some();
        self.store(key, hash, (value, len), &meta, old);
        let stats = &mut self.state.stats;
        count(&mut stats.inserts, 1);
        count(&mut stats.replaced, u64::from(replaced));
        count(&mut stats.insert_bytes, len as u64);
        Ok(Inserted { replaced, evicted })
    }

    pub(super) fn remove(&mut self, key: &RequestKey) -> bool {
        let hash = self.state.hash.of(key);
        let found = self.find(key, hash);
        if let Some(at) = found {
            self.release(at, hash);
            count(&mut self.state.stats.removed, 1);
        }
        found.is_some()
    }

    /// Removes the entry under `key` if it is beyond use.
    #[cfg(feature = "alloc")]
    pub(super) fn reclaim(&mut self, key: &RequestKey, now: Millis) {
        let hash = self.state.hash.of(key);
        if let Some(at) = self.find(key, hash)
            && self.parts.slots[at as usize].freshness(now, self.state.stale_for).is_none()
        {
            count(&mut self.state.stats.expired, 1);
            self.release(at, hash);
        }
    }

    pub(super) fn clear(&mut self) {
        count(&mut self.state.stats.removed, u64::from(self.state.len));
        self.reset();
    }

    pub(super) fn sweep(&mut self, now: Millis, budget: usize) -> usize {
        let len_before = self.state.len;
        for _ in 0..budget.min(self.state.entries()) {
            let at = self.state.sweep_at;
            self.state.sweep_at = if at + 1 < self.state.entries { at + 1 } else { 0 };
            let slot = &self.parts.slots[at as usize];
            if slot.node.is_queued() && slot.freshness(now, self.state.stale_for).is_none() {
                let hash = self.state.hash.of(&slot.key);
                self.release(at, hash);
                count(&mut self.state.stats.expired, 1);
            }
        }
        (len_before - self.state.len) as usize
    }

    fn find(&self, key: &RequestKey, hash: u32) -> Option<u32> {
        self.state.find(self.parts.index.view(), self.parts.slots, key, hash)
    }

    /// Makes the table empty, whatever its slices hold.
    pub(super) fn reset(&mut self) {
        let state = &mut *self.state;
        let slots = &mut self.parts.slots[..state.entries as usize];
        for (next, slot) in (1..).zip(slots.iter_mut()) {
            *slot = Slot { chain: next, ..Slot::EMPTY };
        }
        state.free_slot = NONE;
        if let Some(last) = slots.last_mut() {
            last.chain = NONE;
            state.free_slot = 0;
        }
        self.parts.index.clear();
        Ghosts::new(self.parts.ghosts, state.entries).clear();
        state.policy = Policy::new();
        (state.len, state.bytes, state.sweep_at) = (0, 0, 0);
        self.values.reset();
    }

    fn check(&mut self, len: usize, meta: &Meta, now: Millis) -> Result<(), InsertError> {
        let capacity = self.values.len_max();
        if self.state.entries == 0 {
            count(&mut self.state.stats.rejected_too_big, 1);
            return Err(InsertError::NoSlots);
        }
        if len > capacity {
            count(&mut self.state.stats.rejected_too_big, 1);
            return Err(InsertError::TooBig { needed: len, capacity });
        }
        let ttl = meta.ttl.unwrap_or(Millis(u64::MAX));
        if freshness(meta.created, ttl, now, self.state.stale_for).is_none() {
            count(&mut self.state.stats.rejected_expired, 1);
            return Err(InsertError::Expired);
        }
        Ok(())
    }

    /// Evicts until there is a free slot and room for `len` bytes; returns how many went.
    fn make_room(&mut self, len: usize, now: Millis) -> usize {
        let len_before = self.state.len;
        if self.state.free_slot == NONE {
            self.evict(Cause::Slot, now);
        }
        while !self.values.has_room(len) {
            self.evict(Cause::Bytes, now);
        }
        (len_before - self.state.len) as usize
    }

    fn evict(&mut self, cause: Cause, now: Millis) {
        let state = &mut *self.state;
        let stale_for = state.stale_for;
        let beyond_use = |slot: &Slot| slot.freshness(now, stale_for).is_none();
        let victim = state.policy.victim(self.parts.slots, beyond_use);
        let at = victim.expect("without entries all slots and bytes are free");
        let slot = &self.parts.slots[at as usize];
        let hash = state.hash.of(&slot.key);
        if beyond_use(slot) {
            count(&mut state.stats.expired, 1);
        } else {
            match cause {
                Cause::Slot => count(&mut state.stats.evicted_for_slot, 1),
                Cause::Bytes => count(&mut state.stats.evicted_for_bytes, 1),
            }
            let ghosts = &mut Ghosts::new(self.parts.ghosts, state.entries);
            state.policy.evicted(self.parts.slots, ghosts, at, hash);
        }
        self.release(at, hash);
    }

    /// Fills a free slot. There must be one, and room for the value.
    fn store(
        &mut self,
        key: &RequestKey,
        hash: u32,
        (value, len): (V::Value<'_>, usize),
        meta: &Meta,
        old: Option<Node>,
    ) {
        let Parts { slots, index, ghosts } = &mut self.parts;
        let state = &mut *self.state;
        let at = state.free_slot;
        let slot = &mut slots[at as usize];
        state.free_slot = slot.chain;
        slot.key = *key;
        slot.created = meta.created;
        slot.ttl = meta.ttl.unwrap_or(Millis(u64::MAX));
        slot.cost = meta.cost;
        slot.len = len as u32;
        slot.handle = self.values.put(at, value, len);
        index.link(slots, &state.hash, at, hash);
        let class = state.worth.class(meta.cost, len);
        match old {
            Some(node) => state.policy.readmit(slots, at, &node, class),
            None => {
                let mut ghosts = Ghosts::new(ghosts, state.entries);
                state.policy.admit(slots, &mut ghosts, at, hash, class);
            }
        }
        state.len += 1;
        state.bytes += len as u64;
    }

    /// Takes the entry in slot `at`, whose key has this `hash`, out of every layer.
    fn release(&mut self, at: u32, hash: u32) {
        let Parts { slots, index, .. } = &mut self.parts;
        let state = &mut *self.state;
        state.policy.forget(slots, at);
        index.unlink(slots, at, hash);
        let slot = &mut slots[at as usize];
        let (handle, len) = (slot.handle, slot.len);
        state.bytes -= u64::from(len);
        state.len -= 1;
        slot.chain = state.free_slot;
        state.free_slot = at;
        // At last, for it may run foreign code, and that may panic.
        self.values.release(at, handle, len as usize);
    }
}
