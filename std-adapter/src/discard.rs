//! The word of a caller that its result does not depend on an answer.

use std::sync::atomic::{AtomicBool, Ordering};

/// Given with an answer that keeps the memoised functions around the call from being stored. Who
/// does not use the answer discards it; then it keeps nothing from being stored.
#[derive(Debug, Default)]
pub(crate) struct Discard(AtomicBool);

impl Discard {
    /// The functions go on as if there had been no such answer.
    pub(crate) fn discard(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the answer was discarded.
    #[cfg(feature = "memo")]
    pub(crate) fn is_discarded(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
