//! What a log is kept on.

use core::fmt;

/// Storage that a [`Log`](super::Log) is kept on: bytes that are erased by blocks and then
/// programmed, as in NOR flash. Files and RAM can do more and are used as if they could not.
///
/// # Contract
///
/// - Offsets and lengths are in bytes, from 0 to [`capacity`](Medium::capacity).
/// - After [`erase_block`](Medium::erase_block) all bytes of the block read as
///   [`ERASED`](Medium::ERASED). A log programs each byte at most once between two erasures, in
///   whole multiples of the write size, and erases whole blocks.
/// - [`read_at`](Medium::read_at) sees what was programmed before it, synced or not.
/// - After a power loss, what was programmed or erased before the last successful
///   [`sync`](Medium::sync) reads as it was written. Of what came later each byte is either as
///   before or as after or, within one unfinished program or erase, anything. Programs and erases
///   since the last sync may be lost in any combination and need not be kept in order.
/// - Reading damaged bytes gives wrong bytes or an error, and never blocks for ever.
/// - An error may leave a program or an erase done in part. The log does not retry it.
pub trait Medium {
    /// Why an operation failed.
    type Error: fmt::Debug;

    /// What an erased byte reads as: 0xFF on NOR flash, 0 in the unwritten part of a file.
    const ERASED: u8;

    /// The size in bytes: constant, and a multiple of the erase size.
    fn capacity(&self) -> u32;

    /// Programs start at and are as long as a multiple of this power of two, 256 at most.
    fn write_size(&self) -> u32;

    /// The size of a block: a multiple of the write size.
    fn erase_size(&self) -> u32;

    /// Fills `bytes` from `offset` on. No alignment is asked for.
    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error>;

    /// Programs erased bytes; offset and length are multiples of the write size.
    fn program_at(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Erases the block that starts at `offset`, a multiple of the erase size.
    fn erase_block(&mut self, offset: u32) -> Result<(), Self::Error>;

    /// Returns when all that was programmed and erased before survives a power loss.
    ///
    /// After a failure it is unknown what does, and a later success says nothing about it.
    fn sync(&mut self) -> Result<(), Self::Error>;
}

impl<M: Medium + ?Sized> Medium for &mut M {
    type Error = M::Error;
    const ERASED: u8 = M::ERASED;

    fn capacity(&self) -> u32 {
        (**self).capacity()
    }

    fn write_size(&self) -> u32 {
        (**self).write_size()
    }

    fn erase_size(&self) -> u32 {
        (**self).erase_size()
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        (**self).read_at(offset, bytes)
    }

    fn program_at(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        (**self).program_at(offset, bytes)
    }

    fn erase_block(&mut self, offset: u32) -> Result<(), Self::Error> {
        (**self).erase_block(offset)
    }

    fn sync(&mut self) -> Result<(), Self::Error> {
        (**self).sync()
    }
}
