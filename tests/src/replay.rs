//! Recorded provider traffic, served again: a recorded request gets its recorded response.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::digest::sorted_text;

/// One recorded request with its response.
#[derive(Clone)]
#[non_exhaustive]
pub struct Pair {
    /// Where it was recorded.
    pub id: String,
    /// The provider's host.
    pub host: String,
    /// Path and query as recorded: `/v1/messages?beta=true`.
    pub path: String,
    /// The recorded status.
    pub status: u16,
    /// The request body.
    pub request: Value,
    /// Recorded response headers (content-type, retry-after, openai-version).
    pub response_headers: Vec<(String, String)>,
    /// The response: an object for a plain answer, a string with the text of an event stream.
    pub response: Value,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, path, status, .. } = self;
        out.debug_struct("Pair")
            .field("id", id)
            .field("path", path)
            .field("status", status)
            .finish_non_exhaustive()
    }
}

impl Pair {
    /// The request body as JSON text, in recorded member order: what a client sends.
    pub fn request_body(&self) -> String {
        self.request.to_string()
    }

    /// The response body as it is served: the stream's text as it is, else JSON text.
    pub fn response_body(&self) -> String {
        match &self.response {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }

    /// Whether the response is an event stream.
    pub fn is_stream(&self) -> bool {
        self.response.is_string()
    }
}

/// Recorded pairs, found by path and JSON equality of the body.
///
/// Pairs whose requests are equal are served in file order, then from the first again. Memory: the
/// recording once, and its requests as sorted text.
#[derive(Default)]
pub struct Replay {
    pairs: Vec<Pair>,
    by_request: HashMap<String, Vec<usize>>,
    served: Mutex<HashMap<String, usize>>,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Replay").field("pairs", &self.pairs.len()).finish_non_exhaustive()
    }
}

impl Replay {
    /// Reads a file of gzipped lines, one JSON object a line.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line is not a recorded pair; the error names the line.
    pub fn load(path: &Path) -> io::Result<Self> {
        let mut replay = Self::default();
        replay.add_file(path)?;
        Ok(replay)
    }

    /// Adds the pairs of a second file behind those held.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn add_file(&mut self, path: &Path) -> io::Result<()> {
        let lines = BufReader::new(GzDecoder::new(File::open(path)?)).lines();
        for (index, line) in lines.enumerate() {
            let line = line?;
            let pair = parse(&line).ok_or_else(|| {
                let place = format!("{}: line {}: not a recorded pair", path.display(), index + 1);
                io::Error::new(io::ErrorKind::InvalidData, place)
            })?;
            self.push(pair);
        }
        Ok(())
    }

    /// Reads lines already at hand.
    ///
    /// # Errors
    ///
    /// The number, from 1, of the first line that is not a recorded pair.
    pub fn from_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, usize> {
        let mut replay = Self::default();
        for (index, line) in lines.into_iter().enumerate() {
            replay.push(parse(line).ok_or(index + 1)?);
        }
        Ok(replay)
    }

    /// The pairs in file order.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Indices into [`pairs`](Self::pairs) of the pairs whose request equals that of pair `index`,
    /// itself included, in file order.
    pub fn equal_requests(&self, index: usize) -> &[usize] {
        let Some(pair) = self.pairs.get(index) else { return &[] };
        let key = key(&pair.path, &pair.request);
        self.by_request.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The pair to serve for a request now; `None` when the recording does not hold it.
    ///
    /// The query is ignored on both sides: recordings carry one that a client need not send.
    pub fn next(&self, path: &str, body: &[u8]) -> Option<&Pair> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let key = key(path, &body);
        let equal = self.by_request.get(&key)?;
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let count = served.entry(key).or_insert(0);
        let index = equal[*count % equal.len()];
        *count += 1;
        self.pairs.get(index)
    }

    fn push(&mut self, pair: Pair) {
        let key = key(&pair.path, &pair.request);
        self.by_request.entry(key).or_default().push(self.pairs.len());
        self.pairs.push(pair);
    }
}

/// Path without query, a line break, the request as sorted text: one string per equal request.
fn key(path: &str, request: &Value) -> String {
    let path = path.split('?').next().unwrap_or_default();
    format!("{path}\n{}", sorted_text(request))
}

fn parse(line: &str) -> Option<Pair> {
    let mut line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| line.get(name).and_then(Value::as_str).map(Into::into);
    Some(Pair {
        id: text("id")?,
        host: text("host")?,
        path: text("path")?,
        status: line.get("status")?.as_u64()?.try_into().ok()?,
        response_headers: line
            .get("response_headers")?
            .as_object()?
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_string())))
            .collect(),
        request: line.get_mut("request")?.take(),
        response: line.get_mut("response")?.take(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, request: &str, response: &str) -> String {
        format!(
            r#"{{"id":"{id}","host":"h","path":"/v1/messages?beta=true","status":200,
            "request_headers":{{}},"request":{request},
            "response_headers":{{"content-type":"application/json"}},"response":{response}}}"#
        )
    }

    /// Proves file order among equal requests, wrapping around, and matching by JSON equality with
    /// and without the query.
    #[test]
    fn repeats_are_served_in_file_order() {
        let lines = [
            line("one", r#"{"a":1,"b":2}"#, r#"{"z":1,"a":2}"#),
            line("two", r#"{"b":2,"a":1}"#, "{}"),
            line("three", r#"{"a":1.0,"b":2}"#, r#""event: x""#),
        ];
        let replay = Replay::from_lines(lines.iter().map(String::as_str)).unwrap();
        let next = |query: &str, body: &str| {
            let path = format!("/v1/messages{query}");
            replay.next(&path, body.as_bytes()).map(|pair| pair.id.as_str())
        };
        assert_eq!(next("?beta=true", r#"{"b": 2, "a": 1}"#), Some("one"));
        assert_eq!(next("", r#"{"a":1,"b":2}"#), Some("two"));
        assert_eq!(next("", r#"{"a":1,"b":2}"#), Some("one"));
        assert_eq!(next("", r#"{"a":1.0,"b":2}"#), Some("three"));
        assert_eq!(next("", r#"{"a":2}"#), None);
        assert_eq!(replay.equal_requests(1), [0, 1]);
        assert_eq!(replay.pairs()[0].response_body(), r#"{"z":1,"a":2}"#);
        assert!(replay.pairs()[2].is_stream());
        assert_eq!(Replay::from_lines(["{}"]).unwrap_err(), 1);
    }
}
