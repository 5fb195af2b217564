//! A body of the Messages API, looked at in the order in which the provider processes it.

use core::fmt;

use super::cache_control::CacheControl;
use super::rules::fields::Fields;
use super::rules::{block_type, mark};
use super::violation::Place;
use crate::json::{Elements, JsonError, JsonKind, JsonStr, JsonValue};

/// The body of a request to Anthropic's Messages API as a prompt: borrowed, not changed, no heap.
///
/// A view checks nothing: what is not of the API's form has no parts. [`check_body`] finds what
/// the provider would refuse. `Debug` shows the length only.
///
/// [`check_body`]: super::check_body
///
/// ```
/// use llm_cache_core::prompt::{PartKind, PromptView};
///
/// let body = br#"{"model":"m","system":"Be brief.","messages":[{"role":"user","content":"Hi"}]}"#;
/// let view = PromptView::parse(body)?;
/// let mut places = view.parts().map(|part| (part.place.to_string(), part.kind));
/// assert_eq!(places.next(), Some(("system.0".into(), PartKind::Text)));
/// assert_eq!(places.next(), Some(("messages.0.content.0".into(), PartKind::Text)));
/// # Ok::<(), llm_cache_core::json::JsonError>(())
/// ```
#[derive(Clone, Copy)]
pub struct PromptView<'a> {
    body: JsonValue<'a>,
}

/// The three lists that a prompt is made of, in the order in which the provider processes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the order of the three is what caching is built on")]
pub enum Section {
    /// `tools`
    Tools,
    /// `system`
    System,
    /// `messages`
    Messages,
}

/// What a part of a prompt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PartKind {
    /// An entry of `tools`.
    Tool,
    /// Text: a block, or a plain string in place of blocks.
    Text,
    /// A picture.
    Image,
    /// A document.
    Document,
    /// A search result.
    SearchResult,
    /// A call of a tool that the caller runs. A run of them is one position of the look-back.
    ToolUse,
    /// What such a tool returned. A run of them is one position of the look-back.
    ToolResult,
    /// A call of a tool that the provider runs.
    ServerToolUse,
    /// What such a tool returned.
    ServerToolResult,
    /// `thinking` or `redacted_thinking`.
    Thinking,
    /// Any other block, types that are not known here included.
    Other,
}

/// One tool or block of a prompt.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PromptPart<'a> {
    /// Where it stands. A plain string has the place that its block would have, if it were written
    /// as the one block that it stands for: `system.0`, `messages.2.content.0`.
    pub place: Place,
    /// Which list it is in.
    pub section: Section,
    /// Who speaks, inside `messages`.
    pub role: Option<JsonStr<'a>>,
    /// What it is.
    pub kind: PartKind,
    /// The tool or the block; the string itself where [`is_plain_text`](Self::is_plain_text).
    pub value: JsonValue<'a>,
    /// Whether it is a string in place of a list of blocks. It cannot carry a mark as it stands.
    pub is_plain_text: bool,
    /// The mark in effect: its own, or that of the last block inside it, which the provider moves
    /// here. `null` and what the provider would refuse count as none; automatic caching adds none
    /// here.
    pub cache_control: Option<CacheControl>,
    /// Whether a mark may stand here: the type has a place for one, a text is not empty, a tool is
    /// not deferred. A plain text must be written as a block for it.
    pub is_markable: bool,
}

impl<'a> PromptView<'a> {
    /// Looks at a body that has been read.
    #[must_use]
    pub const fn new(body: JsonValue<'a>) -> Self {
        Self { body }
    }

    /// Reads a body. O(length).
    ///
    /// # Errors
    /// Where and why it is no JSON.
    pub fn parse(body: &'a [u8]) -> Result<Self, JsonError> {
        JsonValue::parse(body).map(Self::new)
    }

    /// The body itself.
    #[must_use]
    pub const fn body(&self) -> JsonValue<'a> {
        self.body
    }

    /// The member of the body that is so called. O(length).
    #[must_use]
    pub fn member(&self, name: &str) -> Option<JsonValue<'a>> {
        self.body.get(name)
    }

    /// The model's name. O(length).
    #[must_use]
    pub fn model(&self) -> Option<JsonStr<'a>> {
        self.member("model")?.as_str()
    }

    /// The mark of automatic caching: the body's own `cache_control`. O(length).
    #[must_use]
    pub fn automatic(&self) -> Option<CacheControl> {
        self.member("cache_control").and_then(|mark| mark::read(mark).ok())
    }

    /// The part that automatic caching marks, if it is asked for: the last that can be marked,
    /// whether it is already or not. O(length).
    #[must_use]
    pub fn automatic_target(&self) -> Option<PromptPart<'a>> {
        self.parts().filter(|part| part.is_markable).last()
    }

    /// The parts in the order in which the provider processes them: tools, system, messages.
    /// O(length) for all of them.
    #[must_use]
    pub fn parts(&self) -> Parts<'a> {
        let (mut tools, mut system, mut messages) = (None, None, None);
        for (name, value) in self.body.members() {
            match name {
                _ if name.eq_str("tools") => tools = Some(value),
                _ if name.eq_str("system") => system = Some(value),
                _ if name.eq_str("messages") => messages = Some(value),
                _ => {}
            }
        }
        Parts {
            tools: List::of(tools),
            system: List::of(system),
            messages: List::of(messages),
            message: 0,
            role: None,
            blocks: List::of(None),
        }
    }
}

