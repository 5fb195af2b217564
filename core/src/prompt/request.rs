//! The request as a whole.

use core::fmt;

use super::block::Text;
use super::cache_control::CacheControl;
use super::message::Message;
use super::raw::RawJson;
use super::tool::Tool;

/// One request to a model, borrowed from the caller.
///
/// Start from [`Request::new`] and set the fields that are wanted; a field left at its default is
/// absent on the wire. `Debug` shows counts and lengths, never text.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The model's name.
    pub model: &'a str,
    /// The most tokens the answer may have. Anthropic requires it; 0 there writes the prompt cache
    /// and generates nothing. OpenAI: `max_completion_tokens`.
    pub max_tokens: Option<u32>,
    /// The tools offered.
    pub tools: &'a [Tool<'a>],
    /// How the model may choose among them.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// The instructions before the conversation.
    pub system: Option<SystemPrompt<'a>>,
    /// The conversation.
    pub messages: &'a [Message<'a>],
    /// Automatic caching: the provider marks the last block it can, and moves the mark as the
    /// conversation grows. Uses one of the four breakpoints.
    pub cache_control: Option<CacheControl>,
    /// The JSON schema the answer's text must follow.
    pub output: Option<OutputFormat<'a>>,
    /// `low`, `medium`, `high`, ...: `output_config.effort`; OpenAI `reasoning_effort`.
    pub effort: Option<&'a str>,
    /// Anthropic's `thinking` object, byte for byte.
    pub thinking: Option<RawJson<'a>>,
    /// Sampling temperature; finite.
    pub temperature: Option<f64>,
    /// Nucleus sampling; finite.
    pub top_p: Option<f64>,
    /// Sampling from the k likeliest tokens (Anthropic).
    pub top_k: Option<u32>,
    /// Texts that end the answer. OpenAI: `stop`.
    pub stop_sequences: &'a [&'a str],
    /// An opaque name of the end user, no part of the request's identity: `metadata.user_id`;
    /// OpenAI `safety_identifier`.
    pub user_id: Option<&'a str>,
    /// The provider's service tier.
    pub service_tier: Option<&'a str>,
    /// Cache diagnostics (Anthropic).
    pub diagnostics: Option<Diagnostics<'a>>,
    /// Whether the answer is to be streamed. `false` leaves the member out.
    pub stream: bool,
    /// Further members of the body, name and value, written after the others byte for byte.
    pub extra: &'a [(&'a str, RawJson<'a>)],
}

/// The instructions before the conversation. `Debug` shows lengths only.
#[derive(Clone, Copy, PartialEq)]
pub enum SystemPrompt<'a> {
    /// A plain string, which cannot carry a mark; it goes out as a string.
    Text(&'a str),
    /// A single block held by value; goes out as an array of one.
    Block(Text<'a>),
    /// Several text blocks, each with its own mark or none.
    Blocks(&'a [Text<'a>]),
    /// In the provider's own form, a string or an array of blocks, byte for byte.
    Raw(RawJson<'a>),
}

/// How the model may choose among the tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolChoice<'a> {
    /// Which tools it may or must call.
    pub mode: ToolChoiceMode<'a>,
    /// Whether it may call only one at a time. `false` leaves the member out.
    pub disable_parallel: bool,
}

/// Which tools the model may or must call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolChoiceMode<'a> {
    /// As it sees fit.
    Auto,
    /// At least one, of its own choice (OpenAI `required`).
    Any,
    /// The one of this name.
    Tool(&'a str),
    /// None.
    None,
}

/// A JSON schema for the answer's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputFormat<'a> {
    /// A name for it, at most 64 of `[A-Za-z0-9_-]`. OpenAI requires it, Anthropic has no place
    /// for it.
    pub name: &'a str,
    /// The schema, byte for byte.
    pub schema: RawJson<'a>,
    /// Whether OpenAI enforces the schema. Anthropic always does.
    pub strict: bool,
}

/// Asks the provider why its prompt cache missed, compared with an earlier request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnostics<'a> {
    /// The id of the earlier answer; `None` on the first turn.
    pub previous_message_id: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A request with nothing but what every provider needs.
    #[must_use]
    pub const fn new(model: &'a str, max_tokens: u32, messages: &'a [Message<'a>]) -> Self {
        Self {
            model,
            max_tokens: Some(max_tokens),
            tools: &[],
            tool_choice: None,
            system: None,
            messages,
            cache_control: None,
            output: None,
            effort: None,
            thinking: None,
            temperature: None,
            top_p: None,
            top_k: None,
            stop_sequences: &[],
            user_id: None,
            service_tier: None,
            diagnostics: None,
            stream: false,
            extra: &[],
        }
    }
}

impl<'a> SystemPrompt<'a> {
    /// One marked text block: tools and instructions up to its end may be cached.
    #[must_use]
    pub const fn cached(text: &'a str, cache_control: CacheControl) -> Self {
        Self::Block(Text::new(text).with_cache_control(cache_control))
    }

    /// The blocks; none for a plain string, and none for raw JSON.
    #[must_use]
    pub const fn blocks(&self) -> &[Text<'a>] {
        match self {
            Self::Text(_) | Self::Raw(_) => &[],
            Self::Block(block) => core::slice::from_ref(block),
            Self::Blocks(blocks) => blocks,
        }
    }
}

impl<'a> ToolChoice<'a> {
    /// A choice that leaves parallel calls as the provider has them.
    #[must_use]
    pub const fn new(mode: ToolChoiceMode<'a>) -> Self {
        Self { mode, disable_parallel: false }
    }

    /// The same choice, one call at a time.
    #[must_use]
    pub const fn one_at_a_time(mut self) -> Self {
        self.disable_parallel = true;
        self
    }
}

impl<'a> OutputFormat<'a> {
    /// A schema that the provider enforces.
    #[must_use]
    pub const fn strict(name: &'a str, schema: RawJson<'a>) -> Self {
        Self { name, schema, strict: true }
    }

    /// A schema that OpenAI takes as advice; Anthropic enforces it all the same.
    #[must_use]
    pub const fn advisory(name: &'a str, schema: RawJson<'a>) -> Self {
        Self { name, schema, strict: false }
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("model", &self.model)
            .field("max_tokens", &self.max_tokens)
            .field("tools", &self.tools.len())
            .field("system", &self.system)
            .field("messages", &self.messages.len())
            .field("cache_control", &self.cache_control)
            .field("extra", &self.extra.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SystemPrompt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Block(block) => f.debug_tuple("Block").field(block).finish(),
            Self::Blocks(blocks) => f.debug_tuple("Blocks").field(blocks).finish(),
            Self::Raw(json) => f.debug_tuple("Raw").field(json).finish(),
        }
    }
}
