//! A server on this machine that says what a test tells it to, byte for byte.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Answers connection by connection: the n-th gets the n-th answer, later ones the last.
pub(crate) struct Loopback {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A request as it came.
#[derive(Clone)]
pub(crate) struct Seen {
    /// The request line and the headers, names in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// An answer that never comes: the connection stays open and silent.
pub(crate) const SILENCE: &[u8] = b"";

impl Loopback {
    pub(crate) fn start(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            let mut open = Vec::new();
            for (index, stream) in listener.incoming().enumerate() {
                let Ok(mut stream) = stream else { return };
                let Some(request) = read_request(&mut stream) else { continue };
                log.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                let answer = &answers[index.min(answers.len() - 1)];
                if answer.is_empty() {
                    open.push(stream);
                } else {
                    // The client may have hung up on purpose.
                    let _ = stream.write_all(answer);
                }
            }
        });
        Self { url, seen }
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.requests().len()
    }
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A whole answer with its length; `headers` are lines that end with CRLF.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

/// A stream of events whose end is the end of the connection.
pub(crate) fn event_stream(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
         connection: close\r\nrequest-id: req_stream\r\n\r\n{body}"
    )
    .into_bytes()
}

fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let head_len = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut buffer) {
            Ok(len) if len > 0 => bytes.extend_from_slice(&buffer[..len]),
            _ => return None,
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_len]).into_owned();
    let mut seen = Seen { head, body: bytes.split_off(head_len) };
    let length: usize = seen.header("content-length").map_or(0, |text| text.parse().unwrap_or(0));
    while seen.body.len() < length {
        match stream.read(&mut buffer) {
            Ok(len) if len > 0 => seen.body.extend_from_slice(&buffer[..len]),
            _ => return None,
        }
    }
    Some(seen)
}
