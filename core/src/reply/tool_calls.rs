//! The calls that a model makes of the caller's tools, in every dialect's form.

use super::read::{member_is, present};
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
    const UNREADABLE: Self =
        Self { id: None, name: JsonStr::new("", false), input: ToolInput::Missing };

    fn new(id: Option<JsonStr<'a>>, name: Option<JsonStr<'a>>, input: ToolInput<'a>) -> Self {
        Self { id, name: name.unwrap_or(Self::UNREADABLE.name), input }
    }
}

/// The tool calls of an answer, in order: every one, also where it is not whole.
#[derive(Clone, Debug, Default)]
pub struct ToolCalls<'a> {
    entries: Option<Elements<'a>>,
    form: Form,
    /// The single call of the deprecated `function_call` member.
    single: Option<ToolCall<'a>>,
}

/// Where the calls stand.
#[derive(Clone, Copy, Debug, Default)]
enum Form {
    /// Among the blocks of an Anthropic message.
    #[default]
    Blocks,
    /// In the `tool_calls` of a Chat message.
    Listed,
    /// Among the output items of a Responses answer.
    Items,
}

impl<'a> ToolCalls<'a> {
    pub(super) fn none() -> Self {
        Self::default()
    }

    pub(super) fn of_blocks(content: Option<JsonValue<'a>>) -> Self {
        Self::of(content, Form::Blocks)
    }

    pub(super) fn of_items(output: Option<JsonValue<'a>>) -> Self {
        Self::of(output, Form::Items)
    }

    pub(super) fn of_message(message: Option<JsonValue<'a>>) -> Self {
        let member = |name| message.and_then(|message| present(message, name));
        let single = member("function_call").map(|function| function_call(None, function));
        Self { single, ..Self::of(member("tool_calls"), Form::Listed) }
    }

    fn of(list: Option<JsonValue<'a>>, form: Form) -> Self {
        Self { entries: list.map(|list| list.elements()), form, single: None }
    }
}

impl<'a> Iterator for ToolCalls<'a> {
    type Item = ToolCall<'a>;

    fn next(&mut self) -> Option<ToolCall<'a>> {
        let read = match self.form {
            Form::Blocks => block,
            Form::Listed => listed,
            Form::Items => item,
        };
        let found = self.entries.as_mut().and_then(|entries| entries.find_map(read));
        found.or_else(|| self.single.take())
    }
}

fn string<'a>(value: JsonValue<'a>, name: &str) -> Option<JsonStr<'a>> {
    value.get(name)?.as_str()
}

/// A block of an Anthropic message. What the provider runs itself (`server_tool_use`) is no call of
/// the caller's tools.
fn block(block: JsonValue<'_>) -> Option<ToolCall<'_>> {
    member_is(block, "type", "tool_use")
        .then(|| ToolCall::new(string(block, "id"), string(block, "name"), json_of(block, "input")))
}

/// An entry of `tool_calls`: whatever it is, it stands for a call. Some servers leave `type` out.
fn listed(entry: JsonValue<'_>) -> Option<ToolCall<'_>> {
    let id = string(entry, "id");
    Some(match (present(entry, "function"), present(entry, "custom")) {
        (Some(function), _) => function_call(id, function),
        (None, Some(custom)) => custom_call(id, custom),
        (None, None) => ToolCall { id, ..ToolCall::UNREADABLE },
    })
}

/// An output item of a Responses answer.
fn item(item: JsonValue<'_>) -> Option<ToolCall<'_>> {
    let kind = item.get("type")?.as_str()?;
    let id = string(item, "call_id");
    if kind.eq_str("function_call") {
        return Some(function_call(id, item));
    }
    if kind.eq_str("custom_tool_call") {
        return Some(custom_call(id, item));
    }
    let (_, input) = DEFINED_BY_OPENAI.iter().find(|(name, _)| kind.eq_str(name))?;
    // The other ones of this type were answered by the provider.
    if kind.eq_str("tool_search_call") && !member_is(item, "execution", "client") {
        return None;
    }
    Some(ToolCall::new(id, Some(kind), json_of(item, input)))
}

/// Items that call a tool which OpenAI defines and the caller runs, and the member that says what
/// to do.
const DEFINED_BY_OPENAI: [(&str, &str); 5] = [
    ("local_shell_call", "action"),
    ("shell_call", "action"),
    ("computer_call", "action"),
    ("apply_patch_call", "operation"),
    ("tool_search_call", "arguments"),
];

/// Arguments that are a string, or as some servers send them, the object itself.
fn function_call<'a>(id: Option<JsonStr<'a>>, function: JsonValue<'a>) -> ToolCall<'a> {
    let input = match string(function, "arguments") {
        Some(text) => ToolInput::Text(text),
        None => json_of(function, "arguments"),
    };
    ToolCall::new(id, string(function, "name"), input)
}

fn custom_call<'a>(id: Option<JsonStr<'a>>, custom: JsonValue<'a>) -> ToolCall<'a> {
    let input = string(custom, "input").map_or(ToolInput::Missing, ToolInput::Free);
    ToolCall::new(id, string(custom, "name"), input)
}

fn json_of<'a>(value: JsonValue<'a>, name: &str) -> ToolInput<'a> {
    present(value, name).map_or(ToolInput::Missing, ToolInput::Json)
}
