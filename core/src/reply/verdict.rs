//! The words for what may be stored, and why not.

use core::fmt;

/// Why the model stopped, in one set of words for all providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// It had said everything: `end_turn`; OpenAI `stop`; a Responses answer that is `completed`.
    EndTurn,
    /// One of the request's stop sequences came up.
    StopSequence,
    /// It calls a tool: `tool_use`; OpenAI `tool_calls`, `function_call`.
    ToolUse,
    /// The token limit cut the answer: `max_tokens`; OpenAI `length`.
    MaxTokens,
    /// The context window is full.
    ContextWindow,
    /// A long turn was paused, to be continued by another request.
    PauseTurn,
    /// The model refused.
    Refusal,
    /// The provider's filter cut the answer.
    ContentFilter,
    /// The answer is not there yet or was given up: Responses `queued`, `in_progress`,
    /// `incomplete`, `cancelled`, `failed`.
    Incomplete,
    /// The provider gave none.
    Absent,
    /// One that this version does not know.
    Unknown,
}

/// Whether an answer may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may.
    Store,
    /// It may not.
    Skip {
        /// Why not.
        why: SkipReason,
    },
}

/// Why an answer is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// The HTTP status is not 200.
    Status,
    /// The body is not an answer of this dialect: no JSON, or a member missing or of another type.
    Malformed,
    /// It reports an error, whatever its status: the body, one of its choices, or an item.
    ErrorBody,
    /// A token limit cut it: the next call may have more room.
    Truncated,
    /// It is not finished: paused, queued, cancelled, failed.
    Incomplete,
    /// The model refused.
    Refusal,
    /// The provider's filter cut it.
    ContentFilter,
    /// It has no stop reason.
    NoStopReason,
    /// Its stop reason is not one that this version knows.
    UnknownStopReason,
    /// It says nothing: no text, no tool call, no picture or sound; reasoning alone counts as
    /// nothing.
    Empty,
    /// Its stop reason announces a tool call, and there is none.
    NoToolCall,
    /// A tool call in it is not whole: no name, or arguments that are no JSON object.
    BrokenToolCall,
}

/// Whether a request's answer may come from the cache and go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestVerdict {
    /// It may.
    Cacheable,
    /// It may not: the request goes to the provider, its answer to the caller alone.
    Bypass {
        /// Why not.
        why: BypassReason,
    },
}

/// Why a request goes past the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BypassReason {
    /// The answer is to be streamed.
    Streaming,
    /// The answer depends on state the provider keeps, or the request is made for its effect there.
    Stateful,
    /// The provider runs a tool that sees the live world: web, code, MCP, computer.
    LiveTools,
    /// The body is not a JSON object.
    NotJson,
}

impl StopReason {
    /// The name in tables and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndTurn => "end_turn",
            Self::StopSequence => "stop_sequence",
            Self::ToolUse => "tool_use",
            Self::MaxTokens => "max_tokens",
            Self::ContextWindow => "context_window",
            Self::PauseTurn => "pause_turn",
            Self::Refusal => "refusal",
            Self::ContentFilter => "content_filter",
            Self::Incomplete => "incomplete",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }

    /// What this reason alone says about storing the answer: the allow-list.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        let why = match self {
            Self::EndTurn | Self::StopSequence | Self::ToolUse => return Verdict::Store,
            Self::MaxTokens | Self::ContextWindow => SkipReason::Truncated,
            Self::PauseTurn | Self::Incomplete => SkipReason::Incomplete,
            Self::Refusal => SkipReason::Refusal,
            Self::ContentFilter => SkipReason::ContentFilter,
            Self::Absent => SkipReason::NoStopReason,
            Self::Unknown => SkipReason::UnknownStopReason,
        };
        Verdict::Skip { why }
    }
}

impl Verdict {
    /// Whether the answer may be stored.
    #[must_use]
    pub const fn is_store(self) -> bool {
        matches!(self, Self::Store)
    }

    /// The reason for not storing it.
    #[must_use]
    pub const fn skip_reason(self) -> Option<SkipReason> {
        match self {
            Self::Store => None,
            Self::Skip { why } => Some(why),
        }
    }
}

impl SkipReason {
    /// The name in tables and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Malformed => "malformed",
            Self::ErrorBody => "error_body",
            Self::Truncated => "truncated",
            Self::Incomplete => "incomplete",
            Self::Refusal => "refusal",
            Self::ContentFilter => "content_filter",
            Self::NoStopReason => "no_stop_reason",
            Self::UnknownStopReason => "unknown_stop_reason",
            Self::Empty => "empty",
            Self::NoToolCall => "no_tool_call",
            Self::BrokenToolCall => "broken_tool_call",
        }
    }
}

impl RequestVerdict {
    /// Whether the cache may be asked.
    #[must_use]
    pub const fn is_cacheable(self) -> bool {
        matches!(self, Self::Cacheable)
    }

    /// The reason for going past the cache.
    #[must_use]
    pub const fn bypass_reason(self) -> Option<BypassReason> {
        match self {
            Self::Cacheable => None,
            Self::Bypass { why } => Some(why),
        }
    }
}

impl BypassReason {
    /// The name in tables and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Stateful => "stateful",
            Self::LiveTools => "live_tools",
            Self::NotJson => "not_json",
        }
    }
}

macro_rules! display_as_str {
    ($($kind:ident),*) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}
display_as_str!(StopReason, SkipReason, BypassReason);
