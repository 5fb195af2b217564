//! Which keys were evicted a short while ago: fingerprints only.

use super::index::spread;

/// The number of fingerprints in a set.
const WAYS: usize = 8;

/// A memory of recently evicted keys in one word each, set-associative, first in first out in each
/// set. A wrong "yes" (8 in 2^32 for a small table) costs a little hit ratio and nothing else.
pub(super) struct Ghosts<'a>(pub(super) &'a mut [u32]);

impl Ghosts<'_> {
    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Remembers a key's hash, in place of the oldest in its set.
    pub(super) fn remember(&mut self, hash: u32) {
        if let Some(set) = self.set(hash) {
            let mut newer = fingerprint(hash);
            set.iter_mut().for_each(|word| newer = core::mem::replace(word, newer));
        }
    }

    /// Forgets a key's hash; tells whether it was remembered.
    pub(super) fn recall(&mut self, hash: u32) -> bool {
        let Some(set) = self.set(hash) else { return false };
        let Some(at) = set.iter().position(|&word| word == fingerprint(hash)) else {
            return false;
        };
        let mut older = 0;
        set[at..].iter_mut().rev().for_each(|word| older = core::mem::replace(word, older));
        true
    }

    /// The set of a hash, never empty.
    fn set(&mut self, hash: u32) -> Option<&mut [u32]> {
        let ways = self.0.len().min(WAYS);
        let sets = self.0.len().checked_div(ways)?;
        let start = spread(hash, sets) * ways;
        Some(&mut self.0[start..start + ways])
    }
}

/// Zero is an empty place.
fn fingerprint(hash: u32) -> u32 {
    hash.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last evicted are remembered, once each, and the oldest is forgotten first.
    #[test]
    fn the_oldest_goes_first() {
        let mut words = [0; 3];
        let mut ghosts = Ghosts(&mut words);
        (1..=4).for_each(|hash| ghosts.remember(hash));
        assert!(!ghosts.recall(1));
        assert!(ghosts.recall(3));
        assert!(!ghosts.recall(3));
        assert!(ghosts.recall(2));
        assert!(ghosts.recall(4));
        assert!(!ghosts.recall(0));
    }

    /// Without memory nothing is remembered.
    #[test]
    fn no_memory_is_no_ghost() {
        let mut ghosts = Ghosts(&mut []);
        ghosts.remember(1);
        assert!(!ghosts.recall(1));
    }
}
