//! A stored completion as the chunks that OpenAI would have streamed.

use super::super::stream::{Frame, PlayOptions, TextRun, Unplayable, is_any};
use crate::canonical::Sink;
use crate::json::{Elements, JsonKind, JsonStr, JsonValue, Members};
use crate::reply::members::present;
use crate::sse::write_event;

pub(in super::super) struct Play<'m> {
    completion: JsonValue<'m>,
    /// The values of [`HEAD`], so that no chunk looks for them in the whole completion.
    head: [Option<JsonValue<'m>>; HEAD.len()],
    usage: Option<JsonValue<'m>>,
    piece_len: usize,
    stage: Stage,
    choices: Elements<'m>,
    /// Behind this choice comes another.
    next: Option<JsonValue<'m>>,
    choice: JsonValue<'m>,
    choice_index: u64,
    /// How many choices have begun.
    begun: u64,
    message: JsonValue<'m>,
    /// The members of the message that are still to come.
    members: Members<'m>,
    /// The member whose text is coming.
    name: JsonStr<'m>,
    run: TextRun<'m>,
    calls: Elements<'m>,
    call_index: u64,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    NextChoice,
    NextMember,
    /// A piece of a member of the message.
    Piece,
    NextCall,
    /// A piece of the arguments of a tool call, and of the older `function_call`.
    CallPiece,
    FunctionPiece,
    Logprobs,
    Finish,
    Usage,
    Done,
    End,
}

/// Members that each chunk has.
const HEAD: [&str; 5] = ["id", "created", "model", "system_fingerprint", "service_tier"];
/// Members of a message that come in pieces.
const IN_PIECES: [&str; 4] = ["content", "refusal", "reasoning_content", "reasoning"];

impl<'m> Play<'m> {
    pub(in super::super) fn new(
        completion: JsonValue<'m>,
        options: PlayOptions,
    ) -> Result<Self, Unplayable> {
        let list = completion.get("choices").ok_or(Unplayable::NoMessage)?;
        let is_object = |value: JsonValue<'_>| value.kind() == JsonKind::Object;
        let is_whole = present(completion, "error").is_none()
            && list.elements().all(|choice| {
                // A choice with a delta of its own is a chunk's.
                choice.get("message").is_some_and(is_object) && present(choice, "delta").is_none()
            });
        let mut choices = list.elements();
        let has_order = has_order(list.elements());
        let next = choices.next().filter(|_| is_whole && has_order);
        let next = next.ok_or(Unplayable::NoMessage)?;
        let usage = present(completion, "usage").filter(|_| options.usage);
        if options.usage && usage.is_none() {
            return Err(Unplayable::NoUsage);
        }
        Ok(Self {
            completion,
            head: HEAD.map(|name| completion.get(name)),
            usage,
            piece_len: options.piece_len.max(1),
            stage: Stage::NextChoice,
            choices,
            next: Some(next),
            choice: next,
            choice_index: 0,
            begun: 0,
            message: next,
            members: next.members(),
            name: JsonStr::new("", false),
            run: TextRun::plain(""),
            calls: next.elements(),
            call_index: 0,
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
            Stage::NextChoice => return self.next_choice(sink),
            Stage::NextMember => return self.next_member(sink),
            Stage::Piece => {
                let Some(piece) = self.piece(Stage::NextMember) else { return false };
                let name = self.name.raw();
                self.delta(sink, |frame| frame.string(name, piece));
            }
            Stage::NextCall => return self.next_call(sink),
            Stage::CallPiece => {
                let Some(piece) = self.piece(Stage::NextCall) else { return false };
                let index = self.call_index - 1;
                self.delta(sink, |frame| {
                    frame.nested("tool_calls", "[{\"", "}]", |frame| {
                        frame.number("index", index);
                        frame.nested("function", "{\"", "}", |frame| {
                            frame.string("arguments", piece);
                        });
                    });
                });
            }
            Stage::FunctionPiece => {
                let Some(piece) = self.piece(Stage::NextMember) else { return false };
                self.delta(sink, |frame| {
                    frame.nested("function_call", "{\"", "}", |frame| {
                        frame.string("arguments", piece);
                    });
                });
            }
            Stage::Logprobs => {
                self.stage = Stage::Finish;
                let Some(logprobs) = present(self.choice, "logprobs") else { return false };
                self.chunk(sink, true, |frame| {
                    frame.raw("delta", "{}");
                    frame.value("logprobs", logprobs);
                    frame.raw("finish_reason", "null");
                });
            }
            Stage::Finish => self.finish(sink),
            Stage::Usage => {
                self.stage = Stage::Done;
                let Some(usage) = self.usage else { return false };
                let mut frame = self.begin(sink);
                frame.raw("choices", "[]");
                frame.value("usage", usage);
                frame.finish();
            }
            Stage::Done => {
                self.stage = Stage::End;
                // An event without a name is written always.
                return write_event(sink, "", "[DONE]").is_ok();
            }
            Stage::End => return false,
        }
        true
    }

    fn piece(&mut self, then: Stage) -> Option<&'m str> {
        let piece = self.run.next_piece(self.piece_len);
        if piece.is_none() {
            self.stage = then;
        }
        piece
    }

