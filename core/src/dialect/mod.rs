//! The wire formats: one folder for each, and one `match` for each question that is asked of all.
//!
//! A dialect's folder holds what is known of its wire format: which members of a body identify a
//! request (`identity`), which requests go past the cache (`request`), how a typed request is
//! checked and written (`check`, `encode`), what an answer says (`reply`), and where a stream of
//! events ends (`stream_end`). The files beside the folders ask the folders; every `match` on a
//! [`Dialect`] names all of them, so that the compiler shows each place that a new one needs.
//!
//! The room stands on `prompt` (the request model, and the rules for cache marks) and on `reply`
//! (the words for an answer), which know no dialect.

mod anthropic;
mod encode;
mod identity;
mod openai;
mod openai_chat;
mod openai_responses;
mod reply;
mod request;
mod stream_end;

pub use anthropic::diagnostics::{Diagnostics, MissReason, read_diagnostics};
pub use openai_responses::request::STORED_RESPONSE_TTL;
pub use reply::{Reply, ReplyError, read_usage};
pub use request::{ResponsesStore, VerdictOptions, request_verdict, ttl_max};
pub use stream_end::StreamEnd;

pub(crate) use encode::{body, expressible};

/// The wire format of a request and of its answer.
///
/// It decides what in a body is not part of a request's identity, which requests and answers may
/// be cached, and how typed requests are written.
///
/// ```
/// use llm_cache_core::key::Dialect;
///
/// assert_eq!(Dialect::OpenAiChat.as_str(), "openai.chat");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// Anthropic `POST /v1/messages`.
    AnthropicMessages,
    /// OpenAI `POST /v1/chat/completions`, and servers compatible with it.
    OpenAiChat,
    /// OpenAI `POST /v1/responses`.
    OpenAiResponses,
    /// Any JSON document; every byte of meaning counts.
    Json,
}

impl Dialect {
    /// The name in key scopes, documents and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AnthropicMessages => "anthropic.messages",
            Self::OpenAiChat => "openai.chat",
            Self::OpenAiResponses => "openai.responses",
            Self::Json => "json",
        }
    }
}

#[cfg(test)]
mod tests;
