//! The optional capability of a store to look after what it keeps.

use super::Work;

/// Checks what a store keeps, and frees the room of what no longer counts.
pub trait Maintain: Send + Sync {
    /// Reads everything and says how much of it is whole. Changes nothing. O(bytes).
    fn verify(&self) -> Work<'_, Verified>;

    /// Frees the room of entries that were replaced, removed or have expired, so that their bytes
    /// are gone afterwards. O(bytes).
    fn compact(&self) -> Work<'_, Compacted>;
}

/// What a verification has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Entries that are whole, replaced ones included.
    pub entries: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Places from which no entry can be read.
    pub damaged: u64,
}

/// What a compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compacted {
    /// By how many bytes the store has shrunk.
    pub bytes_freed: u64,
    /// Whether a part was left alone because others were using it.
    pub is_partial: bool,
}
