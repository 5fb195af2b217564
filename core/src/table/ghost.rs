//! Which keys were evicted a short while ago, and from which queue: fingerprints only.

use super::index::spread;

/// The number of fingerprints in a set.
const WAYS: usize = 16;

/// The queue that a key was evicted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Small,
    Main,
}

/// Memory for what is known of evicted keys, of which there are two for each entry.
pub(super) type Ghost = [u16; 2];

/// An evicted key that has come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recalled {
    pub(super) origin: Origin,
    /// Whether no more keys were evicted since than half of the entries in the table.
    pub(super) is_recent: bool,
}

/// Two memories of recently evicted keys, one for each queue, in half a word a key. Each is
/// set-associative, first in first out in each set. A wrong "yes" (32 in 2^16 at most) costs a little hit
/// ratio and nothing else.
///
/// The queues have memories of their own because they evict at different rates: in one memory a
/// scan through the small queue would wash out what is known of the main one.
pub(super) struct Ghosts<'a> {
    words: &'a mut [u16],
    /// The number of entries that the table has room for.
    entries: u32,
}

impl<'a> Ghosts<'a> {
    pub(super) const fn new(ghosts: &'a mut [Ghost], entries: u32) -> Self {
        Self { words: ghosts.as_flattened_mut(), entries }
    }

    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Remembers a key's hash, in place of the oldest in its set.
    pub(super) fn remember(&mut self, hash: u32, origin: Origin) {
        if let Some(set) = self.set(hash, origin) {
            let mut newer = fingerprint(hash);
            set.iter_mut().for_each(|word| newer = core::mem::replace(word, newer));
        }
    }

    /// Forgets a key's hash; tells what was remembered of it.
    ///
    /// Only as many count as three quarters of `len`, the entries that are in the table now: with
    /// a longer memory a loop that does not fit would bring all of itself back, again and again.
    pub(super) fn recall(&mut self, hash: u32, len: u32) -> Option<Recalled> {
        let (entries, len) = (u64::from(self.entries), u64::from(len));
        [Origin::Small, Origin::Main].into_iter().find_map(|origin| {
            let set = self.set(hash, origin)?;
            let looked_for = fingerprint(hash);
            // First all of them, without a branch for each: nearly always there is none.
            if !set.iter().fold(false, |found, &word| found | (word == looked_for)) {
                return None;
            }
            let at = set.iter().position(|&word| word == looked_for)?;
            let mut older = 0;
            set[at..].iter_mut().rev().for_each(|word| older = core::mem::replace(word, older));
            let is_among_last =
                |quarters: u64| 4 * at as u64 * entries < quarters * set.len() as u64 * len;
            is_among_last(3).then(|| Recalled { origin, is_recent: is_among_last(2) })
        })
    }

    /// The set of a hash, never empty.
    fn set(&mut self, hash: u32, origin: Origin) -> Option<&mut [u16]> {
        let (small, main) = self.words.split_at_mut(self.words.len() / 2);
        let words = match origin {
            Origin::Small => small,
            Origin::Main => main,
        };
        let ways = words.len().min(WAYS);
        let sets = words.len().checked_div(ways)?;
        let start = spread(hash, sets) * ways;
        Some(&mut words[start..start + ways])
    }
}

/// The lower half of a hash, whose upper half tells the set. Zero is an empty place.
fn fingerprint(hash: u32) -> u16 {
    (hash as u16).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Option<Recalled> = Some(Recalled { origin: Origin::Small, is_recent: true });

    /// The last evicted are remembered, once each, and the oldest is forgotten first.
    #[test]
    fn the_oldest_goes_first() {
        let mut words = [[0; 2]; 3];
        let mut ghosts = Ghosts::new(&mut words, 3);
        (1..=4).for_each(|hash| ghosts.remember(hash, Origin::Small));
        assert_eq!(ghosts.recall(1, 3), None);
        assert_eq!(ghosts.recall(3, 3), SMALL);
        assert_eq!(ghosts.recall(3, 3), None);
        assert_eq!(ghosts.recall(2, 3), SMALL);
        assert_eq!(ghosts.recall(4, 3), SMALL);
        assert_eq!(ghosts.recall(0, 3), None);
    }

    /// Either queue has a memory of its own, which the other's evictions leave alone.
    #[test]
    fn queues_do_not_wash_out_each_other() {
        let mut words = [[0; 2]; 4];
        let mut ghosts = Ghosts::new(&mut words, 4);
        ghosts.remember(7, Origin::Main);
        (10..90).for_each(|hash| ghosts.remember(hash, Origin::Small));
        assert_eq!(ghosts.recall(7, 4).map(|ghost| ghost.origin), Some(Origin::Main));
    }

    /// What is recalled reaches back by three quarters of the entries in the table, and is recent
    /// for half of them, whatever the table has room for.
    #[test]
    fn memory_reaches_as_far_as_the_table_is_full() {
        let mut words = [[0; 2]; 16];
        for (len, ages) in [(16, [7, 11]), (8, [3, 5])] {
            for age in 0..16 {
                let mut ghosts = Ghosts::new(&mut words, 16);
                ghosts.clear();
                (0..=age).for_each(|hash| ghosts.remember(hash + 1, Origin::Small));
                let is_recent = ghosts.recall(1, len).map(|ghost| ghost.is_recent);
                assert_eq!(is_recent, (age <= ages[1]).then_some(age <= ages[0]), "{age} of {len}");
            }
        }
    }

    /// Without memory nothing is remembered.
    #[test]
    fn no_memory_is_no_ghost() {
        let mut ghosts = Ghosts::new(&mut [], 9);
        ghosts.remember(1, Origin::Small);
        assert_eq!(ghosts.recall(1, 9), None);
    }
}
