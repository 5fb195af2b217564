//! The owned pieces of a request: parts of a message and tools.

use core::fmt;

use llm_cache_core::prompt::{self, CacheControl, RawJson, RawObject, Role};

/// One block of a message. `Debug` shows lengths only.
///
/// Kinds without a constructor of their own go in as [`Part::raw`], in the provider's own form.
#[derive(Clone, PartialEq)]
pub struct Part {
    kind: Kind,
    cache_control: Option<CacheControl>,
}

#[derive(Clone, PartialEq)]
enum Kind {
    Text(String),
    ImageBase64 { media_type: String, data: String },
    ImageUrl(String),
    DocumentBase64 { media_type: String, data: String },
    DocumentText { title: Option<String>, text: String },
    ToolUse { id: String, name: String, input: String },
    ToolResult { id: String, text: String, is_error: bool },
    Thinking(String),
    Raw(String),
}

impl Part {
    fn new(kind: Kind) -> Self {
        Self { kind, cache_control: None }
    }

    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Kind::Text(text.into()))
    }

    /// A picture in the request: its media type (`image/png`) and its bytes as base64.
    pub fn image_base64(media_type: impl Into<String>, data: impl Into<String>) -> Self {
        Self::new(Kind::ImageBase64 { media_type: media_type.into(), data: data.into() })
    }

    /// A picture that the provider fetches.
    pub fn image_url(url: impl Into<String>) -> Self {
        Self::new(Kind::ImageUrl(url.into()))
    }

    /// A document in the request: its media type (`application/pdf`) and its bytes as base64.
    pub fn document_base64(media_type: impl Into<String>, data: impl Into<String>) -> Self {
        Self::new(Kind::DocumentBase64 { media_type: media_type.into(), data: data.into() })
    }

    /// A document of plain text, with its title if it has one.
    pub fn document_text(title: Option<&str>, text: impl Into<String>) -> Self {
        Self::new(Kind::DocumentText { title: title.map(str::to_owned), text: text.into() })
    }

    /// The model's call of a tool, echoed; `input` is the JSON text of its arguments, which goes
    /// out byte for byte.
    pub fn tool_use(
        id: impl Into<String>,
        name: impl Into<String>,
        input: impl Into<String>,
    ) -> Self {
        Self::new(Kind::ToolUse { id: id.into(), name: name.into(), input: input.into() })
    }

    /// What a tool returned for the call of this id.
    pub fn tool_result(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Kind::ToolResult { id: id.into(), text: text.into(), is_error: false })
    }

    /// How a tool failed for the call of this id.
    pub fn tool_error(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Kind::ToolResult { id: id.into(), text: text.into(), is_error: true })
    }

    /// A `thinking` block as JSON text, exactly as it was received. It cannot carry a mark.
    pub fn thinking(json: impl Into<String>) -> Self {
        Self::new(Kind::Thinking(json.into()))
    }

    /// Any other block as JSON text, which goes out byte for byte.
    pub fn raw(json: impl Into<String>) -> Self {
        Self::new(Kind::Raw(json.into()))
    }

    /// Marks this part as the end of a prefix worth keeping at the provider.
    #[must_use]
    pub fn cached(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }

    /// Whether it is text that can carry a mark: some, and not none.
    pub(super) fn is_text(&self) -> bool {
        matches!(&self.kind, Kind::Text(text) if !text.is_empty())
    }

    pub(super) fn is_tool_result(&self) -> bool {
        matches!(self.kind, Kind::ToolResult { .. })
    }

    pub(super) fn mark(&mut self, cache_control: CacheControl) {
        self.cache_control = Some(cache_control);
    }

    /// The text of a part that is nothing but text, without a mark.
    pub(super) fn as_plain_text(&self) -> Option<&str> {
        match (&self.kind, self.cache_control) {
            (Kind::Text(text), None) => Some(text),
            _ => None,
        }
    }

    /// The JSON text that came from the caller, and goes out byte for byte.
    pub(super) fn json(&self) -> Option<&str> {
        match &self.kind {
            Kind::ToolUse { input: json, .. } | Kind::Thinking(json) | Kind::Raw(json) => {
                Some(json)
            }
            _ => None,
        }
    }

    pub(super) fn to_block(&self) -> prompt::Block<'_> {
        use prompt::{Block, Document, DocumentSource, Image, ImageSource, Text};
        let mut block = match &self.kind {
            Kind::Text(text) => Block::Text(Text::new(text)),
            Kind::ImageBase64 { media_type, data } => {
                Image::new(ImageSource::Base64 { media_type, data }).into()
            }
            Kind::ImageUrl(url) => Image::new(ImageSource::Url(url)).into(),
            Kind::DocumentBase64 { media_type, data } => {
                Document::new(DocumentSource::Base64 { media_type, data }).into()
            }
            Kind::DocumentText { title, text } => {
                let mut document = Document::new(DocumentSource::Text(text));
                document.title = title.as_deref();
                document.into()
            }
            Kind::ToolUse { id, name, input } => {
                prompt::ToolUse::new(id, name, RawJson::assume_valid(input)).into()
            }
            Kind::ToolResult { id, text, is_error } => {
                let content = prompt::ToolResultContent::Text(text);
                let mut result = prompt::ToolResult::new(id, content);
                result.is_error = *is_error;
                result.into()
            }
            Kind::Thinking(json) => Block::Thinking(RawJson::assume_valid(json)),
            Kind::Raw(json) => Block::Raw(RawObject::new(RawJson::assume_valid(json))),
        };
        if self.cache_control.is_some() {
            // A thinking block has no place for the mark; `takes_mark` told.
            let _ = block.set_cache_control(self.cache_control);
        }
        block
    }

    /// Whether a mark on this part would be lost.
    pub(super) fn loses_mark(&self) -> bool {
        self.cache_control.is_some() && matches!(self.kind, Kind::Thinking(_))
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_block().fmt(f)
    }
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// One turn, owned.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Turn {
    pub(super) role: Role,
    pub(super) parts: Vec<Part>,
}

