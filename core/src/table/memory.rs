//! Where a table lives: three kinds of memory behind one set of slices.

use super::{
    Block,
    ghost::Ghost,
    index::{INDEX_WORDS, Index, IndexView},
    policy::Node,
    slot::Slot,
};
use core::fmt;

/// So many slots and blocks have numbers: those that need a bit less than a word.
const WORDS_MAX: usize = (u32::MAX >> 1) as usize - 1;

/// Memory for a table. Implemented for the three kinds below and for `&mut` of each.
///
/// It cannot be implemented elsewhere: a table trusts its memory to stay as it left it.
pub trait Memory: sealed::Sealed {
    /// The slices, for a change. Always the same ones, with the same lengths.
    #[doc(hidden)]
    fn parts(&mut self) -> SliceMemory<'_>;

    /// The slices that a reader needs.
    #[doc(hidden)]
    fn view(&self) -> View<'_>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::SliceMemory<'_> {}
    impl<const E: usize, const B: usize> Sealed for super::ArrayMemory<E, B> {}
    #[cfg(feature = "alloc")]
    impl Sealed for super::HeapMemory {}
    impl<M: Sealed> Sealed for &mut M {}
}

/// Memory lent by the caller as slices, of whatever sizes it has to spare.
///
/// The table holds as many entries as the shortest of `slots`, `nodes` and a third of `index`
/// ([`INDEX_WORDS`] for each entry), and as many blocks as the shorter of `links` and `blocks`;
/// none should be longer than the others make use of. `ghosts` remembers recently evicted keys and
/// should be as long as `slots`; shorter costs hits, and may be empty.
pub struct SliceMemory<'m> {
    pub(super) slots: &'m mut [Slot],
    pub(super) nodes: &'m mut [Node],
    pub(super) index: Index<'m>,
    pub(super) ghosts: &'m mut [Ghost],
    pub(super) links: &'m mut [u32],
    pub(super) blocks: &'m mut [Block],
}

impl<'m> SliceMemory<'m> {
    /// Memory for `slots.len()` entries and `blocks.len()` blocks. Contents do not matter.
    #[must_use]
    pub fn new(
        slots: &'m mut [Slot],
        nodes: &'m mut [Node],
        index: &'m mut [u32],
        ghosts: &'m mut [Ghost],
        links: &'m mut [u32],
        blocks: &'m mut [Block],
    ) -> Self {
        let entries = slots.len().min(nodes.len()).min(index.len() / INDEX_WORDS);
        // Numbers of slots and blocks are words with a few values and a bit to spare.
        let entries = entries.min(WORDS_MAX);
        let places = links.len().min(blocks.len()).min(WORDS_MAX);
        Self {
            slots: &mut slots[..entries],
            nodes: &mut nodes[..entries],
            index: Index::Chains(index),
            ghosts,
            links: &mut links[..places],
            blocks: &mut blocks[..places],
        }
    }
}

/// The part of a table's memory that its engine works on, whatever holds the values.
pub(super) struct Parts<'a> {
    pub(super) slots: &'a mut [Slot],
    pub(super) nodes: &'a mut [Node],
    pub(super) index: Index<'a>,
    pub(super) ghosts: &'a mut [Ghost],
}

/// The part of a table's memory that a reader needs.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct View<'t> {
    pub(super) slots: &'t [Slot],
    pub(super) nodes: &'t [Node],
    pub(super) index: IndexView<'t>,
    pub(super) links: &'t [u32],
    pub(super) blocks: &'t [Block],
}

impl Memory for SliceMemory<'_> {
    fn parts(&mut self) -> SliceMemory<'_> {
        SliceMemory {
            slots: self.slots,
            nodes: self.nodes,
            index: self.index.reborrow(),
            ghosts: self.ghosts,
            links: self.links,
            blocks: self.blocks,
        }
    }

    fn view(&self) -> View<'_> {
        let index = self.index.view();
        let (slots, nodes) = (&*self.slots, &*self.nodes);
        View { slots, nodes, index, links: self.links, blocks: self.blocks }
    }
}

/// Memory in arrays, for `ENTRIES` entries and `BLOCKS` blocks of
/// [`BLOCK_BYTES`](super::BLOCK_BYTES) bytes.
///
/// It is all zero until a table is built in it, so a `static` of it lies in `.bss`. Give the table
/// a `&mut` to it rather than the memory itself where moving it over the stack would be too much.
pub struct ArrayMemory<const ENTRIES: usize, const BLOCKS: usize> {
    slots: [Slot; ENTRIES],
    nodes: [Node; ENTRIES],
    index: [[u32; INDEX_WORDS]; ENTRIES],
    ghosts: [Ghost; ENTRIES],
    links: [u32; BLOCKS],
    blocks: [Block; BLOCKS],
}

