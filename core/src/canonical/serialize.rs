//! Any serde value as JSON text, without a heap, and strictly.

use core::fmt;

use embedded_io::Write;
use serde::ser::{self, Serialize};

use super::{
    compound::Inside,
    number::write_digits,
    shortest::{self, Digits},
};
use crate::json;

/// Why a value has no JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SerializeError<E> {
    /// A float is infinite or not a number; JSON has no word for it, and `null` is another value.
    NonFinite,
    /// A map has a key that is not a string, a character or a unit variant.
    KeyNotString,
    /// A `Some` holds what is written `null`, and so could not be told from `None`.
    NullInSome,
    /// The value's own `Serialize` refused; its message is not kept.
    Refused,
    /// The writer failed.
    Write(E),
}

impl<E: fmt::Debug> fmt::Display for SerializeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NonFinite => f.write_str("JSON has no infinite numbers and no NaN"),
            Self::KeyNotString => f.write_str("a map key is not a string"),
            Self::NullInSome => f.write_str("a `Some` that is written as `null`, as `None` is"),
            Self::Refused => f.write_str("the value refused to be serialised"),
            Self::Write(error) => write!(f, "writing JSON failed: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for SerializeError<E> {}

impl<E: fmt::Debug> ser::Error for SerializeError<E> {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::Refused
    }
}

/// Writes `value` as JSON text, in serde_json's data model and with nothing made up.
///
/// The text is compact and in the value's own order, not canonical. Unlike serde_json it refuses
/// floats that JSON cannot hold, map keys that are not strings, and a `Some` that reads back as
/// `None`, such as `Some(None)`: two values with one text would share one key. A float has the
/// shortest digits that tell it from its neighbours: an `f32` those of `f32`. 128-bit integers are
/// written in full.
///
/// # Errors
/// [`SerializeError`]; what was written until then means nothing.
pub fn write_json<T, W>(value: &T, writer: &mut W) -> Result<(), SerializeError<W::Error>>
where
    T: Serialize + ?Sized,
    W: Write,
{
    value.serialize(Writer(writer, false))
}

/// The serializer: one value into the writer. The flag says that the value stands in a `Some`.
pub(super) struct Writer<'w, W>(pub(super) &'w mut W, pub(super) bool);

pub(super) type Failure<W> = SerializeError<<W as embedded_io::ErrorType>::Error>;
type Outcome<W> = Result<(), Failure<W>>;

impl<'w, W: Write> Writer<'w, W> {
    pub(super) fn raw(&mut self, bytes: &[u8]) -> Outcome<W> {
        self.0.write_all(bytes).map_err(SerializeError::Write)
    }

    pub(super) fn string(&mut self, text: &str) -> Outcome<W> {
        json::write_str(self.0, text).map_err(SerializeError::Write)
    }

    /// Writes the digits of an integer.
    fn display(&mut self, value: impl fmt::Display) -> Outcome<W> {
        let mut text = Text { writer: self.0, failed: None };
        let written = fmt::write(&mut text, format_args!("{value}"));
        text.outcome(written)
    }

    fn float(&mut self, digits: Option<Digits>, negative: bool) -> Outcome<W> {
        let mut outcome = Ok(());
        write_digits(digits, negative, |bytes| {
            if outcome.is_ok() {
                outcome = self.raw(bytes);
            }
        });
        outcome
    }

    fn open(mut self, bracket: &[u8], closing: &'static [u8]) -> Result<Inside<'w, W>, Failure<W>> {
        self.raw(bracket)?;
        Ok(Inside { writer: self, begun: false, closing })
    }

    /// Opens `{"variant":` and then a container.
    fn open_variant(
        mut self,
        variant: &str,
        bracket: &[u8],
        closing: &'static [u8],
    ) -> Result<Inside<'w, W>, Failure<W>> {
        self.raw(b"{")?;
        self.string(variant)?;
        self.raw(b":")?;
        self.open(bracket, closing)
    }
}

/// The inside of a string, written in pieces.
struct Text<'w, W: Write> {
    writer: &'w mut W,
    failed: Option<W::Error>,
}

impl<W: Write> Text<'_, W> {
    fn outcome(self, written: fmt::Result) -> Outcome<W> {
        match self.failed {
            Some(error) => Err(SerializeError::Write(error)),
            None => written.map_err(|fmt::Error| SerializeError::Refused),
        }
    }
}

impl<W: Write> fmt::Write for Text<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        json::write_inside(self.writer, text).map_err(|error| {
            self.failed = Some(error);
            fmt::Error
        })
    }
}

macro_rules! integers {
    ($($method:ident $type:ident,)*) => {
        $(fn $method(mut self, value: $type) -> Result<(), Self::Error> {
            self.display(value)
        })*
    };
}

impl<'w, W: Write> ser::Serializer for Writer<'w, W> {
    type Ok = ();
    type Error = SerializeError<W::Error>;
    type SerializeSeq = Inside<'w, W>;
    type SerializeTuple = Inside<'w, W>;
    type SerializeTupleStruct = Inside<'w, W>;
    type SerializeTupleVariant = Inside<'w, W>;
    type SerializeMap = Inside<'w, W>;
    type SerializeStruct = Inside<'w, W>;
    type SerializeStructVariant = Inside<'w, W>;

    integers! {
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128,
    }

    fn serialize_bool(mut self, value: bool) -> Result<(), Self::Error> {
        self.raw(if value { b"true" } else { b"false" })
    }

    fn serialize_f32(mut self, value: f32) -> Result<(), Self::Error> {
        if !value.is_finite() {
            return Err(SerializeError::NonFinite);
        }
        let digits = (value != 0.0).then(|| shortest::of_f32(value.abs()));
        self.float(digits, value.is_sign_negative())
    }

    fn serialize_f64(mut self, value: f64) -> Result<(), Self::Error> {
        if !value.is_finite() {
            return Err(SerializeError::NonFinite);
        }
        let digits = (value != 0.0).then(|| shortest::of_f64(value.abs()));
        self.float(digits, value.is_sign_negative())
    }

    fn serialize_char(mut self, value: char) -> Result<(), Self::Error> {
        self.string(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(mut self, value: &str) -> Result<(), Self::Error> {
        self.string(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Self::Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Self::Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Self::Error> {
        value.serialize(Writer(self.0, true))
    }

    fn serialize_unit(mut self) -> Result<(), Self::Error> {
        if self.1 {
            return Err(SerializeError::NullInSome);
        }
        self.raw(b"null")
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Self::Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Self::Error> {
        self.string(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        self.raw(b"{")?;
        self.string(variant)?;
        self.raw(b":")?;
        value.serialize(Writer(self.0, false))?;
        self.raw(b"}")
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Inside<'w, W>, Self::Error> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple(self, _len: usize) -> Result<Inside<'w, W>, Self::Error> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Inside<'w, W>, Self::Error> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Inside<'w, W>, Self::Error> {
        self.open_variant(variant, b"[", b"]}")
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Inside<'w, W>, Self::Error> {
        self.open(b"{", b"}")
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Inside<'w, W>, Self::Error> {
        self.open(b"{", b"}")
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Inside<'w, W>, Self::Error> {
        self.open_variant(variant, b"{", b"}}")
    }

    fn collect_str<T: fmt::Display + ?Sized>(mut self, value: &T) -> Result<(), Self::Error> {
        self.raw(b"\"")?;
        let mut text = Text { writer: self.0, failed: None };
        let written = fmt::write(&mut text, format_args!("{value}"));
        text.outcome(written)?;
        self.raw(b"\"")
    }
}
