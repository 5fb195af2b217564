//! The caching decision around one call to a provider, whoever makes the call.
//!
//! An exchange judges a request, gives it a key, looks the answer up, fetches it once for all
//! identical calls under way, judges the answer, stores it and counts what happened. Its caller
//! brings the rest: the scope of the keys, the body, and a closure that fetches. The exchange knows
//! no HTTP client, no server and no vendor, so a typed client, a layer under another HTTP client
//! and a gateway share one set of rules. `Client` is one such caller.
//!
//! A call has two steps. [`Exchange::judge`] reads the request and costs no I/O;
//! [`Judged::answer`] answers it. Between the two a caller can see the key and whether the cache
//! takes part, and send a stream past the cache with [`Judged::pass`].
//!
//! ```
//! use std::convert::Infallible;
//!
//! use llm_cache::cache::{Cache, Share};
//! use llm_cache::exchange::{Answer, Exchange};
//! use llm_cache::llm_cache_core::key::{Dialect, Endpoint, Scope, Tenant};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let cache = Cache::builder().build();
//! let scope = Scope::new(Dialect::OpenAiChat, Endpoint::Id("example"), Tenant::Shared);
//! let hasher = scope.hasher().expect("an id is no URL");
//! let body = br#"{"model":"m","messages":[{"role":"user","content":"2 + 2?"}]}"#;
//!
//! // Any HTTP client could stand here.
//! let fetch = || async {
//!     let answer = r#"{"choices":[{"finish_reason":"stop","message":{"content":"4"}}]}"#;
//!     Ok::<_, Infallible>(Answer::new(200, answer))
//! };
//! let accept = |_: &[u8]| Some(());
//!
//! let exchange = Exchange::new(Some(&cache), &hasher);
//! let first = exchange.judge(body).answer(Share::cloned(), accept, fetch).await.unwrap();
//! let second = exchange.judge(body).answer(Share::cloned(), accept, fetch).await.unwrap();
//! assert_eq!(first.outcome.to_string(), "miss absent");
//! assert!(second.outcome.is_hit() && second.entry == first.entry);
//! # }
//! ```

mod answer;
mod answered;
mod call;
mod judge;
mod options;

pub use answer::Answer;
pub use answered::{Answered, ExchangeError, NotCached};
pub use judge::{Exchange, Judged};
pub use options::Options;

#[cfg(test)]
mod tests;
