//! A connection that takes a page at a time: what a device that sends a long request has.

use core::convert::Infallible;

use embedded_io::{ErrorType, Write};
use llm_cache_core::{canonical::Sink, key::FieldHasher};

/// Gathers bytes in a buffer, and sends it whenever it is full. What is sent is hashed.
pub struct Link<'b> {
    buffer: &'b mut [u8],
    filled: usize,
    sent: usize,
    hash: FieldHasher,
}

impl<'b> Link<'b> {
    pub fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, filled: 0, sent: 0, hash: FieldHasher::new("firmware link") }
    }

    /// What was written and is not sent yet.
    pub fn unsent(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    /// Sends the rest. How many bytes went over, and their hash.
    pub fn finish(mut self) -> (usize, [u8; 32]) {
        self.send();
        (self.sent, self.hash.finish())
    }

    fn send(&mut self) {
        self.hash.write(&self.buffer[..self.filled]);
        self.sent += self.filled;
        self.filled = 0;
    }
}

impl ErrorType for Link<'_> {
    type Error = Infallible;
}

impl Write for Link<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        if self.filled == self.buffer.len() {
            self.send();
        }
        let room = &mut self.buffer[self.filled..];
        let taken = bytes.len().min(room.len());
        room[..taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        Ok(taken)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.send();
        Ok(())
    }
}
