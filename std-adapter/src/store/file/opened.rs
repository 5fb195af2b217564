//! An open store that closes itself when the last who uses it is gone.

use std::{ops::Deref, sync::Arc};

use super::open_store::OpenStore;

/// An open store. The [`FileStore`](super::FileStore) has it, and work that was begun and that
/// nobody may be waiting for any more.
pub(crate) struct Opened(pub(crate) Arc<OpenStore>);

impl Deref for Opened {
    type Target = Arc<OpenStore>;

    fn deref(&self) -> &Arc<OpenStore> {
        &self.0
    }
}

/// Waits for what is under way, then syncs unless the durability is `None`.
impl Drop for Opened {
    fn drop(&mut self) {
        self.0.close();
    }
}
