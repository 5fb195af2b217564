//! A streamed answer, passed through.

use core::fmt;
use std::sync::Arc;

use bytes::Bytes;
use llm_cache_core::Usage;
use llm_cache_core::json::JsonValue;
use llm_cache_core::prompt::Violation;
use llm_cache_core::reply;

use super::account::StreamBill;
use super::handle::Client;
use super::request::Request;
use super::send::not_cached;
use crate::cache::{BypassReason, Outcome, SkipReason};
use crate::discard::Discard;
use crate::error::{Error, ErrorKind};
use crate::prompt::{Facts, Reported, Savings, plan::Plan};
use crate::provider::{Live, SseEvent};
use crate::running::note_scope;

impl Client {
    /// Opens the stream of `body`, which must ask for one.
    pub(super) async fn open(&self, request: &Request, body: Bytes) -> Result<EventStream, Error> {
        let asks = JsonValue::parse(&body).is_ok_and(|value| {
            value.get("stream").and_then(|stream| stream.as_bool()) == Some(true)
        });
        if !asks {
            let message = "the raw request does not ask for a stream: add \"stream\": true to it";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let hasher = self.hasher(request.variant)?;
        let judged = self.exchange(request, &hasher).judge(&body);
        let why =
            judged.bypass_reason().unwrap_or(BypassReason::Request(reply::BypassReason::Streaming));
        let outcome = judged.pass(why).map_err(not_cached)?;
        let violation = self.vet(request, &body)?;
        let (body, plan) = self.planned_or(request, body, true);
        note_scope(self);
        let live = self.upstream().open(body).await?;
        let bill = StreamBill::new(self.account().clone(), self.dialect());
        // Nothing of a stream is kept, so the result of a memoised function that took it is not.
        let skip = Some(SkipReason::Streamed);
        let discard = self.account().note(Reported::default().as_priced(), || None, skip);
        Ok(EventStream { live, outcome, bill, violation, plan, discard })
    }
}

/// The events of a streamed answer, in order, each when it has come.
///
/// Drop it to stop: the connection is closed. `Debug` shows no text.
pub struct EventStream {
    live: Live,
    outcome: Outcome,
    bill: StreamBill,
    violation: Option<Violation>,
    plan: Option<Arc<Plan>>,
    discard: Option<Arc<Discard>>,
}

impl EventStream {
    /// The next event; `None` once the answer is complete. The provider's last event
    /// (`message_stop`, `[DONE]`) is itself passed on. Without `[DONE]` an answer is complete where
    /// the body ends as its framing announced, each choice has finished, and the usage has come if
    /// it was asked for. After an error there is nothing more.
    ///
    /// # Errors
    /// [`ErrorKind::Truncated`] if the stream ends before the answer is complete: never a silent
    /// end. The kind of the provider's error where an event reports one; [`ErrorKind::Timeout`]
    /// when nothing comes for the client's time limit.
    pub async fn next(&mut self) -> Result<Option<SseEvent>, Error> {
        let event = self.live.next_event().await?;
        if let Some(event) = &event {
            self.bill.take(event);
        }
        Ok(event)
    }

    /// The tokens that the events so far report. Final after the last event; an OpenAI stream
    /// reports them only if `stream_options.include_usage` is set, as typed requests do.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.bill.reported.usage
    }

    /// The model that answers, once its first event has come.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.bill.reported.model.as_deref()
    }

    /// What the prompt cache saved of this stream, at the prices of `facts`, as far as the events
    /// so far report. Final after the last event.
    #[must_use]
    pub fn savings(&self, facts: &Facts) -> Savings {
        Savings::of(&self.bill.reported, false, facts)
    }

    /// How the call was answered: past the cache, and why.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The rule that the request breaks as far as this version knows, where it was sent all the
    /// same ([`Validation::Warn`](super::Validation::Warn)).
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        self.violation
    }

    /// What the client's planner did with the request; `None` where it had nothing to do with it
    /// ([`ClientBuilder::planner`](super::ClientBuilder::planner)).
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_deref()
    }

    /// The provider's id of the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.live.request_id()
    }

    /// Throws the stream away, inside a memoised function: its result may then be stored. As
    /// [`Reply::discard`](super::Reply::discard).
    pub fn discard(self) {
        if let Some(discard) = &self.discard {
            discard.discard();
        }
    }

    /// The rest of the stream as the bytes that come, for a caller that hands them on.
    #[must_use]
    pub fn into_bytes(self) -> ByteStream {
        ByteStream { live: self.live, bill: self.bill, late: None }
    }
}

/// The bytes of a streamed answer as they come. Made by [`EventStream::into_bytes`].
pub struct ByteStream {
    live: Live,
    bill: StreamBill,
    /// An error that is due after the piece that brought it.
    late: Option<Error>,
}

impl ByteStream {
    /// The next piece; `None` once the answer is complete.
    ///
    /// # Errors
    /// As [`EventStream::next`]; the bytes of an error event come before its error.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.live.next_bytes(&mut self.late, |event| self.bill.take(event)).await
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("outcome", &self.outcome)
            .field("usage", &self.usage())
            .field("request_id", &self.request_id())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}
