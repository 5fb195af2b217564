//! Why a request is refused before it is sent.

use core::fmt;

/// A rule of the provider's API that a request breaks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where in the body.
    pub place: Place,
    /// What is wrong there.
    pub rule: Rule,
}

/// A place in a request's body. `Display` gives its path as the provider's own errors spell it:
/// `messages.3.content.1`. Indices count the caller's tools, messages and blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The body as a whole.
    Body,
    /// A member of the body: `temperature`.
    Member(&'static str),
    /// `tools.N`
    Tool(usize),
    /// `system.N`
    SystemBlock(usize),
    /// `messages.N`
    Message(usize),
    /// `messages.N.content.M`
    Block {
        /// Index of the message.
        message: usize,
        /// Index of the block in it.
        block: usize,
    },
    /// `messages.N.content.M.content.K`
    InnerBlock {
        /// Index of the message.
        message: usize,
        /// Index of the tool result in it.
        block: usize,
        /// Index of the block inside the tool result.
        inner: usize,
    },
    /// `messages.N.content.M.source.content.K`
    SourceBlock {
        /// Index of the message.
        message: usize,
        /// Index of the document in it.
        block: usize,
        /// Index of the block that the document is made of.
        inner: usize,
    },
    /// A member of a tool: `tools.N.configs`
    ToolMember {
        /// Index of the tool.
        tool: usize,
        /// The member's name.
        member: &'static str,
    },
    /// A member of a block of the instructions: `system.N.citations`
    SystemMember {
        /// Index of the block.
        block: usize,
        /// The member's name.
        member: &'static str,
    },
    /// A member of a block: `messages.N.content.M.source`
    BlockMember {
        /// Index of the message.
        message: usize,
        /// Index of the block in it.
        block: usize,
        /// The member's name.
        member: &'static str,
    },
    /// The N-th of the caller's extra members.
    Extra(usize),
}

/// What is wrong with a request. As of [`RULES_AS_OF`](super::RULES_AS_OF).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// More than four breakpoints, automatic caching counted (prompt-caching guide).
    TooManyBreakpoints {
        /// How many there are.
        found: usize,
    },
    /// A one-hour mark after a five-minute one, in the order tools, system, messages.
    TtlOrder,
    /// Automatic caching would mark a block that carries a mark of another lifetime.
    AutomaticTtl,
    /// A mark of a lifetime that this provider does not have, or not here.
    ForeignTtl,
    /// A mark on an empty text block.
    EmptyText,
    /// A mark on a tool with `defer_loading`.
    DeferredTool,
    /// A mark on a block inside a tool result or a document, other than the last block there from
    /// where the provider moves it outwards; it belongs on the tool result or the document.
    NestedMark,
    /// A mark on an object that has no place for one: a message, a citation, a `source`, a block of
    /// a type without the field or of one that is not known.
    Unmarkable,
    /// A mark in a thinking block.
    ThinkingMark,
    /// A mark where raw JSON already has a `cache_control` or `prompt_cache_breakpoint` of its own.
    MarkedTwice,
    /// A `cache_control` in raw JSON that is not `{"type":"ephemeral"}` with a known ttl.
    BadCacheControl,
    /// Raw text that is no JSON.
    NotJson {
        /// Byte offset of the fault in that text.
        offset: usize,
    },
    /// Raw JSON that must be an object and is not.
    NotAnObject,
    /// A number that is not finite, or beyond what a sampling parameter can be.
    BadNumber,
    /// A member that this provider requires.
    Missing,
    /// An extra member with the name of one that the model writes itself, or of another extra.
    DuplicateMember,
    /// This dialect has no place for it.
    Unsupported,
    /// A place for a mark that is not in the body.
    NoSuchPart,
    /// Raw JSON that must be an array and is not.
    NotAnArray,
    /// A forced tool, on a model that takes none.
    ForcedTool,
    /// A message of role `system`, on a model that takes none.
    SystemModel,
    /// A message of role `system` that is first, follows neither a user's turn nor the result of a
    /// provider-run tool, or precedes anything but an assistant's turn.
    SystemTurn,
    /// A block in a message of role `system` that is no text.
    SystemText,
    /// A member or block that the API version of the request no longer takes.
    ApiVersion,
    /// Pre-warming (`max_tokens` 0) excludes streaming, enabled thinking, an output format and a
    /// forced tool.
    Prewarm,
}

