//! Where a request goes, in one spelling.

use core::fmt;

use super::{ScopeError, ScopeErrorKind};
use crate::canonical::Sink;

/// Where a request goes: answers of different places are never shared.
///
/// `Debug` shows the length only: a URL may hold credentials, which the key leaves out.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a third kind would be a new key version")]
pub enum Endpoint<'a> {
    /// The URL that the request is posted to. Spellings of one URL are one endpoint: core/KEY.md
    /// section 3.1.
    Url(&'a str),
    /// A name for an endpoint whose URL changes or means nothing: an emulator, a proxy, a fixture.
    Id(&'a str),
}

impl fmt::Debug for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => write!(f, "Url({} bytes)", url.len()),
            Self::Id(id) => write!(f, "Id({} bytes)", id.len()),
        }
    }
}

/// The parts of a URL that count.
pub(super) struct UrlParts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: u16,
    path: &'a str,
    query: &'a str,
}

impl<'a> UrlParts<'a> {
    /// Takes a URL of RFC 3986's form `scheme://[userinfo@]host[:port][path][?query][#fragment]`
    /// apart.
    pub(super) fn parse(url: &'a str) -> Result<Self, ScopeError> {
        use ScopeErrorKind::{EmptyHost, ForbiddenByte, MissingScheme};
        let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        if let Some(at) = url.bytes().position(|byte| !allowed(byte)) {
            return Err(ForbiddenByte.at(at));
        }
        let (scheme, rest) = split_at_first(url, b':').ok_or(MissingScheme.at(0))?;
        let rest = rest.strip_prefix("//").ok_or(MissingScheme.at(0))?;
        let scheme_rest = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let starts = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        if !starts || !scheme.bytes().all(scheme_rest) {
            return Err(MissingScheme.at(0));
        }
        let rest = split_at_first(rest, b'#').map_or(rest, |(before, _)| before);
        let (rest, query) = split_at_first(rest, b'?').unwrap_or((rest, ""));
        let (authority, path) = cut(rest, rest.bytes().position(|byte| byte == b'/'));
        let address = cut(authority, Some(after_last(authority, b'@'))).1;
        let host_at = scheme.len() + 3 + (authority.len() - address.len());

        // The colons of an IPv6 address stand in brackets.
        let (bracketed, rest) = cut(address, Some(after_last(address, b']')));
        let (host, port) = match split_at_first(rest, b':') {
            Some((name, digits)) => {
                let host_len = bracketed.len() + name.len();
                let port = port(digits, scheme, host_at + host_len + 1)?;
                (cut(address, Some(host_len)).0, port)
            }
            None => (address, port("", scheme, host_at + address.len())?),
        };
        if host.is_empty() {
            return Err(EmptyHost.at(host_at));
        }
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self { scheme, host, port, path, query })
    }

    /// Writes the one spelling of the URL.
    pub(super) fn write(&self, sink: &mut dyn Sink) {
        write_lower_case(self.scheme, sink);
        sink.write(b"://");
        write_lower_case(self.host, sink);
        sink.write(b":");
        write_port(self.port, sink);
        sink.write(self.path.as_bytes());
        self.write_query(sink);
    }

    /// Writes the parameters sorted by name; those of one name stay in their order.
    fn write_query(&self, sink: &mut dyn Sink) {
        let parameters = || {
            let all = self.query.as_bytes().split(|byte| *byte == b'&');
            all.zip(0_usize..).filter(|(text, _)| !text.is_empty())
        };
        let name = |text: &'a [u8]| text.split(|byte| *byte == b'=').next().unwrap_or(text);
        let rank = |(text, at)| (name(text), at);
        let mut last = None;
        // The next one by rank, again and again: O(n^2) for the few there are, without memory.
        while let Some(next) = parameters()
            .filter(|parameter| last.is_none_or(|last| rank(*parameter) > last))
            .min_by_key(|parameter| rank(*parameter))
        {
            sink.write(if last.is_none() { b"?" } else { b"&" });
            sink.write(next.0);
            last = Some(rank(next));
        }
    }
}

