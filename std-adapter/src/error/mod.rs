//! The one error of a call: what failed, what the provider said, and what to do about it.

#[cfg(feature = "client")]
mod parts;

use core::fmt;
use core::time::Duration;
use std::error::Error as StdError;
use std::sync::Arc;

use bytes::Bytes;

use crate::discard::Discard;

#[cfg(feature = "client")]
pub(crate) use parts::Parts;

/// Why a call through a `Client` gave no answer.
///
/// One pointer wide and cheap to clone (callers that shared one upstream call share its error).
/// `Display` is one line that ends with what to do; neither it nor `Debug` ever holds a credential,
/// and where the provider echoed the credential in its message it is replaced by `[redacted]`.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Box<str>,
    status: Option<u16>,
    request_id: Option<Box<str>>,
    retry_after: Option<Duration>,
    provider_type: Option<Box<str>>,
    provider_message: Option<Box<str>>,
    body: Bytes,
    attempts: u32,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Takes back, for the memoised functions around the call, the answer that gave this error.
    discard: Option<Arc<Discard>>,
}

impl Inner {
    fn new(kind: ErrorKind, message: Box<str>) -> Self {
        Self {
            kind,
            message,
            status: None,
            request_id: None,
            retry_after: None,
            provider_type: None,
            provider_message: None,
            body: Bytes::new(),
            attempts: 0,
            source: None,
            discard: None,
        }
    }
}

/// The class of an [`Error`], for matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No credential was given and none is in the environment.
    MissingKey,
    /// The client cannot be built, or must not send, as it is configured.
    Config,
    /// The request breaks a rule; the provider answered 400 or 422, or it was never sent.
    InvalidRequest,
    /// The provider refused the body for its size (413).
    RequestTooLarge,
    /// The provider does not accept the credential (401).
    Authentication,
    /// The credential may not do this (403).
    Permission,
    /// No such model or endpoint (404).
    NotFound,
    /// The provider is busy with a conflicting request (409).
    Conflict,
    /// Too many requests or tokens for now (429).
    RateLimited,
    /// The account has no credit left or has met its spend limit (402, or another status with a
    /// code or words that say so). Waiting does not help, so it is never retried.
    SpendLimit,
    /// The provider has too much to do (529, 503).
    Overloaded,
    /// The provider failed (another 5xx, or a status that has no meaning here).
    Server,
    /// No answer within the time limit, ours or the provider's (408, 504).
    Timeout,
    /// The provider cannot be reached: name resolution, connection or TLS failed.
    Unreachable,
    /// The provider answered with a redirect, which is never followed.
    Redirect,
    /// The answer is longer than the configured limit and was dropped.
    AnswerTooLarge,
    /// The answer, or a stream of events, ended before it was complete.
    Truncated,
    /// The answer is not what the protocol says.
    Malformed,
    /// The answer is whole but does not decode as the type that was asked for.
    Decode,
    /// The model refused, or a filter withheld its answer, where a typed answer was asked for.
    Refused,
    /// The mode forbids a call upstream and the cache does not hold the answer.
    NotCached,
    /// The identical call of a memoised function that this one waited for failed, with an error
    /// that cannot be cloned; the message is that error's text.
    Shared,
}

impl Error {
    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, where the provider answered at all.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The provider's id of the failed request, to be quoted to its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the provider asked to wait before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The provider's own class of the error, such as `overloaded_error` or `insufficient_quota`.
    #[must_use]
    pub fn provider_type(&self) -> Option<&str> {
        self.0.provider_type.as_deref()
    }

    /// The provider's own words, shortened to 2,000 bytes, with the credential taken out and spaces
    /// for control characters.
    #[must_use]
    pub fn provider_message(&self) -> Option<&str> {
        self.0.provider_message.as_deref()
    }

    /// The body of the provider's error answer as received, up to 64 KiB, with the credential taken
    /// out; empty where there was none. It may quote the prompt, so it is in no message.
    #[must_use]
    pub fn provider_body(&self) -> &Bytes {
        &self.0.body
    }

    /// Says, inside a memoised function (`cached`), that its result does not
    /// depend on the answer that could not be used. Unless that is said, a function that goes on
    /// after a typed answer was cut, refused or did not decode returns a result that is not stored;
    /// errors without an answer do not count.
    pub fn discard(&self) {
        if let Some(discard) = &self.0.discard {
            discard.discard();
        }
    }

    /// How many times the request was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Inner::new(kind, message.into())))
    }
}

impl ErrorKind {
    /// What a person can do about it: the end of every message.
    fn advice(self) -> &'static str {
        match self {
            Self::MissingKey => "set the key in the environment or with `ClientBuilder::api_key`",
            Self::Config => "correct the configuration of the client",
            Self::InvalidRequest => "correct the request; sending it again gives the same",
            Self::RequestTooLarge => "send a shorter request",
            Self::Authentication => "check the API key and the base URL it is sent to",
            Self::Permission => "check what the key's account and workspace may use",
            Self::NotFound => "check the model's name and the base URL",
            Self::Conflict => "send it again later",
            Self::RateLimited => "send less at once, or wait as `retry_after` says",
            Self::SpendLimit => "add credit or raise the limit; waiting does not help",
            Self::Overloaded | Self::Server => {
                "the fault is the provider's: try again later, and quote the request id"
            }
            Self::Timeout => "raise `ClientBuilder::timeout`, ask for less, or stream the answer",
            Self::Unreachable => "check the base URL, the network and the proxy settings",
            Self::Redirect => "set the base URL to the final address",
            Self::AnswerTooLarge => "raise `ClientBuilder::answer_bytes_max` or ask for less",
            Self::Truncated => "send it again",
            Self::Malformed => "check that the base URL speaks the client's dialect",
            Self::Decode => "make the type or the instructions clearer; nothing was stored",
            Self::Refused => "rephrase the request; nothing was stored",
            Self::NotCached => "fill the cache first, or allow calls upstream",
            Self::Shared => "this call waited for an identical one, which failed; call again",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.write_str(&inner.message)?;
        if let Some(status) = inner.status {
            write!(f, " (HTTP {status}")?;
            if let Some(class) = &inner.provider_type {
                write!(f, ", {class}")?;
            }
            if let Some(id) = &inner.request_id {
                write!(f, ", request id {id}")?;
            }
            f.write_str(")")?;
        }
        if let Some(message) = &inner.provider_message {
            write!(f, ": {message}")?;
        }
        if inner.attempts > 1 {
            write!(f, " [sent {} times]", inner.attempts)?;
        }
        write!(f, "; {}", inner.kind.advice())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("status", &inner.status)
            .field("request_id", &inner.request_id)
            .field("retry_after", &inner.retry_after)
            .field("provider_type", &inner.provider_type)
            .field("provider_message", &inner.provider_message)
            .field("body_len", &inner.body.len())
            .field("attempts", &inner.attempts)
            .field("source", &inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error crosses threads and can be cloned to every caller that waited for it.
    #[test]
    fn is_shareable() {
        fn shareable<T: Clone + Send + Sync + 'static>() {}
        shareable::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
