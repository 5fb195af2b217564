//! A stored message as the events that Anthropic would have streamed.

use super::super::stream::{Frame, PlayOptions, TextRun, Unplayable, is_any, write_with};
use crate::canonical::Sink;
use crate::json::{Elements, JsonKind, JsonStr, JsonValue};
use crate::reply::members::{member_is, present};

pub(in super::super) struct Play<'m> {
    message: JsonValue<'m>,
    piece_len: usize,
    stage: Stage,
    blocks: Elements<'m>,
    block: JsonValue<'m>,
    index: u64,
    run: TextRun<'m>,
    citations: Elements<'m>,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Start,
    NextBlock,
    Text,
    Thinking,
    Citation,
    Signature,
    /// The first piece of an input, which is empty.
    Input,
    InputPiece,
    BlockStop,
    Delta,
    Stop,
    End,
}

/// What the last events say of a message, and not its first.
const LATE: [&str; 5] =
    ["stop_reason", "stop_sequence", "stop_details", "container", "context_management"];

/// Counts and details that `message_delta` brings; the rest of the usage stays in `message_start`.
const LATE_USAGE: [&str; 2] = ["server_tool_use", "output_tokens_details"];

/// Members of a block whose text, citations, thinking and signature are to come.
const EARLY_TEXT: &[(&str, &str)] = &[("text", "\"\"")];
const EARLY_CITED: &[(&str, &str)] = &[("text", "\"\""), ("citations", "[]")];
const EARLY_THINKING: &[(&str, &str)] = &[("thinking", "\"\"")];
const EARLY_SIGNED: &[(&str, &str)] = &[("thinking", "\"\""), ("signature", "\"\"")];

impl<'m> Play<'m> {
    pub(in super::super) fn new(
        message: JsonValue<'m>,
        options: PlayOptions,
    ) -> Result<Self, Unplayable> {
        let content = message.get("content").ok_or(Unplayable::NoMessage)?;
        let is_message = member_is(message, "type", "message")
            && content.kind() == JsonKind::Array
            && content.elements().all(|block| block.kind() == JsonKind::Object);
        if !is_message {
            return Err(Unplayable::NoMessage);
        }
        let usage = present(message, "usage").filter(|usage| usage.kind() == JsonKind::Object);
        if usage.is_none() {
            return Err(Unplayable::NoUsage);
        }
        Ok(Self {
            message,
            piece_len: options.piece_len.max(1),
            stage: Stage::Start,
            blocks: content.elements(),
            block: message,
            index: 0,
            run: TextRun::plain(""),
            citations: content.elements(),
        })
    }

    pub(in super::super) fn write_next(&mut self, sink: &mut impl Sink) -> bool {
        while self.stage != Stage::End {
            if self.step(sink) {
                return true;
            }
        }
        false
    }

    /// Takes one step, and tells whether it has written an event.
    fn step(&mut self, sink: &mut impl Sink) -> bool {
        match self.stage {
            Stage::Start => self.start(sink),
            Stage::NextBlock => match self.blocks.next() {
                Some(block) => self.block_start(block, sink),
                None => {
                    self.stage = Stage::Delta;
                    return false;
                }
            },
            Stage::Text => return self.piece("text_delta", "text", Stage::Citation, sink),
            Stage::Thinking => {
                return self.piece("thinking_delta", "thinking", Stage::Signature, sink);
            }
            Stage::Citation => {
                let Some(citation) = self.citations.next() else {
                    self.stage = Stage::BlockStop;
                    return false;
                };
                let write = |frame: &mut Frame<'_, _>| frame.value("citation", citation);
                self.delta("citations_delta", write, sink);
            }
            Stage::Signature => {
                self.stage = Stage::BlockStop;
                let Some(signature) = string(self.block, "signature") else { return false };
                if signature.raw().is_empty() {
                    return false;
                }
                let write = |frame: &mut Frame<'_, _>| frame.string("signature", signature.raw());
                self.delta("signature_delta", write, sink);
            }
            Stage::Input => {
                self.stage = Stage::InputPiece;
                let write = |frame: &mut Frame<'_, _>| frame.string("partial_json", "");
                self.delta("input_json_delta", write, sink);
            }
            Stage::InputPiece => {
                let Some(piece) = self.run.next_piece(self.piece_len) else {
                    self.stage = Stage::BlockStop;
                    return false;
                };
                let write = |frame: &mut Frame<'_, _>| frame.escaped("partial_json", piece);
                self.delta("input_json_delta", write, sink);
            }
            Stage::BlockStop => {
                let mut frame = begin(sink, "content_block_stop");
                frame.number("index", self.index);
                frame.finish();
                self.index += 1;
                self.stage = Stage::NextBlock;
            }
            Stage::Delta => self.message_delta(sink),
            Stage::Stop => {
                begin(sink, "message_stop").finish();
                self.stage = Stage::End;
            }
            Stage::End => return false,
        }
        true
    }

