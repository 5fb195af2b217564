//! Arguments of a memoised function, as parts of its key.
//!
//! An argument enters by its canonical JSON. A set has no order of its own and would enter in
//! another one each time; the attribute asks for it by `(&&ArgumentOf(&name)).form()`, where method
//! lookup finds [`IsSet`] first and [`IsPlain`] one reference further for everything else.

use std::collections::HashSet;

use serde::Serialize;

use super::{
    field::Part,
    key::MemoKey,
    text::{Unkeyable, canonical},
};
use llm_cache_core::canonical::Sink as _;

/// An argument, to be asked what it is.
pub struct ArgumentOf<'a, A: ?Sized>(pub &'a A);

/// A set without an order, perhaps behind references or in an `Option`.
pub trait Unordered {
    /// The canonical JSON of its elements, sorted by bytes; `None` where there is no set.
    fn elements(&self) -> Option<Result<Vec<Vec<u8>>, Unkeyable>>;
}

impl<T: Serialize, S> Unordered for HashSet<T, S> {
    fn elements(&self) -> Option<Result<Vec<Vec<u8>>, Unkeyable>> {
        let elements = self.iter().map(canonical).collect::<Result<Vec<_>, _>>();
        Some(elements.map(|mut elements| {
            elements.sort_unstable();
            elements
        }))
    }
}

impl<T: Unordered + ?Sized> Unordered for &T {
    fn elements(&self) -> Option<Result<Vec<Vec<u8>>, Unkeyable>> {
        (**self).elements()
    }
}

impl<T: Unordered> Unordered for Option<T> {
    fn elements(&self) -> Option<Result<Vec<Vec<u8>>, Unkeyable>> {
        self.as_ref()?.elements()
    }
}

/// The form of a set.
pub struct SetForm;

/// The form of everything else.
pub struct PlainForm;

/// It is a set.
pub trait IsSet {
    /// Its form.
    fn form(&self) -> SetForm;
}

impl<A: Unordered + ?Sized> IsSet for &ArgumentOf<'_, A> {
    fn form(&self) -> SetForm {
        SetForm
    }
}

/// It is none.
pub trait IsPlain {
    /// Its form.
    fn form(&self) -> PlainForm;
}

impl<A: ?Sized> IsPlain for ArgumentOf<'_, A> {
    fn form(&self) -> PlainForm {
        PlainForm
    }
}

impl SetForm {
    /// Adds the argument `name`.
    pub fn argument<A: Unordered + ?Sized, T>(self, key: &mut MemoKey<T>, name: &str, set: &A) {
        key.part_of("argument", name, |part| self.write(set, part));
    }

    /// Adds the value of number `name` that the option `key(..)` names.
    pub fn value<A: Unordered + ?Sized, T>(self, key: &mut MemoKey<T>, name: &str, set: &A) {
        key.part_of("value", name, |part| self.write(set, part));
    }

    /// Writes an array of the elements in the order of their bytes; `null` where there is no set.
    #[expect(clippy::unused_self, reason = "the form that was found says which of the two runs")]
    fn write<A: Unordered + ?Sized>(self, set: &A, out: &mut Part) -> Result<(), Unkeyable> {
        let Some(elements) = set.elements() else {
            out.write(b"null");
            return Ok(());
        };
        let mut separator: &[u8] = b"[";
        for element in &elements? {
            out.write(separator);
            out.write(element);
            separator = b",";
        }
        out.write(if separator == b"[" { b"[]" } else { b"]" });
        Ok(())
    }
}

#[expect(clippy::unused_self, reason = "the form that was found says which of the two runs")]
impl PlainForm {
    /// Adds the argument `name`.
    pub fn argument<A: Argument + ?Sized, T>(self, key: &mut MemoKey<T>, name: &str, argument: &A) {
        key.part_of("argument", name, |part| argument.write(part));
    }

    /// Adds the value of number `name` that the option `key(..)` names.
    pub fn value<A: Argument + ?Sized, T>(self, key: &mut MemoKey<T>, name: &str, value: &A) {
        key.part_of("value", name, |part| value.write(part));
    }
}

/// A value that can be in a key: whatever is [`Serialize`].
#[diagnostic::on_unimplemented(
    message = "an argument of the type `{Self}` cannot be part of a memoised function's key",
    label = "not `Serialize`",
    note = "derive `serde::Serialize` for it; or, where it is a client or holds one, name it in \
            `#[cached(skip(..))]`; or leave it out of the key with `#[cached(skip_unkeyed(..))]`"
)]
pub trait Argument {
    /// Writes its canonical JSON.
    #[doc(hidden)]
    fn write(&self, out: &mut Part) -> Result<(), Unkeyable>;
}

#[diagnostic::do_not_recommend]
impl<A: Serialize + ?Sized> Argument for A {
    fn write(&self, out: &mut Part) -> Result<(), Unkeyable> {
        out.value(self)
    }
}
