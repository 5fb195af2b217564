//! The store behind the memory tier, asked by callers who may block and by those who may not.

use std::sync::Arc;

use llm_cache_core::RequestKey;
use tokio::runtime::Handle;

use crate::{
    entry::Entry,
    store::{Store, StoreError, StoreErrorKind, Tier},
};

pub(super) struct Backing(Arc<dyn Store>);

impl Backing {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.0
    }

    pub(super) fn tier(&self) -> Tier {
        self.0.tier()
    }

    /// Reads an entry. What is there at once is given at once; a caller who may block does the rest
    /// on his own thread.
    pub(super) async fn get(
        &self,
        key: &RequestKey,
        may_block: bool,
    ) -> Result<Option<Entry>, StoreError> {
        let work = self.0.get(key);
        if may_block { work.wait() } else { work.await }
    }

    /// Writes an entry. Once it has begun, it runs to its end even when the caller goes away; the
    /// future of a store does so inside tokio alone.
    pub(super) async fn put(
        &self,
        key: &RequestKey,
        entry: &Entry,
        may_block: bool,
    ) -> Result<(), StoreError> {
        let work = self.0.put(key, entry);
        if may_block {
            return work.wait();
        }
        let Ok(runtime) = Handle::try_current() else { return work.await };
        if !work.is_later() {
            return work.await;
        }
        // It borrows from this call, and has not begun.
        drop(work);
        let (store, key, entry) = (Arc::clone(&self.0), *key, entry.clone());
        let written = runtime.spawn(async move { store.put(&key, &entry).await });
        written.await.unwrap_or_else(|error| {
            Err(StoreError::new(StoreErrorKind::Unavailable).because(error))
        })
    }
}
