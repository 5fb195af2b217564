//! Every invariant of the table, checked the slow and obvious way.

use super::{
    arena::{Arena, Runs, blocks_for},
    engine::Engine,
    policy::Node,
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
        let (slots, nodes) = (&*self.parts.slots, &*self.parts.nodes);
        let queued = self.state.policy.validate(nodes);
        assert_eq!(queued, self.state.len(), "the policy holds another number of entries");
        let bytes: u64 = entries(slots, nodes).map(|slot| u64::from(slot.len)).sum();
        assert_eq!(bytes, self.state.bytes, "bytes are miscounted");
        self.values.validate(slots, nodes, bytes);
    }

    /// Each slot is found by its key or in the free list, and it is in one of them only.
    fn validate_index(&self) {
        let mut seen = Marks([0; 1024]);
        let (slots, nodes) = (&*self.parts.slots, &*self.parts.nodes);
        let index = self.parts.index.view();
        let mut entries = 0;
        index.for_each(slots, |at| {
            let slot = &slots[at as usize];
            let found = index.find(slots, &slot.key, slot.hash);
            assert_eq!(found, Some(at), "in the index, and not where its key leads to");
            assert_eq!(slot.hash, self.state.hash.of(&slot.key), "a hash of another key");
            assert!(nodes[at as usize].is_queued(), "an entry that the policy does not hold");
            seen.set(at);
            entries += 1;
        });
        assert_eq!(entries, self.state.len, "the index holds another number of entries");
        let some = |at: u32| Some(at).filter(|&at| at != NONE);
        let next = |&at: &u32| some(slots[at as usize].hash);
        // A list that bites its tail comes out as a slot in use twice, or as a wrong count.
        for at in successors(some(self.state.free_slot), next).take(slots.len() + 1) {
            assert!(!nodes[at as usize].is_queued(), "a free slot that the policy holds");
            seen.set(at);
            entries += 1;
        }
        assert_eq!(entries, self.state.entries, "a slot is not in the index and not free");
    }
}

/// The slots that hold an entry.
fn entries<'a>(slots: &'a [Slot], nodes: &'a [Node]) -> impl Iterator<Item = &'a Slot> {
    let queued = slots.iter().zip(nodes).filter(|(_, node)| node.is_queued());
    queued.map(|(slot, _)| slot)
}

/// Each block is in one value or in the free list.
pub(super) fn blocks(values: &Bytes<'_>, slots: &[Slot], nodes: &[Node]) {
    let mut seen = Marks([0; 1024]);
    let (links, blocks) = (&*values.links, &*values.blocks);
    values.arena.validate(links, |at| seen.set(at));
    let mut used = values.arena.free_blocks();
    for slot in entries(slots, nodes) {
        let len = slot.len as usize;
        let read = Runs::new(links, blocks, slot.handle, len).map(<[u8]>::len).sum::<usize>();
        assert_eq!(read, len, "a value reads shorter or longer than it is");
        let last = Arena::last(slot.handle);
        let (mut at, mut neighbours) = (last, true);
        for step in 0..blocks_for(len) {
            let next = links[at as usize];
            neighbours &= step == 0 || next == at + 1;
            at = next;
            seen.set(at);
        }
        assert_eq!(slot.handle != last, neighbours, "a value whose handle tells the wrong shape");
        assert_eq!(at, last, "a value's blocks are no ring");
        used += blocks_for(len);
    }
    assert_eq!(used, values.arena.blocks(), "a block is in no value and not free");
}
