//! One event of a played stream, written member by member.

use crate::canonical::Sink;
use crate::json::JsonValue;
use crate::sse::SseWriter;

/// An event under way: its data is an object that is still open.
pub(super) struct Frame<'s, K: Sink> {
    /// `None` for an event whose name no stream can carry, which none here is.
    out: Option<SseWriter<'s, K>>,
}

impl<'s, K: Sink> Frame<'s, K> {
    pub(super) fn begin(sink: &'s mut K, name: &str, sequence: u64) -> Self {
        let mut frame = Self { out: SseWriter::begin(sink, name).ok() };
        frame.write("{\"type\":\"");
        frame.write(name);
        frame.write("\"");
        frame.number("sequence_number", sequence);
        frame
    }

    /// Writes a member whose value is JSON as it stands.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.write(value);
    }

    pub(super) fn value(&mut self, name: &str, value: JsonValue<'_>) {
        self.raw(name, value.text());
    }

    /// Writes a member that is a string, which is given as it is written between its quotes.
    pub(super) fn string(&mut self, name: &str, inside: &str) {
        self.name(name);
        self.write("\"");
        self.write(inside);
        self.write("\"");
    }

    pub(super) fn number(&mut self, name: &str, number: u64) {
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
    pub(super) fn member(&mut self, name: &str, write: impl FnOnce(&mut dyn FnMut(&str))) {
        self.name(name);
        write(&mut |piece| self.write(piece));
    }

    pub(super) fn finish(mut self) {
        self.write("}");
        if let Some(out) = self.out {
            out.finish();
        }
    }

    fn name(&mut self, name: &str) {
        self.write(",\"");
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
pub(super) fn write_with(
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
