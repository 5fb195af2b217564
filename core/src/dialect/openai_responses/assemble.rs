//! The assembler: the events of a stream in, the final response out.

use core::fmt;

use super::events::{self, EventKind, KnownEvent, Member};
use super::texts::{TextFault, TextHash, TextKey, TextPlace, Texts};
use super::walk::{Index, Short, Walk};
use crate::canonical::Sink;
use crate::dialect::stream::{AssembleError, Unfoldable};
use crate::json::{JsonError, JsonValue};
use crate::reply::StreamStep;
use crate::sse::SseEvent;

pub use super::texts::TextSlot;

/// The start of an event's data that is looked at where it is no JSON.
type Start = Short<8>;

/// Takes in a stream of OpenAI's Responses API and tells whether its last event, which has the
/// whole response, says what the events before it said.
///
/// The final message is the text of the member `response` of that event, byte for byte. It must
/// have all items and all texts that came in deltas; servers that leave out events have less to be
/// compared. Texts are compared by their hashes, so no memory holds them: one [`TextSlot`] for each
/// text that comes in deltas or whole, which is one for each part of a message, summary and tool
/// call. Everything else takes at most 512 bytes. O(length) for each event, and O(texts so far) for
/// each delta of another text than the last one.
///
/// All events of OpenAI's specification are known. Those that tell of a tool at work, and drafts of
/// a picture, are no part of the message. Members of an event beside those of the specification end
/// in [`Unfoldable::Member`], for the response does not have them. After an error all calls give it
/// again.
///
/// ```
/// use llm_cache_core::dialect::stream::{ResponsesAssembler, TextSlot};
/// use llm_cache_core::{reply::StreamStep, sse::SseEvent};
///
/// let mut slots = [TextSlot::EMPTY; 4];
/// let mut assembler = ResponsesAssembler::new(&mut slots);
/// let delta = r#"{"output_index":0,"content_index":0,"delta":"4"}"#;
/// let delta = SseEvent { name: "response.output_text.delta", data: delta };
/// assert_eq!(assembler.event(delta)?, StreamStep::Go);
/// let last = r#"{"response":{"status":"completed","output":[{"content":[{"text":"4"}]}]}}"#;
/// assert_eq!(
///     assembler.event(SseEvent { name: "response.completed", data: last })?,
///     StreamStep::Done,
/// );
/// let message = assembler.message(last).expect("the event was the last one");
/// assert_eq!(message.text(), r#"{"status":"completed","output":[{"content":[{"text":"4"}]}]}"#);
/// # Ok::<(), llm_cache_core::dialect::stream::AssembleError>(())
/// ```
pub struct ResponsesAssembler<'m> {
    texts: Texts<'m>,
    /// The least number of items that the response must have.
    items: u32,
    walk: Walk,
    start: Start,
    /// The event's data is no JSON.
    no_json: Option<JsonError>,
    ended: Option<StreamStep>,
    fault: Option<AssembleError>,
}

impl<'m> ResponsesAssembler<'m> {
    /// Begins, with memory for the hashes of as many texts as there are slots.
    #[must_use]
    pub const fn new(slots: &'m mut [TextSlot]) -> Self {
        Self {
            texts: Texts::new(slots),
            items: 0,
            walk: Walk::NEW,
            start: Start::EMPTY,
            no_json: None,
            ended: None,
            fault: None,
        }
    }

    /// Takes in a whole event, and tells what it means for the stream. After
    /// [`StreamStep::Done`] its data has the final message: see [`message`](Self::message).
    ///
    /// # Errors
    /// [`AssembleError::Unfoldable`] and [`AssembleError::Json`] if nothing can be put together,
    /// [`AssembleError::TooManyTexts`] if the slots do not suffice.
    pub fn event(&mut self, event: SseEvent<'_>) -> Result<StreamStep, AssembleError> {
        self.read(event.data.trim().as_bytes(), |_| {});
        self.end(event.name)
    }

    /// Takes in the next piece of the data of an event that is larger than any memory at hand. The
    /// sink gets the text of the member `response` as it comes; it is the final message if
    /// [`end`](Self::end) then gives [`StreamStep::Done`], and else of no use.
    pub fn piece(&mut self, data: &[u8], sink: &mut impl Sink) {
        self.read(data, |bytes| sink.write(bytes));
    }

    /// Ends the event whose data came in pieces, and tells what it means for the stream. `name` is
    /// the event's, empty if it has none.
    ///
    /// # Errors
    /// As [`event`](Self::event).
    pub fn end(&mut self, name: &str) -> Result<StreamStep, AssembleError> {
        let step = match self.fault {
            Some(fault) => Err(fault),
            None => self.step(name),
        };
        self.walk = Walk::NEW;
        self.start = Start::EMPTY;
        self.no_json = None;
        match step {
            Ok(StreamStep::Go) => {}
            Ok(step) => self.ended = Some(step),
            Err(fault) => self.fault = Some(fault),
        }
        step
    }

