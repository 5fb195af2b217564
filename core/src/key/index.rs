//! A map from request keys to small values, on the heap.

use core::fmt;

use hashbrown::{HashTable, hash_table::Entry};

use super::RequestKey;

/// The first 8 bytes of a request's key, by which a [`KeyIndex`] tells keys apart.
///
/// It has no alignment beyond 4 bytes, so that a small value beside it needs no padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyPrefix([u32; 2]);

impl KeyPrefix {
    /// The prefix of a key.
    #[must_use]
    pub const fn of(key: &RequestKey) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *key.as_bytes();
        Self([u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])])
    }

    /// A number that sorts prefixes, another one for each.
    #[must_use]
    pub const fn number(self) -> u64 {
        let [low, high] = self.0;
        low as u64 | (high as u64) << 32
    }
}

/// Finds a value by a request's key: where a record stands, for example.
///
/// It holds 8 bytes of each key, so two keys with the same 8 bytes are one: where that matters,
/// the value must lead to the whole key. By chance it happens to one pair among five thousand
/// million keys; somebody who makes it happen to keys of his own gains nothing, and another's key
/// takes him 2^64 attempts.
///
/// The hash is seeded: whoever does not know the seed cannot choose keys that crowd one part of the
/// map. Give each index a seed that strangers cannot guess.
///
/// Every operation on one key takes constant expected time, and one look-up: an insert that finds
/// the key replaces the value in place. One insert in many moves all entries to more memory;
/// [`reserve`](Self::reserve) does that ahead. An entry takes `8 + size_of::<V>()` bytes and one
/// more, and at least seven sixteenths of the room are taken while it grows.
///
/// ```
/// use llm_cache_core::RequestKey;
/// use llm_cache_core::key::KeyIndex;
///
/// let mut places = KeyIndex::new([0x5eed, 0xfeed]);
/// let key = RequestKey::from_bytes([7; 32]);
/// assert_eq!(places.insert(&key, 4096_u32), None);
/// assert_eq!(places.insert(&key, 8192), Some(4096));
/// assert_eq!(places.get(&key), Some(&8192));
/// assert_eq!(places.len(), 1);
/// ```
#[derive(Clone)]
pub struct KeyIndex<V> {
    values: HashTable<(KeyPrefix, V)>,
    seed: [u64; 2],
}

impl<V> KeyIndex<V> {
    /// An empty one, which takes no memory yet.
    #[must_use]
    pub const fn new(seed: [u64; 2]) -> Self {
        Self { values: HashTable::new(), seed }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &RequestKey) -> Option<&V> {
        self.get_at(KeyPrefix::of(key))
    }

    /// The value of the key with this prefix.
    #[must_use]
    pub fn get_at(&self, prefix: KeyPrefix) -> Option<&V> {
        let found = self.values.find(hash(self.seed, prefix), |(other, _)| *other == prefix);
        found.map(|(_, value)| value)
    }

    /// Puts in a value, and gives the one that it replaces.
    pub fn insert(&mut self, key: &RequestKey, value: V) -> Option<V> {
        let (prefix, seed) = (KeyPrefix::of(key), self.seed);
        let entry = self.values.entry(
            hash(seed, prefix),
            |(other, _)| *other == prefix,
            |(other, _)| hash(seed, *other),
        );
        match entry {
            Entry::Occupied(mut entry) => Some(core::mem::replace(&mut entry.get_mut().1, value)),
            Entry::Vacant(entry) => {
                entry.insert((prefix, value));
                None
            }
        }
    }

    /// Takes out the value of a key.
    pub fn remove(&mut self, key: &RequestKey) -> Option<V> {
        self.remove_at(KeyPrefix::of(key))
    }

    /// Takes out the value of the key with this prefix.
    pub fn remove_at(&mut self, prefix: KeyPrefix) -> Option<V> {
        let found = self.values.find_entry(hash(self.seed, prefix), |(other, _)| *other == prefix);
        found.ok().map(|entry| entry.remove().0.1)
    }

    /// Takes out the values for which `stays` is false. O(room).
    pub fn retain(&mut self, mut stays: impl FnMut(&V) -> bool) {
        self.values.retain(|(_, value)| stays(value));
    }

