//! What differs between vendors, behind one trait; each vendor is a file beside this one.

use std::borrow::Cow;

use bytes::Bytes;
use llm_cache_core::key::Dialect;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::credential::Secret;
use super::head::Head;
use super::header::CustomHeaders;
use super::retry::Hint;
use super::said::Said;
use super::scrub::Secrets;
use crate::error::{Error, ErrorKind, Parts};

/// The settings that become headers.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderSettings {
    pub(crate) api_version: String,
    /// Sorted, without duplicates.
    pub(crate) betas: Vec<String>,
    pub(crate) organization: String,
    pub(crate) project: String,
    /// Headers of the user's own.
    pub(crate) custom: CustomHeaders,
}

/// An endpoint below the base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Messages or chat completions.
    Generate,
    CountTokens,
}

/// One vendor's side of the protocol. Stateless: the implementations are unit types.
pub(crate) trait Vendor: Send + Sync {
    fn dialect(&self) -> Dialect;
    /// Where requests go if nothing else is said.
    fn base_url_default(&self) -> &'static str;
    /// The API version of a client that names none; empty where the vendor has none.
    fn api_version_default(&self) -> &'static str;
    /// The token limit of a typed request that names none, where the vendor requires one.
    fn max_tokens_default(&self) -> Option<u32>;
    /// The environment variables of the key and of the base URL.
    fn env_names(&self) -> (&'static str, &'static str);
    /// The path segments below the base path, or `None` if the vendor has no such endpoint.
    fn path(&self, operation: Operation, base_path: &str) -> Option<&'static [&'static str]>;
    /// The headers of every request, the credential aside.
    fn headers(&self, settings: &HeaderSettings) -> Vec<(HeaderName, String)>;
    /// The header that a static key goes into.
    fn key_header(&self, key: &str) -> (HeaderName, String);
}

/// An unsuccessful answer: what to tell the caller, and whether to try again.
pub(crate) struct Failure {
    pub(crate) parts: Parts,
    pub(crate) hint: Hint,
}

/// The headers of one attempt.
pub(crate) fn headers_of(
    vendor: &dyn Vendor,
    settings: &HeaderSettings,
    secret: Option<&Secret>,
    accept: &'static str,
) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::new();
    map.insert("content-type", HeaderValue::from_static("application/json"));
    map.insert("accept", HeaderValue::from_static(accept));
    // Without the header a server may compress as it likes.
    map.insert("accept-encoding", HeaderValue::from_static("identity"));
    for (name, text) in vendor.headers(settings) {
        let value = HeaderValue::from_str(&text).map_err(|_| {
            Error::new(ErrorKind::Config, format!("the value of header `{name}` is not valid"))
        })?;
        map.insert(name, value);
    }
    if let Some(secret) = secret {
        let key = secret.key.expose();
        let (name, text) = match secret.header {
            Some(header) => header.with(key),
            None => vendor.key_header(key),
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| Error::new(ErrorKind::Config, "the API key is not a valid header"))?;
        value.set_sensitive(true);
        map.insert(name, value);
    }
    settings.custom.add_to(&mut map);
    Ok(map)
}

/// The failure that an answer with a status other than success is.
pub(crate) fn failure(head: &Head, body: Bytes, secrets: &Secrets) -> Failure {
    let said = Said::read(&body);
    let kind = kind_of(head.status, &said);
    let parts = Parts::new(kind, summary(kind))
        .status(head.status)
        .request_id(request_id(head, &said, secrets).as_deref())
        .retry_after(head.retry_after);
    let hint = Hint {
        status: Some(head.status),
        connection: false,
        should_retry: head.should_retry,
        retry_after: head.retry_after,
        spent: kind == ErrorKind::SpendLimit,
    };
    Failure { parts: with_words(parts, &said, body, secrets), hint }
}

/// The failure that an error event within a stream is. The stream had status 200.
pub(crate) fn failure_in_stream(head: &Head, data: &str, secrets: &Secrets) -> Error {
    let said = Said::read(data.as_bytes());
    // The status that the class would have had in an answer of its own.
    let status = match said.class.as_deref() {
        Some("rate_limit_error" | "rate_limit_exceeded") => 429,
        Some("overloaded_error") => 529,
        Some("invalid_request_error") => 400,
        Some("authentication_error") => 401,
        Some("timeout_error") => 504,
        _ => said.status.unwrap_or(500),
    };
    let kind = kind_of(status, &said);
    let parts = Parts::new(kind, format!("the stream broke off: {}", summary(kind)))
        .status(head.status)
        .request_id(request_id(head, &said, secrets).as_deref());
    with_words(parts, &said, Bytes::copy_from_slice(data.as_bytes()), secrets).into()
}

/// The error of a success that is no stream of events although one was asked for, with what the
/// provider said instead.
pub(crate) fn no_stream(head: &Head, body: Bytes, secrets: &Secrets) -> Error {
    let said = Said::read(&body);
    let message = "the answer to a streamed request is no stream of events";
    let parts = Parts::new(ErrorKind::Malformed, message)
        .status(head.status)
        .request_id(request_id(head, &said, secrets).as_deref());
    with_words(parts, &said, body, secrets).into()
}

/// The request's id from the head, else from the body; a stranger's text like any other.
fn request_id<'a>(head: &'a Head, said: &'a Said, secrets: &Secrets) -> Option<Cow<'a, str>> {
    let told = head.request_id.as_deref().or(said.request_id.as_deref());
    told.map(|text| secrets.scrub(text))
}

/// Adds what the provider said, without the secrets of the request.
fn with_words(parts: Parts, said: &Said, body: Bytes, secrets: &Secrets) -> Parts {
    let message = said.message.as_deref().map(|text| secrets.scrub(text));
    let class = said.class.as_deref().map(|text| secrets.scrub(text));
    let body = match str::from_utf8(&body) {
        Ok(text) => match secrets.scrub(text) {
            Cow::Borrowed(_) => body,
            Cow::Owned(text) => Bytes::from(text),
        },
        // Not text, so not a provider's error: there is nothing in it to read.
        Err(_) => Bytes::new(),
    };
    parts.provider(class.as_deref(), message.as_deref(), body)
}

fn kind_of(status: u16, said: &Said) -> ErrorKind {
    if said.spent {
        return ErrorKind::SpendLimit;
    }
    match status {
        300..400 => ErrorKind::Redirect,
        401 => ErrorKind::Authentication,
        402 => ErrorKind::SpendLimit,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        408 | 504 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        413 => ErrorKind::RequestTooLarge,
        429 => ErrorKind::RateLimited,
        503 | 529 => ErrorKind::Overloaded,
        400..500 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Server,
    }
}

fn summary(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::SpendLimit => "the account's spend limit or credit is used up",
        ErrorKind::Redirect => "the provider answered with a redirect, which is not followed",
        ErrorKind::Authentication => "the provider does not accept the credential",
        ErrorKind::Permission => "the credential may not do this",
        ErrorKind::NotFound => "the provider knows no such model or endpoint",
        ErrorKind::Timeout => "the provider ran out of time",
        ErrorKind::Conflict => "the provider is busy with a conflicting request",
        ErrorKind::RequestTooLarge => "the request is too large for the provider",
        ErrorKind::RateLimited => "the rate limit is met",
        ErrorKind::Overloaded => "the provider is overloaded",
        ErrorKind::InvalidRequest => "the provider refuses the request",
        _ => "the provider failed",
    }
}
