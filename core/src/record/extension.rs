//! Numbered values beside an entry, for what later versions and other programs add.

/// The numbers of the extensions that FORMAT.md assigns, with what their values are.
pub mod extension_number {
    /// How the payload is encoded; one byte, and the first extension of its record.
    pub const ENCODING: u16 = 2;
    /// A word by which entries are invalidated together; UTF-8. A record may have several.
    pub const TAG: u16 = 3;
    /// The digest of the tenant whose call fetched the answer; 32 bytes.
    pub const TENANT: u16 = 4;
    /// The model that answered, as the answer names it; UTF-8.
    pub const MODEL: u16 = 5;
    /// The price tier that the answer states; UTF-8.
    pub const PRICE_TIER: u16 = 6;
}

/// The extensions of a record: a sequence of `number` (u16), `length` (u32), both little-endian,
/// and that many bytes of value.
///
/// Numbers below 0x8000 are this project's ([`extension_number`]), the others are free for private
/// use. A reader skips numbers that it does not know.
#[derive(Clone, Copy)]
pub struct Extensions<'a> {
    rest: &'a [u8],
}

/// Bytes of a number and a length.
pub const EXTENSION_OVERHEAD: usize = 6;

impl<'a> Extensions<'a> {
    /// Reads the extensions of a record.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The value of the first extension with `number`. O(extensions).
    #[must_use]
    pub fn find(self, number: u16) -> Option<&'a [u8]> {
        let mut all = self;
        all.find_map(|(found, value)| (found == number).then_some(value))
    }
}

/// Numbers and values in order. Ends early where the bytes are no extensions.
impl<'a> Iterator for Extensions<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.rest.split_first_chunk::<EXTENSION_OVERHEAD>()?;
        let [a, b, c, d, e, f] = *head;
        let len = usize::try_from(u32::from_le_bytes([c, d, e, f])).ok()?;
        let value = rest.get(..len)?;
        self.rest = &rest[len..];
        Some((u16::from_le_bytes([a, b]), value))
    }
}

impl core::fmt::Debug for Extensions<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.map(|(number, value)| (number, value.len()))).finish()
    }
}

/// Writes one extension to the front of `buffer`; gives its length.
///
/// # Errors
/// The length it needs, where the buffer is shorter.
pub fn write_extension(buffer: &mut [u8], number: u16, value: &[u8]) -> Result<usize, usize> {
    let needed = EXTENSION_OVERHEAD.saturating_add(value.len());
    let len = u32::try_from(value.len()).map_err(|_| needed)?;
    let target = buffer.get_mut(..needed).ok_or(needed)?;
    target[..2].copy_from_slice(&number.to_le_bytes());
    target[2..EXTENSION_OVERHEAD].copy_from_slice(&len.to_le_bytes());
    target[EXTENSION_OVERHEAD..].copy_from_slice(value);
    Ok(needed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// What is written is read, in order; a cut tail ends the list and nothing else.
    #[test]
    fn values_round_trip() {
        let mut buffer = [0; 40];
        let one = write_extension(&mut buffer, 1, b"abc").unwrap();
        let two = write_extension(&mut buffer[one..], 0x8001, b"").unwrap();
        let bytes = &buffer[..one + two];
        let all: Vec<_> = Extensions::new(bytes).collect();
        assert_eq!(all, [(1, &b"abc"[..]), (0x8001, b"")]);
        assert_eq!(Extensions::new(bytes).find(0x8001), Some(&b""[..]));
        assert_eq!(Extensions::new(bytes).find(2), None);
        for cut in 0..bytes.len() {
            assert_eq!(Extensions::new(&bytes[..cut]).count(), usize::from(cut >= one));
        }
        assert_eq!(write_extension(&mut buffer[..5], 1, b"abc"), Err(9));
    }
}
