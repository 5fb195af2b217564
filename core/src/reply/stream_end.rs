//! When a streamed answer is complete: one rule over its events and the end of its body.

use super::read::present;
use crate::json::{JsonKind, JsonStr, JsonValue};
use crate::key::Dialect;

/// What an event means for its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a stream goes on, or ends well, or does not")]
pub enum StreamStep {
    /// More may come.
    Go,
    /// The dialect's last event: the answer is complete, and what follows is no part of it.
    Done,
    /// The provider reports a failure.
    Failed,
}

/// How the body of an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an end is announced or is not")]
pub enum BodyEnd {
    /// Where the framing says that it ends: at its `content-length`, or with the last chunk.
    Announced,
    /// The connection closed: before the announced end, or where none was announced.
    Closed,
}

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
    choices: Choices,
    /// The request asks for the usage, which has not come yet.
    owed_usage: bool,
    /// Something came that cannot be read, so nobody can tell what is missing.
    is_unclear: bool,
    ended: Option<StreamStep>,
}

impl StreamEnd {
    /// Begins with the body of the request, which says how many choices and whether the usage is
    /// to come; `None` where it cannot be read. O(length of the body).
    #[must_use]
    pub fn new(dialect: Dialect, request: Option<JsonValue<'_>>) -> Self {
        // What is neither `true` nor `false` is the server's to read: the stricter reading counts.
        let owed_usage = request
            .and_then(|request| present(request, "stream_options"))
            .and_then(|options| present(options, "include_usage"))
            .is_some_and(|asked| asked.as_bool() != Some(false));
        let choices = Choices::of_request(request);
        Self { dialect, choices, owed_usage, is_unclear: false, ended: None }
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
        match self.ended {
            Some(step) => step == StreamStep::Done,
            None => {
                end == BodyEnd::Announced
                    && self.dialect == Dialect::OpenAiChat
                    && self.choices.have_finished()
                    && !self.owed_usage
                    && !self.is_unclear
            }
        }
    }

    fn step(&mut self, name: &str, data: &str) -> StreamStep {
        if name.eq_ignore_ascii_case("error") {
            return StreamStep::Failed;
        }
        let is_chat = self.dialect == Dialect::OpenAiChat;
        if data.eq_ignore_ascii_case("[DONE]") {
            return if is_chat { StreamStep::Done } else { StreamStep::Go };
        }
        let Ok(root) = JsonValue::parse(data.as_bytes()) else { return self.unread(data) };
        if root.kind() != JsonKind::Object {
            return self.unread(data);
        }
        if is_chat { self.chat_step(root) } else { self.typed_step(name, root) }
    }

    /// What is no JSON object: a sign of life, the words of a failure, or nothing known.
    fn unread(&mut self, text: &str) -> StreamStep {
        if starts_with_error(text) {
            return StreamStep::Failed;
        }
        self.is_unclear |= !text.is_empty();
        StreamStep::Go
    }

    fn chat_step(&mut self, root: JsonValue<'_>) -> StreamStep {
        let (mut has_choices, mut has_usage) = (false, false);
        let (mut has_message, mut has_code) = (false, false);
        for (name, value) in root.members() {
            let is = |expected| name.eq_str(expected);
            if is("choices") {
                has_choices |= value.kind() == JsonKind::Array;
                for choice in value.elements() {
                    if self.choices.take(choice) == StreamStep::Failed {
                        return StreamStep::Failed;
                    }
                }
            } else if is("usage") {
                has_usage = value.kind() == JsonKind::Object;
            } else if is("error") && says_error(value)
                || (is("type") || is("object")) && is_text(value, "error")
            {
                return StreamStep::Failed;
            } else if is("message") || is("detail") {
                has_message |= !value.is_null();
            } else if is("code") {
                has_code |= !value.is_null();
            }
        }
        // An error body of the flat kind, where a chunk was to come.
        if !has_choices && has_message && has_code {
            return StreamStep::Failed;
        }
        // A usage that came before the last choice finished may not be the whole of it.
        if has_usage && self.choices.have_finished() {
            self.owed_usage = false;
        }
        StreamStep::Go
    }

