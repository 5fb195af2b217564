//! Joins index, policy and arena. Written once, over slices, for all kinds of memory.

use super::{
    arena::{Arena, BLOCK_BYTES, blocks_for},
    ghost::Ghosts,
    hit::Found,
    index::{IndexView, KeyHash},
    memory::{SliceMemory, View},
    policy::{Node, Policy},
    slot::{Freshness, Meta, NONE, Slot, freshness},
    stats::{Stats, count},
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

/// All of a table but its slices.
pub(super) struct State {
    pub(super) hash: KeyHash,
    pub(super) policy: Policy,
    pub(super) arena: Arena,
    worth: Worth,
    /// The first of the free slots, chained.
    pub(super) free_slot: u32,
    pub(super) entries: u32,
    pub(super) blocks: u32,
    pub(super) len: u32,
    pub(super) bytes: u64,
    /// Where the next sweep goes on.
    sweep_at: u32,
    pub(super) stale_for: Millis,
    pub(super) stats: Stats,
}

impl State {
    pub(super) fn new(parts: SliceMemory<'_>, seed: u64) -> Self {
        // Numbers of slots and blocks are words, and the highest one means "none".
        let words = |len: usize| len.min(NONE as usize) as u32;
        let mut state = Self {
            hash: KeyHash::new(seed),
            policy: Policy::new(),
            arena: Arena::new(&mut []),
            worth: Worth::new(),
            free_slot: NONE,
            entries: words(parts.index.entries_max(parts.slots.len())),
            blocks: words(parts.links.len().min(parts.blocks.len())),
            len: 0,
            bytes: 0,
            sweep_at: 0,
            stale_for: Millis(0),
            stats: Stats::default(),
        };
        Engine { parts, state: &mut state }.reset();
        state
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

    pub(super) fn bytes_capacity(&self) -> usize {
        // Lengths are words.
        (self.blocks as usize).saturating_mul(BLOCK_BYTES).min(u32::MAX as usize)
    }

    pub(super) fn peek(&self, view: &View<'_>, key: &RequestKey, now: Millis) -> Option<Found> {
        let slot = self.find(view.index, view.slots, key, self.hash.of(key))?;
        let freshness = view.slots[slot as usize].freshness(now, self.stale_for)?;
        Some(Found { slot, freshness })
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

/// A table at work: its slices and the rest of it.
pub(super) struct Engine<'a> {
    pub(super) parts: SliceMemory<'a>,
    pub(super) state: &'a mut State,
}

impl Engine<'_> {
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
        value: &[u8],
        meta: Meta,
        now: Millis,
    ) -> Result<Inserted, InsertError> {
        let hash = self.state.hash.of(key);
        let old = self.find(key, hash);
        let old = old.map(|at| {
            let node = self.parts.slots[at as usize].node;
            self.release(at, hash);
            node
        });
        if let Err(refused) = self.check(value, &meta, now) {
            count(&mut self.state.stats.removed, u64::from(old.is_some()));
            return Err(refused);
        }
        let evicted = self.make_room(value.len(), now);
        self.store(key, hash, value, &meta, old);
        let stats = &mut self.state.stats;
        count(&mut stats.inserts, 1);
        count(&mut stats.replaced, u64::from(old.is_some()));
        count(&mut stats.insert_bytes, value.len() as u64);
        Ok(Inserted { replaced: old.is_some(), evicted })
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
    fn reset(&mut self) {
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
        Ghosts(self.parts.ghosts).clear();
        state.arena = Arena::new(&mut self.parts.links[..state.blocks as usize]);
        state.policy = Policy::new();
        (state.len, state.bytes, state.sweep_at) = (0, 0, 0);
    }

    fn check(&mut self, value: &[u8], meta: &Meta, now: Millis) -> Result<(), InsertError> {
        let capacity = self.state.bytes_capacity();
        if self.state.entries == 0 {
            count(&mut self.state.stats.rejected_too_big, 1);
            return Err(InsertError::NoSlots);
        }
        if value.len() > capacity {
            count(&mut self.state.stats.rejected_too_big, 1);
            return Err(InsertError::TooBig { needed: value.len(), capacity });
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
        while self.state.arena.free_blocks() < blocks_for(len) {
            self.evict(Cause::Bytes, now);
        }
        (len_before - self.state.len) as usize
    }

    fn evict(&mut self, cause: Cause, now: Millis) {
        let state = &mut *self.state;
        let stale_for = state.stale_for;
        let beyond_use = |slot: &Slot| slot.freshness(now, stale_for).is_none();
        let victim = state.policy.victim(self.parts.slots, beyond_use);
        let at = victim.expect("without entries all slots and blocks are free");
        let slot = &self.parts.slots[at as usize];
        let hash = state.hash.of(&slot.key);
        if beyond_use(slot) {
            count(&mut state.stats.expired, 1);
        } else {
            match cause {
                Cause::Slot => count(&mut state.stats.evicted_for_slot, 1),
                Cause::Bytes => count(&mut state.stats.evicted_for_bytes, 1),
            }
            let ghosts = &mut Ghosts(self.parts.ghosts);
            state.policy.evicted(self.parts.slots, ghosts, at, hash);
        }
        self.release(at, hash);
    }

    /// Fills a free slot. There must be one, and blocks enough.
    fn store(&mut self, key: &RequestKey, hash: u32, value: &[u8], meta: &Meta, old: Option<Node>) {
        let SliceMemory { slots, index, ghosts, links, blocks } = &mut self.parts;
        let state = &mut *self.state;
        let at = state.free_slot;
        let slot = &mut slots[at as usize];
        state.free_slot = slot.chain;
        slot.key = *key;
        slot.created = meta.created;
        slot.ttl = meta.ttl.unwrap_or(Millis(u64::MAX));
        slot.cost = meta.cost;
        slot.len = value.len() as u32;
        slot.last = state.arena.put(links, blocks, value);
        index.link(slots, &state.hash, at, hash);
        let credit = state.worth.credit(meta.cost, value.len());
        match old {
            Some(node) => state.policy.readmit(slots, at, node, credit),
            None => state.policy.admit(slots, &mut Ghosts(ghosts), at, hash, credit),
        }
        state.len += 1;
        state.bytes += value.len() as u64;
    }

    /// Takes the entry in slot `at`, whose key has this `hash`, out of every layer.
    fn release(&mut self, at: u32, hash: u32) {
        let SliceMemory { slots, index, links, .. } = &mut self.parts;
        let state = &mut *self.state;
        state.policy.forget(slots, at);
        index.unlink(slots, at, hash);
        let slot = &mut slots[at as usize];
        state.arena.release(links, slot.last, slot.len as usize);
        state.bytes -= u64::from(slot.len);
        state.len -= 1;
        slot.chain = state.free_slot;
        state.free_slot = at;
    }
}