    /// The final message in the data of the event that gave [`StreamStep::Done`]; `None` before
    /// that. O(length).
    #[must_use]
    pub fn message<'d>(&self, data: &'d str) -> Option<JsonValue<'d>> {
        if self.fault.is_some() || self.ended != Some(StreamStep::Done) {
            return None;
        }
        JsonValue::parse(data.as_bytes()).ok()?.get("response")
    }

    fn read(&mut self, data: &[u8], take: impl FnMut(&[u8])) {
        if self.fault.is_some() {
            return;
        }
        self.start.push(data);
        if self.no_json.is_none() {
            self.no_json = self.walk.read(data, &mut self.texts, take).err();
        }
    }

    fn step(&mut self, name: &str) -> Result<StreamStep, AssembleError> {
        if self.ended == Some(StreamStep::Failed) || name.eq_ignore_ascii_case("error") {
            return Ok(StreamStep::Failed);
        }
        // Servers with an interface of both kinds end both in the same way.
        let data = self.start.bytes().trim_ascii();
        if self.start.is_whole() && (data.is_empty() || data.eq_ignore_ascii_case(b"[DONE]")) {
            return Ok(self.ended.unwrap_or(StreamStep::Go));
        }
        if self.ended.is_some() {
            return Err(Unfoldable::Order.into());
        }
        if let Some(error) = self.no_json {
            return Err(error.into());
        }
        self.walk.finish()?;
        if !self.walk.is_object {
            return Err(Unfoldable::Kind.into());
        }
        if self.walk.says_error {
            return Ok(StreamStep::Failed);
        }
        let event = self.known(name).ok_or(Unfoldable::Event)?;
        if event.kind == EventKind::Failure {
            return Ok(StreamStep::Failed);
        }
        if self.walk.has_odd_member || self.walk.members & !event.members != 0 {
            return Err(Unfoldable::Member.into());
        }
        self.fold(event)
    }

    /// What the event is by its name and by what its data repeats of it.
    fn known(&self, name: &str) -> Option<&'static KnownEvent> {
        let is_told = self.walk.members & Member::Type.bit() != 0;
        let told = self.walk.kind.get();
        match name {
            "" => events::find(told),
            _ if is_told && told != name => None,
            _ => events::find(name),
        }
    }

    fn fold(&mut self, event: &KnownEvent) -> Result<StreamStep, AssembleError> {
        match event.kind {
            EventKind::Delta(TextPlace::Stdout) => self.shell_output()?,
            EventKind::Delta(place) => {
                let (key, text) = (self.key(place)?, self.text()?);
                self.texts.append(key, text).map_err(|fault| self.error(&fault))?;
            }
            EventKind::Whole(place) => {
                let (key, text) = (self.key(place)?, self.text()?);
                self.texts.end(key, text).map_err(|fault| self.error(&fault))?;
            }
            EventKind::Item => {
                self.item()?;
            }
            EventKind::Repeated | EventKind::Sign => {}
            EventKind::Lost => return Err(Unfoldable::Delta.into()),
            EventKind::Last => return self.last(),
            EventKind::Failure => return Ok(StreamStep::Failed),
        }
        Ok(StreamStep::Go)
    }

    /// A delta that is an object of two texts, one of which may be absent.
    fn shell_output(&mut self) -> Result<(), AssembleError> {
        let deltas = [(TextPlace::Stdout, self.walk.text), (TextPlace::Stderr, self.walk.stderr)];
        for (place, delta) in deltas {
            let Some(delta) = delta else { continue };
            let key = self.key(place)?;
            self.texts.append(key, delta).map_err(|fault| self.error(&fault))?;
        }
        Ok(())
    }

    /// Compares with the response of the last event.
    fn last(&mut self) -> Result<StreamStep, AssembleError> {
        if !self.walk.has_response {
            return Err(Unfoldable::Kind.into());
        }
        if self.walk.response_says_error {
            return Ok(StreamStep::Failed);
        }
        let has_all = self.walk.item_count() >= self.items && self.texts.are_confirmed();
        if self.walk.differs || !has_all {
            return Err(Unfoldable::Disagreement.into());
        }
        Ok(StreamStep::Done)
    }

    /// The number of the item that the event is about.
    fn item(&mut self) -> Result<u32, AssembleError> {
        let Index::Is(item) = self.walk.item else { return Err(Unfoldable::Index.into()) };
        let count = item.checked_add(1).ok_or(Unfoldable::Index)?;
        self.items = self.items.max(count);
        Ok(item)
    }

    fn key(&mut self, place: TextPlace) -> Result<TextKey, AssembleError> {
        let item = self.item()?;
        let part = match self.walk.part {
            _ if !place.is_element() => 0,
            Index::Is(part) => part,
            Index::Absent | Index::Bad => return Err(Unfoldable::Index.into()),
        };
        Ok(TextKey { place, item, part })
    }

    fn text(&self) -> Result<TextHash, AssembleError> {
        self.walk.text.ok_or(Unfoldable::Kind.into())
    }

    fn error(&self, fault: &TextFault) -> AssembleError {
        match fault {
            TextFault::NoSlot => AssembleError::TooManyTexts { capacity: self.texts.capacity() },
            TextFault::AfterEnd => Unfoldable::Order.into(),
            TextFault::Differs => Unfoldable::Disagreement.into(),
        }
    }
}

impl fmt::Debug for ResponsesAssembler<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponsesAssembler")
            .field("items", &self.items)
            .field("ended", &self.ended)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
