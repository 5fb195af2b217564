//! The blocks a message is made of.

use core::fmt;

use super::cache_control::CacheControl;
use super::media::{ContainerUpload, Document, Image, SearchResult};
use super::raw::{RawJson, RawObject};

/// One content block.
///
/// Thinking has no field for a mark, because no provider takes one there. Block types without a
/// variant of their own (the results of provider-run tools, say) go out as [`Block::Raw`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Block<'a> {
    /// Text.
    Text(Text<'a>),
    /// A picture.
    Image(Image<'a>),
    /// A document to read or to cite.
    Document(Document<'a>),
    /// A search result that the model may cite (Anthropic).
    SearchResult(SearchResult<'a>),
    /// An uploaded file for the tools that run in the provider's container (Anthropic).
    ContainerUpload(ContainerUpload<'a>),
    /// The model's call of a tool, echoed.
    ToolUse(ToolUse<'a>),
    /// The result of a tool call.
    ToolResult(ToolResult<'a>),
    /// A `thinking` or `redacted_thinking` block exactly as it was received (Anthropic answers 400
    /// to a changed one).
    Thinking(RawJson<'a>),
    /// Any other block in the provider's own form.
    Raw(RawObject<'a>),
}

/// A text block. `Debug` shows its length only.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Text<'a> {
    /// The text. A marked text must not be empty.
    pub text: &'a str,
    /// The `citations` array of an echoed answer, byte for byte.
    pub citations: Option<RawJson<'a>>,
    /// The mark on this block.
    pub cache_control: Option<CacheControl>,
}

/// The model's call of a tool, echoed to it with the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolUse<'a> {
    /// The provider's id of the call.
    pub id: &'a str,
    /// The tool.
    pub name: &'a str,
    /// The arguments, an object, byte for byte as the model wrote them.
    pub input: RawJson<'a>,
    /// The mark on this block.
    pub cache_control: Option<CacheControl>,
}

/// What a tool returned.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToolResult<'a> {
    /// The id of the call it answers.
    pub tool_use_id: &'a str,
    /// The result itself.
    pub content: ToolResultContent<'a>,
    /// Whether the tool failed. `false` leaves the member out.
    pub is_error: bool,
    /// The mark on this block. The place for a mark on anything inside it, too.
    pub cache_control: Option<CacheControl>,
}

/// The content of a tool result. `Debug` shows lengths only.
#[derive(Clone, Copy, PartialEq)]
pub enum ToolResultContent<'a> {
    /// Nothing: the member is left out.
    Empty,
    /// A string.
    Text(&'a str),
    /// Blocks, one level deep.
    Blocks(&'a [InnerBlock<'a>]),
}

/// A block inside a tool result. None of them takes a mark: the tool result does.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum InnerBlock<'a> {
    /// Text.
    Text(&'a str),
    /// A picture.
    Image(Image<'a>),
    /// A document.
    Document(Document<'a>),
    /// A search result.
    SearchResult(SearchResult<'a>),
    /// The name of a deferred tool, which a search of the caller's own has found (Anthropic).
    ToolReference(&'a str),
    /// Any other block in the provider's own form.
    Raw(RawJson<'a>),
}

impl<'a> Block<'a> {
    /// An unmarked text block.
    #[must_use]
    pub const fn text(text: &'a str) -> Self {
        Self::Text(Text::new(text))
    }

    /// A marked text block.
    #[must_use]
    pub const fn cached_text(text: &'a str, cache_control: CacheControl) -> Self {
        Self::Text(Text::new(text).with_cache_control(cache_control))
    }

    /// An unmarked tool result of plain text.
    #[must_use]
    pub const fn tool_result(tool_use_id: &'a str, text: &'a str) -> Self {
        Self::ToolResult(ToolResult::new(tool_use_id, ToolResultContent::Text(text)))
    }

    /// The mark set on this block through the model; not one inside raw text.
    #[must_use]
    pub const fn cache_control(&self) -> Option<CacheControl> {
        match self {
            Self::Text(block) => block.cache_control,
            Self::Image(block) => block.cache_control,
            Self::Document(block) => block.cache_control,
            Self::SearchResult(block) => block.cache_control,
            Self::ContainerUpload(block) => block.cache_control,
            Self::ToolUse(block) => block.cache_control,
            Self::ToolResult(block) => block.cache_control,
            Self::Thinking(_) => None,
            Self::Raw(block) => block.cache_control,
        }
    }

    /// Sets or removes the mark. Returns whether this kind of block has a place for one.
    pub const fn set_cache_control(&mut self, cache_control: Option<CacheControl>) -> bool {
        let place = match self {
            Self::Text(block) => &mut block.cache_control,
            Self::Image(block) => &mut block.cache_control,
            Self::Document(block) => &mut block.cache_control,
            Self::SearchResult(block) => &mut block.cache_control,
            Self::ContainerUpload(block) => &mut block.cache_control,
            Self::ToolUse(block) => &mut block.cache_control,
            Self::ToolResult(block) => &mut block.cache_control,
            Self::Thinking(_) => return false,
            Self::Raw(block) => &mut block.cache_control,
        };
        *place = cache_control;
        true
    }
}

impl InnerBlock<'_> {
    /// The mark set on this block through the model; not one inside raw text.
    pub(crate) const fn cache_control(&self) -> Option<CacheControl> {
        match self {
            Self::Image(block) => block.cache_control,
            Self::Document(block) => block.cache_control,
            Self::SearchResult(block) => block.cache_control,
            Self::Text(_) | Self::ToolReference(_) | Self::Raw(_) => None,
        }
    }
}

impl<'a> Text<'a> {
    /// An unmarked text block.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { text, citations: None, cache_control: None }
    }

    /// The same block with a mark.
    #[must_use]
    pub const fn with_cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }
}

impl<'a> ToolUse<'a> {
    /// An unmarked call.
    #[must_use]
    pub const fn new(id: &'a str, name: &'a str, input: RawJson<'a>) -> Self {
        Self { id, name, input, cache_control: None }
    }

    /// The same block with a mark.
    #[must_use]
    pub const fn with_cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }
}

impl<'a> ToolResult<'a> {
    /// The unmarked result of a tool that worked.
    #[must_use]
    pub const fn new(tool_use_id: &'a str, content: ToolResultContent<'a>) -> Self {
        Self { tool_use_id, content, is_error: false, cache_control: None }
    }

    /// The same result, marked as the tool's failure.
    #[must_use]
    pub const fn with_error(mut self) -> Self {
        self.is_error = true;
        self
    }

    /// The same block with a mark.
    #[must_use]
    pub const fn with_cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes, {:?})", self.text.len(), self.cache_control)
    }
}

impl fmt::Debug for ToolResultContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Blocks(blocks) => f.debug_tuple("Blocks").field(blocks).finish(),
        }
    }
}

impl fmt::Debug for InnerBlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Image(image) => image.fmt(f),
            Self::Document(document) => document.fmt(f),
            Self::SearchResult(result) => result.fmt(f),
            Self::ToolReference(_) => f.write_str("ToolReference"),
            Self::Raw(json) => json.fmt(f),
        }
    }
}

macro_rules! from_block {
    ($($kind:ident),*) => {$(
        impl<'a> From<$kind<'a>> for Block<'a> {
            fn from(block: $kind<'a>) -> Self {
                Self::$kind(block)
            }
        }
    )*};
}
from_block!(Text, Image, Document, SearchResult, ContainerUpload, ToolUse, ToolResult);
