//! A text that is played in pieces.

use crate::json::{JsonStr, JsonValue};
use crate::reply::members::member_is;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunKind {
    /// A part of a message.
    Text,
    Refusal,
    /// A part of a reasoning item's content, and of its summary.
    Reasoning,
    Summary,
    /// Of a call of a function, and of a custom tool.
    Arguments,
    Input,
}

impl RunKind {
    pub(super) const fn delta_event(self) -> &'static str {
        match self {
            Self::Text => "response.output_text.delta",
            Self::Refusal => "response.refusal.delta",
            Self::Reasoning => "response.reasoning_text.delta",
            Self::Summary => "response.reasoning_summary_text.delta",
            Self::Arguments => "response.function_call_arguments.delta",
            Self::Input => "response.custom_tool_call_input.delta",
        }
    }

    pub(super) const fn done_event(self) -> &'static str {
        match self {
            Self::Text => "response.output_text.done",
            Self::Refusal => "response.refusal.done",
            Self::Reasoning => "response.reasoning_text.done",
            Self::Summary => "response.reasoning_summary_text.done",
            Self::Arguments => "response.function_call_arguments.done",
            Self::Input => "response.custom_tool_call_input.done",
        }
    }

    /// The member that holds the text, in its part or item and in the event that ends it.
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::Text | Self::Reasoning | Self::Summary => "text",
            Self::Refusal => "refusal",
            Self::Arguments => "arguments",
            Self::Input => "input",
        }
    }
}

/// A text, and how much of it is to come.
pub(super) struct Run<'m> {
    pub(super) kind: RunKind,
    text: JsonStr<'m>,
    rest: &'m str,
}

impl<'m> Run<'m> {
    /// The text of this kind in an item or part, if it has it.
    pub(super) fn of(holder: JsonValue<'m>, kind: RunKind) -> Option<Self> {
        let text = holder.get(kind.member())?.as_str()?;
        Some(Self { kind, text, rest: text.raw() })
    }

    /// The text of a part.
    pub(super) fn of_part(part: JsonValue<'m>, is_summary: bool) -> Option<Self> {
        let kinds = match is_summary {
            true => [("summary_text", RunKind::Summary)].as_slice(),
            false => &[
                ("output_text", RunKind::Text),
                ("refusal", RunKind::Refusal),
                ("reasoning_text", RunKind::Reasoning),
            ],
        };
        let (_, kind) = kinds.iter().find(|(name, _)| member_is(part, "type", name))?;
        Self::of(part, *kind)
    }

    /// The whole text, as it is written between its quotes.
    pub(super) const fn whole(&self) -> &'m str {
        self.text.raw()
    }

    /// The next characters, at most so many, as they are written; `None` at the end.
    pub(super) fn next_piece(&mut self, characters: usize) -> Option<&'m str> {
        let has_escapes = self.text.as_str().is_none();
        let mut end = 0;
        for _ in 0..characters {
            let rest = self.rest.get(end..).unwrap_or_default();
            let Some(first) = rest.chars().next() else { break };
            end += match first {
                '\\' if has_escapes => escape_len(rest),
                _ => first.len_utf8(),
            };
        }
        let (piece, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        if piece.is_empty() { None } else { Some(piece) }
    }
}

/// The length of the escape that a checked text begins with; a surrogate pair is one escape.
fn escape_len(text: &str) -> usize {
    match text.as_bytes() {
        [_, b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..] => 12,
        [_, b'u', ..] => 6,
        _ => 2,
    }
}