    fn start(&mut self, sink: &mut impl Sink) {
        let mut frame = begin(sink, "message_start");
        frame.nested("message", "{\"", "}", |frame| {
            for (name, value) in self.message.members() {
                // A name may be written with escapes.
                let is = |names: &[&str]| is_any(&name, names);
                if is(&["content"]) {
                    frame.raw(name.raw(), "[]");
                } else if is(&["usage"]) {
                    frame.member(name.raw(), |out| {
                        write_with(out, value, &[("output_tokens", "0")]);
                    });
                } else if is(&["stop_reason", "stop_sequence", "stop_details"]) {
                    frame.raw(name.raw(), "null");
                } else if value.is_null() || !is(&LATE) {
                    frame.value(name.raw(), value);
                }
            }
        });
        frame.finish();
        self.stage = Stage::NextBlock;
    }

    fn block_start(&mut self, block: JsonValue<'m>, sink: &mut impl Sink) {
        self.block = block;
        let is = |kind| member_is(block, "type", kind);
        let list = |name| block.get(name).filter(|it| it.kind() == JsonKind::Array);
        let input = block.get("input").filter(|it| it.kind() == JsonKind::Object);
        let calls = ["tool_use", "server_tool_use", "mcp_tool_use"];
        let early: &[(&str, &str)] = if let (true, Some(text)) = (is("text"), string(block, "text"))
        {
            self.run = TextRun::new(text);
            let citations = list("citations");
            self.citations = citations.unwrap_or(block).elements();
            self.stage = Stage::Text;
            if citations.is_some() { EARLY_CITED } else { EARLY_TEXT }
        } else if let (true, Some(text)) = (is("thinking"), string(block, "thinking")) {
            self.run = TextRun::new(text);
            self.stage = Stage::Thinking;
            let is_signed = string(block, "signature").is_some();
            if is_signed { EARLY_SIGNED } else { EARLY_THINKING }
        } else if let (true, Some(input)) = (calls.into_iter().any(is), input) {
            let is_empty = input.members().next().is_none();
            self.run = TextRun::plain(if is_empty { "" } else { input.text() });
            self.stage = Stage::Input;
            &[("input", "{}")]
        } else {
            self.stage = Stage::BlockStop;
            &[]
        };
        let mut frame = begin(sink, "content_block_start");
        frame.number("index", self.index);
        frame.member("content_block", |out| write_with(out, block, early));
        frame.finish();
    }

    fn piece(&mut self, kind: &str, member: &str, then: Stage, sink: &mut impl Sink) -> bool {
        let Some(piece) = self.run.next_piece(self.piece_len) else {
            self.stage = then;
            return false;
        };
        self.delta(kind, |frame| frame.string(member, piece), sink);
        true
    }

    fn delta<K: Sink>(&self, kind: &str, write: impl FnOnce(&mut Frame<'_, K>), sink: &mut K) {
        let mut frame = begin(sink, "content_block_delta");
        frame.number("index", self.index);
        frame.nested("delta", "{\"", "}", |frame| {
            frame.string("type", kind);
            write(frame);
        });
        frame.finish();
    }

    fn message_delta(&mut self, sink: &mut impl Sink) {
        let mut frame = begin(sink, "message_delta");
        frame.nested("delta", "{\"", "}", |frame| {
            for name in LATE.iter().filter(|name| **name != "context_management") {
                let always = matches!(*name, "stop_reason" | "stop_sequence");
                match present(self.message, name) {
                    Some(value) => frame.value(name, value),
                    None if always => frame.raw(name, "null"),
                    None => {}
                }
            }
        });
        if let Some(usage) = present(self.message, "usage") {
            frame.nested("usage", "{\"", "}", |frame| {
                for (name, value) in usage.members() {
                    if value.kind() == JsonKind::Number
                        || is_any(&name, &LATE_USAGE) && !value.is_null()
                    {
                        frame.value(name.raw(), value);
                    }
                }
            });
        }
        if let Some(edits) = present(self.message, "context_management") {
            frame.value("context_management", edits);
        }
        frame.finish();
        self.stage = Stage::Stop;
    }
}

fn begin<'s, K: Sink>(sink: &'s mut K, name: &str) -> Frame<'s, K> {
    let mut frame = Frame::begin(sink, name);
    frame.string("type", name);
    frame
}

fn string<'m>(object: JsonValue<'m>, name: &str) -> Option<JsonStr<'m>> {
    object.get(name)?.as_str()
}
