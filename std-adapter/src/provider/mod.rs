//! The way to a provider: HTTP, one vendor a file, retries, server-sent events, credentials.
//!
//! What holds for every exchange: redirects are not followed; a credential goes over plain HTTP
//! only to this machine and to hosts that are allowed by name; no content coding is accepted and
//! nothing is decompressed, so the limit on an answer's length is the limit on its memory; bodies
//! are sent as they were given.

mod anthropic;
mod credential;
mod head;
mod header;
mod http;
mod live;
#[cfg(test)]
pub(crate) mod loopback;
mod openai;
mod retry;
mod route;
mod said;
mod scrub;
mod spent;
mod sse;
mod upstream;
mod vendor;

pub use credential::{ApiKey, KeyHeader, TokenResult};
pub use header::Identity;
pub use retry::RetryPolicy;
pub use route::Warning;
pub use sse::SseEvent;

pub(crate) use anthropic::Anthropic;
pub(crate) use credential::Credential;
pub(crate) use header::CustomHeaders;
pub(crate) use http::{Answer, Http};
pub(crate) use live::Live;
pub(crate) use openai::OpenAi;
pub(crate) use route::{Guard, Route};
pub(crate) use upstream::Upstream;
pub(crate) use vendor::{HeaderSettings, Operation, Vendor};
