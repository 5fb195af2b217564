//! Faults on request: what real providers, proxies and networks do now and then.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Something that goes wrong with one request. What refuses does so in the error body of the
/// endpoint's provider, before any rule is checked; what damages does it to the answer that would
/// have been given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A real delay before the answer. Tests of order use the gate instead.
    Delay(Duration),
    /// 429 `rate_limit_error`, with `retry-after` where a number of seconds is given.
    RateLimit {
        /// The header's value in seconds.
        retry_after_seconds: Option<u32>,
    },
    /// 429 that no retry helps: spend cap (Anthropic), `insufficient_quota` (OpenAI).
    SpendLimit,
    /// 529 `overloaded_error` (Anthropic), 503 (OpenAI).
    Overloaded,
    /// 500 `api_error` / `server_error`.
    ServerError,
    /// Any status with any body, sent as `application/json`.
    Status {
        /// The status code; one outside 100-999 is sent as 500.
        status: u16,
        /// The body as it is sent.
        body: String,
        /// Headers beside `content-type` and the request id, such as `x-should-retry`.
        headers: Vec<(String, String)>,
    },
    /// 307 to another place, which a client with a credential must not follow.
    Redirect {
        /// The `location` header.
        location: String,
    },
    /// The connection is closed before any answer.
    ConnectionClosed,
    /// `content-length` announces the whole body, `bytes` of it are sent, then the connection ends.
    BodyCut {
        /// How many bytes are sent.
        bytes: usize,
    },
    /// A stream ends after `events` whole events and half of the next, a plain answer in its
    /// middle.
    StreamCut {
        /// How many events are sent whole.
        events: usize,
    },
    /// After `events` events of a stream comes the provider's error event, then the end.
    StreamError {
        /// How many events are sent before it.
        events: usize,
    },
    /// Status 200, `application/json`, and a body that is not JSON.
    MalformedJson,
    /// Status 200 and valid JSON padded with blanks until it is longer than `bytes`.
    OversizedBody {
        /// The length that the body exceeds.
        bytes: usize,
    },
    /// Status 200 and a refusal in the provider's form.
    Refusal,
    /// Status 200, cut off by the token limit in the provider's form.
    MaxTokens,
    /// Status 200 and a stop reason that no published list has.
    UnknownStopReason,
    /// Status 200 and a comparison of cache diagnostics that has not ended.
    DiagnosticsPending,
}

/// One-shot faults in order, then the sticky one.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    once: VecDeque<Fault>,
    sticky: Option<Fault>,
}

impl Faults {
    pub(super) fn push(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).once.push_back(fault);
    }

    pub(super) fn set_sticky(&self, fault: Option<Fault>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sticky = fault;
    }

    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Queue::default();
    }

    pub(super) fn take(&self) -> Option<Fault> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.once.pop_front().or_else(|| queue.sticky.clone())
    }
}
