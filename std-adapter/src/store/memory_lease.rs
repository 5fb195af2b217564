//! Leases in this process's memory.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use llm_cache_core::RequestKey;

use super::{Fence, Lease, Work};

/// The leases of a [`MemoryStore`](super::MemoryStore).
#[derive(Debug, Default)]
pub(super) struct Leases(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    by_key: HashMap<RequestKey, (Fence, Instant)>,
    last: u64,
}

impl Leases {
    fn with<T>(&self, act: impl FnOnce(&mut Held, Instant) -> T) -> T {
        let now = Instant::now();
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.by_key.retain(|_, (_, end)| *end > now);
        act(&mut held, now)
    }
}

/// When a lease ends; `None` where no clock reaches so far.
fn end(now: Instant, ttl: Duration) -> Option<Instant> {
    now.checked_add(ttl)
}

/// O(leases) each.
impl Lease for Leases {
    fn acquire<'a>(&'a self, key: &'a RequestKey, ttl: Duration) -> Work<'a, Option<Fence>> {
        Work::ready(Ok(self.with(|held, now| {
            if held.by_key.contains_key(key) {
                return None;
            }
            held.last += 1;
            let fence = Fence(held.last);
            held.by_key.insert(*key, (fence, end(now, ttl)?));
            Some(fence)
        })))
    }

    fn renew<'a>(&'a self, key: &'a RequestKey, fence: Fence, ttl: Duration) -> Work<'a, bool> {
        Work::ready(Ok(self.with(|held, now| match (held.by_key.get_mut(key), end(now, ttl)) {
            (Some((holder, until)), Some(end)) if *holder == fence => {
                *until = end;
                true
            }
            _ => false,
        })))
    }

    fn release<'a>(&'a self, key: &'a RequestKey, fence: Fence) -> Work<'a, bool> {
        Work::ready(Ok(self.with(|held, _| {
            let is_holder = held.by_key.get(key).is_some_and(|(holder, _)| *holder == fence);
            is_holder && held.by_key.remove(key).is_some()
        })))
    }
}