    /// The first chunk of a choice: who speaks, and an empty text where there is one.
    fn next_choice(&mut self, sink: &mut impl Sink) -> bool {
        let Some(choice) = self.next else {
            self.stage = Stage::Usage;
            return false;
        };
        self.next = self.choices.next();
        self.choice = choice;
        // `new` has seen that it is a number.
        self.choice_index = index_of(choice, self.begun).unwrap_or(self.begun);
        self.begun += 1;
        self.message = choice.get("message").unwrap_or(choice);
        self.members = self.message.members();
        self.stage = Stage::NextMember;
        let message = self.message;
        self.delta(sink, |frame| {
            let role = message.get("role").map_or("\"assistant\"", |role| role.text());
            frame.raw("role", role);
            match message.get("content").map(|content| content.kind()) {
                Some(JsonKind::String) => frame.raw("content", "\"\""),
                Some(JsonKind::Null) => frame.raw("content", "null"),
                _ => {}
            }
        });
        true
    }

    fn next_member(&mut self, sink: &mut impl Sink) -> bool {
        let Some((name, value)) = self.members.next() else {
            self.stage = Stage::Logprobs;
            return false;
        };
        let text = value.as_str();
        if value.is_null() || name.eq_str("role") {
            return false;
        }
        if let (true, Some(text)) = (is_any(&name, &IN_PIECES), text) {
            (self.name, self.run) = (name, TextRun::new(text));
            self.stage = Stage::Piece;
            // The first chunk has said that there is a text; of other members this one does.
            if name.eq_str("content") || !text.raw().is_empty() {
                return false;
            }
            self.delta(sink, |frame| frame.raw(name.raw(), "\"\""));
        } else if name.eq_str("tool_calls") && value.kind() == JsonKind::Array {
            (self.calls, self.call_index) = (value.elements(), 0);
            self.stage = Stage::NextCall;
            return false;
        } else if name.eq_str("function_call") && value.kind() == JsonKind::Object {
            self.run = arguments(value);
            self.stage = Stage::FunctionPiece;
            self.delta(sink, |frame| write_function(frame, name, value));
        } else {
            self.delta(sink, |frame| frame.value(name.raw(), value));
        }
        true
    }

