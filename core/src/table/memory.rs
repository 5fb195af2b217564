//! Where a table lives: three kinds of memory behind one set of slices.

use super::{
    arena::Block,
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
pub trait Memory: Slices {}

impl<M: Slices> Memory for M {}

mod sealed {
    use super::{SliceMemory, View};

    /// Memory as the table sees it.
    pub trait Slices {
        /// The slices, for a change. Always the same ones, with the same lengths.
        fn parts(&mut self) -> SliceMemory<'_>;

        /// The slices that a reader needs.
        fn view(&self) -> View<'_>;
    }
}

pub(super) use sealed::Slices;

/// A part of an [`ArrayMemory`], of a size that is known when the program runs.
///
/// ```
/// use llm_cache_core::table::{ArrayMemory, SliceTable};
///
/// // One memory for two tables; a setting says how much of it each one gets.
/// let mut memory = ArrayMemory::<32, 128>::new();
/// let (mine, rest) = memory.as_slices().split_at(24, 100);
/// let (mut small, mut large) = (SliceTable::new(rest, 1), SliceTable::new(mine, 2));
/// assert_eq!((large.capacity(), small.capacity()), (24, 8));
/// ```
pub struct SliceMemory<'m> {
    pub(super) slots: &'m mut [Slot],
    pub(super) nodes: &'m mut [Node],
    pub(super) index: Index<'m>,
    pub(super) ghosts: &'m mut [Ghost],
    pub(super) links: &'m mut [u32],
    pub(super) blocks: &'m mut [Block],
}

impl<'m> SliceMemory<'m> {
    /// Memory for as many entries as the shortest of `slots`, `nodes` and a third of `index`
    /// allows, and as many blocks as the shorter of `links` and `blocks`. `ghosts` should be as
    /// long as `slots`; with fewer there are fewer hits. Contents do not matter.
    pub(super) fn new(
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
            index: Index(index),
            ghosts,
            links: &mut links[..places],
            blocks: &mut blocks[..places],
        }
    }

    /// Cuts it in two: the first part holds `entries` entries and `blocks` blocks of
    /// [`BLOCK_BYTES`](super::BLOCK_BYTES) bytes, or all that there are, the second holds the rest.
    #[must_use]
    pub fn split_at(self, entries: usize, blocks: usize) -> (Self, Self) {
        let entries = entries.min(self.slots.len());
        let blocks = blocks.min(self.blocks.len());
        let slots = self.slots.split_at_mut(entries);
        let nodes = self.nodes.split_at_mut(entries);
        let index = self.index.0.split_at_mut(entries * INDEX_WORDS);
        let ghosts = self.ghosts.split_at_mut(entries.min(self.ghosts.len()));
        let links = self.links.split_at_mut(blocks);
        let blocks = self.blocks.split_at_mut(blocks);
        (
            Self::new(slots.0, nodes.0, index.0, ghosts.0, links.0, blocks.0),
            Self::new(slots.1, nodes.1, index.1, ghosts.1, links.1, blocks.1),
        )
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
#[derive(Clone, Copy)]
pub struct View<'t> {
    pub(super) slots: &'t [Slot],
    pub(super) nodes: &'t [Node],
    pub(super) index: IndexView<'t>,
    pub(super) links: &'t [u32],
    pub(super) blocks: &'t [Block],
}

impl Slices for SliceMemory<'_> {
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

    /// The same memory without its sizes in the type, for a [`SliceTable`](super::SliceTable).
    #[must_use]
    pub fn as_slices(&mut self) -> SliceMemory<'_> {
        self.parts()
    }
}

impl<const ENTRIES: usize, const BLOCKS: usize> Default for ArrayMemory<ENTRIES, BLOCKS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const ENTRIES: usize, const BLOCKS: usize> Slices for ArrayMemory<ENTRIES, BLOCKS> {
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
        let index = IndexView(self.index.as_flattened());
        let (slots, nodes) = (&self.slots, &self.nodes);
        View { slots, nodes, index, links: &self.links, blocks: &self.blocks }
    }
}

impl<M: Slices> Slices for &mut M {
    fn parts(&mut self) -> SliceMemory<'_> {
        (**self).parts()
    }

    fn view(&self) -> View<'_> {
        (**self).view()
    }
}

#[cfg(feature = "alloc")]
mod heap {
    use super::{
        Ghost, INDEX_WORDS, Index, IndexView, Node, SliceMemory, Slices, Slot, View, WORDS_MAX,
    };
    use crate::table::BLOCK_BYTES;
    use alloc::{boxed::Box, vec};

    /// A line of the caches of most processors: a value in one block shall be in one.
    const LINE_BYTES: usize = 64;

    /// Memory from the heap, allocated once.
    pub struct HeapMemory {
        slots: Box<[Slot]>,
        nodes: Box<[Node]>,
        index: Box<[u32]>,
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
                index: vec![0; entries * INDEX_WORDS].into(),
                ghosts: vec![[0; 2]; entries].into(),
                links: vec![0; blocks].into(),
                // Where addresses cannot be told, as in Miri, nothing is aligned.
                before: bytes.as_ptr().align_offset(LINE_BYTES).min(LINE_BYTES),
                bytes,
            }
        }
    }

    impl Slices for HeapMemory {
        fn parts(&mut self) -> SliceMemory<'_> {
            let bytes = self.links.len() * BLOCK_BYTES;
            SliceMemory {
                slots: &mut self.slots,
                nodes: &mut self.nodes,
                index: Index(&mut self.index),
                ghosts: &mut self.ghosts,
                links: &mut self.links,
                blocks: self.bytes[self.before..][..bytes].as_chunks_mut().0,
            }
        }

        fn view(&self) -> View<'_> {
            let index = IndexView(&self.index);
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
