//! The text of an answer, in pieces.

use super::members::member_is;
use crate::json::{Elements, JsonStr, JsonValue};

/// The pieces of the text that the model wrote, in order.
#[derive(Clone, Debug, Default)]
pub struct TextPieces<'a> {
    items: Option<Elements<'a>>,
    parts: Option<Elements<'a>>,
    whole: Option<JsonStr<'a>>,
}

impl<'a> TextPieces<'a> {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Text blocks of an array.
    pub(crate) fn of_parts(content: Option<JsonValue<'a>>) -> Self {
        Self { parts: content.map(|content| content.elements()), ..Self::default() }
    }

    /// A string, or parts as some servers send them.
    pub(crate) fn of_content(content: Option<JsonValue<'a>>) -> Self {
        Self { whole: content.and_then(|content| content.as_str()), ..Self::of_parts(content) }
    }

    /// The parts of the messages among output items.
    pub(crate) fn of_items(output: Option<JsonValue<'a>>) -> Self {
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

/// Whether a piece says something: more than white space.
pub(crate) fn says_something(text: JsonStr<'_>) -> bool {
    text.chars().any(|character| !character.is_whitespace())
}
