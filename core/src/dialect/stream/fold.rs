//! A JSON document that grows: members and elements in a tree, their texts on lanes.

use core::num::NonZeroU16;

use super::{
    AssembleError, Unfoldable,
    memory::{MessageMemory, Part},
    template::{Effect, Template, Trace, decoded},
};
use crate::{
    canonical::Sink,
    json::{JsonStr, utf8},
};

/// Names a part: its number, plus one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialect) struct PartId(NonZeroU16);

impl PartId {
    /// The document.
    pub(in crate::dialect) const ROOT: Self = Self(NonZeroU16::MIN);

    fn of(number: usize) -> Option<Self> {
        NonZeroU16::new(u16::try_from(number + 1).ok()?).map(Self)
    }

    fn number(self) -> usize {
        usize::from(self.0.get()) - 1
    }
}

/// What a part is, and so how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialect) enum PartKind {
    /// An object of members that are parts.
    Object,
    /// An array of elements that are parts.
    Array,
    /// A string; its text is what stands between the quotes.
    Text,
    /// Any value, as it is written.
    Raw,
    /// A value that comes in pieces of its text, as the input of a tool call.
    Pieces,
    /// An array whose elements are only ever added; its text is the elements with commas between.
    Elements,
}

/// The document that a message is being folded into.
#[derive(Debug)]
pub(in crate::dialect) struct Fold<M> {
    memory: M,
    /// The next lane that no part has.
    free_lane: u16,
    trace: Trace,
    template: Template,
}

impl<M: MessageMemory> Fold<M> {
    /// An empty document in this memory, which is cleared.
    pub(in crate::dialect) fn new(mut memory: M) -> Self {
        memory.clear();
        Self { memory, free_lane: 1, trace: Trace::NEW, template: Template::NONE }
    }

    /// Folds an event that is like the last one, and tells whether it did.
    pub(super) fn again(&mut self, name: &str, data: &str) -> Result<bool, AssembleError> {
        let texts = self.template.texts(self.memory.template(), name, data);
        let Some(texts) = texts else { return Ok(false) };
        for (text, effect) in texts {
            match effect {
                Effect::Append(part) => self.append(part, text.raw())?,
                Effect::AppendDecoded(part) => decoded(&text, |text| self.append(part, text))?,
                Effect::Ignore => {}
            }
        }
        Ok(true)
    }

    /// Begins to fold an event by the rules.
    pub(super) fn begin_event(&mut self, data: &str) {
        self.template.forget();
        self.trace.begin(data);
    }

    /// Keeps an event that was folded by the rules, for the next one may be like it.
    pub(super) fn end_event(&mut self, name: &str, data: &str) {
        self.template.keep(&self.trace, &mut self.memory, name, data);
    }

    /// Says that this event, folded once more, would do something else than append its texts.
    pub(in crate::dialect) fn once(&mut self) {
        self.trace.is_not_repeatable();
    }

    /// Appends a text of the event to a part.
    pub(in crate::dialect) fn append_text(
        &mut self,
        id: PartId,
        text: &JsonStr<'_>,
    ) -> Result<(), AssembleError> {
        self.trace.text(text, Effect::Append(id));
        self.append(id, text.raw())
    }

    /// Appends the characters of a text of the event to a part.
    pub(in crate::dialect) fn append_decoded(
        &mut self,
        id: PartId,
        text: &JsonStr<'_>,
    ) -> Result<(), AssembleError> {
        self.trace.text(text, Effect::AppendDecoded(id));
        decoded(text, |text| self.append(id, text))
    }

    /// Passes over a text of the event.
    pub(in crate::dialect) fn ignore_text(&mut self, text: &JsonStr<'_>) {
        self.trace.text(text, Effect::Ignore);
    }

    /// Makes the document an object, unless it is one.
    pub(in crate::dialect) fn begin(&mut self) -> Result<(), AssembleError> {
        if self.memory.parts().is_empty() {
            self.memory.push_part(Part { kind: PartKind::Object, ..Part::EMPTY })?;
        }
        Ok(())
    }

    pub(in crate::dialect) fn is_begun(&self) -> bool {
        !self.memory.parts().is_empty()
    }

    fn part(&self, id: PartId) -> &Part {
        self.memory.parts().get(id.number()).unwrap_or(&Part::EMPTY)
    }

    fn change(&mut self, id: PartId, change: impl FnOnce(&mut Part)) {
        if let Some(part) = self.memory.parts_mut().get_mut(id.number()) {
            change(part);
        }
    }

    pub(in crate::dialect) fn kind(&self, id: PartId) -> PartKind {
        self.part(id).kind
    }

    pub(in crate::dialect) fn is_closed(&self, id: PartId) -> bool {
        self.part(id).is_closed
    }

    pub(in crate::dialect) fn close(&mut self, id: PartId) {
        self.once();
        self.change(id, |part| part.is_closed = true);
    }

    fn bytes(&self, id: PartId) -> &[u8] {
        let part = self.part(id);
        let lane = self.memory.lane(usize::from(part.lane));
        lane.get(part.start as usize..part.end as usize).unwrap_or_default()
    }

