//! The one error of a call: what failed, what the provider said, and what to do about it.

use core::fmt;
use core::time::Duration;
use std::error::Error as StdError;
use std::sync::Arc;

use bytes::Bytes;

use crate::memo::Mark;

/// Why a call through a [`Client`](crate::client::Client) gave no answer.
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
    /// What the answer that gave this error is to the memoised functions around the call.
    mark: Option<Arc<Mark>>,
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

    /// Says, inside a memoised function ([`cached`](crate::cached)), that its result does not
    /// depend on the answer that could not be used. Unless that is said, a function that goes on
    /// after a typed answer was cut, refused or did not decode returns a result that is not stored;
    /// errors without an answer do not count.
    pub fn discard(&self) {
        if let Some(mark) = &self.0.mark {
            mark.discard();
        }
    }

    /// How many times the request was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<Box<str>>) -> Self {
        Self::from(Parts::new(kind, message))
    }
}

/// An error being put together.
pub(crate) struct Parts(Inner);

impl Parts {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Box<str>>) -> Self {
        Self(Inner {
            kind,
            message: message.into(),
            status: None,
            request_id: None,
            retry_after: None,
            provider_type: None,
            provider_message: None,
            body: Bytes::new(),
            attempts: 0,
            source: None,
            mark: None,
        })
    }

    pub(crate) fn source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn mark(mut self, mark: Option<Arc<Mark>>) -> Self {
        self.0.mark = mark;
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn request_id(mut self, id: Option<&str>) -> Self {
        self.0.request_id = id.map(|text| one_line(shortened(text, 200)));
        self
    }

    pub(crate) fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// What the provider said. The caller has taken the credential out.
    pub(crate) fn provider(
        mut self,
        class: Option<&str>,
        message: Option<&str>,
        body: Bytes,
    ) -> Self {
        self.0.provider_type = class.map(|text| one_line(shortened(text, 200)));
        self.0.provider_message = message.map(|text| one_line(shortened(text, 2000)));
        self.0.body = body;
        self
    }
}

impl From<Parts> for Error {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts.0))
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

/// A stranger's text with spaces for line ends and other control characters: a log line stays one.
fn one_line(text: &str) -> Box<str> {
    text.chars().map(|each| if each.is_control() { ' ' } else { each }).collect()
}

/// `text` cut to at most `len_max` bytes at a character boundary.
fn shortened(text: &str, len_max: usize) -> &str {
    if text.len() <= len_max {
        return text;
    }
    let mut end = len_max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
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

    /// One line with what a person needs: what, status, class, id, the provider's words, advice.
    #[test]
    fn displays_what_to_do() {
        let error: Error = Parts::new(ErrorKind::Overloaded, "the provider is overloaded")
            .status(529)
            .request_id(Some("req_1"))
            .provider(Some("overloaded_error"), Some("Overloaded"), Bytes::from_static(b"{}"))
            .attempts(3)
            .into();
        assert_eq!(
            error.to_string(),
            "the provider is overloaded (HTTP 529, overloaded_error, request id req_1): Overloaded \
             [sent 3 times]; the fault is the provider's: try again later, and quote the request id"
        );
        assert!(format!("{error:?}").contains("body_len: 2"));
    }

    /// What a provider says can neither begin a line of its own in a log nor command a terminal.
    #[test]
    fn stays_one_line() {
        let error: Error = Parts::new(ErrorKind::Server, "the provider failed")
            .status(500)
            .request_id(Some("req\r\n1"))
            .provider(Some("a\nb"), Some("x\n\u{1b}[31my\u{85}z"), Bytes::new())
            .into();
        assert_eq!((error.request_id(), error.provider_type()), (Some("req  1"), Some("a b")));
        assert!(!error.to_string().chars().any(char::is_control), "{error}");
    }

    /// Cutting long provider messages never splits a character.
    #[test]
    fn shortens_at_a_boundary() {
        assert_eq!(shortened("a\u{e9}b", 2), "a");
        assert_eq!(shortened("abc", 3), "abc");
    }
}