/// Splits in front of the byte at an offset that was found in `text`.
///
/// Slicing by the offset would do, but brings the texts of its panics along: 2 KB in a firmware.
fn cut(text: &str, at: Option<usize>) -> (&str, &str) {
    at.and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

/// What stands before and behind the first of an ASCII byte. `str::split_once` looks for chars, in
/// ten times the code.
fn split_at_first(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|other| other == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Where the text behind the last of an ASCII byte begins; zero without one.
fn after_last(text: &str, byte: u8) -> usize {
    text.bytes().rposition(|other| other == byte).map_or(0, |at| at + 1)
}

fn port(digits: &str, scheme: &str, at: usize) -> Result<u16, ScopeError> {
    if digits.is_empty() {
        return if scheme.eq_ignore_ascii_case("https") {
            Ok(443)
        } else if scheme.eq_ignore_ascii_case("http") {
            Ok(80)
        } else {
            Err(ScopeErrorKind::UnknownPort.at(at))
        };
    }
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(port) if all_digits => Ok(port),
        _ => Err(ScopeErrorKind::InvalidPort.at(at)),
    }
}

fn write_lower_case(text: &str, sink: &mut dyn Sink) {
    for byte in text.bytes() {
        sink.write(&[byte.to_ascii_lowercase()]);
    }
}

fn write_port(port: u16, sink: &mut dyn Sink) {
    let mut unit = 10_000;
    while unit > 1 && port < unit {
        unit /= 10;
    }
    while unit > 0 {
        sink.write(&[b'0' + (port / unit % 10) as u8]);
        unit /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, string::String, vec::Vec};

    struct Text(Vec<u8>);

    impl Sink for Text {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }

    fn normal(url: &str) -> Result<String, ScopeError> {
        let mut text = Text(Vec::new());
        UrlParts::parse(url)?.write(&mut text);
        Ok(String::from_utf8(text.0).expect("ASCII"))
    }

    /// Spellings of one URL become one; what may matter to the server stays.
    #[test]
    fn spellings_become_one() {
        for (url, expected) in [
            ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com:443/v1/messages"),
            ("HTTPS://API.Anthropic.COM:/v1/Messages", "https://api.anthropic.com:443/v1/Messages"),
            ("http://localhost", "http://localhost:80/"),
            ("http://127.0.0.1:08080?", "http://127.0.0.1:8080/"),
            ("https://me:pass@word@host/p#part", "https://host:443/p"),
            ("https://[::FFFF]:8/x", "https://[::ffff]:8/x"),
            ("https://[::1]/x", "https://[::1]:443/x"),
            ("https://h/p?b=2&a=3&&a=1&b=1&c", "https://h:443/p?a=3&a=1&b=2&b=1&c"),
            ("https://h/p?a-b=1&a=2", "https://h:443/p?a=2&a-b=1"),
            ("https://h?q=/a@b:c", "https://h:443/?q=/a@b:c"),
            ("https://h/a/../b//%7e", "https://h:443/a/../b//%7e"),
            ("coap://dev:5683/x", "coap://dev:5683/x"),
            ("https://h:65535", "https://h:65535/"),
            ("https://h:0", "https://h:0/"),
        ] {
            assert_eq!(normal(url), Ok(expected.into()), "{url}");
            assert_eq!(normal(expected), Ok(expected.into()), "its own form: {url}");
        }
    }

    /// What is no URL is refused, with its place and without its text.
    #[test]
    fn other_texts_are_refused() {
        use ScopeErrorKind::*;
        for (url, kind, offset) in [
            ("", MissingScheme, 0),
            ("api.anthropic.com/v1", MissingScheme, 0),
            ("://host", MissingScheme, 0),
            ("1http://host", MissingScheme, 0),
            ("https:///v1", EmptyHost, 8),
            ("https://me@/v1", EmptyHost, 11),
            ("https://:80/v1", EmptyHost, 8),
            ("https://h:65536/", InvalidPort, 10),
            ("https://h:+80/", InvalidPort, 10),
            ("https://u@h:8x/", InvalidPort, 12),
            ("coap://dev/x", UnknownPort, 10),
            ("https://h/a b", ForbiddenByte, 11),
            ("https://h\u{e9}", ForbiddenByte, 9),
            ("https://h\\x", ForbiddenByte, 9),
        ] {
            assert_eq!(normal(url), Err(ScopeError { kind, offset }), "{url}");
        }
        assert_eq!(format!("{:?}", Endpoint::Url("https://k@h")), "Url(11 bytes)");
    }
}
