//! The texts that come in deltas and that the final response repeats: where they stand in it, and
//! the hashes that tell whether both are the same.

/// A member of an output item that comes in deltas, by its place in the item. The number beside it
/// is that of the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextPlace {
    /// `content[i].text`
    Content,
    /// `content[i].refusal`
    Refusal,
    /// `summary[i].text`
    Summary,
    /// `arguments`
    Arguments,
    /// `input`
    Input,
    /// `code`
    Code,
    /// `action.commands[i]`
    Command,
    /// `output[i].stdout`
    Stdout,
    /// `output[i].stderr`
    Stderr,
}

impl TextPlace {
    /// Whether an item may have several such texts.
    pub(super) const fn is_element(self) -> bool {
        !matches!(self, Self::Arguments | Self::Input | Self::Code)
    }
}

/// Which text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextKey {
    pub(super) place: TextPlace,
    /// Number of the output item.
    pub(super) item: u32,
    /// Number of the element in the item; 0 for a text that is no element's.
    pub(super) part: u32,
}

/// The hash of a text that grows at its end, which also tells its length.
///
/// A polynomial modulo 2^64 with the bytes as coefficients, and the power of its base. So the hash
/// of a text is known from those of its pieces, in whatever order a piece and its address come. Two
/// texts that differ in one place never have the same hash. It withstands no one who looks for a
/// collision, and needs not: both texts come from the same server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextHash {
    sum: u64,
    power: u64,
}

impl TextHash {
    pub(super) const EMPTY: Self = Self { sum: 0, power: 1 };
    /// An odd number whose powers repeat only after 2^62 of them.
    const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

    pub(super) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.sum = self.sum.wrapping_mul(Self::BASE).wrapping_add(u64::from(*byte) + 1);
            self.power = self.power.wrapping_mul(Self::BASE);
        }
    }

    /// Appends a text that was hashed by itself.
    pub(super) const fn append(&mut self, piece: Self) {
        self.sum = self.sum.wrapping_mul(piece.power).wrapping_add(piece.sum);
        self.power = self.power.wrapping_mul(piece.power);
    }
}

/// Memory for the hash of one text: 32 bytes on a 64-bit machine.
#[derive(Clone, Copy, Debug)]
pub struct TextSlot {
    key: TextKey,
    hash: TextHash,
    /// The stream has said that the text is whole.
    is_done: bool,
    /// The final response has the same text.
    is_confirmed: bool,
}

impl TextSlot {
    /// A slot that holds nothing yet.
    pub const EMPTY: Self = Self {
        key: TextKey { place: TextPlace::Content, item: 0, part: 0 },
        hash: TextHash::EMPTY,
        is_done: false,
        is_confirmed: false,
    };
}

/// The texts so far.
pub(super) struct Texts<'m> {
    slots: &'m mut [TextSlot],
    used: usize,
    /// Where the text is that came last: most deltas go on with it.
    last: usize,
}

/// What is wrong with a delta or a text.
pub(super) enum TextFault {
    NoSlot,
    /// A delta behind the end of its text.
    AfterEnd,
    /// Two spellings of a text differ.
    Differs,
}

impl<'m> Texts<'m> {
    pub(super) const fn new(slots: &'m mut [TextSlot]) -> Self {
        Self { slots, used: 0, last: 0 }
    }

    pub(super) const fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Takes a delta in.
    pub(super) fn append(&mut self, key: TextKey, delta: TextHash) -> Result<(), TextFault> {
        let slot = self.slot(key)?;
        if slot.is_done {
            return Err(TextFault::AfterEnd);
        }
        slot.hash.append(delta);
        Ok(())
    }

    /// Takes the whole text in, which comes behind its deltas, if there were any.
    pub(super) fn end(&mut self, key: TextKey, whole: TextHash) -> Result<(), TextFault> {
        let slot = self.slot(key)?;
        // Some servers send no deltas.
        if slot.hash == TextHash::EMPTY {
            slot.hash = whole;
        }
        slot.is_done = true;
        if slot.hash == whole { Ok(()) } else { Err(TextFault::Differs) }
    }

    /// Begins to compare with a final response.
    pub(super) fn unconfirm(&mut self) {
        self.used_slots().for_each(|slot| slot.is_confirmed = false);
    }

    /// Compares with a text of the final response. One that did not come before is right.
    pub(super) fn confirm(&mut self, key: TextKey, text: TextHash) -> bool {
        let Some(at) = self.find(key) else { return true };
        let Some(slot) = self.slots.get_mut(at) else { return true };
        self.last = at;
        slot.is_confirmed = slot.hash == text;
        slot.is_confirmed
    }

    /// Whether the final response has all that came. An empty text may be left out.
    pub(super) fn are_confirmed(&mut self) -> bool {
        self.used_slots().all(|slot| slot.is_confirmed || slot.hash == TextHash::EMPTY)
    }

    fn used_slots(&mut self) -> impl Iterator<Item = &mut TextSlot> {
        let used = self.used;
        self.slots.iter_mut().take(used)
    }

    fn find(&self, key: TextKey) -> Option<usize> {
        let is_it = |at: &usize| self.slots.get(*at).is_some_and(|slot| slot.key == key);
        let last = (self.last < self.used).then_some(self.last).filter(is_it);
        last.or_else(|| (0..self.used).rev().find(is_it))
    }

    fn slot(&mut self, key: TextKey) -> Result<&mut TextSlot, TextFault> {
        let found = self.find(key);
        let at = found.unwrap_or(self.used);
        let slot = self.slots.get_mut(at).ok_or(TextFault::NoSlot)?;
        if found.is_none() {
            *slot = TextSlot { key, ..TextSlot::EMPTY };
            self.used += 1;
        }
        self.last = at;
        Ok(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::String;

    fn hash(text: &str) -> TextHash {
        let mut hash = TextHash::EMPTY;
        hash.push(text.as_bytes());
        hash
    }

    /// A zero byte, a repeated byte and an empty text are all told apart.
    #[test]
    fn lengths_count() {
        for (left, right) in [("", "\0"), ("\0", "\0\0"), ("a", "aa"), ("ab", "ba")] {
            assert_ne!(hash(left), hash(right), "{left:?} {right:?}");
        }
    }

    proptest! {
        /// The hash of a text follows from those of its pieces, and differs from another text's.
        #[test]
        fn pieces_add_up(
            pieces in proptest::collection::vec("[ab\u{e9}]{0,5}", 0..6),
            other in "[ab\u{e9}]{0,9}",
        ) {
            let text: String = pieces.concat();
            let mut sum = TextHash::EMPTY;
            for piece in &pieces {
                sum.append(hash(piece));
            }
            prop_assert_eq!(sum, hash(&text));
            prop_assert_eq!(hash(&text) == hash(&other), text == other);
        }
    }
}
