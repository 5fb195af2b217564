//! Marks put into a body that is JSON already, and taken out of it.

use embedded_io::Write;

use super::cache_control::CacheControl;
use super::rules::fields::Fields;
use super::rules::limits::Limits;
use super::view::{PartKind, PromptPart, PromptView};
use super::violation::{EncodeError, Place, Rule, Violation};
use crate::json::{JsonKind, JsonStr, JsonValue};

/// What becomes of the marks that a body has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing between the two")]
pub enum Existing {
    /// They stay.
    Keep,
    /// All go: those of tools and blocks, of blocks inside tool results and documents, and the
    /// body's own, which is automatic caching.
    Remove,
}

/// Writes a body of the Messages API with these marks on its parts, and changes nothing else: every
/// other byte is the body's own, since providers hash what they are sent. A plain string that is
/// marked becomes the one text block that it stands for. White space around the body is not
/// written.
///
/// The places are those of [`PromptView::parts`]. O(length) in time, constant in memory.
///
/// # Errors
/// [`EncodeError::Rejected`], and nothing is written, for a place that is not in the body
/// ([`Rule::NoSuchPart`]), that cannot be marked, or that would be marked twice, and for marks that
/// are too many or of a lifetime out of order together with those that stay;
/// [`EncodeError::Write`] with the writer's own error.
///
/// ```
/// use llm_cache_core::json::JsonValue;
/// use llm_cache_core::prompt::{CacheControl, Existing, Place, write_marked};
///
/// let body = JsonValue::parse(br#"{ "system":"Be \u0062rief.", "messages":[] }"#)?;
/// let marks = [(Place::SystemBlock(0), CacheControl::ephemeral())];
/// let mut buffer = [0_u8; 256];
/// let mut rest = buffer.as_mut_slice();
/// write_marked(body, &marks, Existing::Keep, &mut rest)?;
/// let left = rest.len();
/// assert_eq!(
///     std::str::from_utf8(&buffer[..256 - left])?,
///     concat!(
///         r#"{ "system":[{"type":"text","text":"Be \u0062rief.","#,
///         r#""cache_control":{"type":"ephemeral"}}], "messages":[] }"#
///     ),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_marked<W: Write>(
    body: JsonValue<'_>,
    marks: &[(Place, CacheControl)],
    existing: Existing,
    writer: &mut W,
) -> Result<(), EncodeError<W::Error>> {
    check(PromptView::new(body), marks, existing)?;
    let mut splice = Splice { text: body.text(), done: 0, marks, existing, writer };
    splice.body(body).map_err(EncodeError::Write)
}

/// Whether the marks may stand where they are to go, with those that stay.
fn check(
    view: PromptView<'_>,
    marks: &[(Place, CacheControl)],
    existing: Existing,
) -> Result<(), Violation> {
    for (index, (place, _)) in marks.iter().enumerate() {
        let part = view.parts().find(|part| part.place == *place);
        let part = part.ok_or(Violation::new(*place, Rule::NoSuchPart))?;
        let is_marked = existing == Existing::Keep && part.cache_control.is_some();
        if is_marked || marks.iter().take(index).any(|(earlier, _)| earlier == place) {
            return Err(Violation::new(*place, Rule::MarkedTwice));
        }
        if !part.is_markable {
            return Err(Violation::new(*place, why_unmarkable(&part)));
        }
    }
    let mut limits = Limits::default();
    for part in view.parts() {
        let stays = part.cache_control.filter(|_| existing == Existing::Keep);
        let mark = mark_for(marks, part.place).or(stays);
        if part.is_markable {
            limits.markable(part.place, mark);
        }
        limits.see(part.place, mark)?;
    }
    limits.finish(view.automatic().filter(|_| existing == Existing::Keep))
}

const fn why_unmarkable(part: &PromptPart<'_>) -> Rule {
    match part.kind {
        PartKind::Thinking => Rule::ThinkingMark,
        PartKind::Text => Rule::EmptyText,
        PartKind::Tool => Rule::DeferredTool,
        _ => Rule::Unmarkable,
    }
}

fn mark_for(marks: &[(Place, CacheControl)], place: Place) -> Option<CacheControl> {
    marks.iter().find(|(marked, _)| *marked == place).map(|(_, mark)| *mark)
}

/// Copies a text up to here and there, leaves pieces out and puts others in.
struct Splice<'a, 'w, W> {
    text: &'a str,
    /// How much of the text is copied or left out.
    done: usize,
    marks: &'a [(Place, CacheControl)],
    existing: Existing,
    writer: &'w mut W,
}