impl<const ENTRIES: usize, const BLOCKS: usize> ArrayMemory<ENTRIES, BLOCKS> {
    /// Memory that no table has used yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slots: [Slot::EMPTY; ENTRIES],
            nodes: [Node::FREE; ENTRIES],
            index: [[0; INDEX_WORDS]; ENTRIES],
            ghosts: [[0; 2]; ENTRIES],
            links: [0; BLOCKS],
            blocks: [[0; super::BLOCK_BYTES]; BLOCKS],
        }
    }
}

impl<const ENTRIES: usize, const BLOCKS: usize> Default for ArrayMemory<ENTRIES, BLOCKS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const ENTRIES: usize, const BLOCKS: usize> Memory for ArrayMemory<ENTRIES, BLOCKS> {
    fn parts(&mut self) -> SliceMemory<'_> {
        SliceMemory::new(
            &mut self.slots,
            &mut self.nodes,
            self.index.as_flattened_mut(),
            &mut self.ghosts,
            &mut self.links,
            &mut self.blocks,
        )
    }

    fn view(&self) -> View<'_> {
        let index = IndexView::Chains(self.index.as_flattened());
        let (slots, nodes) = (&self.slots, &self.nodes);
        View { slots, nodes, index, links: &self.links, blocks: &self.blocks }
    }
}

impl<M: Memory> Memory for &mut M {
    fn parts(&mut self) -> SliceMemory<'_> {
        (**self).parts()
    }

    fn view(&self) -> View<'_> {
        (**self).view()
    }
}

#[cfg(feature = "alloc")]
mod heap {
    use super::{Ghost, Memory, Node, SliceMemory, Slot, View, WORDS_MAX};
    use crate::table::{BLOCK_BYTES, index::HeapIndex};
    use alloc::{boxed::Box, vec};

    /// A line of the caches of most processors: a value in one block shall be in one.
    const LINE_BYTES: usize = 64;

    /// Memory from the heap, allocated once.
    pub struct HeapMemory {
        slots: Box<[Slot]>,
        nodes: Box<[Node]>,
        pub(in crate::table) index: HeapIndex,
        ghosts: Box<[Ghost]>,
        links: Box<[u32]>,
        /// The blocks, behind as many bytes as align them to [`LINE_BYTES`].
        bytes: Box<[u8]>,
        before: usize,
    }

    impl HeapMemory {
        /// Memory for `entries` entries and at least `bytes` bytes of values.
        #[must_use]
        pub fn new(entries: usize, bytes: usize) -> Self {
            let entries = entries.min(WORDS_MAX);
            let blocks = bytes.div_ceil(BLOCK_BYTES).min(WORDS_MAX);
            let bytes: Box<[u8]> = vec![0; blocks * BLOCK_BYTES + LINE_BYTES].into();
            Self {
                slots: vec![Slot::EMPTY; entries].into(),
                nodes: vec![Node::FREE; entries].into(),
                index: HeapIndex::new(entries),
                ghosts: vec![[0; 2]; entries].into(),
                links: vec![0; blocks].into(),
                // Where addresses cannot be told, as in Miri, nothing is aligned.
                before: bytes.as_ptr().align_offset(LINE_BYTES).min(LINE_BYTES),
                bytes,
            }
        }
    }

    impl Memory for HeapMemory {
        fn parts(&mut self) -> SliceMemory<'_> {
            let bytes = self.links.len() * BLOCK_BYTES;
            SliceMemory {
                slots: &mut self.slots,
                nodes: &mut self.nodes,
                index: self.index.index(),
                ghosts: &mut self.ghosts,
                links: &mut self.links,
                blocks: self.bytes[self.before..][..bytes].as_chunks_mut().0,
            }
        }

        fn view(&self) -> View<'_> {
            let index = self.index.view();
            let (slots, nodes) = (&self.slots, &self.nodes);
            let bytes = &self.bytes[self.before..][..self.links.len() * BLOCK_BYTES];
            let blocks = bytes.as_chunks().0;
            View { slots, nodes, index, links: &self.links, blocks }
        }
    }
}

#[cfg(feature = "alloc")]
pub use heap::HeapMemory;

impl fmt::Debug for SliceMemory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (slots, blocks) = (self.slots.len(), self.blocks.len());
        f.debug_struct("SliceMemory").field("slots", &slots).field("blocks", &blocks).finish()
    }
}