    /// The text of a part: see [`PartKind`]. O(its length).
    pub(in crate::dialect) fn text(&self, id: PartId) -> &str {
        // All of it was appended as text, each piece whole.
        utf8(self.bytes(id)).unwrap_or_default()
    }

    /// Whether the text of a part is this. O(1) where the lengths differ.
    pub(in crate::dialect) fn is_text(&self, id: PartId, text: &str) -> bool {
        self.bytes(id) == text.as_bytes()
    }

    fn name(&self, part: &Part) -> &[u8] {
        let start = part.name_start as usize;
        self.memory.lane(0).get(start..start + part.name_len as usize).unwrap_or_default()
    }

    /// The children of an object or an array, in order.
    pub(in crate::dialect) fn children(&self, id: PartId) -> impl Iterator<Item = PartId> {
        let mut next = self.part(id).first_child;
        core::iter::from_fn(move || {
            let child = next?;
            next = self.part(child).next;
            Some(child)
        })
    }

    /// The member of an object with this name.
    pub(in crate::dialect) fn member(&self, object: PartId, name: &JsonStr<'_>) -> Option<PartId> {
        let mut children = self.children(object);
        children.find(|child| {
            let known = self.name(self.part(*child));
            // Two spellings of a name differ by an escape in one of them.
            known == name.raw().as_bytes()
                || (known.contains(&b'\\') || name.as_str().is_none())
                    && utf8(known).is_ok_and(|known| JsonStr::new(known, true) == *name)
        })
    }

    /// The element of an array with this number.
    pub(in crate::dialect) fn element(&self, array: PartId, index: u32) -> Option<PartId> {
        self.children(array).find(|child| self.part(*child).index == index)
    }

    pub(in crate::dialect) fn index(&self, id: PartId) -> u32 {
        self.part(id).index
    }

    /// Adds a member that the object does not have yet.
    pub(in crate::dialect) fn add_member(
        &mut self,
        object: PartId,
        name: &JsonStr<'_>,
        kind: PartKind,
    ) -> Result<PartId, AssembleError> {
        let (start, len) = self.write_first(name.raw())?;
        let part = Part { kind, name_start: start, name_len: len, ..Part::EMPTY };
        self.add(object, self.part(object).last_child, part)
    }

    /// Adds an element, behind all with this number or a lower one.
    pub(in crate::dialect) fn add_element(
        &mut self,
        array: PartId,
        index: u32,
        kind: PartKind,
    ) -> Result<PartId, AssembleError> {
        let before =
            self.children(array).take_while(|child| self.part(*child).index <= index).last();
        self.add(array, before, Part { kind, index, ..Part::EMPTY })
    }

    /// Adds a child behind `before`, or in front of all.
    fn add(
        &mut self,
        parent: PartId,
        before: Option<PartId>,
        part: Part,
    ) -> Result<PartId, AssembleError> {
        let number = self.memory.parts().len();
        let capacity = usize::from(u16::MAX);
        let id = PartId::of(number).ok_or(AssembleError::TooManyParts { capacity })?;
        let after = match before {
            Some(before) => self.part(before).next,
            None => self.part(parent).first_child,
        };
        self.memory.push_part(Part { next: after, ..part })?;
        match before {
            Some(before) => self.change(before, |before| before.next = Some(id)),
            None => self.change(parent, |parent| parent.first_child = Some(id)),
        }
        if after.is_none() {
            self.change(parent, |parent| parent.last_child = Some(id));
        }
        Ok(id)
    }

    /// The member of this name and kind, added where there is none yet.
    pub(in crate::dialect) fn ensure(
        &mut self,
        object: PartId,
        name: &JsonStr<'_>,
        kind: PartKind,
    ) -> Result<PartId, AssembleError> {
        match self.member(object, name) {
            None => self.add_member(object, name, kind),
            Some(member) if self.kind(member) == kind => Ok(member),
            // A `null` said that nothing was there yet.
            Some(member) if self.is_null(member) => {
                self.change(member, |part| (part.kind, part.end) = (kind, part.start));
                Ok(member)
            }
            Some(_) => Err(Unfoldable::Kind.into()),
        }
    }

    pub(in crate::dialect) fn is_null(&self, id: PartId) -> bool {
        self.kind(id) == PartKind::Raw && self.is_text(id, "null")
    }

    /// Writes to the end of lane 0 and tells where.
    fn write_first(&mut self, text: &str) -> Result<(u32, u32), AssembleError> {
        let full = AssembleError::Full { capacity: u32::MAX as usize };
        let start = u32::try_from(self.memory.lane(0).len()).map_err(|_| full)?;
        let len = u32::try_from(text.len()).map_err(|_| full)?;
        start.checked_add(len).ok_or(full)?;
        self.memory.append(0, text.as_bytes())?;
        Ok((start, len))
    }

