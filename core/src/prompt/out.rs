//! JSON written piece by piece.

use embedded_io::Write;

use super::number;
use super::raw::{RawJson, RawObject};
use crate::json;

/// Writes JSON tokens and puts the commas between them.
///
/// One flag is enough for any nesting: a comma is due exactly when a value has just ended.
pub(super) struct Out<'w, W> {
    writer: &'w mut W,
    comma_due: bool,
}

/// The member that marks a block, which each dialect spells in its own way.
pub(super) type Mark<'m> = (&'m str, &'m str);

impl<'w, W: Write> Out<'w, W> {
    pub(super) const fn new(writer: &'w mut W) -> Self {
        Self { writer, comma_due: false }
    }

    /// `{` or `[`.
    pub(super) fn open(&mut self, bracket: &str) -> Result<(), W::Error> {
        self.separate()?;
        self.comma_due = false;
        self.writer.write_all(bracket.as_bytes())
    }

    /// `}` or `]`.
    pub(super) fn close(&mut self, bracket: &str) -> Result<(), W::Error> {
        self.comma_due = true;
        self.writer.write_all(bracket.as_bytes())
    }

    /// A member's name and colon.
    pub(super) fn name(&mut self, name: &str) -> Result<(), W::Error> {
        self.separate()?;
        self.comma_due = false;
        json::write_str(self.writer, name)?;
        self.writer.write_all(b":")
    }

    pub(super) fn string(&mut self, text: &str) -> Result<(), W::Error> {
        self.separate()?;
        self.comma_due = true;
        json::write_str(self.writer, text)
    }

    /// A string given in pieces.
    pub(super) fn string_of(&mut self, pieces: &[&str]) -> Result<(), W::Error> {
        self.verbatim("\"")?;
        for piece in pieces {
            json::write_inside(self.writer, piece)?;
        }
        self.writer.write_all(b"\"")
    }

    /// One value that is JSON already, byte for byte.
    pub(super) fn verbatim(&mut self, json: &str) -> Result<(), W::Error> {
        self.separate()?;
        self.comma_due = true;
        self.writer.write_all(json.as_bytes())
    }

    /// An object byte for byte, with the mark put in before its closing brace.
    pub(super) fn object(&mut self, raw: &RawObject<'_>, mark: Mark<'_>) -> Result<(), W::Error> {
        if raw.cache_control.is_none() {
            return self.verbatim(raw.json.as_str());
        }
        let text = raw.json.as_str().trim_ascii_end();
        let open = text.strip_suffix('}').unwrap_or(text);
        self.verbatim(open)?;
        self.comma_due = open.trim_ascii() != "{";
        self.member(mark)?;
        self.close("}")
    }

    /// A member whose value is JSON already.
    pub(super) fn member(&mut self, (name, json): Mark<'_>) -> Result<(), W::Error> {
        self.name(name)?;
        self.verbatim(json)
    }

    /// A string member.
    pub(super) fn member_str(&mut self, name: &str, text: &str) -> Result<(), W::Error> {
        self.name(name)?;
        self.string(text)
    }

    pub(super) fn optional_str(&mut self, name: &str, text: Option<&str>) -> Result<(), W::Error> {
        text.map_or(Ok(()), |text| self.member_str(name, text))
    }

    pub(super) fn optional_raw(
        &mut self,
        name: &str,
        raw: Option<RawJson<'_>>,
    ) -> Result<(), W::Error> {
        raw.map_or(Ok(()), |raw| self.member((name, raw.as_str())))
    }

    pub(super) fn optional_u32(&mut self, name: &str, value: Option<u32>) -> Result<(), W::Error> {
        let Some(value) = value else { return Ok(()) };
        self.name(name)?;
        self.comma_due = true;
        number::write_u64(self.writer, u64::from(value))
    }

    /// A number member. The value has passed [`number::is_writable`].
    pub(super) fn optional_f64(&mut self, name: &str, value: Option<f64>) -> Result<(), W::Error> {
        let Some(value) = value else { return Ok(()) };
        self.name(name)?;
        self.comma_due = true;
        number::write_f64(self.writer, value)
    }

    /// A member `true`, or nothing.
    pub(super) fn flag(&mut self, name: &str, is_set: bool) -> Result<(), W::Error> {
        if is_set { self.member((name, "true")) } else { Ok(()) }
    }

    fn separate(&mut self) -> Result<(), W::Error> {
        if self.comma_due { self.writer.write_all(b",") } else { Ok(()) }
    }
}

/// Counts what is written to it.
#[derive(Default)]
pub(super) struct Counter {
    pub(super) len: usize,
}

impl embedded_io::ErrorType for Counter {
    type Error = core::convert::Infallible;
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.len += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
