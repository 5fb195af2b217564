//! Where entries outlive the memory tier: the [`Store`] contract and its implementations.
//!
//! A store of your own implements [`Store`] and passes [`conformance`]; `examples/own_store.rs` in
//! the repository shows one.

pub mod conformance;
mod error;
#[cfg(all(unix, feature = "file-store"))]
mod file;
mod lease;
mod maintain;
mod memory;
mod memory_lease;
mod none;
mod page;
mod selector;
mod stats;
mod tier;
mod walk;
mod work;

use std::sync::Arc;

use llm_cache_core::RequestKey;

use crate::entry::Entry;

pub use error::{StoreError, StoreErrorKind};
#[cfg(all(unix, feature = "file-store"))]
pub use file::{
    Compaction, Damage, DamageKind, Durability, Entries, FileError, FileFault, FileMedium,
    FileStore, FileStoreOptions, HardwareCrc32c, Verification,
};
pub use lease::{Fence, Lease};
pub use maintain::{Compacted, Maintain, Verified};
pub use memory::MemoryStore;
pub use none::NoStore;
pub use page::{Cursor, Page};
pub use selector::{Invalidated, Match, Selector, TagText};
pub use stats::StoreStats;
pub use tier::Tier;
pub use work::{Work, WorkFuture};

/// Keeps entries by key. A cache asks it when its memory tier has no answer.
///
/// Each call gives [`Work`]: the result, if it is there already, or work that may wait. So a store
/// may be in memory, on a disk or behind a network, and sync and async code may use it.
///
/// ```
/// use llm_cache::Entry;
/// use llm_cache::llm_cache_core::RequestKey;
/// use llm_cache::store::{MemoryStore, Store};
///
/// let (store, key) = (MemoryStore::new(), RequestKey::from_bytes([7; 32]));
/// store.put(&key, &Entry::new("the answer")).wait()?;
/// let found = store.get(&key).wait()?.expect("it was put a moment ago");
/// assert_eq!(found.payload, "the answer");
/// # Ok::<(), llm_cache::store::StoreError>(())
/// ```
///
/// # Contract
///
/// - **Whole or absent.** [`get`](Store::get) returns an entry exactly as it was put, extensions
///   included, or nothing. Bytes that were damaged since are nothing. What it returns was put under
///   this very key.
/// - **Newest wins, as a rule.** A `get` that begins after a `put` or a `remove` of its key has
///   ended sees its effect, from any thread. Where the newest entry was damaged, an older one of
///   the same key may be returned: it too answers the request.
/// - **May forget.** A store is bounded; any entry may be gone at any time, the expired first where
///   room is made. What is there is given out whatever its age: the caller judges that.
/// - **May lose.** What survives a crash or a power loss is up to the durability that the store was
///   opened with. A `put` ends when that is met. What is lost is absent, never wrong.
/// - **Errors** mean that this call did not do its work. The store stays usable; a caller may go on
///   or stop asking. After an error of `put` the entry may be there or not. No method panics.
/// - **Concurrency.** All methods may be called from any number of threads. Readers do not wait for
///   a writer's sync. Where several processes may have one store open, all of this holds among them
///   too, but that a `remove` and a `clear` may take a second to be seen.
/// - **Nobody waits on the executor.** No method waits for a disk, a network or another thread's
///   input or output before it returns: what may wait is in the [`Work`] that it gives.
/// - **Cancellation.** Work may be dropped at any point. The store is whole afterwards, and what
///   the work was to do is done wholly or not at all.
///
/// [`conformance`] checks what of this can be checked from outside.
pub trait Store: Send + Sync + 'static {
    /// The name of this tier in outcomes, events and metrics.
    fn tier(&self) -> Tier;

    /// The entry of `key`, whatever its age.
    fn get<'a>(&'a self, key: &'a RequestKey) -> Work<'a, Option<Entry>>;

    /// The entries of `keys`, in their order. By default one after the other; a store behind a
    /// network asks once.
    fn get_many<'a>(&'a self, keys: &'a [RequestKey]) -> Work<'a, Vec<Option<Entry>>> {
        walk::get_each(self, keys)
    }

    /// Keeps an entry, in place of an older one of the same key.
    ///
    /// # Errors
    /// [`StoreErrorKind::TooBig`] for an entry that can never fit, with the sizes.
    fn put<'a>(&'a self, key: &'a RequestKey, entry: &'a Entry) -> Work<'a, ()>;

    /// Forgets the entry of `key`; says whether there was one.
    fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool>;

    /// Forgets all entries.
    fn clear(&self) -> Work<'_, ()>;

    /// Ends when everything put so far would survive a power loss, if the store can do that.
    fn flush(&self) -> Work<'_, ()>;

    /// Up to about `limit` entries, from where `after` says, or from the beginning. Each entry that
    /// is there from the first page to the last is given; others may be given or not.
    fn iter_page<'a>(&'a self, after: Option<&'a Cursor>, limit: usize) -> Work<'a, Page>;

    /// Removes the entries that `selector` names. What is put while it runs may stay. By default
    /// it reads all entries, a page at a time: O(bytes).
    fn invalidate<'a>(&'a self, selector: &'a Selector) -> Work<'a, Invalidated> {
        walk::invalidate_each(self, selector)
    }

    /// What it holds and what befell it. Cheap: it asks neither a disk nor a network.
    fn stats(&self) -> StoreStats;

    /// How it gives one of several processes the lead, if it can.
    fn lease(&self) -> Option<&dyn Lease> {
        None
    }

    /// How it checks itself and frees room, if it can.
    fn maintain(&self) -> Option<&dyn Maintain> {
        None
    }
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn tier(&self) -> Tier {
        (**self).tier()
    }

    fn get<'a>(&'a self, key: &'a RequestKey) -> Work<'a, Option<Entry>> {
        (**self).get(key)
    }

    fn get_many<'a>(&'a self, keys: &'a [RequestKey]) -> Work<'a, Vec<Option<Entry>>> {
        (**self).get_many(keys)
    }

    fn put<'a>(&'a self, key: &'a RequestKey, entry: &'a Entry) -> Work<'a, ()> {
        (**self).put(key, entry)
    }

    fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool> {
        (**self).remove(key)
    }

    fn clear(&self) -> Work<'_, ()> {
        (**self).clear()
    }

    fn flush(&self) -> Work<'_, ()> {
        (**self).flush()
    }

    fn iter_page<'a>(&'a self, after: Option<&'a Cursor>, limit: usize) -> Work<'a, Page> {
        (**self).iter_page(after, limit)
    }

    fn invalidate<'a>(&'a self, selector: &'a Selector) -> Work<'a, Invalidated> {
        (**self).invalidate(selector)
    }

    fn stats(&self) -> StoreStats {
        (**self).stats()
    }

    fn lease(&self) -> Option<&dyn Lease> {
        (**self).lease()
    }

    fn maintain(&self) -> Option<&dyn Maintain> {
        (**self).maintain()
    }
}
