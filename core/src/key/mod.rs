//! The identity of a request: what must be equal for one answer to serve another call.
//!
//! A [`Scope`] holds what identifies a request beside its body. Its [`KeyHasher`] turns bodies into
//! [`RequestKey`]s. The format is published in core/KEY.md, with vectors.

mod endpoint;
mod field_hasher;
mod key_hasher;
mod left_out;
mod request_key;
mod scope;

pub use crate::canonical::{
    CanonicalError as KeyError, Slot, ValueError, scratch_needed, scratch_needed_for,
};
pub use endpoint::Endpoint;
pub use field_hasher::FieldHasher;
pub use key_hasher::KeyHasher;
pub use request_key::{ParseKeyError, RequestKey};
pub use scope::{CredentialDigest, KeyScope, Scope, ScopeError, ScopeErrorKind, Tenant};

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

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
