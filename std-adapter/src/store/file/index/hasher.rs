//! A hash for keys that are random already.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
};

/// Hashes prefixes under numbers that are this process's secret. They are pieces of SHA-256, as
/// good as random but to somebody who chooses requests for what they hash to; he does not know to
/// which places of the map he would have to aim.
#[derive(Clone, Debug)]
pub(crate) struct Seeded([u64; 2]);

impl Default for Seeded {
    fn default() -> Self {
        Self([RandomState::new().hash_one(0), RandomState::new().hash_one(1)])
    }
}

impl BuildHasher for Seeded {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded { seed: self.0, state: 0 }
    }
}

/// A multiplication whose halves are folded together.
pub(crate) struct Folded {
    seed: [u64; 2],
    state: u64,
}

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        let [add, multiply] = self.seed;
        let product = u128::from(self.state ^ number ^ add) * u128::from(multiply | 1);
        self.state = product as u64 ^ (product >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Numbers as random as digests fill the low and the high bits of their hashes evenly, and no
    /// two maps hash alike.
    #[test]
    fn hashes_spread() {
        let (seeded, digests) = (Seeded::default(), RandomState::new());
        let hash = |number: u64| {
            let mut hasher = seeded.build_hasher();
            hasher.write_u64(digests.hash_one(number));
            hasher.finish()
        };
        // Of 4096 balls in as many bins, 63 % of the bins get one.
        let bins =
            |bits: fn(u64) -> u64| (0..4096).map(|at| bits(hash(at))).collect::<HashSet<_>>();
        assert!(bins(|hash| hash & 0xfff).len() > 2000);
        assert!(bins(|hash| hash >> 52).len() > 2000);
        assert_ne!(Seeded::default().0, seeded.0);
    }
}
