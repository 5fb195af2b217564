//! The store that keeps nothing.

use llm_cache_core::{RequestKey, record::Record};

use super::{Store, StoreError, StoreStats, Stored};

/// Keeps nothing and never fails: for a cache that lives in memory only.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStore;

impl Store for NoStore {
    fn get(&self, _key: &RequestKey) -> Result<Option<Stored>, StoreError> {
        Ok(None)
    }

    fn put(&self, _record: &Record<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn remove(&self, _key: &RequestKey) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn clear(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn stats(&self) -> StoreStats {
        StoreStats { bytes_max: Some(0), ..StoreStats::default() }
    }

    fn put_may_block(&self) -> bool {
        false
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
