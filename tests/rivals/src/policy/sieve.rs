//! SIEVE (Zhang et al., NSDI 2024): a queue, one bit an entry, and a hand that keeps its place.

use super::{Policy, list::List};

/// A cache for a number of entries.
pub(crate) struct Sieve {
    queue: List,
    visited: Vec<bool>,
    hand: Option<u32>,
    capacity: usize,
}

impl Sieve {
    /// For `capacity` entries, one or more, and keys below `keys`.
    pub(crate) fn new(capacity: usize, keys: usize) -> Self {
        Self { queue: List::new(keys), visited: vec![false; keys], hand: None, capacity }
    }

    fn evict(&mut self) {
        let mut hand = self.hand.or(self.queue.back());
        while let Some(key) = hand {
            hand = self.queue.before(key);
            if !std::mem::take(&mut self.visited[key as usize]) {
                self.queue.remove(key);
                break;
            }
            hand = hand.or(self.queue.back());
        }
        self.hand = hand;
    }
}

impl Policy for Sieve {
    fn request(&mut self, key: u32) -> bool {
        if self.queue.contains(key) {
            self.visited[key as usize] = true;
            return true;
        }
        if self.queue.len() == self.capacity {
            self.evict();
        }
        self.queue.push_front(key);
        false
    }
}
