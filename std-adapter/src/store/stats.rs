//! What a store tells about itself.

/// The state of a store and what befell it since it was opened. All counts start at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct StoreStats {
    /// Entries that can be read now.
    pub entries: u64,
    /// Bytes that the store occupies, its own overhead and entries replaced but not yet freed
    /// included.
    pub bytes: u64,
    /// Those of `bytes` that entries which can be loaded take, and the removals of others.
    pub bytes_live: u64,
    /// The bound on `bytes`; `None` where there is none.
    pub bytes_max: Option<u64>,
    /// Files that the store has now; 0 where it has none.
    pub files: u64,
    /// Bytes of memory that it keeps beside the entries themselves: what finds them.
    pub memory_bytes: u64,
    /// Entries that went to stay within the bound.
    pub entries_evicted: u64,
    /// Times that it freed the room of entries replaced or removed by copying what is left.
    pub compactions: u64,
    /// Places where damage was met and skipped: at open, and by gets whose checksum failed.
    pub damaged: u64,
    /// Syncs that failed. Entries put since the sync before each may not survive a power loss.
    pub sync_failures: u64,
}