    /// Every value with the prefix of its key, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (KeyPrefix, &V)> {
        self.values.iter().map(|(prefix, value)| (*prefix, value))
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many values there is room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.values.capacity()
    }

    /// Makes room for as many more values.
    pub fn reserve(&mut self, more: usize) {
        let seed = self.seed;
        self.values.reserve(more, |(prefix, _)| hash(seed, *prefix));
    }

    /// Gives back memory beyond what so many values need, or those that there are, if more.
    pub fn shrink_to(&mut self, values: usize) {
        let seed = self.seed;
        self.values.shrink_to(values, |(prefix, _)| hash(seed, *prefix));
    }

    /// Bytes of heap memory that it takes.
    #[must_use]
    pub fn allocated_bytes(&self) -> usize {
        self.values.allocation_size()
    }
}

impl<V> fmt::Debug for KeyIndex<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyIndex").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// A multiplication under the seed whose halves are folded together. Prefixes are pieces of
/// SHA-256: as good as random but to somebody who chooses requests for them.
const fn hash(seed: [u64; 2], prefix: KeyPrefix) -> u64 {
    let [add, multiply] = seed;
    let product = (prefix.number() ^ add) as u128 * (multiply | 1) as u128;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, collections::HashSet, vec::Vec};

    use proptest::prelude::*;

    use super::*;

    fn key(number: u8) -> RequestKey {
        let mut bytes = [0x5a; 32];
        bytes[7] = number;
        RequestKey::from_bytes(bytes)
    }

    proptest! {
        /// It does what a map by whole keys does, where the first 8 bytes tell the keys apart.
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((0..5_u8, 0..20_u8, any::<u32>()), 0..200)) {
            let (mut index, mut model) = (KeyIndex::new([3, 4]), HashMap::new());
            for (step, number, value) in steps {
                let key = key(number);
                match step {
                    0 | 1 => prop_assert_eq!(index.insert(&key, value), model.insert(key, value)),
                    2 => prop_assert_eq!(index.remove(&key), model.remove(&key)),
                    3 => {
                        index.retain(|value| value % 3 > 0);
                        model.retain(|_, value| *value % 3 > 0);
                    }
                    _ => {
                        index.reserve(usize::from(number));
                        index.shrink_to(0);
                    }
                }
                prop_assert_eq!(index.get(&key), model.get(&key));
                prop_assert_eq!((index.len(), index.is_empty()), (model.len(), model.is_empty()));
                prop_assert!(index.capacity() >= index.len());
            }
            let of = |(key, value): (&RequestKey, &u32)| (KeyPrefix::of(key), *value);
            let expected: HashSet<_> = model.iter().map(of).collect();
            let all: Vec<_> = index.iter().map(|(prefix, value)| (prefix, *value)).collect();
            prop_assert_eq!(all.len(), expected.len());
            for (prefix, value) in all {
                prop_assert!(expected.contains(&(prefix, value)));
                prop_assert_eq!(index.get_at(prefix), Some(&value));
                prop_assert_eq!(index.remove_at(prefix), Some(value));
            }
            prop_assert!(index.is_empty());
        }
    }

    /// An entry takes what the documentation says, and an empty index nothing.
    #[test]
    fn memory_is_as_documented() {
        let mut index = KeyIndex::<[u32; 3]>::new([1, 2]);
        assert_eq!(index.allocated_bytes(), 0);
        index.reserve(7 << 10);
        let (bytes, room) = (index.allocated_bytes(), index.capacity() / 7 * 8);
        assert!((21 * room..21 * room + 64).contains(&bytes), "{bytes} bytes for {room} places");
    }

    /// Numbers as random as digests fill the low and the high bits of their hashes evenly, and
    /// another seed hashes otherwise.
    #[test]
    fn hashes_spread() {
        let mut state = 1_u64;
        let mut digest = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let mixed = (state ^ state >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            KeyPrefix([(mixed >> 32) as u32, mixed as u32])
        };
        let digests: Vec<_> = (0..4096).map(|_| digest()).collect();
        let seed = [0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3211];
        // Of 4096 balls in as many bins, 63 % of the bins get one.
        let bins = |bits: fn(u64) -> u64| {
            digests.iter().map(|digest| bits(hash(seed, *digest))).collect::<HashSet<_>>().len()
        };
        assert!(bins(|hash| hash & 0xfff) > 2000);
        assert!(bins(|hash| hash >> 52) > 2000);
        assert_ne!(hash(seed, digests[0]), hash([seed[1], seed[0]], digests[0]));
    }
}
