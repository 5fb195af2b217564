//! Where canonical bytes go, and which members are among them.

use crate::json::JsonStr;

/// Takes canonical bytes as they come, in pieces of any size.
///
/// A sink cannot fail; one that can run full has to remember that.
pub trait Sink {
    /// Takes the next bytes.
    fn write(&mut self, bytes: &[u8]);
}

#[cfg(feature = "alloc")]
impl Sink for alloc::vec::Vec<u8> {
    fn write(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A place in a document, as far as a [`Selection`] tells places apart: a number below 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u8);

impl Place {
    /// The whole document.
    pub const ROOT: Self = Self(0);

    /// A place where, and below which, every member counts: a selection is not asked there.
    pub const EVERYTHING: Self = Self(63);

    /// The place with a number of the selection's own; only its low 6 bits count.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        Self(number & 63)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// Decides by path which members are left out of the canonical bytes.
///
/// A walk starts with the document at [`Place::ROOT`] and asks its way down, as far as
/// [`Place::EVERYTHING`]. Answers must depend on the arguments alone, for a walk may ask the same
/// thing more than once. A member whose name takes more than 256 bytes as it is written always
/// counts, with everything in it.
pub trait Selection {
    /// Where the value of the member `name` of an object at `place` is, or `None` to leave the
    /// member out.
    fn member(&self, place: Place, name: &JsonStr<'_>) -> Option<Place>;

    /// Where the elements of an array at `place` are.
    fn element(&self, place: Place) -> Place;
}

/// Longer names, as they are written, are not asked about: see [`Selection`].
pub(super) const NAME_MAX: usize = 256;

/// Where the elements of an array are.
pub(super) fn element(selection: &impl Selection, array: Place) -> Place {
    if array == Place::EVERYTHING { array } else { selection.element(array) }
}

/// The selection that leaves nothing out.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to say about everything")]
pub struct Everything;

impl Selection for Everything {
    fn member(&self, _place: Place, _name: &JsonStr<'_>) -> Option<Place> {
        Some(Place::EVERYTHING)
    }

    fn element(&self, _place: Place) -> Place {
        Place::EVERYTHING
    }
}
