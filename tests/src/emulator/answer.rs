//! An answer before it goes out: status, headers, body in pieces, and whether it breaks off.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame};
use serde_json::Value;

/// One answer; damaged by faults before it becomes a [`Response`].
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    /// One piece for a plain body, one per event for a stream.
    pub(super) pieces: Vec<Bytes>,
    /// A stream is sent chunked, a plain body with its `content-length`.
    pub(super) stream: bool,
    /// The bytes announced, where that is not what is sent.
    pub(super) announced: Option<usize>,
    /// The connection ends where the pieces do, before the body's end.
    pub(super) broken: bool,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::plain(status, "application/json", body.to_string())
    }

    pub(super) fn plain(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            pieces: vec![body.into()],
            stream: false,
            announced: None,
            broken: false,
        }
    }

    pub(super) fn events(events: Vec<String>) -> Self {
        let mut answer = Self::plain(200, "text/event-stream; charset=utf-8", Bytes::new());
        answer.pieces = events.into_iter().map(Bytes::from).collect();
        answer.stream = true;
        answer
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(Bytes::len).sum()
    }

    /// Ends the body after `bytes` bytes; the head announces all of it.
    pub(super) fn cut_at(&mut self, bytes: usize) {
        self.announced = Some(self.len());
        let whole: Vec<u8> = self.pieces.concat();
        self.pieces = vec![Bytes::from(whole).slice(..bytes.min(self.len()))];
        self.broken = true;
    }

    /// Sends `body` instead, whole, as a plain answer.
    pub(super) fn replace(&mut self, body: &'static [u8]) {
        self.pieces = vec![Bytes::from_static(body)];
        self.stream = false;
    }

    /// Status line, headers and a body that hyper can send.
    pub(super) fn into_response(self) -> Response<Pieces> {
        let length = (!self.stream).then(|| self.announced.unwrap_or_else(|| self.len()));
        let body =
            Pieces { left: self.pieces.into_iter(), broken: self.broken, flushed: !self.broken };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in &self.headers {
            // A test's own header that HTTP cannot carry is left out: the server must not break.
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()))
            {
                response.headers_mut().append(name, value);
            }
        }
        if let Some(length) = length {
            response.headers_mut().insert(http::header::CONTENT_LENGTH, length.into());
        }
        response
    }
}

/// A body that hands out its pieces and then ends, or breaks the connection.
#[derive(Debug)]
pub(super) struct Pieces {
    left: std::vec::IntoIter<Bytes>,
    broken: bool,
    flushed: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(piece) = self.left.next() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if !self.broken {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // hyper drops what it has buffered when a body fails: give it one turn to send that.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.broken = false;
        Poll::Ready(Some(Err(BrokenOff)))
    }
}

/// Tells hyper to close the connection: the wanted effect of a fault, not a failure.
#[derive(Debug)]
pub(super) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("broken off as the fault asks")
    }
}

impl std::error::Error for BrokenOff {}

impl From<Infallible> for BrokenOff {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