/// Why a request was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError<E> {
    /// The request breaks a rule; nothing was written.
    Rejected(Violation),
    /// The writer failed; the text is incomplete.
    Write(E),
}

impl Place {
    /// The place of a member of the tool or block that stands here: the place itself where there is
    /// none more precise.
    #[must_use]
    pub const fn member(self, member: &'static str) -> Self {
        match self {
            Self::Tool(tool) => Self::ToolMember { tool, member },
            Self::SystemBlock(block) => Self::SystemMember { block, member },
            Self::Block { message, block } => Self::BlockMember { message, block, member },
            _ => self,
        }
    }
}

impl Violation {
    /// A violation of `rule` at `place`.
    #[must_use]
    pub const fn new(place: Place, rule: Rule) -> Self {
        Self { place, rule }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.rule)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body => f.write_str("body"),
            Self::Member(name) => f.write_str(name),
            Self::Tool(index) => write!(f, "tools.{index}"),
            Self::SystemBlock(index) => write!(f, "system.{index}"),
            Self::Message(index) => write!(f, "messages.{index}"),
            Self::Block { message, block } => write!(f, "messages.{message}.content.{block}"),
            Self::InnerBlock { message, block, inner } => {
                write!(f, "messages.{message}.content.{block}.content.{inner}")
            }
            Self::SourceBlock { message, block, inner } => {
                write!(f, "messages.{message}.content.{block}.source.content.{inner}")
            }
            Self::ToolMember { tool, member } => write!(f, "tools.{tool}.{member}"),
            Self::SystemMember { block, member } => write!(f, "system.{block}.{member}"),
            Self::BlockMember { message, block, member } => {
                write!(f, "messages.{message}.content.{block}.{member}")
            }
            Self::Extra(index) => write!(f, "extra.{index}"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooManyBreakpoints { found } => {
                return write!(f, "at most 4 breakpoints are allowed, found {found}");
            }
            Self::TtlOrder => "a 1h mark must not come after a 5m mark (tools, system, messages)",
            Self::AutomaticTtl => "automatic caching would re-mark this block with another ttl",
            Self::ForeignTtl => "this provider has no such lifetime for a mark here",
            Self::EmptyText => "an empty text block cannot be marked",
            Self::DeferredTool => "a tool with defer_loading cannot be marked",
            Self::NestedMark => "a block inside another cannot be marked unless it is the last one",
            Self::Unmarkable => "cache_control has no place here",
            Self::ThinkingMark => "a thinking block cannot be marked",
            Self::MarkedTwice => "this raw JSON already has a mark of its own",
            Self::BadCacheControl => "cache_control must be ephemeral with ttl 5m or 1h",
            Self::NotJson { offset } => return write!(f, "not JSON at byte {offset}"),
            Self::NotAnObject => "must be a JSON object",
            Self::BadNumber => "must be a finite number below 2^53 in magnitude",
            Self::Missing => "is required by this provider",
            Self::DuplicateMember => "is written already",
            Self::Unsupported => "has no place in this dialect",
            Self::NoSuchPart => "is not in this body",
            Self::NotAnArray => "must be a JSON array",
            Self::ForcedTool => "this model cannot be forced to call a tool",
            Self::SystemModel => "this model takes no messages of role system",
            Self::SystemTurn => "a system message must follow a user turn and end or be answered",
            Self::SystemText => "a system message is made of text",
            Self::ApiVersion => "is no longer taken under this API version",
            Self::Prewarm => "does not go with max_tokens 0",
        })
    }
}

impl core::error::Error for Violation {}

impl<E> From<Violation> for EncodeError<E> {
    fn from(violation: Violation) -> Self {
        Self::Rejected(violation)
    }
}

impl<E: fmt::Display> fmt::Display for EncodeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(violation) => violation.fmt(f),
            Self::Write(error) => write!(f, "writing the request: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for EncodeError<E> {}
