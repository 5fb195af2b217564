//! Finding a slot by key: a seeded hash, and chains of slots.

use super::slot::Slot;
use crate::RequestKey;

/// A hash function drawn by seed from the multilinear family with half as many multiplications
/// as words, `high32(a + sum((b_i + w_2i) * (c_i + w_2i+1)))` modulo 2^64 over the key's eight
/// words, which is strongly universal (Lemire and Kaser, "Strongly universal string hashing is
/// fast", 2014, "Multilinear-HM"): for any two keys chosen without knowledge of the seed the
/// hashes are independent and uniform.
pub(super) struct KeyHash {
    offset: u64,
    terms: [u64; 8],
}

impl KeyHash {
    pub(super) fn new(seed: u64) -> Self {
        let mut state = seed;
        let mut draw = || {
            // SplitMix64 (Steele, Lea, Flood 2014) stretches the seed.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ z >> 31
        };
        Self { offset: draw(), terms: core::array::from_fn(|_| draw()) }
    }

    #[inline]
    pub(super) fn of(&self, key: &RequestKey) -> u32 {
        let (words, _) = key.as_bytes().as_chunks::<4>();
        let factor = |i: usize| self.terms[i].wrapping_add(u64::from(u32::from_le_bytes(words[i])));
        let product = |i: usize| factor(i).wrapping_mul(factor(i + 1));
        // In two halves, so that not every addition waits for the one before.
        let halves = [product(0).wrapping_add(product(2)), product(4).wrapping_add(product(6))];
        (halves[0].wrapping_add(halves[1]).wrapping_add(self.offset) >> 32) as u32
    }
}

/// Maps a uniform 32-bit hash evenly to `0..len` without a division.
pub(super) const fn spread(hash: u32, len: usize) -> usize {
    ((hash as u64 * len as u64) >> 32) as usize
}

/// Words of the index for each slot: one of its chain, and the heads of two chains. With one head
/// for a slot, twice as many lookups go on to a second slot.
pub(super) const INDEX_WORDS: usize = 3;

/// The number of a slot in as few low bits as do for all, and in the others as much of its key's
/// hash, so that most other keys are told from it without a look at the slot.
type Word = u32;

/// The bits of a slot's number in a [`Word`]; all of them set is no slot.
fn mask(slots: &[Slot]) -> Word {
    Word::MAX.checked_shr((slots.len() as u32).leading_zeros()).unwrap_or(0)
}

/// Where the chain of a `hash` starts, and the hash's part in words.
fn start(hash: u32, heads: usize, mask: Word) -> (usize, Word) {
    // What remains of the hash beside the number of the chain says nothing about that number.
    let wide = u64::from(hash) * heads as u64;
    ((wide >> 32) as usize, wide as Word & !mask)
}

/// An index to change: a word for each slot, which leads to the next slot of its chain, and then
/// the chains' heads.
pub(super) struct Index<'t>(pub(super) &'t mut [Word]);

impl Index<'_> {
    pub(super) fn reborrow(&mut self) -> Index<'_> {
        Index(self.0)
    }

    pub(super) fn view(&self) -> IndexView<'_> {
        IndexView(self.0)
    }

    pub(super) fn clear(&mut self) {
        self.0.fill(Word::MAX);
    }

    /// Puts in the slot `at`, by the hash that is noted there.
    pub(super) fn link(&mut self, slots: &[Slot], at: u32) {
        let hash = slots[at as usize].hash;
        let (nexts, heads) = self.0.split_at_mut(slots.len());
        let (start, tag) = start(hash, heads.len(), mask(slots));
        nexts[at as usize] = core::mem::replace(&mut heads[start], tag | at);
    }

    /// Takes out the slot `at`, by the hash that is noted there.
    pub(super) fn unlink(&mut self, slots: &[Slot], at: u32) {
        let hash = slots[at as usize].hash;
        let (nexts, heads) = self.0.split_at_mut(slots.len());
        let mask = mask(slots);
        let after = nexts[at as usize];
        let mut word = &mut heads[start(hash, heads.len(), mask).0];
        while *word & mask != at {
            word = &mut nexts[(*word & mask) as usize];
        }
        *word = after;
    }
}

/// An index to read.
#[derive(Clone, Copy)]
pub(super) struct IndexView<'t>(pub(super) &'t [Word]);

impl IndexView<'_> {
    /// The slot that holds `key`. There must be at least one slot.
    #[inline(always)]
    pub(super) fn find(self, slots: &[Slot], key: &RequestKey, hash: u32) -> Option<u32> {
        let (nexts, heads) = self.0.split_at(slots.len());
        let mask = mask(slots);
        let (start, tag) = start(hash, heads.len(), mask);
        let mut word = heads[start];
        loop {
            let at = word & mask;
            if word ^ at == tag {
                // No slot has the highest number, so one look tells the end of a chain too.
                let slot = slots.get(at as usize)?;
                if slot.key == *key {
                    return Some(at);
                }
            } else if at == mask {
                return None;
            }
            word = nexts[at as usize];
        }
    }

    /// Shows every slot in the index; a chain that bites its own tail comes round a second time.
    #[cfg(any(test, fuzzing))]
    pub(super) fn for_each(self, slots: &[Slot], mut see: impl FnMut(u32)) {
        let some = |word: Word| Some(word & mask(slots)).filter(|&at| at != mask(slots));
        let (nexts, heads) = self.0.split_at(slots.len());
        for &head in heads {
            core::iter::successors(some(head), |&at| some(nexts[at as usize]))
                .take(slots.len() + 1)
                .for_each(&mut see);
        }
    }
}
