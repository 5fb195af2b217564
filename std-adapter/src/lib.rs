//! Never pay twice for the same LLM answer.
//!
//! A decorated function or a client asks the provider once; the same request later is answered from
//! memory, or from disk after a restart. Marks for the provider's own prompt cache are checked
//! before they are sent, and what both caches saved is told in tokens and in money.
//!
//! ```sh
//! cargo add llm-cache
//! cargo add tokio --features macros,rt-multi-thread
//! cargo add serde --features derive
//! cargo add schemars
//! ```
#![cfg_attr(
    all(feature = "client", feature = "memo", feature = "file-store", unix),
    doc = r#"
```no_run
use llm_cache::{Cache, Client, Error, cached, store::FileStore};

#[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Person {
    name: String,
    age: u32,
}

/// The key of a call: this function's code, `Person`'s schema, the client's model and endpoint, and
/// `text`. Change any of them and it is another call.
#[cached(skip(client))]
async fn extract_person(client: &Client, text: &str) -> Result<Person, Error> {
    Ok(client.extract::<Person>(text).await?.into_inner())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cache = Cache::builder().store(FileStore::open("llm-answers")?).build();
    Cache::set_global(cache.clone()).expect("nothing has used it yet");
    // The key is in ANTHROPIC_API_KEY. OpenAI, and servers that speak its API: Client::openai().
    let client = Client::anthropic().model("claude-haiku-5-5").build()?;

    let text = "My name is John and I am 30 years old";
    for _ in 0..2 {
        let (person, outcome) = extract_person_with_outcome(&client, text).await;
        println!("{:?}: {outcome}", person?); // first `miss absent`, then `hit memory 0ms`
    }
    println!("{} hits; {}", cache.stats().hits(), client.savings());
    Ok(())
}
```

# Where to go next

| to do | look at |
|---|---|
| cache a function's result | [`cached`] |
| send requests, extract types | [`Client`], [`client::Request`], [`client::ClientBuilder`] |
| decide what a call may do, see what became of it | [`cache::Mode`], [`cache::Outcome`] |
| watch a cache | [`cache::Event`], [`cache::CacheStats`] |
| keep answers in files, or elsewhere | [`store::FileStore`], [`store::Store`] |
| mark prompts | [`client::Request::cached_system`], [`llm_cache_core::prompt`] |
| have the marks placed | [`client::ClientBuilder::planner`], [`prompt::plan`] |
| learn why the provider's cache missed | [`Client::explain`], [`prompt::doctor`] |
| count what was saved, replace prices | [`Client::savings`], [`prompt::Facts`] |
| tell errors apart | [`ErrorKind`] |
| keys, table, log and marks without a heap or an OS | [`llm_cache_core`] |
"#
)]
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `std` (default) | `client`, `memo` and `file-store` |
//! | `client` | the typed client, prompts marked for the provider's cache, prices and savings |
//! | `memo` | the attribute `cached` |
//! | `file-store` | `store::FileStore`: entries in a directory of files; on Unix only |
//! | `lz4` | `file-store`, with answers compressed where its options say so |
//!
//! Without any of them there are [`cache`], [`exchange`] and [`store`], which need no HTTP, no TLS
//! and no JSON library.
//!
//! The repository has [runnable examples] and a map of the code.
//!
//! [runnable examples]: https://github.com/llm-cache/llm-cache/tree/main/examples
#![cfg_attr(docsrs, feature(doc_cfg))]

mod block_on;
pub mod cache;
#[cfg(feature = "client")]
pub mod client;
pub mod clock;
#[cfg(any(feature = "client", feature = "memo"))]
mod discard;
pub mod entry;
#[cfg(any(feature = "client", feature = "memo"))]
pub mod error;
pub mod exchange;
#[cfg(feature = "memo")]
pub mod memo;
#[cfg(feature = "client")]
pub mod prompt;
#[cfg(feature = "client")]
pub mod provider;
#[cfg(any(feature = "client", feature = "memo"))]
mod running;
pub mod store;

pub use cache::{Cache, Outcome};
#[cfg(feature = "client")]
pub use client::Client;
pub use entry::Entry;
#[cfg(any(feature = "client", feature = "memo"))]
pub use error::{Error, ErrorKind};
pub use llm_cache_core;
pub use llm_cache_core::{RequestKey, Usage, key::Dialect, prompt::CacheControl};
#[cfg(feature = "memo")]
#[doc(inline)]
pub use memo::cached;

/// The examples of the README are compiled and, where they need no network, run.
#[cfg(all(doctest, feature = "client", feature = "memo", feature = "file-store"))]
#[doc = include_str!("../README.md")]
pub struct ReadmeDoctests;
