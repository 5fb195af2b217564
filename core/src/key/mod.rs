//! The identity of a request: what must be equal for one answer to serve another call.

mod request_key;

pub use request_key::{ParseKeyError, RequestKey};

/// The wire format of a request body, which decides what in it is not part of its identity.
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
