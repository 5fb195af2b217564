//! What a successful lookup returns: the value's bytes, where they lie.

use super::{
    arena::{Block, Runs},
    memory::View,
    slot::{Freshness, Meta, Slot},
};
use crate::{BufferTooSmall, Millis};
use core::{fmt, iter::FusedIterator};

/// An entry that was found, borrowed from its table.
pub struct Hit<'t> {
    slot: &'t Slot,
    links: &'t [u32],
    blocks: &'t [Block],
    now: Millis,
    freshness: Freshness,
}

/// A slot that holds what was asked for, and whether it is fresh.
pub(super) struct Found {
    pub(super) slot: u32,
    pub(super) freshness: Freshness,
}

impl<'t> Hit<'t> {
    #[inline]
    pub(super) fn new(view: View<'t>, found: Found, now: Millis) -> Self {
        let slot = &view.slots[found.slot as usize];
        Self { slot, links: view.links, blocks: view.blocks, now, freshness: found.freshness }
    }

    /// The length of the value in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slot.len as usize
    }

    /// Whether the value has no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What its caller said about the value when it was inserted.
    #[must_use]
    pub const fn meta(&self) -> Meta {
        self.slot.meta()
    }

    /// The time since `created`; zero if the clock has jumped back before it.
    #[must_use]
    pub const fn age(&self) -> Millis {
        self.now.since(self.slot.created)
    }

    /// Whether the value's ttl is over; always fresh from [`Table::get`](super::Table::get).
    #[must_use]
    pub const fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// The value as slices, in order, none of them empty, without a copy.
    #[must_use]
    #[inline]
    pub fn chunks(&self) -> Chunks<'t> {
        Chunks { runs: Runs::new(self.links, self.blocks, self.slot.handle, self.len()) }
    }

    /// The value as one slice, if it lies in one piece.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> Option<&'t [u8]> {
        let mut chunks = self.chunks();
        let first = chunks.next().unwrap_or_default();
        (first.len() == self.len()).then_some(first)
    }

    /// Copies the value to the start of `buffer` and returns that part of it.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`] with the length of the value; `buffer` is unchanged then.
    pub fn copy_to<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall> {
        let needed = self.len();
        let target = buffer.get_mut(..needed).ok_or(BufferTooSmall { needed })?;
        let mut at = 0;
        for chunk in self.chunks() {
            target[at..at + chunk.len()].copy_from_slice(chunk);
            at += chunk.len();
        }
        Ok(target)
    }

    /// The value as a vector of its own.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_vec(&self) -> alloc::vec::Vec<u8> {
        let mut bytes = alloc::vec::Vec::with_capacity(self.len());
        self.chunks().for_each(|chunk| bytes.extend_from_slice(chunk));
        bytes
    }
}

impl fmt::Debug for Hit<'_> {
    /// Shows the length, not the bytes: they are somebody's answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hit")
            .field("len", &self.len())
            .field("meta", &self.meta())
            .field("age", &self.age())
            .field("freshness", &self.freshness)
            .finish()
    }
}

/// The slices of a value, in order. See [`Hit::chunks`].
#[derive(Clone)]
pub struct Chunks<'t> {
    runs: Runs<'t>,
}

impl<'t> Iterator for Chunks<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        self.runs.next()
    }
}

impl FusedIterator for Chunks<'_> {}

impl fmt::Debug for Chunks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").field("bytes_left", &self.runs.rest()).finish()
    }
}
