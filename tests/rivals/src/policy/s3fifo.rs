//! S3-FIFO (Yang et al., SOSP 2023): a small queue for what is new, a main one with counters, and
//! a memory of the keys that left the small one, all first in first out.

use super::{Policy, list::List};

/// A cache for a number of entries.
pub(crate) struct S3Fifo {
    small: List,
    main: List,
    ghosts: List,
    /// How often an entry was used since it came, 3 at most.
    uses: Vec<u8>,
    small_capacity: usize,
    capacity: usize,
}

impl S3Fifo {
    /// For `capacity` entries, one or more, a tenth of them new ones, and keys below `keys`.
    pub(crate) fn new(capacity: usize, keys: usize) -> Self {
        let [small, main, ghosts] = [(); 3].map(|()| List::new(keys));
        let small_capacity = (capacity / 10).max(1);
        Self { small, main, ghosts, uses: vec![0; keys], small_capacity, capacity }
    }

    fn evict(&mut self) {
        while self.small.len() + self.main.len() >= self.capacity {
            if self.small.len() >= self.small_capacity || self.main.len() == 0 {
                self.evict_from_small();
            } else {
                self.evict_from_main();
            }
        }
    }

    fn evict_from_small(&mut self) {
        while let Some(key) = self.small.pop_back() {
            if self.uses[key as usize] > 1 {
                self.uses[key as usize] = 0;
                self.main.push_front(key);
                continue;
            }
            // As many keys are remembered as the main queue has places.
            if self.ghosts.len() >= (self.capacity - self.small_capacity).max(1) {
                self.ghosts.pop_back();
            }
            self.ghosts.push_front(key);
            return;
        }
    }

    fn evict_from_main(&mut self) {
        while let Some(key) = self.main.pop_back() {
            let uses = &mut self.uses[key as usize];
            if *uses == 0 {
                return;
            }
            *uses -= 1;
            self.main.push_front(key);
        }
    }
}

impl Policy for S3Fifo {
    fn request(&mut self, key: u32) -> bool {
        let uses = &mut self.uses[key as usize];
        if self.small.contains(key) || self.main.contains(key) {
            *uses = (*uses + 1).min(3);
            return true;
        }
        *uses = 0;
        self.evict();
        if self.ghosts.remove(key) {
            self.main.push_front(key);
        } else {
            self.small.push_front(key);
        }
        false
    }
}
