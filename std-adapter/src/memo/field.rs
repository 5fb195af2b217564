//! One part of a key, gathered before it is hashed.
//!
//! A part is three fields in a row: its kind, its name and its bytes. The length of the bytes comes
//! before them and is not known until they are there, so the part is gathered in a buffer, on the
//! stack as long as it is short, and goes into the hash in one piece.

use serde::Serialize;

use super::text::{self, Unkeyable};
use llm_cache_core::{
    canonical::{Sink, Slot, ValueError, canonicalize_strict},
    key::FieldHasher,
};

/// Parts of so many bytes stay on the stack.
const NEAR: usize = 256;

/// Members of objects that are sorted without an allocation.
const SLOTS: usize = 16;

/// A part under construction.
pub struct Part {
    near: [u8; NEAR],
    near_len: usize,
    /// All of the part, once it has outgrown `near`; empty before.
    far: Vec<u8>,
    /// Where the bytes of the third field begin.
    begin: usize,
}

impl Part {
    /// A part whose third field is still empty.
    #[inline]
    pub(super) fn new(kind: &str, name: &str) -> Self {
        let mut part = Self { near: [0; NEAR], near_len: 0, far: Vec::new(), begin: 0 };
        for field in [kind, name] {
            part.write(&(field.len() as u64).to_be_bytes());
            part.write(field.as_bytes());
        }
        part.write(&[0; size_of::<u64>()]);
        part.begin = part.as_bytes().len();
        part
    }

    /// Adds the canonical JSON of `value` to the third field.
    ///
    /// # Errors
    /// [`Unkeyable`] where there is none.
    pub(super) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unkeyable> {
        match canonicalize_strict(value, &mut [Slot::EMPTY; SLOTS], self) {
            Ok(()) => Ok(()),
            Err(error) => self.value_again(value, error),
        }
    }

    /// The same after a first attempt: with as many slots as it takes, else by way of the text,
    /// which has no limits and decides.
    #[cold]
    fn value_again<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        error: ValueError,
    ) -> Result<(), Unkeyable> {
        if let ValueError::ScratchTooSmall { needed } = error {
            self.truncate();
            if canonicalize_strict(value, &mut vec![Slot::EMPTY; needed], self).is_ok() {
                return Ok(());
            }
        }
        let canonical = text::canonical(value)?;
        self.truncate();
        self.write(&canonical);
        Ok(())
    }

    /// Adds the part to a hash.
    #[inline]
    pub(super) fn add_to(mut self, hash: &mut FieldHasher) {
        let begin = self.begin;
        let bytes =
            if self.far.is_empty() { &mut self.near[..self.near_len] } else { &mut self.far[..] };
        let (head, field) = bytes.split_at_mut(begin);
        let len = (field.len() as u64).to_be_bytes();
        head[begin - len.len()..].copy_from_slice(&len);
        hash.write(bytes);
    }

    /// Empties the third field.
    fn truncate(&mut self) {
        if self.far.is_empty() {
            self.near_len = self.begin;
        } else {
            self.far.truncate(self.begin);
        }
    }

    fn as_bytes(&self) -> &[u8] {
        if self.far.is_empty() { &self.near[..self.near_len] } else { &self.far }
    }

    /// Goes over to the heap.
    #[cold]
    fn outgrow(&mut self, bytes: &[u8]) {
        self.far.reserve(2 * NEAR + bytes.len());
        self.far.extend_from_slice(&self.near[..self.near_len]);
        self.far.extend_from_slice(bytes);
    }
}

impl Sink for Part {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        if !self.far.is_empty() {
            self.far.extend_from_slice(bytes);
        } else if let Some(room) = self.near[self.near_len..].get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            self.near_len += bytes.len();
        } else {
            self.outgrow(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value, json};
    use std::{collections::BTreeMap, fmt};

    const KIND: &str = "argument";

    /// The hash of one part by way of the buffer.
    fn gathered(value: &(impl Serialize + ?Sized)) -> Result<[u8; 32], Unkeyable> {
        let mut hash = FieldHasher::new("a test");
        let mut part = Part::new(KIND, "name");
        part.value(value)?;
        part.add_to(&mut hash);
        Ok(hash.finish())
    }

    /// The same, field by field, by way of the text.
    fn by_text(value: &(impl Serialize + ?Sized)) -> Result<[u8; 32], Unkeyable> {
        let mut hash = FieldHasher::new("a test");
        let canonical = text::canonical(value)?;
        [KIND.as_bytes(), b"name", &canonical].iter().for_each(|field| hash.field(field));
        Ok(hash.finish())
    }

    /// Numbers at random (xorshift).
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % bound
        }

        fn text(&mut self) -> String {
            let len = if self.below(20) == 0 { 400 } else { 12 };
            let letters = ['a', 'B', '"', '\\', '\n', '\u{1}', '\u{e9}', '\u{1f600}', ' '];
            (0..self.below(len)).map(|_| letters[self.below(9) as usize]).collect()
        }

        fn value(&mut self, depth: u32) -> Value {
            match self.below(if depth == 0 { 6 } else { 8 }) {
                0 => Value::Null,
                1 => json!(self.below(2) == 0),
                2 => json!(self.0),
                3 => json!(self.0 as i64),
                4 => json!(self.0 as f64 / 1e9),
                5 => json!(self.text()),
                6 => (0..self.below(5)).map(|_| self.value(depth - 1)).collect(),
                _ => {
                    // More members than have slots, and in no order.
                    let most = if self.below(8) == 0 { 40 } else { 6 };
                    let members = self.below(most);
                    let member = |_| (self.text(), self.value(depth - 1));
                    Value::Object((0..members).map(member).collect::<Map<_, _>>())
                }
            }
        }
    }

    /// Whatever the value, its key is that of its text: short and long ones, objects in any order.
    #[test]
    fn a_value_is_hashed_as_its_text() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for _ in 0..2000 {
            let value = random.value(4);
            assert_eq!(gathered(&value), by_text(&value), "{value}");
            assert!(gathered(&value).is_ok());
        }
    }

    /// So it is around the length at which a part moves to the heap.
    #[test]
    fn parts_of_any_length_are_hashed_alike() {
        for len in (0..2 * NEAR).chain([4096, 100_000]) {
            let text = "x".repeat(len);
            assert_eq!(gathered(text.as_str()), by_text(text.as_str()), "{len}");
            let pieces = vec!["\n"; len / 8];
            assert_eq!(gathered(&pieces), by_text(&pieces), "{len}");
        }
    }

    /// A key of a map that is longer than the direct way takes, by its `Display`.
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    struct Long(usize);

    impl fmt::Display for Long {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:>1$}", "k", self.0)
        }
    }

    impl Serialize for Long {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    /// What is beyond the direct way's limits goes by way of the text; what the text refuses has no
    /// key either way.
    #[test]
    fn the_text_decides_at_the_limits() {
        let long = BTreeMap::from([(Long(3), 1), (Long(1000), 2)]);
        assert_eq!(gathered(&long), by_text(&long));
        assert!(gathered(&long).is_ok());
        assert_eq!(gathered(&f64::NAN), Err(Unkeyable));
        assert_eq!(gathered(&Some(None::<u8>)), Err(Unkeyable));
        assert_eq!(gathered(&BTreeMap::from([(1, 2)])), Err(Unkeyable));
        assert_eq!(gathered(&BTreeMap::from([(Some("a"), 2)])), Err(Unkeyable));
    }
}
