//! What a run does with the value itself.

use core::{convert::Infallible, fmt};

use serde::ser::{Serialize, Serializer};

use super::{
    ValueError,
    containers::{List, Members},
    object::{Object, Shape, walk_value},
    walk::{Out, Stop, Walk, Writing},
};
use crate::canonical::{Selection, SerializeError, Sink, serialize::Writer};

/// The names under which serde_json hands itself JSON text.
pub(super) const RAW_NAMES: [&str; 2] =
    ["$serde_json::private::RawValue", "$serde_json::private::Number"];

/// What has gone all the way through the serializer; nobody else can make one.
#[derive(Debug)]
pub(super) struct Done(());

impl Done {
    pub(super) const DONE: Result<Self, Stop> = Ok(Self(()));
}

/// The serializer of one run.
pub(super) struct Run<'r, 'a, S, K> {
    pub(super) walk: &'r mut Walk<'a, S, K>,
    pub(super) object: &'r mut Object,
    /// The value stands in a `Some`.
    pub(super) in_some: bool,
}

impl<'r, 'a, S: Selection, K: Sink> Run<'r, 'a, S, K> {
    /// For what is no object: it should not have been one in an earlier run.
    fn look(&mut self) -> Result<(), Stop> {
        if self.object.is_looked_at() { Ok(()) } else { Err(self.walk.fail(ValueError::Changed)) }
    }

    /// Writes a scalar as [`write_json`](crate::canonical::write_json) does, which is canonical.
    fn scalar<W>(mut self, write: W) -> Result<Done, Stop>
    where
        W: FnOnce(Writer<'_, Out<'a, K>>) -> Result<(), SerializeError<Infallible>>,
    {
        self.look()?;
        match write(Writer(self.walk.out(), false)) {
            Ok(()) => Done::DONE,
            Err(SerializeError::NonFinite) => Err(self.walk.fail(ValueError::NonFinite)),
            Err(_) => Err(self.walk.fail(ValueError::Refused)),
        }
    }

    fn null(self) -> Result<Done, Stop> {
        if self.in_some && self.walk.writing() == Writing::Strict {
            return Err(self.walk.fail(ValueError::NullInSome));
        }
        self.scalar(|writer| writer.serialize_unit())
    }

    fn list(mut self) -> Result<List<'r, 'a, S, K>, Stop> {
        self.look()?;
        self.walk.enter(b"[")?;
        let place = self.walk.element(self.object.place());
        Ok(List { walk: self.walk, place, begun: false, variant: None })
    }

    fn members(self, shape: Shape) -> Result<Members<'r, 'a, S, K>, Stop> {
        self.object.open(self.walk, shape)?;
        Ok(Members { run: self, raw: None })
    }
}

macro_rules! scalars {
    ($($method:ident $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<Done, Stop> {
            self.scalar(|writer| writer.$method(value))
        })*
    };
}

impl<'r, 'a, S: Selection, K: Sink> Serializer for Run<'r, 'a, S, K> {
    type Ok = Done;
    type Error = Stop;
    type SerializeSeq = List<'r, 'a, S, K>;
    type SerializeTuple = List<'r, 'a, S, K>;
    type SerializeTupleStruct = List<'r, 'a, S, K>;
    type SerializeTupleVariant = List<'r, 'a, S, K>;
    type SerializeMap = Members<'r, 'a, S, K>;
    type SerializeStruct = Members<'r, 'a, S, K>;
    type SerializeStructVariant = Members<'r, 'a, S, K>;

    scalars! {
        serialize_bool bool,
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128,
        serialize_f32 f32, serialize_f64 f64, serialize_char char, serialize_str &str,
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Done, Stop> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<Done, Stop> {
        self.null()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Done, Stop> {
        value.serialize(Self { in_some: true, ..self })
    }

    fn serialize_unit(self) -> Result<Done, Stop> {
        self.null()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Done, Stop> {
        self.null()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Done, Stop> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Done, Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Done, Stop> {
        self.look()?;
        let walk = self.walk;
        walk.enter(b"{")?;
        let member = walk.begin_member(self.object.place(), &mut false, variant);
        walk_value(walk, value, member.inside)?;
        walk.end_member(member);
        walk.leave(b"}");
        Done::DONE
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Self::SerializeSeq, Stop> {
        self.list()
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self::SerializeTuple, Stop> {
        self.list()
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, Stop> {
        self.list()
    }

    fn serialize_tuple_variant(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, Stop> {
        self.look()?;
        self.walk.enter(b"{")?;
        let member = self.walk.begin_member(self.object.place(), &mut false, variant);
        self.walk.enter(b"[")?;
        let place = self.walk.element(member.inside);
        Ok(List { walk: self.walk, place, begun: false, variant: Some(member) })
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, Stop> {
        self.members(Shape::Plain)
    }

    fn serialize_struct(
        mut self,
        name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStruct, Stop> {
        if self.walk.writing() == Writing::SerdeJson && RAW_NAMES.contains(&name) {
            self.look()?;
            return Ok(Members { run: self, raw: Some(true) });
        }
        self.members(Shape::Plain)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, Stop> {
        self.members(Shape::Variant(variant))
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<Done, Stop> {
        self.scalar(|writer| writer.collect_str(value))
    }
}
