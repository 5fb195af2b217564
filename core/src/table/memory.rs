//! Where a table lives: three kinds of memory behind one set of slices.

use super::{
    Block,
    ghost::Ghost,
    index::{Index, IndexView},
    slot::Slot,
};
use core::fmt;

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
/// The table holds as many entries as the shorter of `slots` and `heads`, and as many blocks as
/// the shorter of `links` and `blocks`; all should be of equal length. `ghosts` remembers recently
/// evicted keys and should be as long as `slots`; shorter costs hits, and may be empty.
pub struct SliceMemory<'m> {
    pub(super) slots: &'m mut [Slot],
    pub(super) index: Index<'m>,
    pub(super) ghosts: &'m mut [Ghost],
    pub(super) links: &'m mut [u32],
    pub(super) blocks: &'m mut [Block],
}

impl<'m> SliceMemory<'m> {
    /// Memory for `slots.len()` entries and `blocks.len()` blocks. Contents do not matter.
    #[must_use]
    pub const fn new(
        slots: &'m mut [Slot],
        heads: &'m mut [u32],
        ghosts: &'m mut [Ghost],
        links: &'m mut [u32],
        blocks: &'m mut [Block],
    ) -> Self {
        Self { slots, index: Index::Chains(heads), ghosts, links, blocks }
    }
}

/// The part of a table's memory that its engine works on, whatever holds the values.
pub(super) struct Parts<'a> {
    pub(super) slots: &'a mut [Slot],
    pub(super) index: Index<'a>,
    pub(super) ghosts: &'a mut [Ghost],
}

/// The part of a table's memory that a reader needs.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct View<'t> {
    pub(super) slots: &'t [Slot],
    pub(super) index: IndexView<'t>,
    pub(super) links: &'t [u32],
    pub(super) blocks: &'t [Block],
}

impl Memory for SliceMemory<'_> {
    fn parts(&mut self) -> SliceMemory<'_> {
        SliceMemory {
            slots: self.slots,
            index: self.index.reborrow(),
            ghosts: self.ghosts,
            links: self.links,
            blocks: self.blocks,
        }
    }

    fn view(&self) -> View<'_> {
        let index = self.index.view();
        View { slots: self.slots, index, links: self.links, blocks: self.blocks }
    }
}

/// Memory in arrays, for `ENTRIES` entries and `BLOCKS` blocks of
/// [`BLOCK_BYTES`](super::BLOCK_BYTES) bytes.
///
/// It is all zero until a table is built in it, so a `static` of it lies in `.bss`. Give the table
/// a `&mut` to it rather than the memory itself where moving it over the stack would be too much.
pub struct ArrayMemory<const ENTRIES: usize, const BLOCKS: usize> {
    slots: [Slot; ENTRIES],
    heads: [u32; ENTRIES],
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
            heads: [0; ENTRIES],
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
            &mut self.heads,
            &mut self.ghosts,
            &mut self.links,
            &mut self.blocks,
        )
    }

    fn view(&self) -> View<'_> {
        let index = IndexView::Chains(&self.heads);
        View { slots: &self.slots, index, links: &self.links, blocks: &self.blocks }
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
    use super::{Block, Ghost, Memory, SliceMemory, Slot, View};
    use crate::table::{BLOCK_BYTES, index::HeapIndex};
    use alloc::{boxed::Box, vec};

    /// Memory from the heap, allocated once.
    pub struct HeapMemory {
        slots: Box<[Slot]>,
        pub(in crate::table) index: HeapIndex,
        ghosts: Box<[Ghost]>,
        links: Box<[u32]>,
        blocks: Box<[Block]>,
    }

    impl HeapMemory {
        /// Memory for `entries` entries and at least `bytes` bytes of values.
        #[must_use]
        pub fn new(entries: usize, bytes: usize) -> Self {
            let blocks = bytes.div_ceil(BLOCK_BYTES);
            Self {
                slots: vec![Slot::EMPTY; entries].into(),
                index: HeapIndex::new(entries),
                ghosts: vec![[0; 2]; entries].into(),
                links: vec![0; blocks].into(),
                blocks: vec![[0; BLOCK_BYTES]; blocks].into(),
            }
        }
    }

    impl Memory for HeapMemory {
        fn parts(&mut self) -> SliceMemory<'_> {
            SliceMemory {
                slots: &mut self.slots,
                index: self.index.index(),
                ghosts: &mut self.ghosts,
                links: &mut self.links,
                blocks: &mut self.blocks,
            }
        }

        fn view(&self) -> View<'_> {
            let index = self.index.view();
            View { slots: &self.slots, index, links: &self.links, blocks: &self.blocks }
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
