//! The store that keeps nothing.

use llm_cache_core::RequestKey;

use super::{Cursor, Page, Store, StoreStats, Tier, Work};
use crate::entry::Entry;

/// Keeps nothing and never fails: for a cache that lives in memory only.
///
/// ```
/// use llm_cache::{Cache, store::NoStore};
///
/// let cache = Cache::builder().store(NoStore).build();
/// assert_eq!(cache.stats().store.map(|store| store.entries), Some(0));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStore;

impl Store for NoStore {
    fn tier(&self) -> Tier {
        Tier::Other("none")
    }

    fn get<'a>(&'a self, _key: &'a RequestKey) -> Work<'a, Option<Entry>> {
        Work::ready(Ok(None))
    }

    fn put<'a>(&'a self, _key: &'a RequestKey, _entry: &'a Entry) -> Work<'a, ()> {
        Work::ready(Ok(()))
    }

    fn remove<'a>(&'a self, _key: &'a RequestKey) -> Work<'a, bool> {
        Work::ready(Ok(false))
    }

    fn clear(&self) -> Work<'_, ()> {
        Work::ready(Ok(()))
    }

    fn flush(&self) -> Work<'_, ()> {
        Work::ready(Ok(()))
    }

    fn iter_page<'a>(&'a self, _after: Option<&'a Cursor>, _limit: usize) -> Work<'a, Page> {
        Work::ready(Ok(Page::new(Vec::new(), None)))
    }

    fn stats(&self) -> StoreStats {
        StoreStats { bytes_max: Some(0), ..StoreStats::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeping nothing is within the contract.
    #[test]
    fn conforms() {
        crate::store::conformance::check(|| NoStore);
    }
}
