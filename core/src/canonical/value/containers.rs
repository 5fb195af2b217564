//! What a run does with elements and members.

use core::{
    fmt::{self, Write},
    mem::replace,
};

use heapless::String;
use serde::ser::{self, Serialize};

use super::{
    ValueError,
    object::walk_value,
    serializer::{Done, RAW_NAMES, Run},
    walk::{Member, Stop, Walk, Writing},
};
use crate::canonical::{
    Place, Selection, Sink,
    map_key::{Key, TakeName},
    sink::NAME_MAX,
};

/// An open array, which every run but the first would be surprised to find.
pub(super) struct List<'r, 'a, S, K> {
    pub(super) walk: &'r mut Walk<'a, S, K>,
    /// Where its elements are.
    pub(super) place: Place,
    pub(super) begun: bool,
    /// The member that it is, of the object that stands for a variant of an enum.
    pub(super) variant: Option<Member>,
}

impl<S: Selection, K: Sink> List<'_, '_, S, K> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.walk.write(if replace(&mut self.begun, true) { b"," } else { b"" });
        walk_value(self.walk, value, self.place)
    }

    fn close(self) -> Result<Done, Stop> {
        self.walk.leave(b"]");
        if let Some(member) = self.variant {
            self.walk.end_member(member);
            self.walk.leave(b"}");
        }
        Done::DONE
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident,)*) => {$(
        impl<S: Selection, K: Sink> ser::$trait for List<'_, '_, S, K> {
            type Ok = Done;
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
                self.element(value)
            }

            fn end(self) -> Result<Done, Stop> {
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

/// An open object, or a piece of JSON text in the guise of one.
pub(super) struct Members<'r, 'a, S, K> {
    pub(super) run: Run<'r, 'a, S, K>,
    /// Of JSON text: whether it is still to come.
    pub(super) raw: Option<bool>,
}

impl<S: Selection, K: Sink> Members<'_, '_, S, K> {
    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Stop> {
        if let Some(due) = &mut self.raw {
            if !replace(due, false) || !RAW_NAMES.contains(&name) {
                return Err(self.run.walk.fail(ValueError::Refused));
            }
            return value.serialize(Key(RawText(&mut self.run)));
        }
        if self.run.object.passes() {
            return Ok(());
        }
        self.run.object.name(self.run.walk, name)?;
        self.run.object.value(self.run.walk, value)
    }

    fn close(self) -> Result<Done, Stop> {
        match self.raw {
            None => self.run.object.close(self.run.walk)?,
            Some(false) => {}
            Some(true) => return Err(self.run.walk.fail(ValueError::Refused)),
        }
        Done::DONE
    }
}

macro_rules! structs {
    ($($trait:ident,)*) => {$(
        impl<S: Selection, K: Sink> ser::$trait for Members<'_, '_, S, K> {
            type Ok = Done;
            type Error = Stop;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Stop> {
                self.member(name, value)
            }

            fn end(self) -> Result<Done, Stop> {
                self.close()
            }
        }
    )*};
}

structs! { SerializeStruct, SerializeStructVariant, }

impl<S: Selection, K: Sink> ser::SerializeMap for Members<'_, '_, S, K> {
    type Ok = Done;
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Stop> {
        if self.run.object.is_passing() {
            return Ok(());
        }
        key.serialize(Key(Name(&mut self.run)))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        if self.run.object.passes() {
            return Ok(());
        }
        self.run.object.value(self.run.walk, value)
    }

    fn end(self) -> Result<Done, Stop> {
        self.close()
    }
}

/// Takes the name of a member.
struct Name<'m, 'r, 'a, S, K>(&'m mut Run<'r, 'a, S, K>);

impl<S: Selection, K: Sink> TakeName for Name<'_, '_, '_, S, K> {
    type Error = Stop;

    fn not_a_string() -> Stop {
        Stop::Fault(ValueError::KeyNotString)
    }

    fn takes_some(&self) -> bool {
        self.0.walk.writing() == Writing::SerdeJson
    }

    fn text(self, name: &str) -> Result<(), Stop> {
        self.0.object.name(self.0.walk, name)
    }

    #[inline(never)] // The buffer shall not lie on the stack while a value is walked.
    fn display<T: fmt::Display + ?Sized>(self, name: &T) -> Result<(), Stop> {
        let mut text = Buffer { text: String::new(), is_full: false };
        match write!(text, "{name}") {
            _ if text.is_full => Err(self.0.walk.fail(ValueError::NameTooLong { limit: NAME_MAX })),
            Ok(()) => self.text(&text.text),
            Err(fmt::Error) => Err(self.0.walk.fail(ValueError::Refused)),
        }
    }
}

/// A name that is being formatted.
struct Buffer {
    text: String<NAME_MAX>,
    is_full: bool,
}

impl Write for Buffer {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.text.push_str(piece).map_err(|_| {
            self.is_full = true;
            fmt::Error
        })
    }
}

/// Takes a piece of JSON text.
struct RawText<'m, 'r, 'a, S, K>(&'m mut Run<'r, 'a, S, K>);

impl<S: Selection, K: Sink> TakeName for RawText<'_, '_, '_, S, K> {
    type Error = Stop;

    fn not_a_string() -> Stop {
        Stop::Fault(ValueError::Refused)
    }

    fn text(self, text: &str) -> Result<(), Stop> {
        self.0.walk.raw(text, self.0.object.place())
    }

    fn display<T: fmt::Display + ?Sized>(self, _text: &T) -> Result<(), Stop> {
        Err(Self::not_a_string())
    }
}
