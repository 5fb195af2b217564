//! One event of a played stream, written member by member.

use crate::canonical::Sink;
use crate::json::{JsonValue, escape};
use crate::sse::SseWriter;

/// An event under way: its data is an object that is still open.
pub(in crate::dialect) struct Frame<'s, K: Sink> {
    /// `None` for an event whose name no stream can carry, which none here is.
    out: Option<SseWriter<'s, K>>,
    /// What stands before the next member's name.
    before: &'static str,
}

impl<'s, K: Sink> Frame<'s, K> {
    /// Begins an event; an empty `name` is none.
    pub(in crate::dialect) fn begin(sink: &'s mut K, name: &str) -> Self {
        Self { out: SseWriter::begin(sink, name).ok(), before: "{\"" }
    }

    /// Writes a member whose value is JSON as it stands.
    pub(in crate::dialect) fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.write(value);
    }

    pub(in crate::dialect) fn value(&mut self, name: &str, value: JsonValue<'_>) {
        self.raw(name, value.text());
    }

    /// Writes a member that is a string, which is given as it is written between its quotes.
    pub(in crate::dialect) fn string(&mut self, name: &str, inside: &str) {
        self.name(name);
        self.write("\"");
        self.write(inside);
        self.write("\"");
    }

    pub(in crate::dialect) fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        let mut digits = [0; 20];
        let (mut rest, mut len) = (number, 0);
        for place in digits.iter_mut().rev() {
            *place = b'0' + (rest % 10) as u8;
            (rest, len) = (rest / 10, len + 1);
            if rest == 0 {
                break;
            }
        }
        let digits = digits.get(digits.len() - len..).unwrap_or_default();
        self.data(digits);
    }

    /// Writes a member whose value `write` gives out in pieces.
    pub(in crate::dialect) fn member(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn FnMut(&str)),
    ) {
        self.name(name);
        write(&mut |piece| self.write(piece));
    }

    /// Writes a member that is a string with these characters.
    pub(in crate::dialect) fn escaped(&mut self, name: &str, text: &str) {
        self.name(name);
        self.write("\"");
        let mut rest = text;
        while let Some(at) = rest.find(|it: char| matches!(it, '"' | '\\' | '\0'..=' ')) {
            let (plain, special) = rest.split_at(at);
            let (byte, behind) = special.split_at(1);
            self.write(plain);
            match escape(byte.as_bytes().first().copied().unwrap_or(b' '), &mut [0; 6]) {
                [] => self.write(byte),
                escaped => self.data(escaped),
            }
            rest = behind;
        }
        self.write(rest);
        self.write("\"");
    }

    /// Begins a member that is an object, or an object in an array: `open` and `close` are its
    /// brackets, and `members` writes what is inside.
    pub(in crate::dialect) fn nested(
        &mut self,
        name: &str,
        open: &'static str,
        close: &str,
        members: impl FnOnce(&mut Self),
    ) {
        self.name(name);
        self.before = open;
        members(self);
        if self.before == open {
            // Without the quote that a first name begins with.
            self.write(open.strip_suffix('"').unwrap_or(open));
        }
        self.write(close);
        self.before = ",\"";
    }

    pub(in crate::dialect) fn finish(mut self) {
        self.write(if self.before == "{\"" { "{}" } else { "}" });
        if let Some(out) = self.out {
            out.finish();
        }
    }

    fn name(&mut self, name: &str) {
        self.write(self.before);
        self.before = ",\"";
        self.write(name);
        self.write("\":");
    }

    fn write(&mut self, text: &str) {
        self.data(text.as_bytes());
    }

    fn data(&mut self, bytes: &[u8]) {
        if let Some(out) = &mut self.out {
            out.data(bytes);
        }
    }
}

/// Writes an object with other values for some members, where it has them and they are not `null`.
pub(in crate::dialect) fn write_with(
    out: &mut dyn FnMut(&str),
    object: JsonValue<'_>,
    others: &[(&str, &str)],
) {
    if others.is_empty() {
        return out(object.text());
    }
    let mut before = "{\"";
    for (name, value) in object.members() {
        let other = others.iter().find(|(other, _)| name.eq_str(other));
        out(before);
        out(name.raw());
        out("\":");
        out(match other {
            Some((_, text)) if !value.is_null() => text,
            _ => value.text(),
        });
        before = ",\"";
    }
    out(if before == ",\"" { "}" } else { "{}" });
}
