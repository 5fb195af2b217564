//! The smallest HTTP/1.1 client that can prove what an emulator sends: one request a connection.
//!
//! It keeps what a real client hides: a body shorter than its `content-length`, a stream that ends
//! in the middle of an event. Blocking; loopback only in the tests.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// What came back over the socket.
#[derive(Debug, Clone)]
pub struct RawAnswer {
    /// The status code of the status line.
    pub status: u16,
    /// Header names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body bytes that arrived, chunk framing removed.
    pub body: Vec<u8>,
    /// Whether the body arrived as announced; false when the connection broke before its end.
    pub complete: bool,
}

impl RawAnswer {
    /// The first value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `Value::Null` where it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text, damaged UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The `data:` lines of an event stream, in order.
    pub fn events(&self) -> Vec<String> {
        self.text().lines().filter_map(|line| line.strip_prefix("data: ").map(Into::into)).collect()
    }
}

/// Sends one request and reads the answer until the connection ends or the body is complete.
///
/// `base_url` is `http://HOST:PORT` with an optional path prefix; `path` starts with `/`.
///
/// # Errors
///
/// An I/O error, a malformed status line, or a connection closed before any answer.
pub fn send(
    method: &str,
    base_url: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<RawAnswer> {
    let rest = base_url.strip_prefix("http://").ok_or_else(|| invalid("not an http:// URL"))?;
    let (host, prefix) = rest.split_once('/').map_or((rest, ""), |(host, rest)| (host, rest));
    let slash = if prefix.is_empty() { "" } else { "/" };
    let mut socket = TcpStream::connect(host)?;
    socket.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head = format!("{method} {slash}{prefix}{path} HTTP/1.1\r\nhost: {host}\r\n");
    head.push_str(&format!("content-length: {}\r\nconnection: close\r\n", body.len()));
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    socket.write_all(head.as_bytes())?;
    // A server that refuses a large body may close before all of it is sent; its answer counts.
    let sent = socket.write_all(body);
    let mut received = Vec::new();
    let read = socket.read_to_end(&mut received);
    if received.is_empty() {
        sent.and(read.map(drop))?;
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer"));
    }
    parse(&received)
}

/// [`send`] with `POST` and a JSON body.
///
/// # Errors
///
/// As [`send`].
pub fn post(
    base_url: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> io::Result<RawAnswer> {
    send("POST", base_url, path, headers, body.to_string().as_bytes())
}

fn parse(received: &[u8]) -> io::Result<RawAnswer> {
    let end = received
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or_else(|| invalid("no end of the head"))?;
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| invalid("no status"))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_string()))
        .collect();
    let mut answer = RawAnswer { status, headers, body: Vec::new(), complete: true };
    let rest = &received[end + 4..];
    if answer.header("transfer-encoding") == Some("chunked") {
        (answer.body, answer.complete) = unchunk(rest);
    } else {
        answer.body = rest.to_vec();
        let length = answer.header("content-length").and_then(|text| text.parse().ok());
        answer.complete = length.is_none_or(|length: usize| length == rest.len());
    }
    Ok(answer)
}

/// Removes chunk framing; says whether the closing chunk was there.
fn unchunk(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size = line.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(size, 16) else { return (body, false) };
        rest = &rest[end + 2..];
        if size == 0 {
            return (body, true);
        }
        if rest.len() < size + 2 {
            body.extend_from_slice(&rest[..rest.len().min(size)]);
            return (body, false);
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
    (body, false)
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a whole and a broken chunked body are told apart.
    #[test]
    fn chunk_framing_is_removed_and_checked() {
        assert_eq!(unchunk(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), (b"abcde".to_vec(), true));
        assert_eq!(unchunk(b"3\r\nabc\r\n5\r\nde"), (b"abcde".to_vec(), false));
    }

    /// Proves that a body shorter than announced is seen as incomplete.
    #[test]
    fn a_short_body_is_incomplete() {
        let answer = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").unwrap();
        assert_eq!((answer.status, answer.complete), (200, false));
        assert_eq!(answer.header("content-length"), Some("9"));
    }
}
