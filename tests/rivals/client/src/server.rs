//! A provider on this machine that gives everybody the same answer and keeps the last request.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A whole answer of Anthropic's, whose text is a typed answer too.
const ANSWER: &str = r#"{"id":"msg_01","type":"message","role":"assistant","model":"claude-haiku-4-5-20251001","content":[{"type":"text","text":"{\"name\":\"Ada Lovelace\",\"age\":36,\"languages\":[\"English\",\"French\"]}"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":31,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":24,"service_tier":"standard"}}"#;

pub(crate) struct Server {
    pub(crate) url: String,
    last: Arc<Mutex<Vec<u8>>>,
}

impl Server {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let last = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&last);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if let Ok(body) = answer(&mut stream) {
                    *kept.lock().unwrap_or_else(PoisonError::into_inner) = body;
                }
            }
        });
        Ok(Self { url, last })
    }

    /// The body of the last request.
    pub(crate) fn last_body(&self) -> Vec<u8> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads one request, answers it and closes; returns its body.
fn answer(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let mut read = |bytes: &mut Vec<u8>| -> io::Result<()> {
        let len = stream.read(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..len]);
        if len == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    };
    let head_len = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        read(&mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..head_len]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    while bytes.len() < head_len + length.unwrap_or(0) {
        read(&mut bytes)?;
    }
    let length = ANSWER.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{ANSWER}"
    )?;
    Ok(bytes.split_off(head_len))
}
