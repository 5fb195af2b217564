//! Containers of [`write_json`](super::write_json).

use core::fmt;

use embedded_io::Write;
use serde::ser::{self, Serialize, Serializer};

use super::{
    map_key::{Key, TakeName},
    serialize::{Failure, SerializeError, Writer},
};

/// An open container that takes its elements or members.
pub(super) struct Inside<'w, W> {
    pub(super) writer: Writer<'w, W>,
    pub(super) begun: bool,
    pub(super) closing: &'static [u8],
}

impl<W: Write> Inside<'_, W> {
    fn comma(&mut self) -> Result<(), Failure<W>> {
        if core::mem::replace(&mut self.begun, true) { self.writer.raw(b",") } else { Ok(()) }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure<W>> {
        self.comma()?;
        value.serialize(Writer(self.writer.0, false))
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Failure<W>> {
        self.comma()?;
        self.writer.string(name)?;
        self.value(value)
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure<W>> {
        self.writer.raw(b":")?;
        value.serialize(Writer(self.writer.0, false))
    }

    fn close(mut self) -> Result<(), Failure<W>> {
        self.writer.raw(self.closing)
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident,)*) => {$(
        impl<W: Write> ser::$trait for Inside<'_, W> {
            type Ok = ();
            type Error = Failure<W>;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Self::Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Self::Error> {
                self.close()
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

macro_rules! structs {
    ($($trait:ident,)*) => {$(
        impl<W: Write> ser::$trait for Inside<'_, W> {
            type Ok = ();
            type Error = Failure<W>;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Self::Error> {
                self.member(name, value)
            }

            fn end(self) -> Result<(), Self::Error> {
                self.close()
            }
        }
    )*};
}

structs! { SerializeStruct, SerializeStructVariant, }

impl<W: Write> ser::SerializeMap for Inside<'_, W> {
    type Ok = ();
    type Error = Failure<W>;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Self::Error> {
        self.comma()?;
        key.serialize(Key(Writer(self.writer.0, false)))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Self::Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Self::Error> {
        self.close()
    }
}

/// A key is written as the string that it is.
impl<W: Write> TakeName for Writer<'_, W> {
    type Error = Failure<W>;

    fn not_a_string() -> Self::Error {
        SerializeError::KeyNotString
    }

    fn text(mut self, name: &str) -> Result<(), Self::Error> {
        self.string(name)
    }

    fn display<T: fmt::Display + ?Sized>(self, name: &T) -> Result<(), Self::Error> {
        self.collect_str(name)
    }
}
