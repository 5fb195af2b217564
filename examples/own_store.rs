//! A store of one's own: entries in a map, put through the suite that every store must pass, and
//! then behind a cache.

mod support;

use std::{
    collections::BTreeMap,
    error::Error,
    ops::Bound::{Excluded, Unbounded},
    process::ExitCode,
    sync::{Arc, Mutex},
};

use llm_cache::{
    Entry,
    cache::Cache,
    client::Request,
    store::{Cursor, Page, Store, StoreError, StoreErrorKind, StoreStats, Tier, Work, conformance},
};
use llm_cache_core::RequestKey;
use support::{Arguments, Service};

/// Keeps everything; a real one would bound itself.
#[derive(Default)]
struct MapStore(Mutex<BTreeMap<RequestKey, Entry>>);

impl MapStore {
    fn with<T>(
        &self,
        act: impl FnOnce(&mut BTreeMap<RequestKey, Entry>) -> T,
    ) -> Result<T, StoreError> {
        let mut map = self.0.lock().map_err(|_| StoreError::new(StoreErrorKind::Other))?;
        Ok(act(&mut map))
    }
}

impl Store for MapStore {
    fn tier(&self) -> Tier {
        Tier::Other("map") // what outcomes and metrics call it
    }
    fn get<'a>(&'a self, key: &'a RequestKey) -> Work<'a, Option<Entry>> {
        Work::ready(self.with(|map| map.get(key).cloned())) // copies no payload
    }
    fn put<'a>(&'a self, key: &'a RequestKey, entry: &'a Entry) -> Work<'a, ()> {
        Work::ready(self.with(|map| drop(map.insert(*key, entry.clone()))))
    }
    fn remove<'a>(&'a self, key: &'a RequestKey) -> Work<'a, bool> {
        Work::ready(self.with(|map| map.remove(key).is_some()))
    }
    fn clear(&self) -> Work<'_, ()> {
        Work::ready(self.with(BTreeMap::clear))
    }
    fn flush(&self) -> Work<'_, ()> {
        Work::ready(Ok(()))
    }
    fn iter_page<'a>(&'a self, after: Option<&'a Cursor>, limit: usize) -> Work<'a, Page> {
        let after = after.and_then(|after| after.as_bytes().try_into().ok());
        let start = after.map_or(Unbounded, |key| Excluded(RequestKey::from_bytes(key)));
        Work::ready(self.with(|map| {
            let page = map.range((start, Unbounded)).take(limit);
            let page: Vec<_> = page.map(|(key, entry)| (*key, entry.clone())).collect();
            let next = page.last().map(|(key, _)| Cursor::new(*key.as_bytes()));
            Page::new(page, next)
        }))
    }
    fn stats(&self) -> StoreStats {
        let mut stats = StoreStats::default();
        stats.entries = self.with(|map| map.len() as u64).unwrap_or(0);
        stats
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
