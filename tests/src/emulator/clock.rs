//! The emulator's time: the machine's, or one that stands still until a test moves it.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Unix milliseconds; injected once set.
#[derive(Debug)]
pub(super) struct Clock(Mutex<Option<u64>>);

impl Clock {
    pub(super) fn new(now_ms: Option<u64>) -> Self {
        Self(Mutex::new(now_ms))
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(system_ms)
    }

    pub(super) fn set(&self, now_ms: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now_ms);
    }

    pub(super) fn advance(&self, ms: u64) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(held.unwrap_or_else(system_ms).saturating_add(ms));
    }
}

fn system_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
