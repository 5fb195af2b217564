//! JSON written piece by piece, in the order of the wire or in canonical order.
//!
//! The encoders beside this file say once what an object holds, in the order of the wire. Where a
//! canonical form is wanted, the same description is run through as often as the object has
//! members, and once more: each round writes the member that is next by name and looks for the one
//! after it. So members are sorted without memory for them, and every value is written once.

use super::form::{Form, Position};
use super::raw::{RawJson, RawObject};
use crate::canonical::Place;
use crate::json::JsonStr;

/// Writes JSON tokens and puts the commas between them.
///
/// One flag is enough for any nesting: a comma is due exactly when a value has just ended. The
/// rest is for canonical forms; the other ones leave it alone.
pub(crate) struct Out<'n, F> {
    form: F,
    comma_due: bool,
    /// Of the value that is written next.
    at: Position,
    /// Of the innermost open object.
    members: Members<'n>,
}

/// How far the members of an object are written.
#[derive(Clone, Copy)]
struct Members<'n> {
    object: Place,
    /// The name that is written in this round; in the first one there is none.
    due: Option<&'n str>,
    /// The smallest of the names behind it that this round has met.
    next: Option<&'n str>,
}

/// The member that marks a block, which each dialect spells in its own way.
pub(crate) type Mark = (&'static str, &'static str);

impl<'n, F: Form> Out<'n, F> {
    pub(crate) const fn new(form: F) -> Self {
        let place = Place::ROOT;
        let members = Members { object: place, due: None, next: None };
        Self { form, comma_due: false, at: Position { place, depth: 0 }, members }
    }

    /// The form, with everything written.
    pub(crate) fn into_form(self) -> F {
        self.form
    }

    /// An object. `members` writes each of its members once, no matter in which order; it may be
    /// run any number of times.
    pub(crate) fn object(
        &mut self,
        members: impl Fn(&mut Self) -> Result<(), F::Error>,
    ) -> Result<(), F::Error> {
        self.open("{")?;
        if F::IS_CANONICAL {
            let around = self.members;
            self.members = Members { object: self.at.place, due: None, next: None };
            loop {
                members(self)?;
                self.members.due = self.members.next.take();
                if self.members.due.is_none() {
                    break;
                }
            }
            self.at.place = self.members.object;
            self.members = around;
        } else {
            members(self)?;
        }
        self.close("}")
    }

    /// An array.
    pub(crate) fn array(
        &mut self,
        elements: impl FnOnce(&mut Self) -> Result<(), F::Error>,
    ) -> Result<(), F::Error> {
        self.open("[")?;
        let place = self.at.place;
        self.at.place = self.form.element(place);
        elements(self)?;
        self.at.place = place;
        self.close("]")
    }

    /// A member, whose value `value` writes.
    pub(crate) fn member(
        &mut self,
        name: &'n str,
        value: impl FnOnce(&mut Self) -> Result<(), F::Error>,
    ) -> Result<(), F::Error> {
        if !self.begin(name)? {
            return Ok(());
        }
        value(self)
    }

    pub(crate) fn string(&mut self, text: &str) -> Result<(), F::Error> {
        self.string_of(&[text])
    }

    /// A string given in pieces.
    pub(crate) fn string_of(&mut self, pieces: &[&str]) -> Result<(), F::Error> {
        self.constant("\"")?;
        pieces.iter().try_for_each(|piece| self.form.text(piece))?;
        self.form.write("\"")
    }

    /// One value of our own, in canonical form unless it is left out from such forms.
    pub(crate) fn constant(&mut self, json: &str) -> Result<(), F::Error> {
        self.separate()?;
        self.form.write(json)
    }

    /// One value that is JSON already.
    pub(crate) fn raw(&mut self, json: RawJson<'_>) -> Result<(), F::Error> {
        self.separate()?;
        self.form.raw(json, self.at)
    }

    /// An object byte for byte, with the mark put in before its closing brace.
    pub(crate) fn raw_object(&mut self, raw: &RawObject<'_>, mark: Mark) -> Result<(), F::Error> {
        // Wherever such an object may stand, marks are left out from canonical forms.
        if F::IS_CANONICAL || raw.cache_control.is_none() {
            return self.raw(raw.json);
        }
        let text = raw.json.as_str().trim_ascii_end();
        let open = text.strip_suffix('}').unwrap_or(text);
        self.constant(open)?;
        self.comma_due = open.trim_ascii() != "{";
        self.member_constant(mark)?;
        self.close("}")
    }

