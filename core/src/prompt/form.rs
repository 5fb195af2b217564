//! What the pieces of an encoded request are written to.

use embedded_io::Write;

use super::number;
use super::raw::RawJson;
use crate::canonical::Place;
use crate::json::{self, JsonStr};

/// What becomes of the pieces.
pub(crate) trait Form {
    /// Why a piece could not be written.
    type Error;
    /// Whether members come in canonical order, less those that do not count.
    const IS_CANONICAL: bool;

    /// Brackets, commas, constants.
    fn write(&mut self, json: &str) -> Result<(), Self::Error>;
    /// The inside of a string, yet to be escaped.
    fn text(&mut self, text: &str) -> Result<(), Self::Error>;
    fn integer(&mut self, value: u32) -> Result<(), Self::Error>;
    /// A finite number.
    fn double(&mut self, value: f64) -> Result<(), Self::Error>;
    /// A value that the caller holds as JSON.
    fn raw(&mut self, json: RawJson<'_>, at: Position) -> Result<(), Self::Error>;
    /// Such a value in a member that is left out.
    fn left_out(&mut self, json: RawJson<'_>, at: Position) -> Result<(), Self::Error>;
    /// Where a member's value is; `None` leaves the member out.
    fn member(&self, object: Place, name: &JsonStr<'_>) -> Option<Place>;
    /// Where the elements of an array are.
    fn element(&self, array: Place) -> Place;
}

/// Where a value stands: known only where the form is canonical.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) place: Place,
    /// Containers that are open around it.
    pub(crate) depth: usize,
}

/// The form that is sent: members in the order of the encoder, raw JSON byte for byte.
pub(crate) struct Wire<'w, W>(pub(crate) &'w mut W);

impl<W: Write> Form for Wire<'_, W> {
    type Error = W::Error;
    const IS_CANONICAL: bool = false;

    fn write(&mut self, json: &str) -> Result<(), W::Error> {
        self.0.write_all(json.as_bytes())
    }

    fn text(&mut self, text: &str) -> Result<(), W::Error> {
        json::write_inside(self.0, text)
    }

    fn integer(&mut self, value: u32) -> Result<(), W::Error> {
        number::write_u32(self.0, value)
    }

    fn double(&mut self, value: f64) -> Result<(), W::Error> {
        number::write_f64(self.0, value)
    }

    fn raw(&mut self, json: RawJson<'_>, _at: Position) -> Result<(), W::Error> {
        self.write(json.as_str())
    }

    fn left_out(&mut self, _json: RawJson<'_>, _at: Position) -> Result<(), W::Error> {
        Ok(())
    }

    fn member(&self, object: Place, _name: &JsonStr<'_>) -> Option<Place> {
        Some(object)
    }

    fn element(&self, array: Place) -> Place {
        array
    }
}

/// Counts what is written to it.
#[derive(Default)]
pub(crate) struct Counter {
    pub(crate) len: usize,
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
