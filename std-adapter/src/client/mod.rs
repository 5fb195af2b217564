//! Requests, replies, typed extraction: the client of a provider, with the cache in front.
//!
//! A call is judged (may its answer come from a cache at all?), keyed, looked up, and sent only if
//! nobody has the answer; the answer is judged again before it is stored. What is stored is the
//! body as the provider sent it, so that a hit is byte for byte the answer that was fetched.
//! Streams pass through.
//!
//! Limits that always hold: redirects are not followed, a credential goes over plain http only to
//! this machine or a host that is allowed by name, answers are capped while they are read, and no
//! message, event or `Debug` shows a prompt, an answer or a secret.

mod access;
mod account;
mod builder;
mod doctor;
mod encode;
mod extract;
mod handle;
mod marks;
mod part;
mod plan;
mod reply;
mod request;
mod schema;
mod scope;
mod send;
mod stream;
mod total;
mod validation;

pub use builder::ClientBuilder;
pub use extract::{Extracted, Extraction, Via};
pub use handle::Client;
pub use part::{Part, Tool, ToolChoice};
pub use reply::{Reply, ToolCall};
pub use request::Request;
pub use scope::Tenant;
pub use stream::{ByteStream, EventStream};
pub use validation::Validation;

#[cfg(test)]
mod tests;

pub use crate::provider::{
    ApiKey, Identity, KeyHeader, RetryPolicy, SseEvent, TokenResult, Warning,
};
pub use llm_cache_core::reply::ResponsesStore;
