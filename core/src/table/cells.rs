//! Values of a type in cells, one for each slot. Knows nothing of keys, time or eviction.

use super::values::Values;
#[cfg(any(test, fuzzing))]
use super::{policy::Node, slot::Slot};

/// The bytes that all values together may weigh, and those that are free.
pub(super) struct Budget {
    bytes_max: u64,
    bytes_free: u64,
}

impl Budget {
    pub(super) const fn new(bytes_max: u64) -> Self {
        Self { bytes_max, bytes_free: bytes_max }
    }

    /// The weight of the heaviest value that fits.
    pub(super) fn len_max(&self) -> usize {
        // Weights are words.
        usize::try_from(self.bytes_max).unwrap_or(usize::MAX).min(u32::MAX as usize)
    }
}

/// Cells to change. Every value that leaves goes to `gone`.
pub(super) struct Cells<'a, V, F> {
    pub(super) budget: &'a mut Budget,
    pub(super) cells: &'a mut [Option<V>],
    pub(super) gone: F,
}

impl<V, F: FnMut(V)> Values for Cells<'_, V, F> {
    /// Taken out only if it is stored.
    type Value<'v>
        = &'v mut Option<V>
    where
        Self: 'v;

    fn len_max(&self) -> usize {
        self.budget.len_max()
    }

    fn has_room(&self, len: usize) -> bool {
        self.budget.bytes_free >= len as u64
    }

    fn put(&mut self, at: u32, value: &mut Option<V>, len: usize) -> u32 {
        // The cell is empty but after a panic in `reset`; what it holds then must leave, too.
        let left = core::mem::replace(&mut self.cells[at as usize], value.take());
        self.budget.bytes_free -= len as u64;
        left.map(&mut self.gone);
        at
    }

    fn release(&mut self, at: u32, _handle: u32, len: usize) {
        let value = self.cells[at as usize].take();
        self.budget.bytes_free += len as u64;
        value.map(&mut self.gone);
    }

    fn reset(&mut self) {
        self.budget.bytes_free = self.budget.bytes_max;
        for cell in &mut *self.cells {
            cell.take().map(&mut self.gone);
        }
    }

    #[cfg(any(test, fuzzing))]
    fn validate(&self, _slots: &[Slot], nodes: &[Node], bytes: u64) {
        for (node, cell) in nodes.iter().zip(&*self.cells) {
            assert_eq!(node.is_queued(), cell.is_some(), "a value without entry, or reverse");
        }
        assert_eq!(self.budget.bytes_free + bytes, self.budget.bytes_max, "bytes are miscounted");
    }
}
