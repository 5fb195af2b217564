//! Server-sent events, read and written as the WHATWG HTML standard says (section 9.2.6).
//!
//! [`SseReader`] takes the bytes of a stream in pieces of any size and gives out the parts of its
//! events, each a slice of the piece that was given in. It keeps a few bytes of state and copies
//! nothing, so an event may be larger than any memory at hand. [`SseEvents`] stands on it and
//! collects one event at a time, in a buffer of the caller's or, with the feature `alloc`, on the
//! heap. [`SseWriter`] writes an event into a [`Sink`](crate::canonical::Sink). Nothing here does
//! I/O: the bytes come from the caller and go to the caller.
//!
//! ```
//! use llm_cache_core::sse::{SseEvent, SseEvents};
//!
//! let mut memory = [0; 64];
//! let mut events = SseEvents::in_buffer(&mut memory);
//! // Pieces as a connection brings them; the first ends inside an event.
//! let mut piece: &[u8] = b": hello\n\nevent: ping\nda";
//! assert_eq!(events.next_event(&mut piece), Ok(None));
//! let mut piece: &[u8] = b"ta: {}\n\ndata: [DONE]\n\n";
//! let ping = SseEvent { name: "ping", data: "{}" };
//! assert_eq!(events.next_event(&mut piece), Ok(Some(ping)));
//! let done = SseEvent { name: "", data: "[DONE]" };
//! assert_eq!(events.next_event(&mut piece), Ok(Some(done)));
//! assert_eq!(events.next_event(&mut piece), Ok(None));
//! ```

mod collect;
mod events;
mod reader;
mod writer;

#[cfg(feature = "alloc")]
pub use collect::HeapBuffer;
pub use collect::{EventBuffer, FixedBuffer, SseError};
pub use events::{SseEvent, SseEvents};
pub use reader::{SseField, SsePart, SseReader};
pub use writer::{SseNameError, SseWriter, write_event};

#[cfg(test)]
mod tests;
