//! The store behind the memory tier, and the way to it that keeps async callers off the disk.

use std::{error::Error, sync::Arc};

use llm_cache_core::RequestKey;
use tokio::runtime::Handle;

use crate::store::{Store, Stored};

pub(super) struct Backing(Arc<dyn Store>);

impl Backing {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.0
    }

    /// Writes an entry; where the store may block and the caller must not, on a thread of tokio's
    /// for that. There the write runs to its end even when the caller goes away.
    pub(super) async fn put(
        &self,
        key: RequestKey,
        stored: Stored,
        may_block: bool,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        if !may_block
            && self.0.put_may_block()
            && let Ok(runtime) = Handle::try_current()
        {
            let store = Arc::clone(&self.0);
            let written = runtime.spawn_blocking(move || store.put(&stored.as_record(key))).await?;
            return Ok(written?);
        }
        Ok(self.0.put(&stored.as_record(key))?)
    }
}
