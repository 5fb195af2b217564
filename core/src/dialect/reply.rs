//! One answer, read where it lies.

use core::fmt;

use serde::Deserialize;

use super::anthropic::diagnostics::{Diagnostics, read_diagnostics};
use super::{Dialect, anthropic, openai, openai_chat, openai_embeddings, openai_responses};
use crate::Usage;
use crate::json::{JsonError, JsonKind, JsonStr, JsonValue};
use crate::reply::{
    DecodeError, SkipReason, StopReason, TextPieces, ToolCall, ToolCalls, ToolInput, Verdict,
    decode,
};

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
        let may_be_any = match dialect {
            Dialect::Json => true,
            Dialect::AnthropicMessages
            | Dialect::OpenAiChat
            | Dialect::OpenAiResponses
            | Dialect::OpenAiEmbeddings => false,
        };
        if root.kind() != JsonKind::Object && !may_be_any {
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

    /// The price tier that the answer states: see [`read_price_tier`].
    #[must_use]
    pub fn price_tier(&self) -> Option<JsonStr<'a>> {
        read_price_tier(self.dialect, self.root)
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
            Dialect::AnthropicMessages => anthropic::reply::stop_reason(self.root),
            Dialect::OpenAiChat => openai_chat::reply::stop_reason(self.root),
            Dialect::OpenAiResponses => openai_responses::reply::stop_reason(self.root),
            Dialect::OpenAiEmbeddings | Dialect::Json => StopReason::Absent,
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
            Dialect::AnthropicMessages => anthropic::reply::verdict(self.root),
            Dialect::OpenAiChat => openai_chat::reply::verdict(self.root),
            Dialect::OpenAiResponses => openai_responses::reply::verdict(self.root),
            Dialect::OpenAiEmbeddings => openai_embeddings::reply::verdict(self.root),
            Dialect::Json => Verdict::Store,
        }
    }

    /// The pieces of the text that the model wrote, in order; of several choices, the first one's.
    #[must_use]
    pub fn text(&self) -> TextPieces<'a> {
        match self.dialect {
            Dialect::AnthropicMessages => anthropic::reply::text(self.root),
            Dialect::OpenAiChat => openai_chat::reply::text(self.root),
            Dialect::OpenAiResponses => openai_responses::reply::text(self.root),
            Dialect::OpenAiEmbeddings | Dialect::Json => TextPieces::none(),
        }
    }

    /// The calls that the model makes of the caller's tools, in order; of several choices, the
    /// first one's.
    #[must_use]
    pub fn tool_calls(&self) -> ToolCalls<'a> {
        match self.dialect {
            Dialect::AnthropicMessages => anthropic::reply::tool_calls(self.root),
            Dialect::OpenAiChat => openai_chat::reply::tool_calls(self.root),
            Dialect::OpenAiResponses => openai_responses::reply::tool_calls(self.root),
            Dialect::OpenAiEmbeddings | Dialect::Json => ToolCalls::none(),
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
            Dialect::AnthropicMessages => anthropic::reply::refusal(self.root),
            Dialect::OpenAiChat => openai_chat::reply::refusal(self.root),
            Dialect::OpenAiResponses => openai_responses::reply::refusal(self.root),
            Dialect::OpenAiEmbeddings | Dialect::Json => None,
        }
    }

    /// Decodes the answer's text as `T`, for requests with an output format.
    ///
    /// Look at [`Reply::verdict`] first: a refused or truncated answer may decode and be wrong. The
    /// buffer takes the decoded text and, behind it, the longest string in it that has escapes;
    /// twice the body's length always does. Texts in `T` are owned (`heapless::String`), or
    /// borrowed from the buffer where the model wrote no escapes. O(length).
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode<'b, T: Deserialize<'b>>(&self, buffer: &'b mut [u8]) -> Result<T, DecodeError> {
        if self.text().next().is_none() {
            return Err(DecodeError::Absent);
        }
        decode::decode_chars(|| self.text().flat_map(|piece| piece.chars()), buffer)
    }

    /// Decodes the arguments of the first call of the tool `name` as `T`. Otherwise as
    /// [`Reply::decode`].
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode_tool_input<'b, T: Deserialize<'b>>(
        &self,
        name: &str,
        buffer: &'b mut [u8],
    ) -> Result<T, DecodeError> {
        match self.tool_input(name).ok_or(DecodeError::Absent)? {
            ToolInput::Json(value) => decode::decode_chars(|| value.text().chars(), buffer),
            ToolInput::Text(text) if text.raw().is_empty() => {
                decode::decode_chars(|| "{}".chars(), buffer)
            }
            ToolInput::Text(text) | ToolInput::Free(text) => {
                decode::decode_chars(|| JsonStr::chars(&text), buffer)
            }
            ToolInput::Missing => Err(DecodeError::Absent),
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

/// Reads a `usage` object as [`Usage`], whether it stands in an answer or in a stream's event.
///
/// A count that is absent or `null` is zero. OpenAI's input tokens include those read from and
/// written to its cache, which are subtracted, never below zero. Writes that OpenAI does not tell
/// apart by lifetime count as those of 30 minutes. `None` if the value is no object, or the dialect
/// reports none.
#[must_use]
pub fn read_usage(dialect: Dialect, usage: JsonValue<'_>) -> Option<Usage> {
    if usage.kind() != JsonKind::Object {
        return None;
    }
    match dialect {
        Dialect::AnthropicMessages => Some(anthropic::reply::usage(usage)),
        Dialect::OpenAiChat => Some(openai_chat::reply::usage(usage)),
        Dialect::OpenAiResponses => Some(openai_responses::reply::usage(usage)),
        Dialect::OpenAiEmbeddings => Some(openai_embeddings::reply::usage(usage)),
        Dialect::Json => None,
    }
}

/// Reads the price tier that an answer states: another service tier than the standard one (batch,
/// priority, flex), fast mode, or a region with a surcharge. `None` for an answer at the list
/// price. In a stream, `answer` is the object that holds the model and the usage.
#[must_use]
pub fn read_price_tier(dialect: Dialect, answer: JsonValue<'_>) -> Option<JsonStr<'_>> {
    match dialect {
        Dialect::AnthropicMessages => anthropic::reply::price_tier(answer),
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses
        | Dialect::OpenAiEmbeddings
        | Dialect::Json => openai::usage::price_tier(answer),
    }
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
