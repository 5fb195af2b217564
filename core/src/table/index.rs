//! Finding a slot by key: a seeded hash, and chains of slots.

use super::slot::{NONE, Slot};
use crate::RequestKey;

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

/// The slot that holds `key`, or `NONE`. There must be at least one head.
pub(super) fn find(heads: &[u32], slots: &[Slot], key: &RequestKey, hash: u32) -> u32 {
    let mut at = heads[spread(hash, heads.len())];
    while at != NONE {
        let slot = &slots[at as usize];
        if slot.key == *key {
            break;
        }
        at = slot.chain;
    }
    at
}

/// Puts the slot `at`, whose key has this `hash`, into its chain.
pub(super) fn link(heads: &mut [u32], slots: &mut [Slot], at: u32, hash: u32) {
    let head = &mut heads[spread(hash, heads.len())];
    slots[at as usize].chain = *head;
    *head = at;
}

/// Takes the slot `at`, whose key has this `hash`, out of its chain.
pub(super) fn unlink(heads: &mut [u32], slots: &mut [Slot], at: u32, hash: u32) {
    let after = slots[at as usize].chain;
    let head = &mut heads[spread(hash, heads.len())];
    if *head == at {
        *head = after;
        return;
    }
    let mut before = *head as usize;
    while slots[before].chain != at {
        before = slots[before].chain as usize;
    }
    slots[before].chain = after;
}