impl<'a, W: Write> Splice<'a, '_, W> {
    fn body(&mut self, body: JsonValue<'a>) -> Result<(), W::Error> {
        let drops_mark = self.existing == Existing::Remove;
        self.object(body, drops_mark, |splice, name, value| {
            // Of two members of one name the last one counts.
            let is = |known| name.eq_str(known) && body.get(known).is_some_and(is_same(value));
            if is("tools") {
                splice.list(value, Place::Tool)
            } else if is("system") {
                splice.list(value, Place::SystemBlock)
            } else if is("messages") {
                value.elements().enumerate().try_for_each(|(message, value)| {
                    let Some(content) = value.get("content") else { return Ok(()) };
                    splice.list(content, |block| Place::Block { message, block })
                })
            } else {
                Ok(())
            }
        })?;
        self.copy_to(self.text.len())
    }

    /// Tools, or blocks, or a string in place of blocks.
    fn list(
        &mut self,
        list: JsonValue<'a>,
        place: impl Fn(usize) -> Place,
    ) -> Result<(), W::Error> {
        if list.kind() == JsonKind::String {
            let Some(mark) = mark_for(self.marks, place(0)) else { return Ok(()) };
            self.copy_to(self.start(list.text()))?;
            self.put("[{\"type\":\"text\",\"text\":")?;
            self.copy_to(self.end(list.text()))?;
            self.put(",")?;
            self.put_mark(mark)?;
            return self.put("}]");
        }
        list.elements()
            .enumerate()
            .try_for_each(|(index, part)| self.part(part, mark_for(self.marks, place(index))))
    }

    /// A tool or a block.
    fn part(&mut self, part: JsonValue<'a>, mark: Option<CacheControl>) -> Result<(), W::Error> {
        let removes = self.existing == Existing::Remove;
        if !removes && mark.is_none() {
            return Ok(());
        }
        let fields = Fields::of(part);
        // Where a mark is added there may still be a `null`.
        let keeps_others = self.object(part, true, |splice, name, value| {
            if !removes {
                return Ok(());
            }
            inside(&fields, name, value).try_for_each(|nested| {
                let fields = Fields::of(nested);
                let around = |splice: &mut Self, name: JsonStr<'a>, value| {
                    inside(&fields, name, value)
                        .try_for_each(|leaf| splice.object(leaf, true, |_, _, _| Ok(())).map(drop))
                };
                splice.object(nested, true, around).map(drop)
            })
        })?;
        let Some(mark) = mark else { return Ok(()) };
        self.copy_to(self.end(part.text()) - 1)?;
        if keeps_others {
            self.put(",")?;
        }
        self.put_mark(mark)
    }

    /// An object, less its mark if that goes; `inside` sees each other member. Tells whether there
    /// is any.
    fn object(
        &mut self,
        object: JsonValue<'a>,
        drops_mark: bool,
        mut inside: impl FnMut(&mut Self, JsonStr<'a>, JsonValue<'a>) -> Result<(), W::Error>,
    ) -> Result<bool, W::Error> {
        let mut kept_end = None;
        let mut members = object.members().peekable();
        while let Some((name, value)) = members.next() {
            let end = self.end(value.text());
            if !drops_mark || !name.eq_str("cache_control") {
                inside(self, name, value)?;
                kept_end = Some(end);
            } else if let Some(kept_end) = kept_end {
                // With the comma in front of it.
                self.copy_to(kept_end)?;
                self.done = end;
            } else {
                // With the comma behind it, if there is one.
                self.copy_to(self.start(name.raw()) - 1)?;
                self.done = members.peek().map_or(end, |(next, _)| self.start(next.raw()) - 1);
            }
        }
        Ok(kept_end.is_some())
    }

    /// Where a piece of the text begins.
    fn start(&self, piece: &str) -> usize {
        piece.as_ptr().addr() - self.text.as_ptr().addr()
    }

    fn end(&self, piece: &str) -> usize {
        self.start(piece) + piece.len()
    }

    fn copy_to(&mut self, end: usize) -> Result<(), W::Error> {
        let Some(piece) = self.text.get(self.done..end) else { return Ok(()) };
        self.done = end;
        self.put(piece)
    }

    fn put(&mut self, text: &str) -> Result<(), W::Error> {
        self.writer.write_all(text.as_bytes())
    }

    fn put_mark(&mut self, mark: CacheControl) -> Result<(), W::Error> {
        let (name, json) = mark.member();
        for piece in ["\"", name, "\":", json] {
            self.put(piece)?;
        }
        Ok(())
    }
}

/// The blocks inside a block that stand in that member of it.
fn inside<'a>(
    block: &Fields<'a>,
    name: JsonStr<'a>,
    value: JsonValue<'a>,
) -> impl Iterator<Item = JsonValue<'a>> + use<'a> {
    let is_source = block.is("document") && name.eq_str("source");
    let list = if is_source { value.get("content") } else { Some(value) };
    let has_blocks = is_source || (block.is("tool_result") && name.eq_str("content"));
    list.filter(|_| has_blocks).into_iter().flat_map(|list| list.elements())
}

/// Whether the other value is this very piece of the text.
fn is_same<'a>(value: JsonValue<'a>) -> impl Fn(JsonValue<'a>) -> bool {
    move |other| core::ptr::eq(other.text().as_ptr(), value.text().as_ptr())
}
