//! Containers and map keys of [`write_json`](super::write_json).

use core::fmt;

use embedded_io::Write;
use serde::ser::{self, Impossible, Serialize};

use super::serialize::{Failure, SerializeError, Writer};

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

/// Takes a map's key: only what is a JSON string anyway.
struct Key<'w, W>(Writer<'w, W>);

macro_rules! refuse {
    ($($method:ident $type:ty,)*) => {
        $(fn $method(self, _value: $type) -> Result<(), Self::Error> {
            Err(SerializeError::KeyNotString)
        })*
    };
}

/// No container can be a key.
type No<W> = Impossible<(), Failure<W>>;

impl<W: Write> ser::Serializer for Key<'_, W> {
    type Ok = ();
    type Error = Failure<W>;
    type SerializeSeq = No<W>;
    type SerializeTuple = No<W>;
    type SerializeTupleStruct = No<W>;
    type SerializeTupleVariant = No<W>;
    type SerializeMap = No<W>;
    type SerializeStruct = No<W>;
    type SerializeStructVariant = No<W>;

    refuse! {
        serialize_bool bool,
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128,
        serialize_f32 f32, serialize_f64 f64, serialize_bytes &[u8],
        serialize_unit_struct &'static str,
    }

    fn serialize_char(self, value: char) -> Result<(), Self::Error> {
        self.0.serialize_char(value)
    }

    fn serialize_str(self, value: &str) -> Result<(), Self::Error> {
        self.0.serialize_str(value)
    }

    fn serialize_none(self) -> Result<(), Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Result<(), Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_unit(self) -> Result<(), Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Self::Error> {
        self.0.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<No<W>, Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_tuple(self, _len: usize) -> Result<No<W>, Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<No<W>, Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<No<W>, Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<No<W>, Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<No<W>, Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<No<W>, Self::Error> {
        Err(SerializeError::KeyNotString)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Self::Error> {
        self.0.collect_str(value)
    }
}
