//! A store of one's own: entries in a map, put through the suite that every store must pass, and
//! then behind a cache.

mod support;

use std::{
    collections::BTreeMap,
    error::Error,
    process::ExitCode,
    sync::{Arc, Mutex},
};

use llm_cache::{
    cache::Cache,
    client::Request,
    store::{Store, StoreError, StoreErrorKind, StoreStats, Stored, conformance},
};
use llm_cache_core::{RequestKey, record::Record};
use support::{Arguments, Service};

/// Keeps everything; a real one would bound itself.
#[derive(Default)]
struct MapStore(Mutex<BTreeMap<[u8; 32], Stored>>);

impl MapStore {
    fn with<T>(
        &self,
        act: impl FnOnce(&mut BTreeMap<[u8; 32], Stored>) -> T,
    ) -> Result<T, StoreError> {
        let mut map = self.0.lock().map_err(|_| StoreError::new(StoreErrorKind::Io))?;
        Ok(act(&mut map))
    }
}

impl Store for MapStore {
    fn get(&self, key: &RequestKey) -> Result<Option<Stored>, StoreError> {
        self.with(|map| map.get(key.as_bytes()).cloned()) // copies no payload
    }
    fn put(&self, record: &Record<'_>) -> Result<(), StoreError> {
        self.with(|map| drop(map.insert(*record.key.as_bytes(), Stored::copy_of(record))))
    }
    fn remove(&self, key: &RequestKey) -> Result<bool, StoreError> {
        self.with(|map| map.remove(key.as_bytes()).is_some())
    }
    fn clear(&self) -> Result<(), StoreError> {
        self.with(BTreeMap::clear)
    }
    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
    fn stats(&self) -> StoreStats {
        let mut stats = StoreStats::default();
        stats.entries = self.with(|map| map.len() as u64).unwrap_or(0);
        stats
    }
    fn put_may_block(&self) -> bool {
        false // no disk: an async caller need not move it to another thread
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    Arguments::read("own_store").finish()?;
    conformance::check(MapStore::default); // panics where the store breaks the contract
    println!("the store keeps the contract");

    let store = Arc::new(MapStore::default());
    let service = Service::start(None)?;
    println!("{service}");
    for start in 1..=2 {
        let cache = Cache::builder().store(Arc::clone(&store)).build();
        let client = service.client().cache(cache).build()?;
        let reply = client.send(Request::from("What is a cache?")).await?;
        let outcome = reply.outcome().to_string();
        println!("start {start} | {outcome:18} | {} stored", store.stats().entries);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    support::exit("own_store", run().await)
}
