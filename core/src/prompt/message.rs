//! One turn of the conversation.

use core::fmt;

use super::block::{Block, Text};
use super::cache_control::CacheControl;
use super::raw::RawJson;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The user, and the results of tools.
    User,
    /// The model.
    Assistant,
    /// Instructions in the middle of a conversation (newer Anthropic models; OpenAI anywhere).
    System,
    /// OpenAI's instructions to reasoning models. Anthropic has no such role.
    Developer,
}

/// One message: a role and its content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content<'a>,
}

/// The content of a message. `Debug` shows lengths only.
#[derive(Clone, Copy, PartialEq)]
pub enum Content<'a> {
    /// A plain string, which cannot carry a mark; it goes out as a string.
    Text(&'a str),
    /// A single block held by value, so that one block needs no array outside; goes out as an
    /// array of one.
    Block(Block<'a>),
    /// Several blocks.
    Blocks(&'a [Block<'a>]),
    /// The whole message in the provider's own form, byte for byte: one with members that the
    /// model does not name, or an item of OpenAI's Responses API that is no message. Who speaks is
    /// in the text, and [`Message::role`] is not written.
    Whole(RawJson<'a>),
}

impl Role {
    /// The value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::System => "system",
            Self::Developer => "developer",
        }
    }
}

impl<'a> Message<'a> {
    /// A user message of plain text.
    #[must_use]
    pub const fn user(text: &'a str) -> Self {
        Self { role: Role::User, content: Content::Text(text) }
    }

    /// An assistant message of plain text.
    #[must_use]
    pub const fn assistant(text: &'a str) -> Self {
        Self { role: Role::Assistant, content: Content::Text(text) }
    }

    /// A user message of one marked text block: everything up to its end may be cached.
    #[must_use]
    pub const fn cached_user(text: &'a str, cache_control: CacheControl) -> Self {
        let block = Block::Text(Text::new(text).with_cache_control(cache_control));
        Self { role: Role::User, content: Content::Block(block) }
    }

    /// A user message of blocks: parts of several kinds, or the results of tools.
    #[must_use]
    pub const fn user_blocks(blocks: &'a [Block<'a>]) -> Self {
        Self { role: Role::User, content: Content::Blocks(blocks) }
    }

    /// An assistant message of blocks: what the model said and which tools it called.
    #[must_use]
    pub const fn assistant_blocks(blocks: &'a [Block<'a>]) -> Self {
        Self { role: Role::Assistant, content: Content::Blocks(blocks) }
    }
}

impl<'a> Content<'a> {
    /// The blocks; none for a plain string, and none for a whole message in raw form.
    #[must_use]
    pub const fn blocks(&self) -> &[Block<'a>] {
        match self {
            Self::Text(_) | Self::Whole(_) => &[],
            Self::Block(block) => core::slice::from_ref(block),
            Self::Blocks(blocks) => blocks,
        }
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Block(block) => f.debug_tuple("Block").field(block).finish(),
            Self::Blocks(blocks) => f.debug_tuple("Blocks").field(blocks).finish(),
            Self::Whole(json) => f.debug_tuple("Whole").field(json).finish(),
        }
    }
}