    /// Dialects whose events have a name, which their data repeats.
    fn typed_step(&self, name: &str, root: JsonValue<'_>) -> StreamStep {
        let told = root.get("type").and_then(|value| value.as_str());
        let is = |expected: &str| {
            name == expected || (name.is_empty() && told.is_some_and(|told| told.eq_str(expected)))
        };
        if root.get("error").is_some_and(says_error)
            || told.is_some_and(|told| told.eq_str("error"))
        {
            return StreamStep::Failed;
        }
        match self.dialect {
            Dialect::AnthropicMessages if is("message_stop") => StreamStep::Done,
            Dialect::OpenAiResponses if is("response.failed") || is("response.cancelled") => {
                StreamStep::Failed
            }
            Dialect::OpenAiResponses if is("response.completed") || is("response.incomplete") => {
                let response = root.get("response");
                let error = response.and_then(|response| response.get("error"));
                if error.is_some_and(says_error) { StreamStep::Failed } else { StreamStep::Done }
            }
            _ => StreamStep::Go,
        }
    }
}

/// The choices of a Chat answer: which have begun and which have finished, a bit each.
#[derive(Clone, Debug)]
struct Choices {
    /// Those that the request asks for; `None` where that cannot be told, or there are too many.
    asked: Option<u128>,
    begun: u128,
    finished: u128,
    /// A choice came that has no bit.
    has_stranger: bool,
}

impl Choices {
    /// The default of `n` is 1. OpenAI takes up to 128.
    fn of_request(request: Option<JsonValue<'_>>) -> Self {
        let asked = request.and_then(|request| match present(request, "n") {
            None => Some(1),
            Some(n) => n.as_f64().and_then(bits),
        });
        Self { asked, begun: 0, finished: 0, has_stranger: false }
    }

    fn take(&mut self, choice: JsonValue<'_>) -> StreamStep {
        let reason = present(choice, "finish_reason").and_then(|reason| reason.as_str());
        if choice.get("error").is_some_and(says_error)
            || reason.is_some_and(|reason| reason.eq_str("error"))
        {
            return StreamStep::Failed;
        }
        let index = present(choice, "index").map_or(Some(0), |index| index.as_u64());
        let bit = index.and_then(|index| 1_u128.checked_shl(u32::try_from(index).ok()?));
        let Some(bit) = bit else {
            self.has_stranger = true;
            return StreamStep::Go;
        };
        self.begun |= bit;
        if reason.is_some_and(says_reason) {
            self.finished |= bit;
        }
        StreamStep::Go
    }

    fn have_finished(&self) -> bool {
        let Some(asked) = self.asked else { return false };
        !self.has_stranger && (asked | self.begun) & !self.finished == 0
    }
}

/// The lowest `n` bits, for a whole number from 1 to 128.
fn bits(n: f64) -> Option<u128> {
    (1..=128_u32).find(|&each| f64::from(each) == n).map(|each| u128::MAX >> (128 - each))
}

/// Some servers fill the member while the choice goes on.
fn says_reason(reason: JsonStr<'_>) -> bool {
    !reason.eq_str("") && !reason.eq_str("null")
}

/// Some servers fill the member where nothing has failed.
fn says_error(error: JsonValue<'_>) -> bool {
    let is_empty = error.is_null() || error.as_bool() == Some(false) || is_text(error, "");
    !is_empty
}

fn is_text(value: JsonValue<'_>, expected: &str) -> bool {
    value.as_str().is_some_and(|text| text.eq_str(expected))
}

/// `error: ...`, `[ERROR] ...`, in whatever case.
fn starts_with_error(text: &str) -> bool {
    let text = text.trim_start_matches(['[', '"']);
    text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("error"))
}
