//! The writer of events.

use core::fmt;

use crate::canonical::Sink;

/// The name of an event has a line end in it, which no stream can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SseNameError;

impl fmt::Display for SseNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an event has a line end in it")
    }
}

impl core::error::Error for SseNameError {}

/// Writes one event, its data in pieces.
///
/// Each line of the data becomes a `data` field. A line ends at CR, LF, or CR LF, also where a
/// piece ends in between, and is read back as ending with LF. Memory is O(1). An event that is not
/// [finished](Self::finish) lacks its blank line, so a reader drops it or takes the next as a part
/// of it.
///
/// ```
/// use llm_cache_core::{canonical::Sink, sse::SseWriter};
///
/// struct Wire(Vec<u8>);
///
/// impl Sink for Wire {
///     fn write(&mut self, bytes: &[u8]) {
///         self.0.extend_from_slice(bytes);
///     }
/// }
///
/// let mut wire = Wire(Vec::new());
/// let mut writer = SseWriter::begin(&mut wire, "delta")?;
/// writer.data(b"{\"text\":");
/// writer.data(b"\"a\"}\n{}");
/// writer.finish();
/// assert_eq!(wire.0, b"event: delta\ndata: {\"text\":\"a\"}\ndata: {}\n\n");
/// # Ok::<(), llm_cache_core::sse::SseNameError>(())
/// ```
pub struct SseWriter<'s, K: Sink> {
    sink: &'s mut K,
    /// The last piece of data ended with a carriage return: a line feed now is part of that end.
    after_return: bool,
}

impl<'s, K: Sink> SseWriter<'s, K> {
    /// Begins an event; an empty `name` is none.
    ///
    /// # Errors
    /// [`SseNameError`] if the name has a CR or LF in it. Nothing is written then.
    pub fn begin(sink: &'s mut K, name: &str) -> Result<Self, SseNameError> {
        if name.contains(['\r', '\n']) {
            return Err(SseNameError);
        }
        if !name.is_empty() {
            sink.write(b"event: ");
            sink.write(name.as_bytes());
            sink.write(b"\n");
        }
        sink.write(b"data: ");
        Ok(Self { sink, after_return: false })
    }

    /// Writes the next piece of the data.
    pub fn data(&mut self, mut piece: &[u8]) {
        while let Some(first) = piece.first() {
            if self.after_return && *first == b'\n' {
                piece = piece.get(1..).unwrap_or_default();
            }
            self.after_return = false;
            let (line, rest) = piece.split_at(super::reader::line_end(piece));
            if !line.is_empty() {
                self.sink.write(line);
            }
            let Some((end, rest)) = rest.split_first() else { return };
            self.after_return = *end == b'\r';
            self.sink.write(b"\ndata: ");
            piece = rest;
        }
    }

    /// Ends the event with its blank line.
    pub fn finish(self) {
        self.sink.write(b"\n\n");
    }
}

/// Writes one event with an [`SseWriter`]; an empty `name` is none.
///
/// # Errors
/// [`SseNameError`] if the name has a CR or LF in it. Nothing is written then.
pub fn write_event(sink: &mut impl Sink, name: &str, data: &str) -> Result<(), SseNameError> {
    let mut writer = SseWriter::begin(sink, name)?;
    writer.data(data.as_bytes());
    writer.finish();
    Ok(())
}
