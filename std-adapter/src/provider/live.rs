//! A stream of events that is being received, followed to its end.

use bytes::{Buf, Bytes, BytesMut};
use llm_cache_core::json::JsonValue;
use llm_cache_core::key::Dialect;
use llm_cache_core::reply::{BodyEnd, StreamEnd, StreamStep};
use llm_cache_core::sse::{HeapBuffer, SseError, SseEvents};

use super::head::Head;
use super::http::{Answer, HttpError, Incoming};
use super::scrub::Secrets;
use super::sse::SseEvent;
use super::vendor;
use crate::error::{Error, ErrorKind, Parts};

/// A stream of events that is being received.
pub(crate) struct Live {
    secrets: Secrets,
    incoming: Incoming,
    events: SseEvents<HeapBuffer>,
    /// What was received and is not read yet.
    unread: Bytes,
    end: StreamEnd,
    bytes_max: usize,
    bytes_left: usize,
    /// The answer is complete, or an error was returned.
    ended: bool,
}

impl Live {
    /// Follows the answer to `request`, at most `bytes_max` long.
    pub(crate) fn new(
        dialect: Dialect,
        request: &[u8],
        incoming: Incoming,
        secrets: Secrets,
        bytes_max: usize,
    ) -> Self {
        Self {
            secrets,
            incoming,
            events: SseEvents::on_heap(bytes_max),
            unread: Bytes::new(),
            end: StreamEnd::new(dialect, JsonValue::parse(request).ok()),
            bytes_max,
            bytes_left: bytes_max,
            ended: false,
        }
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.incoming.head.request_id.as_deref()
    }

    /// The next event; `None` once the answer is complete. A stream that ends before, an error
    /// event, and what cannot be read are errors, after which there is nothing more.
    pub(crate) async fn next_event(&mut self) -> Result<Option<SseEvent>, Error> {
        while !self.ended {
            if let Some(event) = self.read_event()? {
                return Ok(Some(event));
            }
            if self.receive().await?.is_none() {
                return self.finish();
            }
        }
        Ok(None)
    }

    /// The next piece of the body as it was received, checked as [`next_event`](Self::next_event)
    /// checks; `seen` gets the events that it ends. The two are not to be mixed.
    pub(crate) async fn next_bytes(
        &mut self,
        late: &mut Option<Error>,
        mut seen: impl FnMut(&SseEvent),
    ) -> Result<Option<Bytes>, Error> {
        if let Some(error) = late.take() {
            return Err(error);
        }
        if self.ended {
            return Ok(None);
        }
        let Some(piece) = self.receive().await? else {
            if let Some(event) = self.finish()? {
                seen(&event);
            }
            return Ok(None);
        };
        // The piece goes out first, then the error that its events bring.
        while !self.ended {
            match self.read_event() {
                Ok(Some(event)) => seen(&event),
                Ok(None) => break,
                Err(error) => *late = Some(error),
            }
        }
        Ok(Some(piece))
    }

    /// All of the stream as one body, within what is left of the time limit.
    pub(crate) async fn into_answer(mut self) -> Result<Answer, Error> {
        let left = self.incoming.time_left();
        let mut body = BytesMut::new();
        let all = async {
            let mut late = None;
            while let Some(piece) = self.next_bytes(&mut late, |_| {}).await? {
                body.extend_from_slice(&piece);
            }
            Ok::<(), Error>(())
        };
        match tokio::time::timeout(left, all).await {
            Ok(result) => result?,
            Err(_) => {
                let limit = self.incoming.timeout();
                return Err(self.broken(HttpError::Timeout(limit).into()));
            }
        }
        Ok(Answer { head: self.incoming.head, body: body.freeze() })
    }

    /// A finished event of what was received so far.
    fn read_event(&mut self) -> Result<Option<SseEvent>, Error> {
        let mut rest = &*self.unread;
        let event = self.events.next_event(&mut rest);
        let read = self.unread.len() - rest.len();
        self.unread.advance(read);
        let event = match event {
            Ok(Some(event)) => SseEvent::from(event),
            Ok(None) => return Ok(None),
            Err(error) => return Err(self.broken(unreadable(error))),
        };
        match self.end.take(&event.name, &event.data) {
            StreamStep::Go => {}
            StreamStep::Done => self.ended = true,
            StreamStep::Failed => return Err(self.failed(&event)),
        }
        Ok(Some(event))
    }

    /// Takes in the next piece of the body; `None` at its end.
    async fn receive(&mut self) -> Result<Option<Bytes>, Error> {
        let piece = match self.incoming.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ok(None),
            Err(error) => return Err(self.broken(error.into())),
        };
        if piece.len() > self.bytes_left {
            return Err(self.broken(HttpError::TooLarge(self.bytes_max).into()));
        }
        self.bytes_left -= piece.len();
        self.unread = piece.clone();
        Ok(Some(piece))
    }

    /// At the end of the body: whether the answer is complete. An event that lacks its blank line
    /// counts where the end was announced, for nothing of it can be missing.
    fn finish(&mut self) -> Result<Option<SseEvent>, Error> {
        self.ended = true;
        let (end, last) = if self.incoming.head.announces_end {
            let last = self.events.last_event().ok().flatten();
            (BodyEnd::Announced, last.map(SseEvent::from))
        } else {
            (BodyEnd::Closed, None)
        };
        if let Some(event) = &last
            && self.end.take(&event.name, &event.data) == StreamStep::Failed
        {
            return Err(self.failed(event));
        }
        if self.end.is_complete_at(end) { Ok(last) } else { Err(self.broken(cut_short())) }
    }

    fn failed(&mut self, event: &SseEvent) -> Error {
        self.ended = true;
        vendor::failure_in_stream(&self.incoming.head, &event.data, &self.secrets)
    }

    fn broken(&mut self, parts: Parts) -> Error {
        self.ended = true;
        broken(&self.incoming.head, parts)
    }
}

fn unreadable(error: SseError) -> Parts {
    let message = match error {
        SseError::NotUtf8 => "the stream is not UTF-8",
        _ => "an event of the stream is longer than the limit",
    };
    Parts::new(ErrorKind::Malformed, message)
}

fn cut_short() -> Parts {
    Parts::new(ErrorKind::Truncated, "the stream ended before the answer was complete")
}

/// The error of a stream that began and cannot be read to its end.
fn broken(head: &Head, parts: Parts) -> Error {
    parts.status(head.status).request_id(head.request_id.as_deref()).attempts(1).into()
}
