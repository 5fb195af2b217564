//! Keys of maps, which have to be strings.

use core::fmt;

use serde::ser::{self, Impossible, Serialize};

/// What becomes of a key.
pub(super) trait TakeName {
    type Error: ser::Error;
    fn not_a_string() -> Self::Error;

    /// Whether a string in a `Some` is a key too.
    fn takes_some(&self) -> bool {
        false
    }

    fn text(self, name: &str) -> Result<(), Self::Error>;

    fn display<T: fmt::Display + ?Sized>(self, name: &T) -> Result<(), Self::Error>;
}

/// Takes a map's key: only what is a JSON string anyway.
pub(super) struct Key<N>(pub(super) N);

macro_rules! refuse {
    ($($method:ident $type:ty,)*) => {
        $(fn $method(self, _value: $type) -> Result<(), Self::Error> {
            Err(N::not_a_string())
        })*
    };
}

/// No container can be a key.
type No<N> = Impossible<(), <N as TakeName>::Error>;

impl<N: TakeName> ser::Serializer for Key<N> {
    type Ok = ();
    type Error = N::Error;
    type SerializeSeq = No<N>;
    type SerializeTuple = No<N>;
    type SerializeTupleStruct = No<N>;
    type SerializeTupleVariant = No<N>;
    type SerializeMap = No<N>;
    type SerializeStruct = No<N>;
    type SerializeStructVariant = No<N>;

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
        self.0.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Self::Error> {
        self.0.text(value)
    }

    fn serialize_none(self) -> Result<(), Self::Error> {
        Err(N::not_a_string())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Self::Error> {
        if self.0.takes_some() { value.serialize(self) } else { Err(N::not_a_string()) }
    }

    fn serialize_unit(self) -> Result<(), Self::Error> {
        Err(N::not_a_string())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Self::Error> {
        self.0.text(variant)
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
        Err(N::not_a_string())
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<No<N>, Self::Error> {
        Err(N::not_a_string())
    }

    fn serialize_tuple(self, _len: usize) -> Result<No<N>, Self::Error> {
        Err(N::not_a_string())
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<No<N>, Self::Error> {
        Err(N::not_a_string())
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<No<N>, Self::Error> {
        Err(N::not_a_string())
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<No<N>, Self::Error> {
        Err(N::not_a_string())
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<No<N>, Self::Error> {
        Err(N::not_a_string())
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<No<N>, Self::Error> {
        Err(N::not_a_string())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Self::Error> {
        self.0.display(value)
    }
}
