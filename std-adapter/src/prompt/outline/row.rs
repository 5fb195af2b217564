//! The rows of the provider's table of what invalidates what.

use core::fmt;

use llm_cache_core::prompt::Section;

/// A kind of change between two requests, as the provider's table of invalidations has it (prompt
/// caching page and tool use page, as of September 2026; `Row::AS_OF`).
///
/// A change takes with it the section it falls into and all that are processed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Row {
    /// Another model: entries belong to one.
    Model,
    /// A tool's name, description, parameters, or the order of tools.
    Tools,
    /// Web search or web fetch turned on or off, or set otherwise. Such a tool changes the system
    /// prompt and not what is cached of the tools.
    WebTools,
    /// Citations turned on or off.
    Citations,
    /// `speed` fast or standard.
    Speed,
    /// `output_config.format`: any cache of the conversation (structured outputs page).
    OutputFormat,
    /// The text of the system prompt.
    System,
    /// `tool_choice`, `disable_parallel_tool_use` in it.
    ToolChoice,
    /// The first image anywhere in the messages, or the last one gone.
    Images,
    /// `thinking`: its mode or budget.
    Thinking,
    /// `output_config.effort`; the default stated is as good as left out.
    Effort,
    /// `context_management`.
    ContextManagement,
    /// A new turn of the user's on a model that then forgets the thinking of earlier turns.
    ThinkingForgotten,
    /// A thinking block that the provider itself leaves out, on models that are known to do so.
    ThinkingDropped,
    /// A block of the conversation.
    Messages,
}

impl Row {
    /// The month of the table.
    pub const AS_OF: &str = "2026-09";

    /// The first section that a change of this kind invalidates; the later ones go with it. Inside
    /// that section what stands before the change survives, where the change has a place there.
    #[must_use]
    pub const fn invalidates_from(self) -> Section {
        match self {
            Self::Model | Self::Tools | Self::OutputFormat => Section::Tools,
            Self::WebTools | Self::Citations | Self::Speed | Self::System => Section::System,
            Self::ToolChoice
            | Self::Images
            | Self::Thinking
            | Self::Effort
            | Self::ContextManagement
            | Self::ThinkingForgotten
            | Self::ThinkingDropped
            | Self::Messages => Section::Messages,
        }
    }

    /// Whether some models lose tools and system as well; the provider does not say which.
    #[must_use]
    pub const fn is_model_specific(self) -> bool {
        matches!(self, Self::Thinking | Self::Effort)
    }

    /// The row's name in running text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Tools => "tool definitions",
            Self::WebTools => "web search or web fetch",
            Self::Citations => "citations",
            Self::Speed => "speed",
            Self::OutputFormat => "output format",
            Self::System => "system text",
            Self::ToolChoice => "tool choice",
            Self::Images => "images",
            Self::Thinking => "thinking parameters",
            Self::Effort => "effort",
            Self::ContextManagement => "context management",
            Self::ThinkingForgotten => "thinking of earlier turns",
            Self::ThinkingDropped => "thinking left out by the provider",
            Self::Messages => "messages",
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
