//! Values that make every call that serde knows.

use core::fmt;

use proptest::{collection, prelude::*};
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use std::{boxed::Box, string::String, vec, vec::Vec};

pub(super) const RAW: &str = "$serde_json::private::RawValue";

const RAW_OBJECT: &str = r#" {"b": {"\u0062":1, "a" :[2.50 , -0]} ,"a":"\/","stream":{}}"#;

/// Names of fields and variants, in no order.
pub(super) const NAMES: [&str; 12] = [
    "model",
    "messages",
    "metadata",
    "stream",
    "a",
    "",
    "user_id",
    "a quite long name, longer than a chunk, and \"quoted\\\" too",
    "a quite long name, longer than a chunk, and \"quoted\\\" two",
    "a quite long name, longer than what is kept of the last name: 012345678901234567890 a",
    "a quite long name, longer than what is kept of the last name: 012345678901234567890 b",
    "\u{e9}",
];

#[derive(Clone, Debug)]
pub(super) enum Any {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Long(i128),
    VeryLong(u128),
    Float(f32),
    Double(f64),
    Char(char),
    Text(String),
    /// Through `collect_str`, a character at a time.
    Shown(String),
    Bytes(Vec<u8>),
    None,
    Some(Box<Self>),
    Unit,
    UnitVariant(usize),
    Newtype(Box<Self>),
    NewtypeVariant(usize, Box<Self>),
    Seq(Vec<Self>),
    Tuple(Vec<Self>),
    TupleStruct(Vec<Self>),
    TupleVariant(usize, Vec<Self>),
    Map(Vec<(Name, Self)>),
    Struct(Vec<(usize, Self)>),
    StructVariant(usize, Vec<(usize, Self)>),
    /// JSON text, as serde_json's `RawValue` brings it along.
    Raw(String),
}

#[derive(Clone, Debug)]
pub(super) enum Name {
    Text(String),
    Shown(String),
    Char(char),
    Some(Box<Self>),
    Variant(usize),
}

struct Letters<'a>(&'a str);

impl fmt::Display for Letters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| f.write_fmt(format_args!("{letter}")))
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Shown(text) => serializer.collect_str(&Letters(text)),
            Self::Char(letter) => serializer.serialize_char(*letter),
            Self::Some(name) => serializer.serialize_some(name),
            Self::Variant(name) => serializer.serialize_unit_variant("E", 0, NAMES[*name]),
        }
    }
}

impl Serialize for Any {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Long(value) => serializer.serialize_i128(*value),
            Self::VeryLong(value) => serializer.serialize_u128(*value),
            Self::Float(value) => serializer.serialize_f32(*value),
            Self::Double(value) => serializer.serialize_f64(*value),
            Self::Char(value) => serializer.serialize_char(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Shown(value) => serializer.collect_str(&Letters(value)),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::None => serializer.serialize_none(),
            Self::Some(value) => serializer.serialize_some(value),
            Self::Unit => serializer.serialize_unit(),
            Self::UnitVariant(name) => serializer.serialize_unit_variant("E", 0, NAMES[*name]),
            Self::Newtype(value) => serializer.serialize_newtype_struct("N", value),
            Self::NewtypeVariant(name, value) => {
                serializer.serialize_newtype_variant("E", 0, NAMES[*name], value)
            }
            Self::Seq(values) => {
                let mut open = serializer.serialize_seq(None)?;
                values.iter().try_for_each(|value| open.serialize_element(value))?;
                open.end()
            }
            Self::Tuple(values) => {
                let mut open = serializer.serialize_tuple(values.len())?;
                values.iter().try_for_each(|value| open.serialize_element(value))?;
                open.end()
            }
            Self::TupleStruct(values) => {
                let mut open = serializer.serialize_tuple_struct("T", values.len())?;
                values.iter().try_for_each(|value| open.serialize_field(value))?;
                open.end()
            }
            Self::TupleVariant(name, values) => {
                let len = values.len();
                let mut open = serializer.serialize_tuple_variant("E", 0, NAMES[*name], len)?;
                values.iter().try_for_each(|value| open.serialize_field(value))?;
                open.end()
            }
            Self::Map(members) => {
                let mut open = serializer.serialize_map(None)?;
                for (at, (name, value)) in members.iter().enumerate() {
                    if at % 2 == 0 {
                        open.serialize_entry(name, value)?;
                    } else {
                        open.serialize_key(name)?;
                        open.serialize_value(value)?;
                    }
                }
                open.end()
            }
            Self::Struct(members) => {
                let mut open = serializer.serialize_struct("S", members.len())?;
                for (name, value) in members {
                    open.serialize_field(NAMES[*name], value)?;
                }
                open.end()
            }
            Self::StructVariant(name, members) => {
                let len = members.len();
                let mut open = serializer.serialize_struct_variant("E", 0, NAMES[*name], len)?;
                for (name, value) in members {
                    open.serialize_field(NAMES[*name], value)?;
                }
                open.end()
            }
            Self::Raw(text) => {
                let mut open = serializer.serialize_struct(RAW, 1)?;
                open.serialize_field(RAW, text)?;
                open.end()
            }
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c\"\\\\/\u{0}\n\u{7f}\u{e9}\u{ffff}\u{10000}]{0,3}",
        "(prefix of eight and more ){1,4}[ab\u{0}]{0,2}",
    ]
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![
        4 => text().prop_map(Name::Text),
        1 => text().prop_map(Name::Shown),
        1 => "[a-c\u{10000}]".prop_map(|text| Name::Char(text.chars().next().expect("one"))),
        1 => text().prop_map(|text| Name::Some(Box::new(Name::Text(text)))),
        1 => (0..NAMES.len()).prop_map(Name::Variant),
    ]
}