    /// Appends to the text of a part.
    fn append(&mut self, id: PartId, text: &str) -> Result<(), AssembleError> {
        if text.is_empty() {
            return Ok(());
        }
        let part = *self.part(id);
        let is_last = part.end as usize == self.memory.lane(usize::from(part.lane)).len();
        if part.lane == 0 && part.start == part.end {
            return self.replace_first(id, text);
        }
        if !is_last {
            self.move_to_own_lane(id)?;
        }
        let lane = self.part(id).lane;
        let len = u32::try_from(text.len()).ok();
        let end = len.and_then(|len| self.part(id).end.checked_add(len));
        let end = end.ok_or(AssembleError::Full { capacity: u32::MAX as usize })?;
        self.memory.append(usize::from(lane), text.as_bytes())?;
        self.change(id, |part| part.end = end);
        Ok(())
    }

    /// Adds to a list.
    pub(in crate::dialect) fn append_element(
        &mut self,
        id: PartId,
        value: &str,
    ) -> Result<(), AssembleError> {
        self.once();
        if !self.bytes(id).is_empty() {
            self.append(id, ",")?;
        }
        self.append(id, value)
    }

    /// Gives a part another text on lane 0.
    fn replace_first(&mut self, id: PartId, text: &str) -> Result<(), AssembleError> {
        let (start, len) = self.write_first(text)?;
        self.change(id, |part| (part.start, part.end) = (start, start + len));
        Ok(())
    }

    fn move_to_own_lane(&mut self, id: PartId) -> Result<(), AssembleError> {
        let lanes = self.memory.lanes();
        let lane = self.free_lane;
        if usize::from(lane) >= lanes {
            return Err(AssembleError::NeedLanes { lanes });
        }
        let (start, end) = (self.part(id).start, self.part(id).end);
        self.memory.append_from_first(usize::from(lane), start as usize, end as usize)?;
        self.free_lane = lane + 1;
        self.change(id, |part| (part.lane, part.start, part.end) = (lane, 0, end - start));
        Ok(())
    }

    /// Replaces the text of a part. A value that changes again and again gets a lane of its own if
    /// there is one; else what it was stays behind on lane 0 as waste.
    pub(in crate::dialect) fn replace(
        &mut self,
        id: PartId,
        text: &str,
    ) -> Result<(), AssembleError> {
        if self.is_text(id, text) {
            return Ok(());
        }
        let part = *self.part(id);
        let lane = usize::from(part.lane);
        if part.lane == 0 && part.start < part.end {
            if part.end as usize == self.memory.lane(lane).len() {
                self.memory.truncate(lane, part.start as usize);
            } else if part.has_moved && usize::from(self.free_lane) < self.memory.lanes() {
                self.move_to_own_lane(id)?;
                return self.replace(id, text);
            }
            self.change(id, |part| part.has_moved = true);
        }
        if part.lane == 0 {
            return self.replace_first(id, text);
        }
        self.memory.truncate(lane, part.start as usize);
        self.change(id, |part| part.end = part.start);
        self.append(id, text)
    }

    /// Sets a member to a value as it is written, whatever it was.
    pub(in crate::dialect) fn set(
        &mut self,
        object: PartId,
        name: &JsonStr<'_>,
        value: &str,
    ) -> Result<(), AssembleError> {
        let member = match self.member(object, name) {
            Some(member) => member,
            None => self.add_member(object, name, PartKind::Raw)?,
        };
        if self.kind(member) != PartKind::Raw {
            return Err(Unfoldable::Kind.into());
        }
        self.replace(member, value)
    }

    /// Writes the document as JSON. O(length).
    pub(in crate::dialect) fn write(&self, sink: &mut impl Sink) {
        if self.is_begun() {
            self.write_part(PartId::ROOT, sink);
        }
    }

    // The tree is no deeper than the dialects' own structure, since other values are kept as text.
    fn write_part(&self, id: PartId, sink: &mut impl Sink) {
        let text = self.bytes(id);
        match self.kind(id) {
            PartKind::Object => {
                sink.write(b"{");
                for (nth, child) in self.children(id).enumerate() {
                    sink.write(if nth == 0 { b"\"" } else { b",\"" });
                    sink.write(self.name(self.part(child)));
                    sink.write(b"\":");
                    self.write_part(child, sink);
                }
                sink.write(b"}");
            }
            PartKind::Array => {
                sink.write(b"[");
                for (nth, child) in self.children(id).enumerate() {
                    if nth > 0 {
                        sink.write(b",");
                    }
                    self.write_part(child, sink);
                }
                sink.write(b"]");
            }
            PartKind::Text => write_between(b"\"", text, b"\"", sink),
            PartKind::Elements => write_between(b"[", text, b"]", sink),
            PartKind::Pieces if text.is_empty() => sink.write(b"{}"),
            PartKind::Raw | PartKind::Pieces => sink.write(text),
        }
    }
}

fn write_between(open: &[u8], text: &[u8], close: &[u8], sink: &mut impl Sink) {
    sink.write(open);
    sink.write(text);
    sink.write(close);
}

/// The name of a member that the program knows.
pub(in crate::dialect) const fn known(name: &str) -> JsonStr<'_> {
    JsonStr::new(name, false)
}