/// A tool that the request offers. `Debug` shows no schema.
#[derive(Clone, PartialEq)]
pub struct Tool {
    kind: ToolKind,
    cache_control: Option<CacheControl>,
}

#[derive(Clone, PartialEq)]
enum ToolKind {
    Function { name: String, description: Option<String>, schema: String, strict: Option<bool> },
    Raw(String),
}

impl Tool {
    /// A function of the caller's own; `input_schema` is the JSON text of its arguments' schema,
    /// which goes out byte for byte.
    pub fn function(name: impl Into<String>, input_schema: impl Into<String>) -> Self {
        let (name, schema) = (name.into(), input_schema.into());
        let kind = ToolKind::Function { name, description: None, schema, strict: None };
        Self { kind, cache_control: None }
    }

    /// Any other entry of `tools` as JSON text, which goes out byte for byte.
    pub fn raw(json: impl Into<String>) -> Self {
        Self { kind: ToolKind::Raw(json.into()), cache_control: None }
    }

    /// What the function does, for the model to read. Without effect on a raw entry.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        if let ToolKind::Function { description, .. } = &mut self.kind {
            *description = Some(text.into());
        }
        self
    }

    /// Whether the arguments must obey the schema exactly. Without effect on a raw entry.
    #[must_use]
    pub fn strict(mut self, value: bool) -> Self {
        if let ToolKind::Function { strict, .. } = &mut self.kind {
            *strict = Some(value);
        }
        self
    }

    /// Marks this tool as the end of a prefix worth keeping at the provider.
    #[must_use]
    pub fn cached(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }

    /// The JSON text that came from the caller, and goes out byte for byte.
    pub(super) fn json(&self) -> &str {
        match &self.kind {
            ToolKind::Function { schema: json, .. } | ToolKind::Raw(json) => json,
        }
    }

    pub(super) fn to_tool(&self) -> prompt::Tool<'_> {
        match &self.kind {
            ToolKind::Function { name, description, schema, strict } => {
                let mut function = prompt::Function::new(name, RawJson::assume_valid(schema));
                function.description = description.as_deref();
                function.strict = *strict;
                function.cache_control = self.cache_control;
                function.into()
            }
            ToolKind::Raw(json) => {
                let mut object = RawObject::new(RawJson::assume_valid(json));
                object.cache_control = self.cache_control;
                prompt::Tool::Raw(object)
            }
        }
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_tool().fmt(f)
    }
}

/// How the model may choose among the tools.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolChoice {
    /// As it sees fit.
    Auto,
    /// At least one, of its own choice.
    Any,
    /// The one of this name.
    Tool(String),
    /// None.
    None,
}

impl ToolChoice {
    pub(super) fn to_choice(&self) -> prompt::ToolChoice<'_> {
        use prompt::ToolChoiceMode as Mode;
        prompt::ToolChoice::new(match self {
            Self::Auto => Mode::Auto,
            Self::Any => Mode::Any,
            Self::Tool(name) => Mode::Tool(name),
            Self::None => Mode::None,
        })
    }
}
