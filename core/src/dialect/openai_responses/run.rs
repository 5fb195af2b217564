//! The texts of a response that are played in pieces.

use super::super::stream::TextRun;
use crate::json::JsonValue;
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

/// A text of an item or part, and how much of it is to come.
pub(super) struct Run<'m> {
    pub(super) kind: RunKind,
    text: TextRun<'m>,
}

impl<'m> Run<'m> {
    /// The text of this kind in an item or part, if it has it.
    pub(super) fn of(holder: JsonValue<'m>, kind: RunKind) -> Option<Self> {
        let text = holder.get(kind.member())?.as_str()?;
        Some(Self { kind, text: TextRun::new(text) })
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
        self.text.whole()
    }

    /// The next characters, at most so many, as they are written; `None` at the end.
    pub(super) fn next_piece(&mut self, characters: usize) -> Option<&'m str> {
        self.text.next_piece(characters)
    }
}
