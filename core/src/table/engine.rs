//! Joins index, policy and values. Written once, over slices, for all kinds of memory and values.

use super::{
    ghost::Ghosts,
    hit::Found,
    index::{IndexView, KeyHash},
    memory::{Parts, View},
    outcome::{Ask, InsertError, Inserted, Miss, Missed},
    policy::{Node, Policy},
    slot::{Freshness, Meta, NONE, Slot, freshness},
    stats::{Stats, count},
    values::Values,
    worth::Worth,
};
use crate::{Millis, RequestKey};

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
    /// For `entries` slots, fewer than words can count; to be made empty by [`Engine::reset`].
    pub(super) fn new(entries: usize, seed: u64) -> Self {
        Self {
            hash: KeyHash::new(seed),
            policy: Policy::new(),
            worth: Worth::new(),
            free_slot: NONE,
            entries: entries as u32,
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

    /// Finds the entry under `key` and counts it as used; nothing else changes.
    // A lookup is this and little more: as a call of its own, with a view made for it, it takes a
    // quarter longer. The same holds for the others that are always inlined.
    #[inline(always)]
    pub(super) fn seek(
        &self,
        view: &View<'_>,
        key: &RequestKey,
        now: Millis,
        ask: Ask,
    ) -> Result<Found, Missed> {
        let at = self.find(view.index, view.slots, key, self.hash.of(key)).ok_or(Missed::Absent)?;
        let kept = view.slots[at as usize].freshness(now, self.stale_for);
        let freshness = kept.ok_or(Missed::Gone(at))?;
        if freshness == Freshness::Stale && ask == Ask::Fresh {
            return Err(Missed::Expired);
        }
        view.nodes[at as usize].used();
        Ok(Found { slot: at, freshness })
    }

    /// As [`seek`](Self::seek), and counts what came of it. What was missed goes to
    /// [`Engine::missed`].
    #[inline(always)]
    pub(super) fn lookup(
        &mut self,
        view: &View<'_>,
        key: &RequestKey,
        now: Millis,
        ask: Ask,
    ) -> Result<Found, Missed> {
        let found = self.seek(view, key, now, ask);
        let stats = &mut self.stats;
        match &found {
            Ok(found) => {
                let slot = &view.slots[found.slot as usize];
                let stale = found.freshness == Freshness::Stale;
                count(if stale { &mut stats.hits_stale } else { &mut stats.hits }, 1);
                count(&mut stats.hit_bytes, u64::from(slot.len));
                count(&mut stats.hit_cost, u64::from(slot.cost));
            }
            Err(Missed::Absent) => count(&mut stats.misses_absent, 1),
            Err(Missed::Expired | Missed::Gone(_)) => count(&mut stats.misses_expired, 1),
        }
        found
    }

    #[inline(always)]
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

/// A table at work: its slices, its values and the rest of it.
pub(super) struct Engine<'a, V> {
    pub(super) parts: Parts<'a>,
    pub(super) values: V,
    pub(super) state: &'a mut State,
}

impl<V: Values> Engine<'_, V> {
    /// Removes an entry that a lookup found to be beyond use, and tells the caller's side of it.
    pub(super) fn missed(&mut self, missed: Missed) -> Miss {
        if let Missed::Gone(at) = missed {
            count(&mut self.state.stats.expired, 1);
            self.release(at);
        }
        missed.into()
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
            let node = self.parts.nodes[at as usize].clone();
            self.release(at);
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
            self.release(at);
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
            self.release(at);
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
            let queued = self.parts.nodes[at as usize].is_queued();
            if queued && slot.freshness(now, self.state.stale_for).is_none() {
                self.release(at);
                count(&mut self.state.stats.expired, 1);
            }
        }
        (len_before - self.state.len) as usize
    }

    #[inline]
    fn find(&self, key: &RequestKey, hash: u32) -> Option<u32> {
        self.state.find(self.parts.index.view(), self.parts.slots, key, hash)
    }

    /// Makes the table empty, whatever its slices hold.
    pub(super) fn reset(&mut self) {
        let state = &mut *self.state;
        let slots = &mut *self.parts.slots;
        for (next, slot) in (1..).zip(slots.iter_mut()) {
            *slot = Slot { hash: next, ..Slot::EMPTY };
        }
        self.parts.nodes.fill(Node::FREE);
        state.free_slot = NONE;
        if let Some(last) = slots.last_mut() {
            last.hash = NONE;
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
        let slots = &*self.parts.slots;
        let beyond_use = |at: u32| slots[at as usize].freshness(now, stale_for).is_none();
        let victim = state.policy.victim(self.parts.nodes, beyond_use);
        let at = victim.expect("without entries all slots and bytes are free");
        if beyond_use(at) {
            count(&mut state.stats.expired, 1);
            state.policy.forget(self.parts.nodes, at);
        } else {
            match cause {
                Cause::Slot => count(&mut state.stats.evicted_for_slot, 1),
                Cause::Bytes => count(&mut state.stats.evicted_for_bytes, 1),
            }
            let ghosts = &mut Ghosts::new(self.parts.ghosts, state.entries);
            let hash = slots[at as usize].hash;
            state.policy.evicted(self.parts.nodes, ghosts, at, hash);
        }
        self.detach(at);
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
        let Parts { slots, nodes, index, ghosts } = &mut self.parts;
        let state = &mut *self.state;
        let at = state.free_slot;
        let slot = &mut slots[at as usize];
        state.free_slot = slot.hash;
        slot.hash = hash;
        slot.key = *key;
        slot.created = meta.created;
        slot.ttl = meta.ttl.unwrap_or(Millis(u64::MAX));
        slot.cost = meta.cost;
        slot.len = len as u32;
        slot.handle = self.values.put(at, value, len);
        index.link(slots, at);
        let class = state.worth.class(meta.cost, len);
        match old {
            Some(node) => state.policy.readmit(nodes, at, &node, class),
            None => {
                let mut ghosts = Ghosts::new(ghosts, state.entries);
                state.policy.admit(nodes, &mut ghosts, at, hash, class);
            }
        }
        state.len += 1;
        state.bytes += len as u64;
    }

    /// Takes the entry in slot `at` out of every layer.
    fn release(&mut self, at: u32) {
        self.state.policy.forget(self.parts.nodes, at);
        self.detach(at);
    }

    /// Takes the entry in slot `at` out of every layer but the policy, which has let go of it.
    fn detach(&mut self, at: u32) {
        let Parts { slots, index, .. } = &mut self.parts;
        let state = &mut *self.state;
        index.unlink(slots, at);
        let slot = &mut slots[at as usize];
        let (handle, len) = (slot.handle, slot.len);
        state.bytes -= u64::from(len);
        state.len -= 1;
        slot.hash = state.free_slot;
        state.free_slot = at;
        // At last, for it may run foreign code, and that may panic.
        self.values.release(at, handle, len as usize);
    }
}
