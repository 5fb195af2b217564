//! The head of an answer, as far as it matters here, compared as RFC 9110 says.

use core::time::Duration;
use std::time::SystemTime;

use reqwest::Version;
use reqwest::header::{
    AsHeaderName, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING,
};

use super::retry;

/// The parts of a response head that matter here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) request_id: Option<Box<str>>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) should_retry: Option<bool>,
    /// The answer is a stream of server-sent events.
    pub(crate) event_stream: bool,
    /// The answer does not say what it is.
    pub(crate) untyped: bool,
    /// A content coding was applied although none was accepted.
    pub(crate) encoded: bool,
    /// The framing tells where the body ends, so an end of the connection before it is an error.
    pub(crate) announces_end: bool,
}

impl Head {
    /// Reads a head that came `now`.
    pub(crate) fn read(
        status: u16,
        version: Version,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let flag = |name| match text(name) {
            Some(value) if value.trim().eq_ignore_ascii_case("true") => Some(true),
            Some(value) if value.trim().eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        };
        Self {
            status,
            // Anthropic's name, then OpenAI's.
            request_id: text("request-id").or_else(|| text("x-request-id")).map(Box::from),
            retry_after: retry::retry_after(headers, now),
            should_retry: flag("x-should-retry"),
            event_stream: text(CONTENT_TYPE.as_str()).is_some_and(is_event_stream),
            untyped: !headers.contains_key(CONTENT_TYPE),
            encoded: !elements(headers, CONTENT_ENCODING).all(changes_nothing),
            announces_end: headers.contains_key(CONTENT_LENGTH)
                || (version == Version::HTTP_11
                    && elements(headers, TRANSFER_ENCODING)
                        .last()
                        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))),
        }
    }
}

/// Whether a media type is that of server-sent events, whatever its parameters.
fn is_event_stream(value: &str) -> bool {
    let essence = value.split([';', ',']).next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("text/event-stream")
}

/// Whether a coding leaves the bytes as they are. Some servers write `none` to keep a proxy from
/// compressing a stream.
fn changes_nothing(coding: &str) -> bool {
    coding.eq_ignore_ascii_case("identity") || coding.eq_ignore_ascii_case("none")
}

/// The elements of a header that is a list, on however many lines; empty ones do not count. What
/// is no text is an element that equals nothing.
fn elements(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.to_str().unwrap_or("?").split(','))
        .map(str::trim)
        .filter(|element| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn head(lines: &[(&str, &[u8])]) -> Head {
        let mut headers = HeaderMap::new();
        for &(name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        Head::read(200, Version::HTTP_11, &headers, SystemTime::UNIX_EPOCH)
    }

    /// A coding that changes nothing is told from one that does, however it is written.
    #[test]
    fn compares_codings() {
        for (lines, expected) in [
            (&[][..], false),
            (&[""], false),
            (&["identity"], false),
            (&["Identity"], false),
            (&[" IDENTITY\t"], false),
            (&["identity, identity"], false),
            (&["identity", "identity"], false),
            (&[", ,"], false),
            (&["none"], false),
            (&["gzip"], true),
            (&["GZIP"], true),
            (&["identity, br"], true),
            (&["identity", "zstd"], true),
            (&["x-gzip"], true),
            (&["identity;q=1"], true),
            (&["unheard-of"], true),
            (&["\u{e9}"], true),
        ] {
            let lines: Vec<_> =
                lines.iter().map(|value| ("content-encoding", value.as_bytes())).collect();
            assert_eq!(head(&lines).encoded, expected, "{lines:?}");
        }
    }

    /// A stream is known by its media type in any case and with any parameters.
    #[test]
    fn compares_media_types() {
        for (value, expected) in [
            ("text/event-stream", true),
            ("Text/Event-Stream; charset=UTF-8", true),
            ("TEXT/EVENT-STREAM;charset=utf-8", true),
            (" text/event-stream ;x=y", true),
            ("text/event-stream, text/event-stream", true),
            ("text/event-streams", false),
            ("text/event-stream-x; charset=utf-8", false),
            ("application/json", false),
            ("application/json; note=text/event-stream", false),
            ("", false),
        ] {
            assert_eq!(
                head(&[("Content-Type", value.as_bytes())]).event_stream,
                expected,
                "{value}"
            );
        }
        assert!(head(&[]).untyped);
        assert!(!head(&[("content-type", b"")]).untyped);
    }

    /// The end of a body is announced by its length or by chunks, and by nothing else.
    #[test]
    fn knows_announced_ends() {
        assert!(head(&[("content-length", b"0")]).announces_end);
        assert!(head(&[("transfer-encoding", b"Chunked")]).announces_end);
        assert!(!head(&[("transfer-encoding", b"gzip")]).announces_end);
        assert!(!head(&[("connection", b"close")]).announces_end);
        assert_eq!(head(&[("x-should-retry", b"True")]).should_retry, Some(true));
        assert_eq!(head(&[("x-should-retry", b"perhaps")]).should_retry, None);
    }
}
