//! Every invariant of the table, checked the slow and obvious way.

use super::{
    arena::{Runs, blocks_for},
    engine::Engine,
    slot::{NONE, Slot},
    values::{Bytes, Values},
};
use core::iter::successors;

/// Marks of one bit for each slot or block, without a heap: whatever is larger is not checked for
/// being used twice.
struct Marks([u64; 1024]);

impl Marks {
    fn set(&mut self, at: u32) {
        let Some(word) = self.0.get_mut(at as usize / 64) else { return };
        let bit = 1 << (at % 64);
        assert_eq!(*word & bit, 0, "number {at} is in use twice");
        *word |= bit;
    }
}

impl<V: Values> Engine<'_, V> {
    pub(super) fn validate(&self) {
        self.validate_index();
        let slots = &self.parts.slots[..self.state.entries as usize];
        let queued = self.state.policy.validate(slots);
        assert_eq!(queued, self.state.len(), "the policy holds another number of entries");
        let queued = slots.iter().filter(|slot| slot.node.is_queued());
        let bytes: u64 = queued.map(|slot| u64::from(slot.len)).sum();
        assert_eq!(bytes, self.state.bytes, "bytes are miscounted");
        self.values.validate(slots, bytes);
    }

    /// Each slot is found by its key or in the free list, and it is in one of them only.
    fn validate_index(&self) {
        let mut seen = Marks([0; 1024]);
        let slots = &*self.parts.slots;
        let index = self.parts.index.view();
        let mut entries = 0;
        index.for_each(slots, |at| {
            let slot = &slots[at as usize];
            let found = index.find(slots, &slot.key, self.state.hash.of(&slot.key));
            assert_eq!(found, Some(at), "in the index, and not where its key leads to");
            assert!(slot.node.is_queued(), "an entry that the policy does not hold");
            seen.set(at);
            entries += 1;
        });
        assert_eq!(entries, self.state.len, "the index holds another number of entries");
        let some = |at: u32| Some(at).filter(|&at| at != NONE);
        let next = |&at: &u32| some(slots[at as usize].chain);
        // A list that bites its tail comes out as a slot in use twice, or as a wrong count.
        for at in successors(some(self.state.free_slot), next).take(slots.len() + 1) {
            assert!(!slots[at as usize].node.is_queued(), "a free slot that the policy holds");
            seen.set(at);
            entries += 1;
        }
        assert_eq!(entries, self.state.entries, "a slot is not in the index and not free");
    }
}

/// Each block is in one value or in the free list.
pub(super) fn blocks(values: &Bytes<'_>, slots: &[Slot]) {
    let mut seen = Marks([0; 1024]);
    let (links, blocks) = (&*values.links, &*values.blocks);
    values.arena.validate(links, |at| seen.set(at));
    let mut used = values.arena.free_blocks();
    for slot in slots.iter().filter(|slot| slot.node.is_queued()) {
        let len = slot.len as usize;
        let read = Runs::new(links, blocks, slot.handle, len).map(<[u8]>::len).sum::<usize>();
        assert_eq!(read, len, "a value reads shorter or longer than it is");
        let mut at = slot.handle;
        for _ in 0..blocks_for(len) {
            at = links[at as usize];
            seen.set(at);
        }
        assert_eq!(at, slot.handle, "a value's blocks are no ring");
        used += blocks_for(len);
    }
    assert_eq!(used, values.arena.blocks(), "a block is in no value and not free");
}
