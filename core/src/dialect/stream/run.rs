//! A text that is played in pieces.

use crate::json::JsonStr;

/// A text, and how much of it is to come.
#[derive(Clone, Copy)]
pub(in crate::dialect) struct TextRun<'m> {
    text: JsonStr<'m>,
    rest: &'m str,
}

impl<'m> TextRun<'m> {
    pub(in crate::dialect) const fn new(text: JsonStr<'m>) -> Self {
        Self { text, rest: text.raw() }
    }

    /// A text without escapes.
    pub(in crate::dialect) const fn plain(text: &'m str) -> Self {
        Self::new(JsonStr::new(text, false))
    }

    /// The whole text, as it is written between its quotes.
    pub(in crate::dialect) const fn whole(&self) -> &'m str {
        self.text.raw()
    }

    /// The next characters, at most so many, as they are written; `None` at the end.
    pub(in crate::dialect) fn next_piece(&mut self, characters: usize) -> Option<&'m str> {
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
