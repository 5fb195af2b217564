//! An error of a client, put together from what the provider said.

use core::time::Duration;
use std::error::Error as StdError;
use std::sync::Arc;

use bytes::Bytes;

use super::{Error, ErrorKind, Inner};
use crate::discard::Discard;

/// An error being put together.
pub(crate) struct Parts(Inner);

impl Parts {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Box<str>>) -> Self {
        Self(Inner::new(kind, message.into()))
    }

    pub(crate) fn source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn discard(mut self, discard: Option<Arc<Discard>>) -> Self {
        self.0.discard = discard;
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
