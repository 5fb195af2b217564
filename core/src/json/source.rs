//! Where the bytes of a JSON text come from.

use super::JsonError;

/// A text that is read by offset, a window at a time.
///
/// For a slice the window is all the rest of it, and the calls compile to nothing. Anything else
/// keeps a buffer and gives what is in there.
pub(crate) trait Source {
    /// What reading the text may end in.
    type Error: From<JsonError>;

    /// The bytes from `at` on, as many as are at hand: none only at or behind the end of the text.
    fn window(&mut self, at: usize) -> Result<&[u8], Self::Error>;

    /// The length of the text in bytes.
    fn len(&mut self) -> Result<usize, Self::Error>;

    /// The `len` bytes from `at` on where they lie in memory as UTF-8.
    #[inline]
    fn str(&self, at: usize, len: usize) -> Option<&str> {
        let _ = (at, len);
        None
    }

    /// How many bytes from `left` on are those from `right` on, as far as that is told quickly.
    fn common(&self, left: usize, right: usize) -> usize {
        let _ = (left, right);
        0
    }

    /// The byte at `at`.
    #[inline]
    fn byte(&mut self, at: usize) -> Result<Option<u8>, Self::Error> {
        Ok(self.window(at)?.first().copied())
    }
}

/// A text that lies in memory.
pub(crate) struct Text<'a>(pub(crate) &'a str);

impl Source for Text<'_> {
    type Error = JsonError;

    #[inline]
    fn window(&mut self, at: usize) -> Result<&[u8], JsonError> {
        Ok(self.0.as_bytes().get(at..).unwrap_or_default())
    }

    #[inline]
    fn str(&self, at: usize, len: usize) -> Option<&str> {
        Some(self.0.get(at..at + len).unwrap_or_default())
    }

    // Elsewhere code is dearer than time.
    #[cfg(target_pointer_width = "64")]
    fn common(&self, left: usize, right: usize) -> usize {
        let [left, right] = [left, right].map(|at| self.0.as_bytes().get(at..).unwrap_or_default());
        let words = left.chunks_exact(16).zip(right.chunks_exact(16));
        let start = words.take_while(|(left, right)| left == right).count() * 16;
        let bytes = left[start..].iter().zip(&right[start..]);
        start + bytes.take_while(|(left, right)| left == right).count()
    }

    fn len(&mut self) -> Result<usize, JsonError> {
        Ok(self.0.len())
    }
}
