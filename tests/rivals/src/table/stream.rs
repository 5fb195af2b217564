//! What is asked for, by Zipf's law.

use llm_cache_core::RequestKey;

use crate::{random::Random, zipf::Zipf};

/// Keys there are for each entry of the caches.
const UNIVERSE: usize = 10;

/// Requests, the same for all sides.
pub(super) struct Stream {
    /// What caches are filled with: the keys that are asked for most, in ascending order.
    pub(super) favourites: Vec<RequestKey>,
    /// What is asked for, in order.
    pub(super) keys: Vec<RequestKey>,
}

impl Stream {
    /// For caches of `entries` entries: ten times as many keys, and a hundred times as many
    /// requests, but 200,000 at least and three million at most.
    pub(super) fn new(entries: usize, exponent: f64, seed: u64) -> Self {
        let zipf = Zipf::new(entries * UNIVERSE, exponent);
        let mut random = Random::new(seed);
        let salt = random.next();
        let len = (entries * 100).clamp(200_000, 3_000_000);
        Self {
            favourites: (0..entries).rev().map(|rank| Self::key(salt, rank)).collect(),
            keys: (0..len).map(|_| Self::key(salt, zipf.rank(&mut random))).collect(),
        }
    }

    fn key(salt: u64, rank: usize) -> RequestKey {
        RequestKey::from_bytes(Random::new(salt ^ (rank as u64).rotate_left(32)).bytes())
    }

    /// The first two thirds, to warm up, and the last, to count hits.
    pub(super) fn parts(&self) -> (&[RequestKey], &[RequestKey]) {
        self.keys.split_at(self.keys.len() / 3 * 2)
    }
}

/// Keys by the batch, in a ring.
pub(super) struct Batches<'k> {
    keys: &'k [RequestKey],
    at: usize,
    len: usize,
}

impl<'k> Batches<'k> {
    /// Batches of `len` keys. There are as many keys at least.
    pub(super) fn new(keys: &'k [RequestKey], len: usize) -> Self {
        Self { keys, at: 0, len }
    }

    /// The next ones, never fewer than a batch.
    pub(super) fn next(&mut self) -> &'k [RequestKey] {
        if self.at + self.len > self.keys.len() {
            self.at = 0;
        }
        let batch = &self.keys[self.at..self.at + self.len];
        self.at += self.len;
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream is the seed's, and batches go around.
    #[test]
    fn streams_repeat() {
        let stream = Stream::new(64, 0.9, 3);
        assert_eq!(stream.keys, Stream::new(64, 0.9, 3).keys);
        assert_ne!(stream.keys, Stream::new(64, 0.9, 4).keys);
        let mut batches = Batches::new(&stream.keys[..7], 3);
        let starts: Vec<_> = (0..3).map(|_| batches.next().to_vec()).collect();
        assert_eq!(starts[0], stream.keys[..3]);
        assert_eq!(starts[1], stream.keys[3..6]);
        assert_eq!(starts[2], starts[0]);
    }
}
