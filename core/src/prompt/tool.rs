//! The tools a request offers to the model.

use super::cache_control::CacheControl;
use super::raw::{RawJson, RawObject};

/// One entry of `tools`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tool<'a> {
    /// A function of the caller's own.
    Function(Function<'a>),
    /// Any other entry, in the provider's own form: `{"type":"bash_20250124","name":"bash"}`.
    Raw(RawObject<'a>),
}

/// A function that the caller runs when the model asks for it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Function<'a> {
    /// The name the model calls it by.
    pub name: &'a str,
    /// What it does, for the model to read.
    pub description: Option<&'a str>,
    /// JSON Schema of its arguments, an object. Goes out byte for byte: the order of its members
    /// is part of the cached prefix.
    pub input_schema: RawJson<'a>,
    /// Whether arguments must obey the schema exactly. `None` leaves the member out.
    pub strict: Option<bool>,
    /// Whether the definition is loaded only when tool search finds it (Anthropic). Such a tool
    /// cannot carry a mark.
    pub defer_loading: bool,
    /// The mark after this tool.
    pub cache_control: Option<CacheControl>,
}

impl<'a> Function<'a> {
    /// A function by name and argument schema.
    #[must_use]
    pub const fn new(name: &'a str, input_schema: RawJson<'a>) -> Self {
        Self {
            name,
            description: None,
            input_schema,
            strict: None,
            defer_loading: false,
            cache_control: None,
        }
    }

    /// The same function with a description.
    #[must_use]
    pub const fn with_description(mut self, description: &'a str) -> Self {
        self.description = Some(description);
        self
    }

    /// The same function with a mark after it.
    #[must_use]
    pub const fn with_cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }
}

impl Tool<'_> {
    /// The mark set on this entry through the model; not one inside raw text.
    #[must_use]
    pub const fn cache_control(&self) -> Option<CacheControl> {
        match self {
            Self::Function(function) => function.cache_control,
            Self::Raw(raw) => raw.cache_control,
        }
    }

    /// Sets or removes the mark of this entry.
    pub const fn set_cache_control(&mut self, cache_control: Option<CacheControl>) {
        match self {
            Self::Function(function) => function.cache_control = cache_control,
            Self::Raw(raw) => raw.cache_control = cache_control,
        }
    }
}

impl<'a> From<Function<'a>> for Tool<'a> {
    fn from(function: Function<'a>) -> Self {
        Self::Function(function)
    }
}
