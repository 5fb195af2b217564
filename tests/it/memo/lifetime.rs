//! How old a result may be is judged when it is read.

use std::{sync::Arc, time::Duration};

use llm_cache::{
    Cache, Client, Entry, Error,
    cache::{CallOptions, Fetched, MissReason, Outcome},
    cached,
    client::Request,
    clock::ManualClock,
    llm_cache_core::{Millis, RequestKey},
    store::{MemoryStore, Store},
};
use llm_cache_tests::{Emulator, Options};

use super::hits;

const EXPIRED: Outcome = Outcome::Miss { why: MissReason::Expired };

/// A shorter ttl than an entry was stored with, of the attribute, of the request or of the cache,
/// applies to the entry, in memory and in the store; a longer one than its own does not.
#[tokio::test]
async fn a_shortened_ttl_applies_to_what_is_stored() {
    #[cached(cache = cache, skip_unkeyed(cache, secs), ttl_secs = secs, version = "1")]
    fn one(cache: &Cache, secs: u64) -> u8 {
        1
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn by_default(cache: &Cache) -> u8 {
        1
    }
    let (store, clock) = (Arc::new(MemoryStore::new()), ManualClock::new(Millis(1_000)));
    let open = || Cache::builder().store(Arc::clone(&store)).clock(clock.clone());
    let cache = open().build();
    let _ = (one(&cache, 3600), by_default(&cache));
    clock.advance(Duration::from_secs(2));
    assert!(one_with_outcome(&cache, 3600).1.is_hit());
    let reopened = open().build();
    assert_eq!(one_with_outcome(&reopened, 2).1, EXPIRED);
    // What is in this cache's memory is too old too; the store has what the other one put there.
    assert_eq!(one_with_outcome(&cache, 2).1.to_string(), "hit memory_store 0ms");
    clock.advance(Duration::from_secs(2));
    assert_eq!(one_with_outcome(&cache, 3600).1, EXPIRED, "it was stored for two seconds");
    let shorter = open().default_ttl(Duration::from_secs(4)).build();
    assert_eq!(by_default_with_outcome(&shorter).1, EXPIRED);
    assert!(by_default_with_outcome(&cache).1.is_hit());

    let emulator = Emulator::start(Options::new()).unwrap();
    let client = Client::anthropic().base_url(emulator.base_url()).api_key("k");
    let client = client.model("claude-haiku-4-5").cache(open().build()).build().unwrap();
    let ask = async |request: Request| client.send(request).await.unwrap().outcome();
    let request = || Request::new().user("x");
    assert!(ask(request()).await.is_miss());
    clock.advance(Duration::from_millis(50));
    assert!(ask(request().max_age(Duration::from_millis(51))).await.is_hit());
    assert_eq!(ask(request().max_age(Duration::from_millis(50))).await, EXPIRED);
    assert!(ask(request()).await.is_hit());
    clock.advance(Duration::from_millis(50));
    assert_eq!(ask(request().ttl(Duration::from_millis(50))).await, EXPIRED);
}

/// `max_age` bounds what is accepted and not what is kept.
#[test]
fn max_age_keeps_nothing_shorter() {
    #[cached(cache = cache, skip_unkeyed(cache, secs), max_age_secs = secs, version = "1")]
    fn one(cache: &Cache, secs: u64) -> u8 {
        1
    }
    let clock = ManualClock::new(Millis(1_000));
    let cache = Cache::builder().clock(clock.clone()).build();
    assert_eq!(one(&cache, 5), 1);
    clock.advance(Duration::from_secs(5));
    let ages = [6, 5, 1].map(|secs| one_with_outcome(&cache, secs).1);
    assert_eq!(hits(ages), [true, false, true]);
    clock.advance(Duration::from_secs(3600));
    assert!(one_with_outcome(&cache, 3601).1.is_hit());
}

/// An entry of unknown age is too old for any bound, and serves without one.
#[tokio::test]
async fn an_unknown_age_is_too_old() {
    let key = RequestKey::from_bytes([7; 32]);
    for (options, hit) in [
        (CallOptions::new(), true),
        (CallOptions::new().ttl(Duration::from_secs(3600)), false),
        (CallOptions::new().max_age(Duration::from_secs(3600)), false),
    ] {
        let store = MemoryStore::new();
        store.put(&key, &Entry::new("a")).wait().unwrap();
        let cache = Cache::builder().store(store).build();
        let fetch = async || Ok::<_, std::convert::Infallible>(Fetched::new("b"));
        let answer = cache.get_or_fetch(key, &options, fetch).await.unwrap();
        assert_eq!(answer.outcome.is_hit(), hit);
    }
}

/// What a function makes of an answer of live tools is kept no longer than its request lets that
/// answer be kept, whether the answer was fetched or stored for some time already.
#[tokio::test]
async fn live_answers_limit_what_is_made_of_them() {
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    async fn news(cache: &Cache, client: &Client, part: u8) -> Result<String, Error> {
        let _ = part;
        let request = Request::raw(
            r#"{"model":"claude-haiku-4-5","max_tokens":100,"tools":[{"name":"web_search",
                "type":"web_search_20250305"}],"messages":[{"role":"user","content":"x"}]}"#,
        );
        Ok(client.send(request.store_live_tools(Duration::from_secs(60))).await?.text())
    }
    let clock = ManualClock::new(Millis(1_000));
    let cache = Cache::builder().clock(clock.clone()).build();
    let emulator = Emulator::start(Options::new()).unwrap();
    let client = Client::anthropic().base_url(emulator.base_url()).api_key("k");
    let client = client.cache(Cache::builder().clock(clock.clone()).build()).build().unwrap();
    let outcome = async |part| news_with_outcome(&cache, &client, part).await.1;
    assert!(outcome(1).await.is_miss());
    clock.advance(Duration::from_secs(40));
    assert!(outcome(1).await.is_hit());
    // Its answer is 40 s old when the second result is made of it.
    assert!(outcome(2).await.is_miss());
    assert_eq!(emulator.upstream_calls(), 1);
    clock.advance(Duration::from_secs(21));
    assert_eq!((outcome(1).await, outcome(2).await), (EXPIRED, EXPIRED));
}
