//! What the engine asks of the place where values live. Blocks for bytes answer here, and cells for
//! values of a type in `cells`.

use super::arena::{Arena, Block, blocks_for};
#[cfg(any(test, fuzzing))]
use super::{arena::BLOCK_BYTES, policy::Node, slot::Slot, validate};

/// Room for values. It knows no keys, no time and no policy.
pub(super) trait Values {
    /// A value on its way in.
    type Value<'v>
    where
        Self: 'v;

    /// The length of the longest value that fits.
    fn len_max(&self) -> usize;

    /// Whether a value of `len` bytes fits now.
    fn has_room(&self, len: usize) -> bool;

    /// Places the value of the entry `at`, for which there must be room, and returns its handle.
    fn put(&mut self, at: u32, value: Self::Value<'_>, len: usize) -> u32;

    /// Frees what `put` placed.
    fn release(&mut self, at: u32, handle: u32, len: usize);

    /// Frees everything, whatever the memory holds.
    fn reset(&mut self);

    /// Checks every invariant against all slots and nodes, the entries' lengths sum to `bytes`.
    #[cfg(any(test, fuzzing))]
    fn validate(&self, slots: &[Slot], nodes: &[Node], bytes: u64);
}

/// Bytes in chained blocks.
pub(super) struct Bytes<'a> {
    pub(super) arena: &'a mut Arena,
    pub(super) links: &'a mut [u32],
    pub(super) blocks: &'a mut [Block],
}

impl Values for Bytes<'_> {
    type Value<'v>
        = &'v [u8]
    where
        Self: 'v;

    fn len_max(&self) -> usize {
        self.arena.bytes_max()
    }

    fn has_room(&self, len: usize) -> bool {
        self.arena.free_blocks() >= blocks_for(len)
    }

    fn put(&mut self, _at: u32, value: &[u8], _len: usize) -> u32 {
        self.arena.put(self.links, self.blocks, value)
    }

    fn release(&mut self, _at: u32, handle: u32, len: usize) {
        self.arena.release(self.links, handle, len);
    }

    fn reset(&mut self) {
        *self.arena = Arena::new(&mut self.links[..self.arena.blocks()]);
    }

    #[cfg(any(test, fuzzing))]
    fn validate(&self, slots: &[Slot], nodes: &[Node], bytes: u64) {
        validate::blocks(self, slots, nodes);
        assert!((self.arena.blocks() * BLOCK_BYTES) as u64 >= bytes, "more bytes than memory");
    }
}
