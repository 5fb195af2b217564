//! How often an entry was asked for, counted through a shared reference.

use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// A small counter that many readers of a table may change at a time.
///
/// It is read and written, not added to in one step: the smallest processors cannot do that. So of
/// two uses at the same moment one may go uncounted. That is harmless: the count tells entries in
/// use from those that are not, and never orders anything else in memory.
#[derive(Debug)]
pub(super) struct Uses(AtomicU8);

impl Uses {
    pub(super) const fn new(count: u8) -> Self {
        Self(AtomicU8::new(count))
    }

    pub(super) fn get(&self) -> u8 {
        self.0.load(Relaxed)
    }

    pub(super) fn set(&self, count: u8) {
        self.0.store(count, Relaxed);
    }
}

impl Clone for Uses {
    fn clone(&self) -> Self {
        Self::new(self.get())
    }
}
