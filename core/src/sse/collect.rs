//! Where an event is collected: in a fixed buffer or on the heap.

use core::fmt;

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

/// Why an event was not given out. The event is lost; the events behind it can still be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SseError {
    /// The caller's buffer does not hold the event: it was full before the event's end.
    Full {
        /// The length of the buffer.
        capacity: usize,
    },
    /// The event is longer than the caller allows.
    TooBig {
        /// The most bytes that its name and data may have.
        limit: usize,
    },
    /// The name or the data is not UTF-8.
    NotUtf8,
}

impl fmt::Display for SseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { capacity } => write!(f, "an event does not fit a buffer of {capacity} B"),
            Self::TooBig { limit } => write!(f, "an event is longer than the limit of {limit} B"),
            Self::NotUtf8 => f.write_str("an event is not UTF-8"),
        }
    }
}

impl core::error::Error for SseError {}

/// Memory for one event, its name and its data. Only the types of this crate implement it.
pub trait EventBuffer: sealed::Buffer {}

pub(super) mod sealed {
    use super::SseError;

    /// What [`SseEvents`](super::super::SseEvents) asks of its memory.
    pub trait Buffer {
        fn clear(&mut self);
        fn clear_name(&mut self);
        fn push_name(&mut self, bytes: &[u8]) -> Result<(), SseError>;
        fn push_data(&mut self, bytes: &[u8]) -> Result<(), SseError>;
        /// The name and the data. Nothing is pushed or asked for after it until `clear`.
        fn parts(&mut self) -> (&[u8], &[u8]);
    }
}

/// A buffer of the caller's, which holds a name and data as long as itself together.
///
/// See [`SseEvents::in_buffer`](super::SseEvents::in_buffer).
pub struct FixedBuffer<'m> {
    /// The data from the front on; the name from the back on, its first byte last.
    memory: &'m mut [u8],
    data_len: usize,
    name_len: usize,
}

impl<'m> FixedBuffer<'m> {
    pub(super) fn new(memory: &'m mut [u8]) -> Self {
        Self { memory, data_len: 0, name_len: 0 }
    }

    /// The bytes between the data and the name, if they are at least `len`.
    fn gap(&mut self, len: usize) -> Result<&mut [u8], SseError> {
        let capacity = self.memory.len();
        let gap = self.memory.get_mut(self.data_len..capacity - self.name_len).unwrap_or_default();
        if gap.len() < len { Err(SseError::Full { capacity }) } else { Ok(gap) }
    }
}

impl EventBuffer for FixedBuffer<'_> {}

impl sealed::Buffer for FixedBuffer<'_> {
    fn clear(&mut self) {
        (self.data_len, self.name_len) = (0, 0);
    }

    fn clear_name(&mut self) {
        self.name_len = 0;
    }

    fn push_name(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        let gap = self.gap(bytes.len())?;
        gap.iter_mut().rev().zip(bytes).for_each(|(place, byte)| *place = *byte);
        self.name_len += bytes.len();
        Ok(())
    }

    fn push_data(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        let gap = self.gap(bytes.len())?;
        gap.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        self.data_len += bytes.len();
        Ok(())
    }

    fn parts(&mut self) -> (&[u8], &[u8]) {
        let (data, rest) = self.memory.split_at_mut(self.data_len);
        let (_, name) = rest.split_at_mut(rest.len() - self.name_len);
        name.reverse();
        (name, data)
    }
}

/// A buffer on the heap that grows up to a limit and is used again for the next event.
///
/// See [`SseEvents::on_heap`](super::SseEvents::on_heap).
#[cfg(feature = "alloc")]
pub struct HeapBuffer {
    name: Vec<u8>,
    data: Vec<u8>,
    limit: usize,
}

#[cfg(feature = "alloc")]
impl HeapBuffer {
    pub(super) const fn new(limit: usize) -> Self {
        Self { name: Vec::new(), data: Vec::new(), limit }
    }

    fn check(&self, more: usize) -> Result<(), SseError> {
        let limit = self.limit;
        let left = limit.saturating_sub(self.name.len() + self.data.len());
        if more > left { Err(SseError::TooBig { limit }) } else { Ok(()) }
    }
}

#[cfg(feature = "alloc")]
impl EventBuffer for HeapBuffer {}

#[cfg(feature = "alloc")]
impl sealed::Buffer for HeapBuffer {
    fn clear(&mut self) {
        self.name.clear();
        self.data.clear();
    }

    fn clear_name(&mut self) {
        self.name.clear();
    }

    fn push_name(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        self.check(bytes.len())?;
        self.name.extend_from_slice(bytes);
        Ok(())
    }

    fn push_data(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        self.check(bytes.len())?;
        self.data.extend_from_slice(bytes);
        Ok(())
    }

    fn parts(&mut self) -> (&[u8], &[u8]) {
        (&self.name, &self.data)
    }
}