    /// A member with a constant for its value.
    pub(crate) fn member_constant(&mut self, (name, json): Mark) -> Result<(), F::Error> {
        self.member(name, |out| out.constant(json))
    }

    /// A member whose value is JSON already.
    pub(crate) fn member_raw(&mut self, name: &'n str, json: RawJson<'_>) -> Result<(), F::Error> {
        if F::IS_CANONICAL && self.is_due(name) && self.place_of(name).is_none() {
            return self.form.left_out(json, self.at);
        }
        self.member(name, |out| out.raw(json))
    }

    /// A string member.
    pub(crate) fn member_str(&mut self, name: &'n str, text: &str) -> Result<(), F::Error> {
        self.member(name, |out| out.string(text))
    }

    /// A member that is an array of what `element` writes.
    pub(crate) fn member_array<T>(
        &mut self,
        name: &'n str,
        elements: &[T],
        element: impl Fn(&mut Self, &T) -> Result<(), F::Error>,
    ) -> Result<(), F::Error> {
        self.member(name, |out| {
            out.array(|out| elements.iter().try_for_each(|entry| element(out, entry)))
        })
    }

    pub(crate) fn optional_str(
        &mut self,
        name: &'n str,
        text: Option<&str>,
    ) -> Result<(), F::Error> {
        text.map_or(Ok(()), |text| self.member_str(name, text))
    }

    pub(crate) fn optional_raw(
        &mut self,
        name: &'n str,
        raw: Option<RawJson<'_>>,
    ) -> Result<(), F::Error> {
        raw.map_or(Ok(()), |raw| self.member_raw(name, raw))
    }

    pub(crate) fn optional_u32(
        &mut self,
        name: &'n str,
        value: Option<u32>,
    ) -> Result<(), F::Error> {
        let Some(value) = value else { return Ok(()) };
        self.member(name, |out| {
            out.separate()?;
            out.form.integer(value)
        })
    }

    /// A number member. The value is finite.
    pub(crate) fn optional_f64(
        &mut self,
        name: &'n str,
        value: Option<f64>,
    ) -> Result<(), F::Error> {
        let Some(value) = value else { return Ok(()) };
        self.member(name, |out| {
            out.separate()?;
            out.form.double(value)
        })
    }

    /// A member `true`, or nothing.
    pub(crate) fn flag(&mut self, name: &'static str, is_set: bool) -> Result<(), F::Error> {
        if is_set { self.member_constant((name, "true")) } else { Ok(()) }
    }

    /// Writes the name of a member that is to be written now.
    #[inline(never)] // Once for each member that there is would be kilobytes.
    fn begin(&mut self, name: &'n str) -> Result<bool, F::Error> {
        if F::IS_CANONICAL {
            if !self.is_due(name) {
                return Ok(false);
            }
            let Some(place) = self.place_of(name) else { return Ok(false) };
            self.at.place = place;
        }
        self.string(name)?;
        self.comma_due = false;
        self.form.write(":")?;
        Ok(true)
    }

    fn open(&mut self, bracket: &str) -> Result<(), F::Error> {
        self.separate()?;
        self.comma_due = false;
        if F::IS_CANONICAL {
            self.at.depth += 1;
        }
        self.form.write(bracket)
    }

    fn close(&mut self, bracket: &str) -> Result<(), F::Error> {
        self.comma_due = true;
        if F::IS_CANONICAL {
            self.at.depth -= 1;
        }
        self.form.write(bracket)
    }

    /// What comes before a value or a name; behind it, a comma is due.
    fn separate(&mut self) -> Result<(), F::Error> {
        if core::mem::replace(&mut self.comma_due, true) { self.form.write(",") } else { Ok(()) }
    }

    /// Whether this round is for the member of that name; if not, it may be the next one.
    fn is_due(&mut self, name: &'n str) -> bool {
        let Members { due, next, .. } = &mut self.members;
        let is_before = |one, other| plain(one).cmp_utf16(&plain(other)).is_lt();
        let is_later = due.is_none_or(|due| is_before(due, name));
        if is_later && next.is_none_or(|next| is_before(name, next)) {
            *next = Some(name);
        }
        *due == Some(name)
    }

    /// Where a member of the innermost open object is.
    fn place_of(&self, name: &str) -> Option<Place> {
        self.form.member(self.members.object, &plain(name))
    }
}

/// A name in which a backslash is a backslash.
const fn plain(name: &str) -> JsonStr<'_> {
    JsonStr::new(name, false)
}