fn scalar() -> impl Strategy<Value = Any> {
    let whole = |value: i32| Any::Double(value.into());
    prop_oneof![
        any::<bool>().prop_map(Any::Bool),
        any::<i64>().prop_map(Any::Signed),
        any::<u64>().prop_map(Any::Unsigned),
        any::<i128>().prop_map(Any::Long),
        any::<u128>().prop_map(Any::VeryLong),
        (-3..3_i64).prop_map(Any::Signed),
        (-10..10).prop_map(whole),
        Just(Any::Double(-0.0)),
        any::<f32>().prop_filter("finite", |value| value.is_finite()).prop_map(Any::Float),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Any::Double),
        any::<char>().prop_map(Any::Char),
        text().prop_map(Any::Text),
        text().prop_map(Any::Shown),
        collection::vec(any::<u8>(), 0..4).prop_map(Any::Bytes),
        Just(Any::None),
        Just(Any::Unit),
        (0..NAMES.len()).prop_map(Any::UnitVariant),
        "-?(0|[1-9][0-9]{0,20})([.][0-9]{1,3})?(e[0-9]{1,2})?".prop_map(Any::Raw),
        Just(Any::Raw(RAW_OBJECT.into())),
    ]
}

/// Any value, four levels deep; names of fields are unique as a rule and not in order.
pub(super) fn value() -> impl Strategy<Value = Any> {
    scalar().prop_recursive(4, 60, 8, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let list = collection::vec(inner.clone(), 0..4);
        let variant = 0..NAMES.len();
        let names = Just(Vec::from_iter(variant.clone())).prop_shuffle();
        let fields = (collection::vec(inner.clone(), 0..7), names)
            .prop_map(|(values, names)| names.into_iter().zip(values).collect::<Vec<_>>());
        prop_oneof![
            1 => boxed.clone().prop_map(Any::Some),
            1 => boxed.clone().prop_map(Any::Newtype),
            1 => (variant.clone(), boxed).prop_map(|(at, value)| Any::NewtypeVariant(at, value)),
            1 => list.clone().prop_map(Any::Seq),
            1 => list.clone().prop_map(Any::Tuple),
            1 => list.clone().prop_map(Any::TupleStruct),
            1 => (variant.clone(), list).prop_map(|(name, values)| Any::TupleVariant(name, values)),
            3 => collection::vec((name(), inner), 0..8).prop_map(Any::Map),
            3 => fields.clone().prop_map(Any::Struct),
            1 => (variant, fields).prop_map(|(name, fields)| Any::StructVariant(name, fields)),
        ]
    })
}
