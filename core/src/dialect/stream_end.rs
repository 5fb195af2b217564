//! When a streamed answer is complete: one rule over its events and the end of its body.

use super::{Dialect, anthropic, openai_chat, openai_responses};
use crate::json::{JsonStr, JsonValue, Object};
use crate::reply::{BodyEnd, StreamStep};

/// Follows a stream to its end. Bounded memory, whatever the stream.
///
/// - Anthropic Messages ends with `message_stop`; OpenAI Responses with `response.completed` or
///   `response.incomplete`; OpenAI Chat with `[DONE]`.
/// - Some servers of OpenAI Chat send no `[DONE]`. There, an announced end of the body is the end
///   of the answer if each choice of the request has finished, and the usage has come where the
///   request asks for it (`stream_options.include_usage`).
/// - An error event is one by its name, its `type` or `object`, its member `error`, or an error of
///   a choice. `response.failed` and `response.cancelled` are failures, too.
///
/// ```
/// use llm_cache_core::json::JsonValue;
/// use llm_cache_core::key::Dialect;
/// use llm_cache_core::reply::{BodyEnd, StreamEnd, StreamStep};
///
/// let request = JsonValue::parse(br#"{"stream":true}"#)?;
/// let mut end = StreamEnd::new(Dialect::OpenAiChat, Some(request));
/// let last = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
/// assert_eq!(end.take("", last), StreamStep::Go);
/// assert!(end.is_complete_at(BodyEnd::Announced));
/// assert!(!end.is_complete_at(BodyEnd::Closed));
/// # Ok::<(), llm_cache_core::json::JsonError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StreamEnd {
    dialect: Dialect,
    /// What an answer of `openai.chat` still owes.
    chat: openai_chat::stream_end::Owed,
    /// Something came that cannot be read, so nobody can tell what is missing.
    is_unclear: bool,
    ended: Option<StreamStep>,
}

impl StreamEnd {
    /// Begins with the body of the request, which says how many choices and whether the usage is
    /// to come; `None` where it cannot be read. O(length of the body).
    #[must_use]
    pub fn new(dialect: Dialect, request: Option<JsonValue<'_>>) -> Self {
        let chat = openai_chat::stream_end::Owed::by(request);
        Self { dialect, chat, is_unclear: false, ended: None }
    }

    /// Takes in an event: its name (empty where it has none) and its data. After the end it repeats
    /// how the stream ended. O(length of the data).
    pub fn take(&mut self, name: &str, data: &str) -> StreamStep {
        if let Some(ended) = self.ended {
            return ended;
        }
        let step = self.step(name, data.trim());
        if step != StreamStep::Go {
            self.ended = Some(step);
        }
        step
    }

    /// Whether the answer is complete if its body ends now, in this way.
    #[must_use]
    pub fn is_complete_at(&self, end: BodyEnd) -> bool {
        match (self.ended, end) {
            (Some(step), _) => step == StreamStep::Done,
            (None, BodyEnd::Closed) => false,
            (None, BodyEnd::Announced) => match self.dialect {
                Dialect::OpenAiChat => self.chat.is_nothing() && !self.is_unclear,
                Dialect::AnthropicMessages
                | Dialect::OpenAiResponses
                | Dialect::OpenAiEmbeddings
                | Dialect::Json => false,
            },
        }
    }

    fn step(&mut self, name: &str, data: &str) -> StreamStep {
        if name.eq_ignore_ascii_case("error") {
            return StreamStep::Failed;
        }
        if data.eq_ignore_ascii_case("[DONE]") {
            return match self.dialect {
                Dialect::OpenAiChat => StreamStep::Done,
                Dialect::AnthropicMessages
                | Dialect::OpenAiResponses
                | Dialect::OpenAiEmbeddings
                | Dialect::Json => StreamStep::Go,
            };
        }
        match Object::parse(data.as_bytes()) {
            Ok(Some(root)) => self.step_of(name, &root),
            _ => self.unread(data),
        }
    }

    /// Takes in an event whose data is this object, as [`take`](Self::take).
    pub(super) fn take_object(&mut self, name: &str, root: &Object<'_>) -> StreamStep {
        let step = match self.ended {
            Some(ended) => ended,
            None if name.eq_ignore_ascii_case("error") => StreamStep::Failed,
            None => self.step_of(name, root),
        };
        if step != StreamStep::Go {
            self.ended = Some(step);
        }
        step
    }

    fn step_of(&mut self, name: &str, root: &Object<'_>) -> StreamStep {
        match self.dialect {
            Dialect::OpenAiChat => self.chat.take(root),
            Dialect::AnthropicMessages => typed_step(name, root, anthropic::stream_end::step),
            Dialect::OpenAiResponses => typed_step(name, root, openai_responses::stream_end::step),
            Dialect::OpenAiEmbeddings | Dialect::Json => typed_step(name, root, |_| StreamStep::Go),
        }
    }

    /// What is no JSON object: a sign of life, the words of a failure, or nothing known.
    fn unread(&mut self, text: &str) -> StreamStep {
        if starts_with_error(text) {
            return StreamStep::Failed;
        }
        self.is_unclear |= !text.is_empty();
        StreamStep::Go
    }
}

/// An event of a dialect whose events have a name, which their data repeats.
pub(super) struct Event<'e> {
    name: &'e str,
    told: Option<JsonStr<'e>>,
    pub(super) root: &'e Object<'e>,
}

impl Event<'_> {
    /// Whether this is its name.
    pub(super) fn is(&self, expected: &str) -> bool {
        self.name == expected
            || (self.name.is_empty() && self.told.is_some_and(|told| told.eq_str(expected)))
    }
}

/// What such an event means: a failure where it says so, else what its name means in its dialect.
fn typed_step(
    name: &str,
    root: &Object<'_>,
    step: impl Fn(&Event<'_>) -> StreamStep,
) -> StreamStep {
    let told = root.get("type").and_then(|value| value.as_str());
    if root.get("error").is_some_and(says_error) || told.is_some_and(|told| told.eq_str("error")) {
        return StreamStep::Failed;
    }
    step(&Event { name, told, root })
}

/// Some servers fill the member where nothing has failed.
pub(super) fn says_error(error: JsonValue<'_>) -> bool {
    let is_empty = error.is_null() || error.as_bool() == Some(false) || is_text(error, "");
    !is_empty
}

pub(super) fn is_text(value: JsonValue<'_>, expected: &str) -> bool {
    value.as_str().is_some_and(|text| text.eq_str(expected))
}

/// `error: ...`, `[ERROR] ...`, in whatever case.
fn starts_with_error(text: &str) -> bool {
    let text = text.trim_start_matches(['[', '"']);
    text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("error"))
}
