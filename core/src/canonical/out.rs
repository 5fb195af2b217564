//! Canonical bytes on their way into the sink.

use super::{
    number::{self, Spelled},
    sink::Sink,
};
use crate::json::{self, escape, lex, lex::Spelling, source::Source};

/// Writes runs of the text that are canonical as they stand with one call each.
///
/// Most of what is written stands in the text in just that way, one piece behind the other. So a
/// piece is held back until one comes that does not continue it.
pub(super) struct Out<'k, K> {
    sink: &'k mut K,
    /// The text that is held back.
    from: usize,
    to: usize,
    /// Drops what is written.
    pub(super) is_muted: bool,
}

impl<'k, K: Sink> Out<'k, K> {
    pub(super) const fn new(sink: &'k mut K) -> Self {
        Self { sink, from: 0, to: 0, is_muted: false }
    }

    /// Writes a part of the text as it stands.
    #[inline]
    pub(super) fn span<T: Source>(
        &mut self,
        text: &mut T,
        from: usize,
        to: usize,
    ) -> Result<(), T::Error> {
        if self.is_muted {
            return Ok(());
        }
        if from != self.to {
            self.flush(text)?;
            self.from = from;
        }
        self.to = to;
        Ok(())
    }

    /// Writes one byte.
    #[inline]
    pub(super) fn byte<T: Source>(&mut self, text: &mut T, byte: u8) -> Result<(), T::Error> {
        if self.is_muted {
            return Ok(());
        }
        if self.from < self.to && text.byte(self.to)? == Some(byte) {
            self.to += 1;
            return Ok(());
        }
        self.bytes(text, &[byte])
    }

    /// Writes bytes that do not stand in the text.
    pub(super) fn bytes<T: Source>(&mut self, text: &mut T, bytes: &[u8]) -> Result<(), T::Error> {
        if self.is_muted {
            return Ok(());
        }
        self.flush(text)?;
        self.sink.write(bytes);
        Ok(())
    }

    /// Writes what is held back.
    pub(super) fn flush<T: Source>(&mut self, text: &mut T) -> Result<(), T::Error> {
        while self.from < self.to {
            let window = text.window(self.from)?;
            let run = window.get(..self.to - self.from).unwrap_or(window);
            if run.is_empty() {
                // The text has got shorter since it was read: what follows will tell.
                break;
            }
            self.sink.write(run);
            self.from += run.len();
        }
        (self.from, self.to) = (0, 0);
        Ok(())
    }

    /// Writes the string that stands from `at` to `end`.
    #[inline]
    pub(super) fn string<T: Source>(
        &mut self,
        text: &mut T,
        at: usize,
        end: usize,
        spelling: Spelling,
    ) -> Result<(), T::Error> {
        match spelling {
            Spelling::Plain | Spelling::Shortest => self.span(text, at, end),
            Spelling::Other => self.respelled(text, at, end),
        }
    }

    fn respelled<T: Source>(
        &mut self,
        text: &mut T,
        mut at: usize,
        end: usize,
    ) -> Result<(), T::Error> {
        self.span(text, at, at + 1)?;
        at += 1;
        while at < end - 1 {
            let window = text.window(at)?;
            let window = window.get(..end - 1 - at).unwrap_or(window);
            let run = json::skip_shortest(window).len;
            if run == 0 {
                at = self.escape(text, at)?;
                continue;
            }
            self.span(text, at, at + run)?;
            at += run;
        }
        self.span(text, at, end)
    }

    fn escape<T: Source>(&mut self, text: &mut T, at: usize) -> Result<usize, T::Error> {
        let (character, end) = lex::escape(text, at)?;
        if end - at == 2 && character != '/' {
            self.span(text, at, end)?;
            return Ok(end);
        }
        let (mut utf8, mut buffer) = ([0; 4], [0; 6]);
        let utf8 = character.encode_utf8(&mut utf8).as_bytes();
        match escape(utf8[0], &mut buffer) {
            [] => self.bytes(text, utf8)?,
            escaped => self.bytes(text, escaped)?,
        }
        Ok(end)
    }

    /// Writes the number that stands from `at` to `end`; tells whether it is in range.
    pub(super) fn number<T: Source>(
        &mut self,
        text: &mut T,
        at: usize,
        end: usize,
    ) -> Result<bool, T::Error> {
        match number::spell(text, at, end)? {
            Spelled::Verbatim => self.span(text, at, end)?,
            Spelled::Anew(spelling) => self.bytes(text, &spelling)?,
            Spelled::OutOfRange => return Ok(false),
        }
        Ok(true)
    }
}