    /// The first fragment of a call: all of it but its arguments.
    fn next_call(&mut self, sink: &mut impl Sink) -> bool {
        let Some(call) = self.calls.next() else {
            self.stage = Stage::NextMember;
            return false;
        };
        let index = self.call_index;
        self.call_index += 1;
        self.run = call.get("function").map_or(TextRun::plain(""), arguments);
        self.stage = Stage::CallPiece;
        self.delta(sink, |frame| {
            frame.nested("tool_calls", "[{\"", "}]", |frame| {
                frame.number("index", index);
                for (name, value) in call.members() {
                    if name.eq_str("function") && value.kind() == JsonKind::Object {
                        write_function(frame, name, value);
                    } else if !name.eq_str("index") {
                        frame.value(name.raw(), value);
                    }
                }
            });
        });
        true
    }

    /// The last chunk of a choice; that of the last choice has what no other chunk has.
    fn finish(&mut self, sink: &mut impl Sink) {
        self.stage = Stage::NextChoice;
        let choice = self.choice;
        self.chunk(sink, false, |frame| {
            frame.raw("delta", "{}");
            for (name, value) in choice.members() {
                let is_told = is_any(&name, &["index", "message", "logprobs", "finish_reason"]);
                if !is_told {
                    frame.value(name.raw(), value);
                }
            }
            let reason = choice.get("finish_reason").map_or("null", |reason| reason.text());
            frame.raw("finish_reason", reason);
        });
    }

    fn delta<K: Sink>(&self, sink: &mut K, members: impl FnOnce(&mut Frame<'_, K>)) {
        self.chunk(sink, true, |frame| {
            frame.nested("delta", "{\"", "}", members);
            frame.raw("finish_reason", "null");
        });
    }

    /// Writes a chunk of the choice. `goes_on`: another chunk of the choice follows.
    fn chunk<K: Sink>(&self, sink: &mut K, goes_on: bool, members: impl FnOnce(&mut Frame<'_, K>)) {
        let mut frame = self.begin(sink);
        if !goes_on && self.next.is_none() {
            for (name, value) in self.completion.members() {
                let is_told =
                    is_any(&name, &HEAD) || is_any(&name, &["object", "choices", "usage"]);
                if !is_told {
                    frame.value(name.raw(), value);
                }
            }
        }
        frame.nested("choices", "[{\"", "}]", |frame| {
            frame.number("index", self.choice_index);
            members(frame);
        });
        if self.usage.is_some() {
            frame.raw("usage", "null");
        }
        frame.finish();
    }

    fn begin<'s, K: Sink>(&self, sink: &'s mut K) -> Frame<'s, K> {
        let mut frame = Frame::begin(sink, "");
        frame.raw("object", "\"chat.completion.chunk\"");
        for (name, value) in HEAD.into_iter().zip(self.head) {
            if let Some(value) = value {
                frame.value(name, value);
            }
        }
        frame
    }
}

/// The index of a choice: its place, where it says none. `None` if it is no whole number.
fn index_of(choice: JsonValue<'_>, place: u64) -> Option<u64> {
    present(choice, "index").map_or(Some(place), |index| index.as_u64())
}

/// Whether each choice has an index above the one before. A client that reads the stream would take
/// two choices of one index for one, and puts the others in order.
fn has_order(choices: Elements<'_>) -> bool {
    let mut least = 0;
    choices.zip(0..).all(|(choice, place)| {
        let index = index_of(choice, place).filter(|index| (least..u64::MAX).contains(index));
        least = index.map_or(least, |index| index + 1);
        index.is_some()
    })
}

fn arguments(function: JsonValue<'_>) -> TextRun<'_> {
    let text = function.get("arguments").and_then(|text| text.as_str());
    text.map_or(TextRun::plain(""), TextRun::new)
}

/// Writes a function without its arguments, which come in pieces.
fn write_function<K: Sink>(frame: &mut Frame<'_, K>, name: JsonStr<'_>, value: JsonValue<'_>) {
    frame.nested(name.raw(), "{\"", "}", |frame| {
        for (name, value) in value.members() {
            match (name.eq_str("arguments"), value.as_str()) {
                (true, Some(_)) => frame.raw("arguments", "\"\""),
                _ => frame.value(name.raw(), value),
            }
        }
    });
}
