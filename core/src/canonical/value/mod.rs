//! Any serde value in canonical form, without its JSON text.
//!
//! An object's members can be seen only in the order in which its `serialize` hands them out, and
//! each only as long as that call lasts. So an object is run more than once. The first run asks for
//! the names alone; where they are not in order they are sorted in the caller's slots. Another one
//! walks the members, from within the calls that hand them out, as far as they come in canonical
//! order; and so on until all have been walked. Each value is walked once, so that depth does not
//! multiply the runs.
//!
//! `object.rs` has the runs, `order.rs` the order of the names, `serializer.rs` and `containers.rs`
//! what a run does with each thing that it is handed, `walk.rs` all that is common to the objects.

mod containers;
mod object;
mod order;
mod serializer;
mod walk;

use core::fmt;

use serde::Serialize;

use super::{CanonicalError, Everything, Selection, Sink, Slot};
use walk::{Walk, Writing};

/// The most members, over all objects of a value, that may be handed out again in want of order.
///
/// The first run of an object and the last one are free. It takes half of this, and 60 ms on a
/// server, for one object of 10,000 members in random order.
pub const REVISITS_MAX: usize = 1 << 26;

/// Why a value has no canonical form here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// An object did not hand out the same members twice: it changed in between.
    Changed,
    /// An object has two members of one name, as flattened maps may bring them in.
    DuplicateName,
    /// A map has a key that is not a string, a character or a unit variant.
    KeyNotString,
    /// A map's key that is formatted by its `Display` is too long.
    NameTooLong {
        /// The longest one in bytes.
        limit: usize,
    },
    /// A float is infinite or not a number.
    NonFinite,
    /// A `Some` holds what is written `null`, and so could not be told from `None`. Only
    /// [`canonicalize_strict`] refuses it.
    NullInSome,
    /// A piece of JSON text in the value (serde_json's `RawValue`, or a number of any precision)
    /// has no canonical form; offsets count in that text.
    Raw(CanonicalError),
    /// The value's own `Serialize` refused, or did what serde does not allow. Its message is not
    /// kept.
    Refused,
    /// There are too few slots.
    ScratchTooSmall {
        /// The slots with which the value has a canonical form.
        needed: usize,
    },
    /// More than 128 objects and arrays are open at once.
    TooDeep,
    /// Large objects hand out their members so far from the canonical order that more than
    /// [`REVISITS_MAX`] would have to be handed out again.
    TooUnordered,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("the value changed while it was serialised"),
            Self::DuplicateName => f.write_str("an object has two members of one name"),
            Self::KeyNotString => f.write_str("a map key is not a string"),
            Self::NameTooLong { limit } => {
                write!(f, "a formatted map key is longer than {limit} bytes")
            }
            Self::NonFinite => f.write_str("JSON has no infinite numbers and no NaN"),
            Self::NullInSome => f.write_str("a `Some` that is written as `null`, as `None` is"),
            Self::Raw(error) => write!(f, "JSON text in the value: {error}"),
            Self::Refused => f.write_str("the value refused to be serialised"),
            Self::ScratchTooSmall { needed } => {
                write!(f, "too little scratch memory: {needed} slots are needed")
            }
            Self::TooDeep => f.write_str("more than 128 objects and arrays are open at once"),
            Self::TooUnordered => f.write_str("large objects are too far from canonical order"),
        }
    }
}

impl core::error::Error for ValueError {}

/// Streams into `sink` the canonical bytes of the JSON text that serde_json writes for `value`,
/// less what `selection` leaves out.
///
/// The text is never made. `f32` has its own shortest digits, 128-bit integers have all of theirs,
/// byte strings are arrays, enums are externally tagged, `Some(None)` is `null`, and serde_json's
/// `RawValue` is the text that it holds. But map keys have to be strings already, and floats
/// finite. On an error the sink has got a part of the bytes, which mean nothing.
///
/// Cost: an object whose members come in canonical order is run twice, once for the names and once
/// for the members. Any other is run once more for each member that comes before the one that it
/// has to follow: m / 2 times more for m members in random order, m - 1 times more in reverse. And
/// it is run once more for each further 8 bytes that it takes to tell names apart. A run passes
/// over a member in a few ns, which is nothing for 100 members and 60 ms for 10,000 in random
/// order; [`REVISITS_MAX`] is the end of it. A `BTreeMap` has its members in order (but for
/// characters beyond U+FFFF). What is in a member is walked once.
///
/// Memory: see [`scratch_needed_for`]; fewer slots are an error. Stack: as the value's own
/// `serialize` recurses, so does this, with about 400 bytes for each object and 250 for each array
/// that is open (on 64 bits); at most 128 are.
///
/// # Errors
/// [`ValueError`].
pub fn canonicalize_value<T: Serialize + ?Sized>(
    value: &T,
    selection: &impl Selection,
    scratch: &mut [Slot],
    sink: &mut impl Sink,
) -> Result<(), ValueError> {
    finish(Walk::new(selection, scratch, sink).value(value), || scratch_needed_for(value))
}

/// Streams into `sink` the canonical bytes of the JSON text that [`write_json`] writes for `value`,
/// and refuses what that refuses.
///
/// As [`canonicalize_value`] with [`Everything`], but two values that differ do not share one form:
/// a `Some` that holds what is written `null` is an error, and so is a map's key in a `Some`. What
/// serde_json treats as its own (`RawValue`, numbers of any precision) is an object here.
///
/// [`write_json`]: super::write_json
///
/// # Errors
/// [`ValueError`]. [`ValueError::NameTooLong`] and [`ValueError::TooUnordered`] are limits of this
/// function: the value may have a canonical form by way of its text.
pub fn canonicalize_strict<T: Serialize + ?Sized>(
    value: &T,
    scratch: &mut [Slot],
    sink: &mut impl Sink,
) -> Result<(), ValueError> {
    let walk = Walk::new(&Everything, scratch, sink).writing_as(Writing::Strict);
    finish(walk.value(value), || measure(value, Writing::Strict))
}

/// Tells how many slots a value needs where there were too few.
#[inline]
fn finish(
    outcome: Result<(), ValueError>,
    needed: impl FnOnce() -> Result<usize, ValueError>,
) -> Result<(), ValueError> {
    match outcome {
        Err(ValueError::ScratchTooSmall { .. }) => {
            Err(ValueError::ScratchTooSmall { needed: needed()? })
        }
        _ => outcome,
    }
}

/// The slots that [`canonicalize_value`] needs.
///
/// It is the most, over all places of the value, of the sum over the objects that are open there
/// of the number of their members, where an object counts only if its members are not in canonical
/// order, or if that does not show in the first 64 bytes of their names. So a value of `BTreeMap`s,
/// serde_json's maps among them, needs none. JSON text in the value adds what [`scratch_needed`]
/// tells of it. Time: two runs over each object.
///
/// [`scratch_needed`]: super::scratch_needed
///
/// # Errors
/// [`ValueError`], but not for all faults of the value.
pub fn scratch_needed_for<T: Serialize + ?Sized>(value: &T) -> Result<usize, ValueError> {
    measure(value, Writing::SerdeJson)
}

fn measure<T: Serialize + ?Sized>(value: &T, writing: Writing) -> Result<usize, ValueError> {
    struct Nowhere;
    impl Sink for Nowhere {
        fn write(&mut self, _bytes: &[u8]) {}
    }
    let (mut none, mut nowhere) = ([], Nowhere);
    Walk::new(&Everything, &mut none, &mut nowhere).writing_as(writing).measure(value)
}

#[cfg(test)]
mod tests;
