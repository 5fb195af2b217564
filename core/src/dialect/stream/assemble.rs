//! The assembler: events in, the final message out.

use core::fmt;

use super::{AssembleError, Fold, MessageMemory, Unfoldable};
use crate::{
    canonical::Sink,
    dialect::{Dialect, anthropic, openai_chat, stream_end::StreamEnd},
    json::{JsonValue, Object},
    reply::{BodyEnd, StreamStep},
    sse::SseEvent,
};

/// Puts a streamed answer together into the final message: the JSON that the provider would have
/// sent without `stream`.
///
/// It accounts for each member of each event. What is known is folded by the provider's rules;
/// unknown members of a message, chunk or choice are folded as the vendors' own clients do: the
/// latest value of a chunk's or choice's member counts, and in a delta strings are joined, lists
/// are joined, objects are merged, and of other values the latest counts. An unknown event or
/// delta, and whatever contradicts what came before, is an error, so that no wrong message comes
/// out. After an error all further events give the same error.
///
/// It assembles Anthropic Messages and OpenAI Chat; a stream of OpenAI Responses carries its whole
/// response in its last event, which [`ResponsesAssembler`](super::ResponsesAssembler) takes. Every
/// event of another dialect is [`Unfoldable::Event`].
///
/// Memory is the caller's ([`MessageMemory`]); the state beside it is below 200 bytes. Each event
/// costs O(its length + the parts beside the ones that it adds to).
///
/// ```
/// use llm_cache_core::dialect::{Dialect, stream::{Assembler, FixedMemory, Lane, Part}};
/// use llm_cache_core::reply::{BodyEnd, StreamStep};
/// use llm_cache_core::sse::SseEvent;
///
/// let mut memory = [0; 1024];
/// let (mut lanes, mut parts) = ([Lane::new(&mut memory)], [Part::EMPTY; 32]);
/// let memory = FixedMemory::new(&mut lanes, &mut parts);
/// let mut assembler = Assembler::new(Dialect::OpenAiChat, None, memory);
/// for data in [
///     r#"{"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"4"}}]}"#,
///     r#"{"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"2"},"finish_reason":"stop"}]}"#,
///     "[DONE]",
/// ] {
///     assembler.event(SseEvent { name: "", data })?;
/// }
/// assembler.finish(BodyEnd::Announced)?;
/// let mut message = Vec::new();
/// # struct Bytes<'v>(&'v mut Vec<u8>);
/// # impl llm_cache_core::canonical::Sink for Bytes<'_> {
/// #     fn write(&mut self, bytes: &[u8]) { self.0.extend_from_slice(bytes) }
/// # }
/// # let mut sink = Bytes(&mut message);
/// assembler.write_message(&mut sink);
/// assert_eq!(
///     String::from_utf8_lossy(&message),
///     r#"{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"42"},"finish_reason":"stop"}]}"#,
/// );
/// # Ok::<(), llm_cache_core::dialect::stream::AssembleError>(())
/// ```
pub struct Assembler<M> {
    dialect: Dialect,
    fold: Fold<M>,
    end: StreamEnd,
    has_ended: bool,
    fault: Option<AssembleError>,
}

impl<M: MessageMemory> Assembler<M> {
    /// Begins with the body of the request (as [`StreamEnd::new`]); the memory is cleared.
    pub fn new(dialect: Dialect, request: Option<JsonValue<'_>>, memory: M) -> Self {
        let end = StreamEnd::new(dialect, request);
        Self { dialect, fold: Fold::new(memory), end, has_ended: false, fault: None }
    }

    /// Takes in an event, and tells what it means for the stream.
    ///
    /// # Errors
    /// [`AssembleError`] if the event cannot be folded; all later calls give it again.
    pub fn event(&mut self, event: SseEvent<'_>) -> Result<StreamStep, AssembleError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.take(event).inspect_err(|fault| self.fault = Some(*fault))
    }

    fn take(&mut self, event: SseEvent<'_>) -> Result<StreamStep, AssembleError> {
        let data = event.data.trim();
        if !self.has_ended && self.fold.again(event.name, data)? {
            return Ok(StreamStep::Go);
        }
        let is_done = data.eq_ignore_ascii_case("[DONE]");
        if self.has_ended {
            // Some servers say twice that the stream is done.
            return if is_done || data.is_empty() {
                Ok(StreamStep::Done)
            } else {
                Err(Unfoldable::Order.into())
            };
        }
        let Ok(Some(root)) = Object::parse(data.as_bytes()) else { return self.take_other(event) };
        let step = self.end.take_object(event.name, &root);
        self.has_ended = step != StreamStep::Go;
        if step == StreamStep::Failed {
            return Ok(step);
        }
        self.fold.begin_event(data);
        match self.dialect {
            Dialect::AnthropicMessages => {
                anthropic::assemble::event(&mut self.fold, event.name, &root)?;
            }
            Dialect::OpenAiChat => openai_chat::assemble::chunk(&mut self.fold, &root)?,
            Dialect::OpenAiResponses | Dialect::OpenAiEmbeddings | Dialect::Json => {
                return Err(Unfoldable::Event.into());
            }
        }
        if step == StreamStep::Go {
            self.fold.end_event(event.name, data);
        }
        Ok(step)
    }

    /// An event whose data is no JSON object: the mark of the end, a failure in words, or a fault.
    fn take_other(&mut self, event: SseEvent<'_>) -> Result<StreamStep, AssembleError> {
        let step = self.end.take(event.name, event.data);
        self.has_ended = step != StreamStep::Go;
        let data = event.data.trim();
        if self.has_ended || data.is_empty() || data.eq_ignore_ascii_case("[DONE]") {
            return Ok(step);
        }
        JsonValue::parse(data.as_bytes())?;
        Err(Unfoldable::Kind.into())
    }

    /// Whether the message is complete if the body ends now, in this way; checks what only the end
    /// can tell, and adds what each message has. Call it once, before the message is written.
    ///
    /// # Errors
    /// The error of an earlier event; [`Unfoldable::Order`] if the answer is not complete.
    pub fn finish(&mut self, end: BodyEnd) -> Result<(), AssembleError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if !self.end.is_complete_at(end) || !self.fold.is_begun() {
            return Err(Unfoldable::Order.into());
        }
        match self.dialect {
            Dialect::AnthropicMessages => anthropic::assemble::finish(&self.fold),
            Dialect::OpenAiChat => openai_chat::assemble::finish(&mut self.fold),
            Dialect::OpenAiResponses | Dialect::OpenAiEmbeddings | Dialect::Json => {
                Err(Unfoldable::Event.into())
            }
        }
    }

    /// Writes the message, in pieces. O(its length). Before [`finish`](Self::finish) has returned
    /// `Ok` it is what there is so far.
    pub fn write_message(&self, sink: &mut impl Sink) {
        self.fold.write(sink);
    }
}

impl<M> fmt::Debug for Assembler<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembler")
            .field("dialect", &self.dialect)
            .field("has_ended", &self.has_ended)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}