impl fmt::Debug for PromptView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PromptView({} bytes)", self.body.text().len())
    }
}

/// The parts of a prompt, in the order in which the provider processes them.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    tools: List<'a>,
    system: List<'a>,
    messages: List<'a>,
    /// Index of the message whose blocks come now.
    message: usize,
    role: Option<JsonStr<'a>>,
    blocks: List<'a>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = PromptPart<'a>;

    fn next(&mut self) -> Option<PromptPart<'a>> {
        // A string in place of the tools or of the messages is not of the API's form.
        if let Some((index, tool)) = self.tools.element() {
            return Some(tool_part(index, tool));
        }
        if let Some((index, entry)) = self.system.entry() {
            return Some(block_part(Place::SystemBlock(index), Section::System, None, entry));
        }
        loop {
            if let Some((block, entry)) = self.blocks.entry() {
                let place = Place::Block { message: self.message, block };
                return Some(block_part(place, Section::Messages, self.role, entry));
            }
            let (index, message) = self.messages.element()?;
            self.message = index;
            self.role = message.get("role").and_then(|role| role.as_str());
            self.blocks = List::of(message.get("content"));
        }
    }
}

/// The elements of an array with their indices, or a string that stands for one text block.
#[derive(Clone, Debug)]
struct List<'a> {
    plain: Option<JsonValue<'a>>,
    elements: Option<Elements<'a>>,
    index: usize,
}

/// What stands in a list of blocks, or in place of it.
enum Entry<'a> {
    Plain(JsonValue<'a>),
    Block(JsonValue<'a>),
}

impl<'a> List<'a> {
    fn of(value: Option<JsonValue<'a>>) -> Self {
        let plain = value.filter(|value| value.kind() == JsonKind::String);
        Self { plain, elements: value.map(|value| value.elements()), index: 0 }
    }

    fn entry(&mut self) -> Option<(usize, Entry<'a>)> {
        match self.plain.take() {
            Some(plain) => Some((0, Entry::Plain(plain))),
            None => self.element().map(|(index, block)| (index, Entry::Block(block))),
        }
    }

    fn element(&mut self) -> Option<(usize, JsonValue<'a>)> {
        let element = self.elements.as_mut()?.next()?;
        self.index += 1;
        Some((self.index - 1, element))
    }
}

fn tool_part(index: usize, value: JsonValue<'_>) -> PromptPart<'_> {
    let tool = Fields::of(value);
    PromptPart {
        place: Place::Tool(index),
        section: Section::Tools,
        role: None,
        kind: PartKind::Tool,
        value,
        is_plain_text: false,
        cache_control: tool.cache_control().and_then(|mark| mark::read(mark).ok()),
        is_markable: value.kind() == JsonKind::Object && !tool.is_deferred(),
    }
}

fn block_part<'a>(
    place: Place,
    section: Section,
    role: Option<JsonStr<'a>>,
    entry: Entry<'a>,
) -> PromptPart<'a> {
    let part = |kind, value| PromptPart {
        place,
        section,
        role,
        kind,
        value,
        is_plain_text: false,
        cache_control: None,
        is_markable: false,
    };
    match entry {
        Entry::Plain(text) => PromptPart {
            is_plain_text: true,
            is_markable: !is_empty(text),
            ..part(PartKind::Text, text)
        },
        Entry::Block(value) => {
            let block = Fields::of(value);
            let (kind, has_place) = block_type::of(block.kind());
            // The instructions are made of texts alone.
            let has_place = has_place && (section == Section::Messages || kind == PartKind::Text);
            PromptPart {
                cache_control: mark::in_effect(block),
                is_markable: has_place && !(kind == PartKind::Text && block.has_empty_text()),
                ..part(kind, value)
            }
        }
    }
}

/// Whether a string has no characters.
fn is_empty(text: JsonValue<'_>) -> bool {
    text.text() == "\"\""
}
