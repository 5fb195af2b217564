//! The player: a stored response in, the events of a stream out.

use core::fmt;

use super::super::stream::{Frame, write_with};
use super::run::{Run, RunKind};
use crate::canonical::Sink;
use crate::json::{Elements, JsonKind, JsonValue};
use crate::reply::members::{member_is, present};

/// Writes a response of OpenAI's Responses API as the events that OpenAI would have streamed.
///
/// `sequence_number` counts from 0. The first two events show the response without its output and
/// usage; then each item begins, brings its texts in pieces, and ends; the last event has the
/// response byte for byte. Items other than messages, reasoning, and calls of functions and of
/// custom tools begin and end whole. Ids are those of the response; there is no `obfuscation`.
///
/// O(1) state, no heap. Each event costs O(what it shows of the response).
///
/// ```
/// use llm_cache_core::{dialect::stream::ResponsesPlayer, json::JsonValue};
/// # struct Wire(Vec<u8>);
/// # impl llm_cache_core::canonical::Sink for Wire {
/// #     fn write(&mut self, bytes: &[u8]) { self.0.extend_from_slice(bytes) }
/// # }
/// let response = br#"{"id":"resp_1","status":"completed","output":[{"id":"msg_1","type":"message",
///     "content":[{"type":"output_text","text":"Hello","annotations":[]}]}]}"#;
/// let mut player = ResponsesPlayer::new(JsonValue::parse(response)?, 3).expect("it is whole");
/// let mut wire = Wire(Vec::new());
/// while player.write_next(&mut wire) {}
/// let wire = String::from_utf8(wire.0).expect("a text");
/// assert!(wire.contains("\"delta\":\"Hel\"") && wire.contains("\"delta\":\"lo\""));
/// # Ok::<(), llm_cache_core::json::JsonError>(())
/// ```
pub struct ResponsesPlayer<'m> {
    message: JsonValue<'m>,
    piece_len: usize,
    sequence: u64,
    stage: Stage,
    items: Elements<'m>,
    item: JsonValue<'m>,
    item_index: u64,
    /// The id of the item as it is written, so that no event looks for it in the whole item.
    item_id: &'m str,
    /// The parts of the item that are still to come.
    parts: Elements<'m>,
    /// The part that is being played; `None` for a text that is the item's own.
    part: Option<JsonValue<'m>>,
    part_index: u64,
    /// The part is one of a summary.
    is_summary: bool,
    run: Option<Run<'m>>,
    annotations: Elements<'m>,
    annotation_index: u64,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Created,
    InProgress,
    NextItem,
    /// The next part of a summary, or the content behind it.
    NextSummary,
    NextContent,
    Delta,
    Annotation,
    TextDone,
    PartDone,
    ItemDone,
    Last,
    End,
}

/// Members of a response that is not whole yet.
const EARLY_RESPONSE: &[(&str, &str)] = &[
    ("status", "\"in_progress\""),
    ("output", "[]"),
    ("usage", "null"),
    ("completed_at", "null"),
    ("incomplete_details", "null"),
];

/// Members of a part whose text is to come.
const EARLY_PART: &[(&str, &str)] =
    &[("text", "\"\""), ("refusal", "\"\""), ("annotations", "[]"), ("logprobs", "[]")];

/// Members of an item whose parts are to come, and of one whose text is.
const EARLY_ITEM: &[(&str, &str)] =
    &[("status", "\"in_progress\""), ("content", "[]"), ("summary", "[]")];
const EARLY_FUNCTION: &[(&str, &str)] = &[("status", "\"in_progress\""), ("arguments", "\"\"")];
const EARLY_CUSTOM: &[(&str, &str)] = &[("status", "\"in_progress\""), ("input", "\"\"")];

