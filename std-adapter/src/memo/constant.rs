//! Constants in the body of a memoised function, as parts of its key.
//!
//! The attribute finds names that look like constants and cannot know what they are. It writes
//! `(&&Mention(&NAME)).feed(..)`: method lookup finds [`Counts`] first, where the type is a
//! [`Constant`], and [`LooksAlike`] one reference further for everything else: statics that may
//! change, unit structs, variants, functions.

use std::{borrow::Cow, num::NonZero};

use llm_cache_core::key::FieldHasher;

/// The domain of a constant's digest.
const DOMAIN: &str = "llm-cache constant 1";

/// A value that never changes and so can stand in a key by itself: text, a number, `bool`, `char`,
/// or an array, slice, tuple, `Option` or reference of these. Sealed.
#[diagnostic::on_unimplemented(
    message = "a constant of the type `{Self}` cannot be part of a memoised function's key by itself",
    label = "in the body of a `#[cached]` function",
    note = "name what of it counts in `#[cached(key(EXPR, ..))]`, an expression that implements \
            `Serialize`; a constant that is named there is not looked at any further",
    note = "or leave it out of the key with `#[cached(skip_unkeyed(NAME))]`"
)]
pub trait Constant: Feed {}

#[diagnostic::do_not_recommend]
impl<T: Feed + ?Sized> Constant for T {}

mod sealed {
    use super::FieldHasher;

    /// Adds a value to a digest as fields: its kind, then what it holds.
    pub trait Feed {
        fn feed(&self, out: &mut FieldHasher);

        /// Adds values in a row. Bytes are one field, everything else is one after the other.
        fn feed_all(values: &[Self], out: &mut FieldHasher)
        where
            Self: Sized,
        {
            two(out, "list", values.len().to_string().as_bytes());
            values.iter().for_each(|value| value.feed(out));
        }
    }

    pub(super) fn two(out: &mut FieldHasher, kind: &str, bytes: &[u8]) {
        out.field(kind.as_bytes());
        out.field(bytes);
    }
}

use sealed::{Feed, two};

macro_rules! feed {
    ($kind:literal: $($type:ty),+; $value:ident => $bytes:expr) => {$(
        impl Feed for $type {
            fn feed(&self, out: &mut FieldHasher) {
                let $value = self;
                two(out, $kind, $bytes);
            }
        }
    )+};
}

feed!("text": str, String, Cow<'_, str>; text => text.as_bytes());
feed!("char": char; each => each.encode_utf8(&mut [0; 4]).as_bytes());
feed!("bool": bool; flag => if *flag { b"true" } else { b"false" });
feed!("integer": u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize; number =>
    number.to_string().as_bytes());
feed!("integer": NonZero<u8>, NonZero<u16>, NonZero<u32>, NonZero<u64>, NonZero<usize>; number =>
    number.to_string().as_bytes());
feed!("float": f64; number => &number.to_bits().to_be_bytes());
feed!("float": f32; number => &f64::from(*number).to_bits().to_be_bytes());

impl Feed for u8 {
    fn feed(&self, out: &mut FieldHasher) {
        two(out, "integer", self.to_string().as_bytes());
    }

    fn feed_all(values: &[Self], out: &mut FieldHasher) {
        two(out, "bytes", values);
    }
}

impl<T: Feed> Feed for [T] {
    fn feed(&self, out: &mut FieldHasher) {
        T::feed_all(self, out);
    }
}

impl<T: Feed, const N: usize> Feed for [T; N] {
    fn feed(&self, out: &mut FieldHasher) {
        T::feed_all(self, out);
    }
}

impl<T: Feed + ?Sized> Feed for &T {
    fn feed(&self, out: &mut FieldHasher) {
        (**self).feed(out);
    }
}

impl<T: Feed> Feed for Option<T> {
    fn feed(&self, out: &mut FieldHasher) {
        match self {
            None => two(out, "none", b""),
            Some(value) => {
                two(out, "some", b"");
                value.feed(out);
            }
        }
    }
}

macro_rules! feed_tuples {
    ($($first:ident $($name:ident)*;)+) => {$(
        impl<$first: Feed $(, $name: Feed)*> Feed for ($first, $($name,)*) {
            #[allow(non_snake_case)]
            fn feed(&self, out: &mut FieldHasher) {
                let ($first, $($name,)*) = self;
                let len = [stringify!($first) $(, stringify!($name))*].len();
                two(out, "list", len.to_string().as_bytes());
                $first.feed(out);
                $($name.feed(out);)*
            }
        }
    )+};
}

feed_tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }

impl Feed for () {
    fn feed(&self, out: &mut FieldHasher) {
        two(out, "list", b"0");
    }
}

/// Constants by name, each with the digest of its value.
#[derive(Default)]
pub struct Constants(Vec<(&'static str, [u8; 32])>);

impl Constants {
    /// Adds a constant of a type that the compiler has found to be one.
    pub fn constant<T: Constant + ?Sized>(&mut self, name: &'static str, value: &T) {
        let mut hash = FieldHasher::new(DOMAIN);
        value.feed(&mut hash);
        self.0.push((name, hash.finish()));
    }

    /// The constants, in the order in which they were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &[u8; 32])> {
        self.0.iter().map(|(name, digest)| (*name, digest))
    }
}

/// What a name in a function's body stands for.
pub struct Mention<'a, T: ?Sized>(pub &'a T);

/// A constant.
pub trait Counts {
    /// Adds it.
    fn feed(&self, name: &'static str, out: &mut Constants);
}

impl<T: Constant + ?Sized> Counts for &Mention<'_, T> {
    fn feed(&self, name: &'static str, out: &mut Constants) {
        out.constant(name, self.0);
    }
}

/// Something else.
pub trait LooksAlike {
    /// Adds nothing.
    fn feed(&self, name: &'static str, out: &mut Constants);
}

impl<T: ?Sized> LooksAlike for Mention<'_, T> {
    fn feed(&self, _: &'static str, _: &mut Constants) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(value: &(impl Constant + ?Sized)) -> [u8; 32] {
        let mut constants = Constants::default();
        constants.constant("A", value);
        constants.0[0].1
    }

    /// A constant is its value, whatever form of text, bytes or number its type is; values that
    /// differ, and lists that are grouped otherwise, have digests of their own.
    #[test]
    fn constants_count_by_their_values() {
        assert_eq!(digest("who?"), digest(&"who?"));
        assert_eq!(digest("who?"), digest(&Cow::Borrowed("who?")));
        assert_eq!(digest(&5_u8), digest(&5_i64));
        assert_eq!(digest(b"ab"), digest(&b"ab"[..]));
        assert_eq!(digest(&0.5_f32), digest(&0.5_f64));
        let all = [
            digest("who?"),
            digest("who? "),
            digest(b"who?"),
            digest(&["who?"]),
            digest(&[["a", "b"], ["c", "d"]]),
            digest(&(("a", "b", "c"), ["d"])),
            digest(&5_u8),
            digest(&5.0_f64),
            digest(&'5'),
            digest("5"),
            digest(&true),
            digest("true"),
            digest(&None::<u8>),
            digest(&Some(None::<u8>)),
            digest(&()),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{at}");
        }
    }
}
