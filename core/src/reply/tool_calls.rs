//! The calls that a model makes of the caller's tools.

use super::members::present;
use crate::json::{Elements, JsonKind, JsonStr, JsonValue};

/// One call of a tool that the caller is to run. `Debug` shows lengths only.
#[derive(Clone, Copy, Debug)]
pub struct ToolCall<'a> {
    /// The provider's id of the call, which the result must name.
    pub id: Option<JsonStr<'a>>,
    /// The tool; empty where the call names none. A call of a tool that OpenAI defines and the
    /// caller runs (`local_shell_call` and its like) has its item's type here.
    pub name: JsonStr<'a>,
    /// Its arguments.
    pub input: ToolInput<'a>,
}

/// The arguments of a tool call, in the provider's form.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ToolInput<'a> {
    /// A JSON value (Anthropic; some servers that are compatible with OpenAI).
    Json(JsonValue<'a>),
    /// A string that should hold a JSON object; models do get that wrong (OpenAI). The empty one
    /// stands for `{}`.
    Text(JsonStr<'a>),
    /// The free text that a custom tool takes (OpenAI).
    Free(JsonStr<'a>),
    /// The call has none, `null`, or something of no known form.
    Missing,
}

impl<'a> ToolCall<'a> {
    /// Whether the tool can be run with it: it names a tool, and its arguments are a JSON object
    /// or, of a custom tool, a text.
    ///
    /// Both vendors describe a function's parameters by a schema of type `object`, so arguments
    /// that are another JSON value are a call that went wrong. O(length of the arguments).
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.name.raw().is_empty()
            && match self.input {
                ToolInput::Json(value) => value.kind() == JsonKind::Object,
                ToolInput::Text(text) => {
                    text.raw().is_empty() || text.json_kind() == Some(JsonKind::Object)
                }
                ToolInput::Free(_) => true,
                ToolInput::Missing => false,
            }
    }

    /// A call of which nothing else can be read.
    pub(crate) const UNREADABLE: Self =
        Self { id: None, name: JsonStr::new("", false), input: ToolInput::Missing };

    pub(crate) fn new(
        id: Option<JsonStr<'a>>,
        name: Option<JsonStr<'a>>,
        input: ToolInput<'a>,
    ) -> Self {
        Self { id, name: name.unwrap_or(Self::UNREADABLE.name), input }
    }
}

/// Reads the call that an entry of a list is; `None` where it is none.
type ReadCall = for<'a> fn(JsonValue<'a>) -> Option<ToolCall<'a>>;

/// The tool calls of an answer, in order: every one, also where it is not whole.
#[derive(Clone, Debug, Default)]
pub struct ToolCalls<'a> {
    entries: Option<(Elements<'a>, ReadCall)>,
    /// A call that stands beside the list.
    single: Option<ToolCall<'a>>,
}

impl<'a> ToolCalls<'a> {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// The calls among the elements of a list.
    pub(crate) fn of(list: Option<JsonValue<'a>>, read: ReadCall) -> Self {
        Self { entries: list.map(|list| (list.elements(), read)), single: None }
    }

    /// These, and last one that stands beside the list.
    pub(crate) fn and(self, single: Option<ToolCall<'a>>) -> Self {
        Self { single, ..self }
    }
}

impl<'a> Iterator for ToolCalls<'a> {
    type Item = ToolCall<'a>;

    fn next(&mut self) -> Option<ToolCall<'a>> {
        let found = self.entries.as_mut().and_then(|(entries, read)| entries.find_map(*read));
        found.or_else(|| self.single.take())
    }
}

pub(crate) fn string<'a>(value: JsonValue<'a>, name: &str) -> Option<JsonStr<'a>> {
    value.get(name)?.as_str()
}

/// Arguments that are a string, or as some servers send them, the object itself.
pub(crate) fn function_call<'a>(id: Option<JsonStr<'a>>, function: JsonValue<'a>) -> ToolCall<'a> {
    let input = match string(function, "arguments") {
        Some(text) => ToolInput::Text(text),
        None => json_of(function, "arguments"),
    };
    ToolCall::new(id, string(function, "name"), input)
}

pub(crate) fn custom_call<'a>(id: Option<JsonStr<'a>>, custom: JsonValue<'a>) -> ToolCall<'a> {
    let input = string(custom, "input").map_or(ToolInput::Missing, ToolInput::Free);
    ToolCall::new(id, string(custom, "name"), input)
}

pub(crate) fn json_of<'a>(value: JsonValue<'a>, name: &str) -> ToolInput<'a> {
    present(value, name).map_or(ToolInput::Missing, ToolInput::Json)
}