impl<'m> ResponsesPlayer<'m> {
    /// Begins with a response; its texts come in pieces of at most `piece_len` characters, and at
    /// least one. `None` if it is no response that has ended well or incomplete: such an object
    /// has an `output` of objects, no `error`, and a `status` that says so. O(length).
    #[must_use]
    pub fn new(message: JsonValue<'m>, piece_len: usize) -> Option<Self> {
        let output = message.get("output").filter(|output| output.kind() == JsonKind::Array)?;
        let has_ended = ["completed", "incomplete"].iter();
        let is_whole = output.elements().all(|item| item.kind() == JsonKind::Object)
            && present(message, "error").is_none()
            && has_ended.clone().any(|status| member_is(message, "status", status));
        is_whole.then(|| Self {
            message,
            piece_len: piece_len.max(1),
            sequence: 0,
            stage: Stage::Created,
            items: output.elements(),
            item: message,
            item_index: 0,
            item_id: "",
            parts: none(),
            part: None,
            part_index: 0,
            is_summary: false,
            run: None,
            annotations: none(),
            annotation_index: 0,
        })
    }

    /// Writes the next event, whole with its blank line; `false` if there are no more.
    pub fn write_next(&mut self, sink: &mut impl Sink) -> bool {
        // Most stages write an event; the others only lead to the next one.
        while self.stage != Stage::End {
            if self.step(sink) {
                self.sequence += 1;
                return true;
            }
        }
        false
    }

    /// Takes one step, and tells whether it has written an event.
    fn step(&mut self, sink: &mut impl Sink) -> bool {
        match self.stage {
            Stage::Created => self.early(sink, "response.created", Stage::InProgress),
            Stage::InProgress => self.early(sink, "response.in_progress", Stage::NextItem),
            Stage::NextItem => return self.next_item(sink),
            Stage::NextSummary | Stage::NextContent => return self.next_part(sink),
            Stage::Delta => return self.delta(sink),
            Stage::Annotation => return self.annotation(sink),
            Stage::TextDone => self.text_done(sink),
            Stage::PartDone => self.part_done(sink),
            Stage::ItemDone => {
                let mut frame = self.frame(sink, "response.output_item.done");
                frame.number("output_index", self.item_index);
                frame.value("item", self.item);
                frame.finish();
                self.item_index += 1;
                self.stage = Stage::NextItem;
            }
            Stage::Last => {
                let is_completed = member_is(self.message, "status", "completed");
                let name = if is_completed { "response.completed" } else { "response.incomplete" };
                let mut frame = self.frame(sink, name);
                frame.value("response", self.message);
                frame.finish();
                self.stage = Stage::End;
            }
            Stage::End => return false,
        }
        true
    }

    fn early(&mut self, sink: &mut impl Sink, name: &str, next: Stage) {
        let mut frame = self.frame(sink, name);
        frame.member("response", |out| write_with(out, self.message, EARLY_RESPONSE));
        frame.finish();
        self.stage = next;
    }

    fn next_item(&mut self, sink: &mut impl Sink) -> bool {
        let Some(item) = self.items.next() else {
            self.stage = Stage::Last;
            return false;
        };
        let is = |kind| member_is(item, "type", kind);
        (self.item, self.part, self.run) = (item, None, None);
        self.item_id = present(item, "id").map_or("\"\"", |id| id.text());
        (self.part_index, self.parts) = (0, none());
        let early = if is("message") {
            self.stage = Stage::NextContent;
            self.parts = list(item, "content");
            EARLY_ITEM
        } else if is("reasoning") {
            self.stage = Stage::NextSummary;
            self.parts = list(item, "summary");
            EARLY_ITEM
        } else {
            let (kind, early) = if is("function_call") {
                (Some(RunKind::Arguments), EARLY_FUNCTION)
            } else if is("custom_tool_call") {
                (Some(RunKind::Input), EARLY_CUSTOM)
            } else {
                (None, [].as_slice())
            };
            self.run = kind.and_then(|kind| Run::of(item, kind));
            self.stage = if self.run.is_some() { Stage::Delta } else { Stage::ItemDone };
            if self.run.is_some() { early } else { &[] }
        };
        let mut frame = self.frame(sink, "response.output_item.added");
        frame.number("output_index", self.item_index);
        frame.member("item", |out| write_with(out, item, early));
        frame.finish();
        true
    }

