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
mod openai_embeddings;
mod openai_responses;
mod reply;
mod request;
pub mod stream;
mod stream_end;

pub use anthropic::count_tokens::TokenCount;
pub use anthropic::diagnostics::{Diagnostics, MissReason, read_diagnostics};
pub use openai_embeddings::{
    EmbeddingInput, EmbeddingInputs, EmbeddingInputsError, EmbeddingVectors,
};
pub use openai_responses::request::STORED_RESPONSE_TTL;
pub use reply::{Reply, ReplyError, read_price_tier, read_usage};
pub use request::{ResponsesStore, VerdictOptions, request_verdict, ttl_max};
pub use stream_end::StreamEnd;

pub(crate) use encode::{body, expressible};

macro_rules! dialects {
    ($($(#[$about:meta])* $dialect:ident = $name:literal,)*) => {
        /// The wire format of a request and of its answer.
        ///
        /// It decides what in a body is not part of a request's identity, which requests and
        /// answers may be cached, and how typed requests are written.
        ///
        /// ```
        /// use llm_cache_core::key::Dialect;
        ///
        /// assert_eq!(Dialect::OpenAiChat.as_str(), "openai.chat");
        /// assert!(Dialect::ALL.contains(&Dialect::OpenAiChat));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(clippy::exhaustive_enums, reason = "the compiler shows what a new one needs")]
        pub enum Dialect {
            $($(#[$about])* $dialect,)*
        }

        impl Dialect {
            /// All dialects.
            pub const ALL: &'static [Self] = &[$(Self::$dialect,)*];

            /// The name in key scopes, documents and metrics.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$dialect => $name,)*
                }
            }
        }
    };
}

dialects! {
    /// Anthropic `POST /v1/messages`.
    AnthropicMessages = "anthropic.messages",
    /// OpenAI `POST /v1/chat/completions`, and servers compatible with it.
    OpenAiChat = "openai.chat",
    /// OpenAI `POST /v1/responses`.
    OpenAiResponses = "openai.responses",
    /// OpenAI `POST /v1/embeddings`, and servers compatible with it.
    OpenAiEmbeddings = "openai.embeddings",
    /// Any JSON document; every byte of meaning counts.
    Json = "json",
}

impl Dialect {
    /// Whether a prompt is marked for the provider's cache with `cache_control`, by the rules that
    /// [`check_body`](crate::prompt::check_body) knows.
    #[must_use]
    pub const fn has_cache_control(self) -> bool {
        match self {
            Self::AnthropicMessages => true,
            Self::OpenAiChat | Self::OpenAiResponses | Self::OpenAiEmbeddings | Self::Json => false,
        }
    }

    /// Whether the provider stores answers under an id that later requests may name, unless it is
    /// told not to; how long such an answer may be kept at most is told by [`ttl_max`].
    #[must_use]
    pub const fn stores_answers(self) -> bool {
        match self {
            Self::OpenAiResponses => true,
            Self::AnthropicMessages | Self::OpenAiChat | Self::OpenAiEmbeddings | Self::Json => {
                false
            }
        }
    }

    /// Whether a stream reports its usage only where the request asks for it with
    /// `stream_options.include_usage`.
    #[must_use]
    pub const fn asks_for_stream_usage(self) -> bool {
        match self {
            Self::OpenAiChat => true,
            Self::AnthropicMessages
            | Self::OpenAiResponses
            | Self::OpenAiEmbeddings
            | Self::Json => false,
        }
    }
}

#[cfg(test)]
mod tests;
