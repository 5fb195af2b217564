//! Where entries outlive the table: the [`Store`] contract and its implementations.

pub mod conformance;
mod error;
#[cfg(all(unix, feature = "file-store"))]
mod file;
mod memory;
mod none;
mod stats;
mod stored;

use llm_cache_core::{RequestKey, record::Record};

pub use error::{StoreError, StoreErrorKind};
#[cfg(all(unix, feature = "file-store"))]
pub use file::{
    Compaction, Damage, DamageKind, Durability, Entries, FileMedium, FileStore, FileStoreOptions,
    HardwareCrc32c, Verification,
};
pub use memory::MemoryStore;
pub use none::NoStore;
pub use stats::StoreStats;
pub use stored::Stored;

/// Keeps entries by key. A cache asks it when its table has no answer.
///
/// # Contract
///
/// - **Whole or absent.** [`get`](Store::get) returns an entry exactly as it was put, or nothing.
///   Bytes that were damaged since are nothing. What it returns was put under this very key.
/// - **Newest wins, as a rule.** A `get` that begins after a `put` or a `remove` of its key has
///   returned sees its effect, from any thread. Where the newest entry was damaged, an older
///   one of the same key may be returned: it too answers the request.
/// - **May forget.** A store is bounded; any entry may be gone at any time, the expired first where
///   room is made. What is there is given out whatever its age: the caller judges that.
/// - **May lose.** What survives a crash or a power loss is up to the durability that the store was
///   opened with. `put` returns when that is met. What is lost is absent, never wrong.
/// - **Errors** mean that this call did not do its work. The store stays usable; a caller may go on
///   or stop asking. After an error of `put` the entry may be there or not. No method panics.
/// - **Concurrency.** All methods may be called from any number of threads. Readers do not wait for
///   a writer's sync. Where several processes may have one store open, all of this holds among them
///   too, but that a `remove` and a `clear` may take a second to be seen.
/// - **Cancellation.** The methods are synchronous and run to their end. A caller that moves one to
///   another thread and loses interest leaves the store whole.
///
/// [`conformance`] checks what of this can be checked from outside.
pub trait Store: Send + Sync + 'static {
    /// The entry of `key`, whatever its age.
    fn get(&self, key: &RequestKey) -> Result<Option<Stored>, StoreError>;

    /// Keeps an entry, in place of an older one of the same key.
    ///
    /// # Errors
    /// [`StoreErrorKind::TooBig`] for an entry that can never fit, with the sizes.
    fn put(&self, record: &Record<'_>) -> Result<(), StoreError>;

    /// Forgets the entry of `key`; says whether there was one.
    fn remove(&self, key: &RequestKey) -> Result<bool, StoreError>;

    /// Forgets all entries.
    fn clear(&self) -> Result<(), StoreError>;

    /// Returns when everything put so far would survive a power loss, if the store can do that.
    fn flush(&self) -> Result<(), StoreError>;

    /// What it holds and what befell it. Cheap: no I/O.
    fn stats(&self) -> StoreStats;

    /// Whether `put`, `remove`, `clear` and `flush` may wait for a disk. Async callers then move
    /// them off the executor.
    fn put_may_block(&self) -> bool;
}

impl<S: Store + ?Sized> Store for std::sync::Arc<S> {
    fn get(&self, key: &RequestKey) -> Result<Option<Stored>, StoreError> {
        (**self).get(key)
    }

    fn put(&self, record: &Record<'_>) -> Result<(), StoreError> {
        (**self).put(record)
    }

    fn remove(&self, key: &RequestKey) -> Result<bool, StoreError> {
        (**self).remove(key)
    }

    fn clear(&self) -> Result<(), StoreError> {
        (**self).clear()
    }

    fn flush(&self) -> Result<(), StoreError> {
        (**self).flush()
    }

    fn stats(&self) -> StoreStats {
        (**self).stats()
    }

    fn put_may_block(&self) -> bool {
        (**self).put_may_block()
    }
}
