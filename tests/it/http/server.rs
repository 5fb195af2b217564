//! A server on loopback that answers byte for byte as a test tells it to.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Answers the n-th connection with the n-th answer, later ones with the last.
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

/// The bytes of an answer, and what becomes of the connection afterwards.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// Silence until the client hangs up, instead of a close.
    pub(crate) stalls: bool,
}

impl Server {
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket"));
        let (asked, heads) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (count, log) = (Arc::clone(&asked), Arc::clone(&heads));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Some(head) = read_request(&mut stream) else { continue };
                log.lock().unwrap_or_else(PoisonError::into_inner).push(head);
                let index = count.fetch_add(1, Ordering::SeqCst);
                let answer = answers[index.min(answers.len() - 1)].clone();
                // A stalled answer must not keep others waiting.
                thread::spawn(move || {
                    // The client may have hung up on purpose.
                    let _ = stream.write_all(&answer.bytes);
                    if answer.stalls {
                        let _ = stream.read(&mut [0; 1]);
                    }
                });
            }
        });
        Self { url, asked, heads }
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// The heads of the requests, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An answer with its length.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\n{headers}");
    Answer { bytes: format!("{head}connection: close\r\n\r\n{body}").into_bytes(), stalls: false }
}

/// An answer of whose body only the start ever comes.
pub(crate) fn stalled(status: u16, headers: &str, start: &str) -> Answer {
    let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: 9999\r\n{headers}");
    Answer { bytes: format!("{head}\r\n{start}").into_bytes(), stalls: true }
}

/// The head of a request whose body was read to its end.
fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..at]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |text| text.parse().unwrap_or(0));
            if bytes.len() >= at + 4 + length {
                return Some(head);
            }
        }
        match stream.read(&mut buffer) {
            Ok(len) if len > 0 => bytes.extend_from_slice(&buffer[..len]),
            _ => return None,
        }
    }
}
