//! The parts of an answer: pieces of text, calls of tools.

use super::read::member_is;
use crate::json::{Elements, JsonStr, JsonValue};

/// The pieces of the text that the model wrote, in order.
#[derive(Clone, Debug, Default)]
pub struct TextPieces<'a> {
    items: Option<Elements<'a>>,
    parts: Option<Elements<'a>>,
    whole: Option<JsonStr<'a>>,
}

impl<'a> TextPieces<'a> {
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// Text blocks of an array.
    pub(super) fn of_parts(content: Option<JsonValue<'a>>) -> Self {
        Self { parts: content.map(|content| content.elements()), ..Self::default() }
    }

    /// A string, or parts as some servers send them.
    pub(super) fn of_content(content: Option<JsonValue<'a>>) -> Self {
        Self { whole: content.and_then(|content| content.as_str()), ..Self::of_parts(content) }
    }

    /// The parts of the messages among output items.
    pub(super) fn of_items(output: Option<JsonValue<'a>>) -> Self {
        Self { items: output.map(|output| output.elements()), ..Self::default() }
    }
}

impl<'a> Iterator for TextPieces<'a> {
    type Item = JsonStr<'a>;

    fn next(&mut self) -> Option<JsonStr<'a>> {
        if let Some(whole) = self.whole.take() {
            return Some(whole);
        }
        loop {
            if let Some(text) = self.parts.as_mut().and_then(|parts| parts.find_map(text_of)) {
                return Some(text);
            }
            let mut items = self.items.as_mut()?;
            let message = Iterator::find(&mut items, |item| member_is(*item, "type", "message"));
            self.parts = message?.get("content").map(|content| content.elements());
        }
    }
}

fn text_of(part: JsonValue<'_>) -> Option<JsonStr<'_>> {
    if member_is(part, "type", "text") || member_is(part, "type", "output_text") {
        return part.get("text")?.as_str();
    }
    None
}

/// One call of a tool that the caller is to run. `Debug` shows lengths only.
#[derive(Clone, Copy, Debug)]
pub struct ToolCall<'a> {
    /// The provider's id of the call, which the result must name.
    pub id: Option<JsonStr<'a>>,
    /// The tool.
    pub name: JsonStr<'a>,
    /// Its arguments.
    pub input: ToolInput<'a>,
}

/// The arguments of a tool call, in the provider's form.
#[derive(Clone, Copy, Debug)]
pub enum ToolInput<'a> {
    /// A JSON value (Anthropic).
    Json(JsonValue<'a>),
    /// A string that should hold JSON; models do get that wrong (OpenAI).
    Text(JsonStr<'a>),
}

/// The tool calls of an answer, in order.
#[derive(Clone, Debug, Default)]
pub struct ToolCalls<'a> {
    entries: Option<Elements<'a>>,
    /// The single call of the deprecated `function_call` member.
    single: Option<ToolCall<'a>>,
}

impl<'a> ToolCalls<'a> {
    pub(super) fn none() -> Self {
        Self::default()
    }

    pub(super) fn of_blocks(content: Option<JsonValue<'a>>) -> Self {
        Self { entries: content.map(|content| content.elements()), single: None }
    }

    pub(super) fn of_items(output: Option<JsonValue<'a>>) -> Self {
        Self::of_blocks(output)
    }

    pub(super) fn of_message(message: Option<JsonValue<'a>>) -> Self {
        let member = |name| message.and_then(|message| message.get(name));
        Self {
            entries: member("tool_calls").map(|calls| calls.elements()),
            single: member("function_call").and_then(|function| function_call(None, function)),
        }
    }
}

impl<'a> Iterator for ToolCalls<'a> {
    type Item = ToolCall<'a>;

    fn next(&mut self) -> Option<ToolCall<'a>> {
        let listed = self.entries.as_mut().and_then(|entries| entries.find_map(tool_call));
        listed.or_else(|| self.single.take())
    }
}

/// The three forms differ in `type`, so that one function reads them all.
fn tool_call(entry: JsonValue<'_>) -> Option<ToolCall<'_>> {
    let string = |name| entry.get(name).and_then(|value| value.as_str());
    if member_is(entry, "type", "tool_use") {
        let input = ToolInput::Json(entry.get("input")?);
        return Some(ToolCall { id: string("id"), name: string("name")?, input });
    }
    if member_is(entry, "type", "function_call") {
        return function_call(string("call_id"), entry);
    }
    function_call(string("id"), entry.get("function")?)
}

fn function_call<'a>(id: Option<JsonStr<'a>>, function: JsonValue<'a>) -> Option<ToolCall<'a>> {
    let name = function.get("name")?.as_str()?;
    let input = ToolInput::Text(function.get("arguments")?.as_str()?);
    Some(ToolCall { id, name, input })
}