    fn next_part(&mut self, sink: &mut impl Sink) -> bool {
        let Some(part) = self.parts.next() else {
            let is_summary = self.stage == Stage::NextSummary;
            self.stage = if is_summary { Stage::NextContent } else { Stage::ItemDone };
            if is_summary {
                (self.parts, self.part_index) = (list(self.item, "content"), 0);
            }
            return false;
        };
        let is_summary = self.stage == Stage::NextSummary;
        self.part = Some(part);
        self.run = Run::of_part(part, is_summary);
        (self.annotations, self.annotation_index) = (list(part, "annotations"), 0);
        let name = match is_summary {
            true => "response.reasoning_summary_part.added",
            false => "response.content_part.added",
        };
        let early = if self.run.is_some() { EARLY_PART } else { &[] };
        let mut frame = self.frame(sink, name);
        self.address(&mut frame, is_summary);
        frame.member("part", |out| write_with(out, part, early));
        frame.finish();
        self.is_summary = is_summary;
        self.stage = if self.run.is_some() { Stage::Delta } else { Stage::PartDone };
        true
    }

    fn delta(&mut self, sink: &mut impl Sink) -> bool {
        let piece_len = self.piece_len;
        let piece = self.run.as_mut().and_then(|run| Some((run.kind, run.next_piece(piece_len)?)));
        let Some((kind, piece)) = piece else {
            self.stage = Stage::Annotation;
            return false;
        };
        let mut frame = self.frame(sink, kind.delta_event());
        self.address(&mut frame, kind == RunKind::Summary);
        frame.string("delta", piece);
        if kind == RunKind::Text {
            frame.raw("logprobs", "[]");
        }
        frame.finish();
        true
    }

    fn annotation(&mut self, sink: &mut impl Sink) -> bool {
        let is_text = self.run.as_ref().is_some_and(|run| run.kind == RunKind::Text);
        let Some(annotation) = self.annotations.next().filter(|_| is_text) else {
            self.stage = Stage::TextDone;
            return false;
        };
        let mut frame = self.frame(sink, "response.output_text.annotation.added");
        self.address(&mut frame, false);
        frame.number("annotation_index", self.annotation_index);
        frame.value("annotation", annotation);
        frame.finish();
        self.annotation_index += 1;
        true
    }

    fn text_done(&mut self, sink: &mut impl Sink) {
        self.stage = if self.part.is_some() { Stage::PartDone } else { Stage::ItemDone };
        let Some(run) = &self.run else { return };
        let kind = run.kind;
        let whole = run.whole();
        let mut frame = self.frame(sink, kind.done_event());
        self.address(&mut frame, kind == RunKind::Summary);
        frame.string(kind.member(), whole);
        if kind == RunKind::Text {
            let logprobs = self.part.and_then(|part| present(part, "logprobs"));
            frame.raw("logprobs", logprobs.map_or("[]", |value| value.text()));
        }
        frame.finish();
    }

    fn part_done(&mut self, sink: &mut impl Sink) {
        let Some(part) = self.part else { return };
        let is_summary = self.is_summary;
        let name = match is_summary {
            true => "response.reasoning_summary_part.done",
            false => "response.content_part.done",
        };
        let mut frame = self.frame(sink, name);
        self.address(&mut frame, is_summary);
        frame.value("part", part);
        frame.finish();
        self.part_index += 1;
        self.stage = if is_summary { Stage::NextSummary } else { Stage::NextContent };
    }

    fn frame<'s, K: Sink>(&self, sink: &'s mut K, name: &str) -> Frame<'s, K> {
        let mut frame = Frame::begin(sink, name);
        frame.string("type", name);
        frame.number("sequence_number", self.sequence);
        frame
    }

    /// Writes where a text or part belongs.
    fn address<K: Sink>(&self, frame: &mut Frame<'_, K>, is_summary: bool) {
        frame.raw("item_id", self.item_id);
        frame.number("output_index", self.item_index);
        if self.part.is_some() {
            let name = if is_summary { "summary_index" } else { "content_index" };
            frame.number(name, self.part_index);
        }
    }
}

impl fmt::Debug for ResponsesPlayer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponsesPlayer")
            .field("message", &self.message)
            .field("sequence", &self.sequence)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

/// The elements of a member.
fn list<'m>(object: JsonValue<'m>, name: &str) -> Elements<'m> {
    object.get(name).map_or_else(none, |value| value.elements())
}

fn none<'m>() -> Elements<'m> {
    JsonValue::assume_valid("null").elements()
}

#[cfg(test)]
#[path = "play_tests.rs"]
mod tests;
