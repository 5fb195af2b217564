//! One answer, read where it lies.

use core::fmt;

use super::diagnostics::{Diagnostics, read_diagnostics};
use super::parts::TextPieces;
use super::tool_calls::{ToolCall, ToolCalls, ToolInput};
use super::usage::read_usage;
use super::verdict::{SkipReason, StopReason, Verdict};
use super::{anthropic, openai_chat, openai_responses};
use crate::Usage;
use crate::json::{JsonError, JsonKind, JsonStr, JsonValue};
use crate::key::Dialect;

/// An answer's body in one of the dialects. `Debug` shows its length only.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    dialect: Dialect,
    root: JsonValue<'a>,
}

/// Why a body is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyError {
    /// It is not JSON: a web page, a stream of events, a body cut short.
    NotJson(JsonError),
    /// It is JSON, and no object.
    NotAnObject,
}

impl<'a> Reply<'a> {
    /// Checks that a body is JSON and, in every dialect but `json`, an object. O(length).
    ///
    /// An error body of the provider's passes; [`Reply::verdict`] tells it from an answer.
    ///
    /// # Errors
    /// [`ReplyError`].
    pub fn parse(dialect: Dialect, body: &'a [u8]) -> Result<Self, ReplyError> {
        let root = JsonValue::parse(body).map_err(ReplyError::NotJson)?;
        if root.kind() != JsonKind::Object && dialect != Dialect::Json {
            return Err(ReplyError::NotAnObject);
        }
        Ok(Self { dialect, root })
    }

    /// The dialect it was read in.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The body as JSON, for members that have no method here.
    #[must_use]
    pub const fn json(&self) -> JsonValue<'a> {
        self.root
    }

    /// The provider's id of the answer.
    #[must_use]
    pub fn id(&self) -> Option<JsonStr<'a>> {
        self.member_str("id")
    }

    /// The model that answered, which may be named more exactly than the one asked for.
    #[must_use]
    pub fn model(&self) -> Option<JsonStr<'a>> {
        self.member_str("model")
    }

    /// What the answer cost, in the words of all providers; `None` if the body does not say.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        read_usage(self.dialect, self.root.get("usage")?)
    }

    /// What the provider says of its prompt cache, if it was asked; see [`read_diagnostics`].
    #[must_use]
    pub fn diagnostics(&self) -> Option<Diagnostics> {
        read_diagnostics(self.root)
    }

    /// Why the model stopped. Of several choices, the first reason that forbids storing.
    #[must_use]
    pub fn stop_reason(&self) -> StopReason {
        match self.dialect {
            Dialect::AnthropicMessages => anthropic::stop_reason(self.root),
            Dialect::OpenAiChat => openai_chat::stop_reason(self.root),
            Dialect::OpenAiResponses => openai_responses::stop_reason(self.root),
            Dialect::Json => StopReason::Absent,
        }
    }

    /// Whether the answer may be stored, given the HTTP status it came with.
    ///
    /// It may if the status is 200, the body is a whole answer without an error anywhere, the stop
    /// reason is on the allow-list, nothing was refused, something was said, every tool call is
    /// whole, and a stop reason that announces one has one: for every choice of several. In the
    /// dialect `json`, status 200 is all there is to check.
    #[must_use]
    pub fn verdict(&self, status: u16) -> Verdict {
        if status != 200 {
            return Verdict::Skip { why: SkipReason::Status };
        }
        match self.dialect {
            Dialect::AnthropicMessages => anthropic::verdict(self.root),
            Dialect::OpenAiChat => openai_chat::verdict(self.root),
            Dialect::OpenAiResponses => openai_responses::verdict(self.root),
            Dialect::Json => Verdict::Store,
        }
    }

    /// The pieces of the text that the model wrote, in order; of several choices, the first one's.
    #[must_use]
    pub fn text(&self) -> TextPieces<'a> {
        match self.dialect {
            Dialect::AnthropicMessages => TextPieces::of_parts(self.root.get("content")),
            Dialect::OpenAiChat => TextPieces::of_content(
                openai_chat::first_message(self.root).and_then(|message| message.get("content")),
            ),
            Dialect::OpenAiResponses => TextPieces::of_items(self.root.get("output")),
            Dialect::Json => TextPieces::none(),
        }
    }

    /// The calls that the model makes of the caller's tools, in order; of several choices, the
    /// first one's.
    #[must_use]
    pub fn tool_calls(&self) -> ToolCalls<'a> {
        match self.dialect {
            Dialect::AnthropicMessages => ToolCalls::of_blocks(self.root.get("content")),
            Dialect::OpenAiChat => ToolCalls::of_message(openai_chat::first_message(self.root)),
            Dialect::OpenAiResponses => ToolCalls::of_items(self.root.get("output")),
            Dialect::Json => ToolCalls::none(),
        }
    }

    /// The arguments of the first call of the tool `name`.
    #[must_use]
    pub fn tool_input(&self, name: &str) -> Option<ToolInput<'a>> {
        let mut calls = self.tool_calls();
        calls.find(|call: &ToolCall<'_>| call.name.eq_str(name)).map(|call| call.input)
    }

    /// What the model says about its refusal, if it refused and says something.
    #[must_use]
    pub fn refusal(&self) -> Option<JsonStr<'a>> {
        match self.dialect {
            Dialect::AnthropicMessages => anthropic::refusal(self.root),
            Dialect::OpenAiChat => openai_chat::refusal(self.root),
            Dialect::OpenAiResponses => openai_responses::refusal(self.root),
            Dialect::Json => None,
        }
    }

    fn member_str(&self, name: &str) -> Option<JsonStr<'a>> {
        self.root.get(name)?.as_str()
    }
}

impl Verdict {
    /// The verdict on a body that may be anything: what is no JSON object is
    /// [`SkipReason::Malformed`], unless the status already says more.
    #[must_use]
    pub fn of(dialect: Dialect, status: u16, body: &[u8]) -> Self {
        if status != 200 {
            return Self::Skip { why: SkipReason::Status };
        }
        match Reply::parse(dialect, body) {
            Ok(reply) => reply.verdict(status),
            Err(_) => Self::Skip { why: SkipReason::Malformed },
        }
    }
}

/// The value of a member that is there and not `null`.
pub(super) fn present<'a>(value: JsonValue<'a>, name: &str) -> Option<JsonValue<'a>> {
    value.get(name).filter(|member| !member.is_null())
}

/// Whether a string member has this very value.
pub(super) fn member_is(value: JsonValue<'_>, name: &str, expected: &str) -> bool {
    value.get(name).and_then(|member| member.as_str()).is_some_and(|text| text.eq_str(expected))
}

/// Finds a string in a table of names.
pub(super) fn look_up<T: Copy>(text: JsonStr<'_>, names: &[(&str, T)]) -> Option<T> {
    names.iter().find(|(name, _)| text.eq_str(name)).map(|(_, found)| *found)
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.dialect.as_str(), self.root.text().len())
    }
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(f, "the answer is not JSON: {error}"),
            Self::NotAnObject => f.write_str("the answer is not a JSON object"),
        }
    }
}

impl core::error::Error for ReplyError {}
