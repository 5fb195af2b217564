//! Functions that our attribute decorates.

use std::sync::LazyLock;

use llm_cache::{Cache, cached, store::FileStore};

use super::{Fault, body, folder};

static MEMORY: LazyLock<Cache> = LazyLock::new(|| Cache::builder().build());

/// A cache without a memory tier, so that every hit comes from the store.
static DISK: LazyLock<Cache> = LazyLock::new(|| {
    Cache::builder().memory_bytes(0).store_or_report(FileStore::open(folder().join("ours"))).build()
});

#[cached(cache = &MEMORY)]
pub(super) fn answer(prompt: &str) -> String {
    body(prompt)
}

#[cached(cache = &MEMORY)]
pub(super) async fn answer_async(prompt: &str) -> String {
    body(prompt)
}

#[cached(cache = &DISK)]
pub(super) fn answer_on_disk(prompt: &str) -> Result<String, Fault> {
    Ok(body(prompt))
}

/// That nothing but the first call of each function with each prompt has run a body.
pub(super) fn check(first_calls: u64) -> Result<(), String> {
    let stats = [MEMORY.stats(), DISK.stats()];
    let misses: u64 = stats.iter().map(|stats| stats.misses + stats.bypasses).sum();
    let (in_memory, on_disk) = (stats[0].hits_memory, stats[1].hits_store);
    if misses == first_calls && in_memory > 0 && on_disk > 0 {
        Ok(())
    } else {
        Err(format!("{misses} calls were no hits, {first_calls} expected"))
    }
}
