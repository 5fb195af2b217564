//! Finding a slot by key: a seeded hash, and chains of slots or a hash table of their numbers.

use super::slot::{NONE, Slot};
use crate::RequestKey;
#[cfg(feature = "hashbrown")]
use hashbrown::HashTable;

/// A hash function drawn by seed from the multilinear family over the key's eight words,
/// `high32(a + sum(b_i * w_i))` modulo 2^64, which is strongly universal (Lemire and Kaser,
/// "Strongly universal string hashing is fast", 2014): for any two keys chosen without knowledge
/// of the seed the hashes are independent and uniform. It costs eight multiplications.
pub(super) struct KeyHash {
    offset: u64,
    factors: [u64; 8],
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
        Self { offset: draw(), factors: core::array::from_fn(|_| draw()) }
    }

    pub(super) fn of(&self, key: &RequestKey) -> u32 {
        let (words, _) = key.as_bytes().as_chunks::<4>();
        let terms = words.iter().zip(&self.factors);
        let sum = terms.fold(self.offset, |sum, (&word, &factor)| {
            sum.wrapping_add(factor.wrapping_mul(u64::from(u32::from_le_bytes(word))))
        });
        (sum >> 32) as u32
    }
}

/// Maps a uniform 32-bit hash evenly to `0..len` without a division.
pub(super) const fn spread(hash: u32, len: usize) -> usize {
    ((hash as u64 * len as u64) >> 32) as usize
}

/// An index to change. Which kind it is shows in nothing that a table does, only in time and
/// memory.
pub(super) enum Index<'t> {
    /// The first slot of each chain, which goes on through [`Slot::chain`].
    Chains(&'t mut [u32]),
    /// The numbers of the slots, with so much room that it never grows: see [`HeapIndex`].
    #[cfg(feature = "hashbrown")]
    Hashed(&'t mut HashTable<u32>),
}

impl Index<'_> {
    pub(super) fn reborrow(&mut self) -> Index<'_> {
        match self {
            Self::Chains(heads) => Index::Chains(heads),
            #[cfg(feature = "hashbrown")]
            Self::Hashed(numbers) => Index::Hashed(numbers),
        }
    }

    pub(super) fn view(&self) -> IndexView<'_> {
        match self {
            Self::Chains(heads) => IndexView::Chains(heads),
            #[cfg(feature = "hashbrown")]
            Self::Hashed(numbers) => IndexView::Hashed(numbers),
        }
    }

    /// For how many of `slots` slots there is room.
    pub(super) fn entries_max(&self, slots: usize) -> usize {
        match self {
            Self::Chains(heads) => slots.min(heads.len()),
            #[cfg(feature = "hashbrown")]
            Self::Hashed(_) => slots,
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Chains(heads) => heads.fill(NONE),
            #[cfg(feature = "hashbrown")]
            Self::Hashed(numbers) => numbers.clear(),
        }
    }

    /// Puts in the slot `at`, whose key has this `hash` by `hasher`.
    #[cfg_attr(not(feature = "hashbrown"), expect(unused_variables, reason = "no chain rehashes"))]
    pub(super) fn link(&mut self, slots: &mut [Slot], hasher: &KeyHash, at: u32, hash: u32) {
        match self {
            Self::Chains(heads) => {
                let head = &mut heads[spread(hash, heads.len())];
                slots[at as usize].chain = *head;
                *head = at;
            }
            #[cfg(feature = "hashbrown")]
            Self::Hashed(numbers) => {
                let rehash = |&at: &u32| stretch(hasher.of(&slots[at as usize].key));
                numbers.insert_unique(stretch(hash), at, rehash);
            }
        }
    }

    /// Takes out the slot `at`, whose key has this `hash`.
    pub(super) fn unlink(&mut self, slots: &mut [Slot], at: u32, hash: u32) {
        match self {
            Self::Chains(heads) => {
                let after = slots[at as usize].chain;
                let mut link = &mut heads[spread(hash, heads.len())];
                while *link != at {
                    link = &mut slots[*link as usize].chain;
                }
                *link = after;
            }
            #[cfg(feature = "hashbrown")]
            Self::Hashed(numbers) => {
                if let Ok(number) = numbers.find_entry(stretch(hash), |&number| number == at) {
                    number.remove();
                }
            }
        }
    }
}

/// An index to read.
#[derive(Clone, Copy)]
pub(super) enum IndexView<'t> {
    Chains(&'t [u32]),
    #[cfg(feature = "hashbrown")]
    Hashed(&'t HashTable<u32>),
}

impl IndexView<'_> {
    /// The slot that holds `key`. A chained index must have at least one head.
    pub(super) fn find(self, slots: &[Slot], key: &RequestKey, hash: u32) -> Option<u32> {
        match self {
            Self::Chains(heads) => {
                let mut at = heads[spread(hash, heads.len())];
                while at != NONE && slots[at as usize].key != *key {
                    at = slots[at as usize].chain;
                }
                (at != NONE).then_some(at)
            }
            #[cfg(feature = "hashbrown")]
            Self::Hashed(numbers) => {
                numbers.find(stretch(hash), |&at| slots[at as usize].key == *key).copied()
            }
        }
    }

    /// Shows every slot in the index; a chain that bites its own tail comes round a second time.
    #[cfg(any(test, fuzzing))]
    pub(super) fn for_each(self, slots: &[Slot], mut see: impl FnMut(u32)) {
        match self {
            Self::Chains(heads) => {
                let some = |at: u32| Some(at).filter(|&at| at != NONE);
                for &head in heads {
                    core::iter::successors(some(head), |&at| some(slots[at as usize].chain))
                        .take(slots.len() + 1)
                        .for_each(&mut see);
                }
            }
            #[cfg(feature = "hashbrown")]
            Self::Hashed(numbers) => numbers.iter().copied().for_each(see),
        }
    }
}

/// A 32-bit hash for hashbrown, which looks at the highest 7 bits and at as many of the lowest as
/// the table's size takes: the same bits of ours, where `usize` has 32 bits and where it has 64.
#[cfg(feature = "hashbrown")]
const fn stretch(hash: u32) -> u64 {
    (hash as u64) << 32 | hash as u64
}

/// The index of a table in heap memory.
#[cfg(feature = "alloc")]
pub(super) struct HeapIndex(
    #[cfg(not(feature = "hashbrown"))] alloc::boxed::Box<[u32]>,
    #[cfg(feature = "hashbrown")] HashTable<u32>,
);

#[cfg(all(feature = "alloc", not(feature = "hashbrown")))]
impl HeapIndex {
    pub(super) fn new(entries: usize) -> Self {
        Self(alloc::vec![0; entries].into())
    }

    pub(super) fn index(&mut self) -> Index<'_> {
        Index::Chains(&mut self.0)
    }

    pub(super) fn view(&self) -> IndexView<'_> {
        IndexView::Chains(&self.0)
    }
}

#[cfg(feature = "hashbrown")]
impl HeapIndex {
    /// Room for twice as many entries as there will be: when tombstones have filled up the rest,
    /// hashbrown rehashes in place if at most half of its room is taken, and else it would grow.
    pub(super) fn new(entries: usize) -> Self {
        Self(HashTable::with_capacity(entries.saturating_mul(2)))
    }

    pub(super) fn index(&mut self) -> Index<'_> {
        Index::Hashed(&mut self.0)
    }

    pub(super) fn view(&self) -> IndexView<'_> {
        IndexView::Hashed(&self.0)
    }

    #[cfg(test)]
    pub(super) fn allocated_bytes(&self) -> usize {
        self.0.allocation_size()
    }
}
