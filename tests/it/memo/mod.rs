//! `#[cached]`: what its callers see. What makes a key, what is kept, and
//! what becomes of a failure is in the files beside it.

mod constants;
mod failures;
mod kept;
mod key;
mod lifetime;
mod signatures;
mod verdicts;

use std::cell::Cell;

use llm_cache::{
    Cache,
    cache::Outcome,
    cached,
    llm_cache_core::key::{FieldHasher, KeyScope},
    memo::note_client,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the guide extracts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Person {
    name: String,
    age: u8,
}

fn parse(text: &str) -> Result<Person, String> {
    let (name, age) = text.split_once(" is ").ok_or("no person in it")?;
    Ok(Person { name: name.into(), age: age.parse().map_err(|_| "no age in it")? })
}

fn small() -> Cache {
    Cache::builder().memory_bytes(1 << 16).build()
}

/// Stands in for a client: what its answers depend on.
struct Model {
    name: &'static str,
    base_url: &'static str,
}

const MODEL: Model = Model { name: "m-1", base_url: "https://api.example" };

impl KeyScope for Model {
    fn key_scope(&self, out: &mut FieldHasher) {
        out.field(self.name.as_bytes());
        out.field(self.base_url.as_bytes());
    }
}

impl Model {
    fn ask(&self, text: &str) -> Result<Person, String> {
        note_client(self);
        parse(text)
    }
}

/// Which of the calls were hits.
fn hits<const N: usize>(outcomes: [Outcome; N]) -> [bool; N] {
    outcomes.map(|outcome| outcome.is_hit())
}

type Alias = Result<Person, String>;
type Fallible<T> = Result<T, NotCloned>;
#[derive(Debug)]
struct NotCloned;

/// New, the same, new: the guide's three calls, sync and async, typed.
#[tokio::test]
async fn the_same_call_is_answered_from_memory() {
    /// Documented.
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn extract(cache: &Cache, text: &str) -> Result<Person, String> {
        parse(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    async fn extract_async(cache: &Cache, text: String) -> Result<Person, String> {
        tokio::task::yield_now().await;
        parse(&text)
    }
    let cache = small();
    for (text, hit) in [("Ada is 36", false), ("Ada is 36", true), ("Bob is 25", false)] {
        let (person, outcome) = extract_with_outcome(&cache, text);
        assert_eq!((person, outcome.is_hit()), (parse(text), hit));
        let (person, outcome) = extract_async_with_outcome(&cache, text.into()).await;
        assert_eq!((person, outcome.is_hit()), (parse(text), hit));
    }
    assert_eq!(extract(&cache, "Ada is 36"), parse("Ada is 36"));
    assert_eq!(extract_async(&cache, "Ada is 36".into()).await, parse("Ada is 36"));
    assert_eq!((cache.stats().misses, cache.stats().hits()), (4, 4));
}

/// `_uncached` runs the body at every call and leaves the cache alone.
#[test]
fn the_body_can_be_run_past_the_cache() {
    #[cached(cache = cache, skip_unkeyed(cache, bodies))]
    fn count(cache: &Cache, bodies: &Cell<u32>) -> u32 {
        bodies.set(bodies.get() + 1);
        bodies.get()
    }
    let (cache, bodies) = (small(), Cell::new(0));
    assert_eq!((count(&cache, &bodies), count(&cache, &bodies)), (1, 1));
    assert_eq!((count_uncached(&cache, &bodies), count_uncached(&cache, &bodies)), (2, 3));
    assert_eq!(count(&cache, &bodies), 1);
}

/// A module whose name a macro might choose too.
mod runtime {
    pub(super) const NAMESPACE: &str = "n";
}

/// Whatever the parameters are called, and whatever the options name: nothing of the expansion is
/// taken for it.
#[test]
fn names_do_not_meet() {
    #[cached(cache = cache, namespace = runtime::NAMESPACE, skip_unkeyed(cache))]
    #[allow(non_snake_case)]
    fn sum(cache: &Cache, SITE: u8, key: u8, call: u8, share: u8, runtime: u8) -> Vec<u8> {
        vec![SITE, key, call, share, runtime]
    }
    let cache = small();
    assert_eq!(sum(&cache, 1, 2, 3, 4, 5), [1, 2, 3, 4, 5]);
    let outcomes = [1, 9].map(|site| sum_with_outcome(&cache, site, 2, 3, 4, 5).1);
    assert_eq!(hits(outcomes), [true, false]);
}
