//! UTF-8 in pieces.

use super::utf8;

/// Checks that bytes in pieces are UTF-8.
pub(super) struct Utf8Check {
    /// The first bytes of a character that a piece has cut.
    tail: [u8; 4],
    len: usize,
}

impl Utf8Check {
    pub(super) const NEW: Self = Self { tail: [0; 4], len: 0 };

    /// How many bytes of a character have come that is not whole yet.
    pub(super) const fn cut(&self) -> usize {
        self.len
    }

    /// Takes the next bytes; the error is where the bad character starts, counted from the first of
    /// them: below 0 if a piece has cut it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), isize> {
        let mut done = 0;
        while self.len > 0 {
            let Some(&byte) = bytes.get(done) else { return Ok(()) };
            let start = done as isize - self.len as isize;
            let Some(place) = self.tail.get_mut(self.len) else { return Err(start) };
            *place = byte;
            (self.len, done) = (self.len + 1, done + 1);
            match core::str::from_utf8(self.tail.get(..self.len).unwrap_or_default()) {
                Ok(_) => self.len = 0,
                Err(error) if error.error_len().is_some() => return Err(start),
                Err(_) => {}
            }
        }
        let rest = bytes.get(done..).unwrap_or_default();
        let Err(error) = utf8(rest) else { return Ok(()) };
        let good = error.valid_up_to();
        if error.error_len().is_some() {
            return Err((done + good) as isize);
        }
        let cut = rest.get(good..).unwrap_or_default();
        self.tail.iter_mut().zip(cut).for_each(|(place, byte)| *place = *byte);
        self.len = cut.len();
        Ok(())
    }
}
