//! What is kept: as many entries as wanted from a seed.

use std::cell::RefCell;

use crate::random::Random;

/// An entry's name.
#[derive(Clone, Copy)]
pub(super) struct Key {
    /// Which one of its set it is: where the bare system calls find it.
    pub(super) number: u32,
    /// As every store gets it.
    pub(super) bytes: [u8; 32],
}

impl Key {
    /// For stores whose keys are text.
    pub(super) fn hex(&self) -> String {
        self.bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
            hex.extend(
                [byte >> 4, byte & 15]
                    .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])),
            );
            hex
        })
    }
}

/// Entries with values of one length.
pub(super) struct Entries {
    /// The length of each value.
    pub(super) len: usize,
    /// How many there are to begin with; numbers beyond name further ones.
    pub(super) count: u32,
    seed: u64,
    text: Vec<u8>,
}

thread_local! {
    static VALUE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Entries {
    /// `count` entries with values of `len` bytes.
    pub(super) fn new(count: u32, len: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        // Letters at random: what little a store that compresses gains by it is no model's answer,
        // but the same for all of them.
        let text = (0..len).map(|_| letter(random.next() as u8)).collect();
        Self { len, count, seed, text }
    }

    /// The name of an entry.
    pub(super) fn key(&self, number: u32) -> Key {
        let mut random = Random::new(self.seed ^ u64::from(number).rotate_left(32));
        Key { number, bytes: random.bytes() }
    }

    /// Names of entries in no order, each from the first `count`.
    pub(super) fn shuffled(&self, len: usize) -> Vec<Key> {
        let mut random = Random::new(!self.seed);
        (0..len).map(|_| self.key(random.below(self.count as usize) as u32)).collect()
    }

    /// Calls `work` with the value of an entry. It is text, and no two are equal, as some stores
    /// keep equal ones once.
    pub(super) fn with_value<T>(&self, key: &Key, work: impl FnOnce(&[u8]) -> T) -> T {
        VALUE.with_borrow_mut(|value| {
            if value.len() != self.len {
                value.clone_from(&self.text);
            }
            value.iter_mut().zip(key.bytes).for_each(|(at, byte)| *at = letter(byte));
            work(value)
        })
    }
}

/// One of 64 printable characters.
const fn letter(byte: u8) -> u8 {
    0x30 + (byte & 0x3f)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values are text of the length asked for, the same for one key and different for two.
    #[test]
    fn values_differ() {
        let entries = Entries::new(10, 200, 7);
        let value = |number| entries.with_value(&entries.key(number), <[u8]>::to_vec);
        assert_eq!(value(3), value(3));
        assert_ne!(value(3), value(4));
        assert!(value(3).len() == 200 && value(3).is_ascii());
        assert!(entries.shuffled(100).iter().all(|key| key.number < 10));
        assert!(entries.key(5).hex().starts_with(&format!("{:02x}", entries.key(5).bytes[0])));
    }
}
