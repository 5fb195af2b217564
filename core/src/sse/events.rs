//! Whole events, each collected in memory before it is given out.

use core::fmt;

use simdutf8::basic::from_utf8;

#[cfg(feature = "alloc")]
use super::collect::HeapBuffer;
use super::{
    collect::{EventBuffer, FixedBuffer, SseError},
    reader::{SseField, SsePart, SseReader},
};

/// One event of a stream: what stood between two blank lines.
///
/// `Debug` shows the data's length only, for the data is the model's answer.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers make one to compare it")]
pub struct SseEvent<'e> {
    /// The `event` field; empty where there was none (OpenAI's chat streams have none).
    pub name: &'e str,
    /// The `data` lines, joined by line feeds.
    pub data: &'e str,
}

impl fmt::Debug for SseEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseEvent")
            .field("name", &self.name)
            .field("data_len", &self.data.len())
            .finish()
    }
}

/// Reads a stream of server-sent events in pieces and gives out whole events.
///
/// It holds one event at a time. `id` and `retry` are not collected: [`SseReader`] gives them out.
/// An event that is too long or no text is one error and is skipped.
///
/// ```
/// use llm_cache_core::sse::{SseError, SseEvent, SseEvents};
///
/// let mut memory = [0; 8];
/// let mut events = SseEvents::in_buffer(&mut memory);
/// let mut piece: &[u8] = b"data: 0123456789\n\nevent: a\ndata: 0\ndata: 1\n\n";
/// assert_eq!(events.next_event(&mut piece), Err(SseError::Full { capacity: 8 }));
/// let event = SseEvent { name: "a", data: "0\n1" };
/// assert_eq!(events.next_event(&mut piece), Ok(Some(event)));
/// ```
pub struct SseEvents<B> {
    reader: SseReader,
    buffer: B,
    phase: Phase,
    /// The field whose value is being read.
    field: SseField,
    has_data: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Collecting,
    /// The event in the buffer has been given out; the next part begins another.
    Given,
    /// The rest of an event that was reported as an error is skipped.
    Lost,
}

impl<'m> SseEvents<FixedBuffer<'m>> {
    /// Collects in `memory`, which holds one event at a time, name and data together.
    #[must_use]
    pub fn in_buffer(memory: &'m mut [u8]) -> Self {
        Self::new(FixedBuffer::new(memory))
    }
}

#[cfg(feature = "alloc")]
impl SseEvents<HeapBuffer> {
    /// Collects on the heap events of at most `limit` bytes, name and data together.
    #[must_use]
    pub const fn on_heap(limit: usize) -> Self {
        Self::new(HeapBuffer::new(limit))
    }
}

impl<B> SseEvents<B> {
    const fn new(buffer: B) -> Self {
        Self {
            reader: SseReader::new(),
            buffer,
            phase: Phase::Collecting,
            field: SseField::Data,
            has_data: false,
        }
    }
}

impl<B: EventBuffer> SseEvents<B> {
    /// Reads on in `bytes`, the rest of a piece, and leaves in it what comes behind the event.
    /// `None` when all of it is read: the next piece is due.
    ///
    /// # Errors
    /// [`SseError`] for an event that does not fit, as soon as it does not, or is not UTF-8. The
    /// next call skips what is left of it and reads on.
    pub fn next_event(&mut self, bytes: &mut &[u8]) -> Result<Option<SseEvent<'_>>, SseError> {
        while let Some(part) = self.reader.next_part(bytes) {
            if self.phase == Phase::Given {
                self.start_over();
            }
            match part {
                SsePart::Event if self.phase == Phase::Collecting => {
                    self.phase = Phase::Given;
                    return self.event().map(Some);
                }
                SsePart::Event | SsePart::Dropped => self.start_over(),
                SsePart::Field(_) | SsePart::Value(_) if self.phase == Phase::Lost => {}
                SsePart::Field(field) => self.take_field(field)?,
                SsePart::Value(value) => self.take_value(value)?,
            }
        }
        Ok(None)
    }

    /// The event that the end of the stream leaves without its blank line, if there is one. The
    /// standard drops it; a body that ended where it was announced has it whole all the same.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    pub fn last_event(&mut self) -> Result<Option<SseEvent<'_>>, SseError> {
        self.next_event(&mut b"\n\n".as_slice())
    }

    fn start_over(&mut self) {
        self.buffer.clear();
        self.has_data = false;
        self.phase = Phase::Collecting;
    }

    fn take_field(&mut self, field: SseField) -> Result<(), SseError> {
        self.field = field;
        match field {
            SseField::Event => self.buffer.clear_name(),
            SseField::Data if self.has_data => return self.take_value(b"\n"),
            SseField::Data => self.has_data = true,
            SseField::Id | SseField::Retry => {}
        }
        Ok(())
    }

    fn take_value(&mut self, value: &[u8]) -> Result<(), SseError> {
        let taken = match self.field {
            SseField::Event => self.buffer.push_name(value),
            SseField::Data => self.buffer.push_data(value),
            SseField::Id | SseField::Retry => Ok(()),
        };
        if taken.is_err() {
            self.phase = Phase::Lost;
        }
        taken
    }

    fn event(&mut self) -> Result<SseEvent<'_>, SseError> {
        let (name, data) = self.buffer.parts();
        match (from_utf8(name), from_utf8(data)) {
            (Ok(name), Ok(data)) => Ok(SseEvent { name, data }),
            _ => Err(SseError::NotUtf8),
        }
    }
}
