//! An event that differs from the one before only in the texts that it appends.
//!
//! Most events of a stream are such events: a few characters of text between the same hundreds of
//! bytes. An event is folded once by its dialect's rules, which note what they did. If all of that
//! can be done again without another effect, save for appending texts, the next event of the same
//! bytes around other texts needs no look at its structure.

use super::{AssembleError, PartId, memory::MessageMemory};
use crate::json::{JsonStr, Reader, Token};

/// The most texts that may differ: two of a delta and padding do.
const HOLES_MAX: usize = 4;

/// What becomes of a text that differs from event to event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialect) enum Effect {
    /// It is appended to a part as it is written.
    Append(PartId),
    /// Its characters are appended to a part.
    AppendDecoded(PartId),
    /// Nothing.
    Ignore,
}

/// Such a text: where it is, between its quotes, and what becomes of it.
#[derive(Clone, Copy, Debug)]
struct Hole {
    start: usize,
    end: usize,
    effect: Effect,
}

const NO_HOLE: Hole = Hole { start: 0, end: 0, effect: Effect::Ignore };

/// What folding an event did.
#[derive(Debug)]
pub(super) struct Trace {
    /// Where the event's data is in memory: texts are told by their addresses.
    base: usize,
    len: usize,
    holes: [Hole; HOLES_MAX],
    count: usize,
    /// Doing the same again would change nothing, save for the holes.
    is_repeatable: bool,
}

impl Trace {
    pub(super) const NEW: Self =
        Self { base: 0, len: 0, holes: [NO_HOLE; HOLES_MAX], count: 0, is_repeatable: false };

    /// Begins with an event.
    pub(super) fn begin(&mut self, data: &str) {
        *self =
            Self { base: data.as_ptr().addr(), len: data.len(), is_repeatable: true, ..Self::NEW };
    }

    pub(super) fn is_not_repeatable(&mut self) {
        self.is_repeatable = false;
    }

    /// Notes a text of the event. They come in the order of the event, or it is not repeatable.
    pub(super) fn text(&mut self, text: &JsonStr<'_>, effect: Effect) {
        let start = text.raw().as_ptr().addr().checked_sub(self.base);
        let start = start.filter(|start| start + text.raw().len() < self.len);
        let behind = self.holes.get(..self.count).and_then(<[_]>::last).map_or(0, |hole| hole.end);
        match (start, self.holes.get_mut(self.count)) {
            (Some(start), Some(hole)) if start > behind => {
                *hole = Hole { start, end: start + text.raw().len(), effect };
                self.count += 1;
            }
            _ => self.is_repeatable = false,
        }
    }
}

/// The last event that was folded by the rules, if it is repeatable. Its name and data are in the
/// memory's [`template`](MessageMemory::template).
#[derive(Debug)]
pub(super) struct Template {
    name_len: usize,
    data_len: usize,
    holes: [Hole; HOLES_MAX],
    /// `None`: there is no such event.
    count: Option<usize>,
}

impl Template {
    pub(super) const NONE: Self =
        Self { name_len: 0, data_len: 0, holes: [NO_HOLE; HOLES_MAX], count: None };

    /// Keeps an event, if its trace allows for that and the memory holds it.
    pub(super) fn keep(
        &mut self,
        trace: &Trace,
        memory: &mut impl MessageMemory,
        name: &str,
        data: &str,
    ) {
        self.count = None;
        let Some(kept) = memory.template().get_mut(..name.len() + data.len()) else { return };
        if trace.is_repeatable {
            let (kept_name, kept_data) = kept.split_at_mut(name.len());
            kept_name.copy_from_slice(name.as_bytes());
            kept_data.copy_from_slice(data.as_bytes());
            (self.name_len, self.data_len) = (name.len(), data.len());
            (self.holes, self.count) = (trace.holes, Some(trace.count));
        }
    }

    pub(super) fn forget(&mut self) {
        self.count = None;
    }

    /// The texts of an event that is as the kept one around them, with what becomes of them; `None`
    /// for any other event.
    pub(super) fn texts<'e>(
        &self,
        kept: &[u8],
        name: &str,
        data: &'e str,
    ) -> Option<impl Iterator<Item = (JsonStr<'e>, Effect)> + use<'e>> {
        let holes = self.holes.get(..self.count?)?;
        let kept = kept.get(..self.name_len + self.data_len)?;
        let (kept_name, kept) = kept.split_at_checked(self.name_len)?;
        if kept_name != name.as_bytes() {
            return None;
        }
        let mut texts = [None; HOLES_MAX];
        // How far the kept event, and this one, are compared.
        let (mut behind, mut at) = (0, 0);
        for (hole, text) in holes.iter().zip(&mut texts) {
            let fixed = kept.get(behind..hole.start)?;
            let rest = data.as_bytes().get(at..)?;
            if !rest.starts_with(fixed) {
                return None;
            }
            // The fixed bytes end with the text's quote.
            at += fixed.len();
            let mut reader = Reader::of_str(data.get(at - 1..)?);
            let Ok(Some(Token::String(found))) = reader.next() else { return None };
            at += found.raw().len();
            behind = hole.end;
            *text = Some((found, hole.effect));
        }
        let is_same = kept.get(behind..) == data.as_bytes().get(at..);
        is_same.then(|| texts.into_iter().flatten())
    }
}

/// Hands the characters of a string on, some at a time.
pub(super) fn decoded(
    text: &JsonStr<'_>,
    mut take: impl FnMut(&str) -> Result<(), AssembleError>,
) -> Result<(), AssembleError> {
    if let Some(plain) = text.as_str() {
        return take(plain);
    }
    let (mut buffer, mut len) = ([0; 64], 0);
    for character in text.chars() {
        if len + 4 > buffer.len() {
            take(utf8(buffer.get(..len)))?;
            len = 0;
        }
        if let Some(rest) = buffer.get_mut(len..) {
            len += character.encode_utf8(rest).len();
        }
    }
    take(utf8(buffer.get(..len)))
}

fn utf8(bytes: Option<&[u8]>) -> &str {
    core::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
}
