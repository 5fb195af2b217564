//! LIRS (Jiang, Zhang, SIGMETRICS 2002): what was used twice within a short while stays.

use super::{Policy, list::List};

/// A cache for a number of entries: all but a hundredth of them for keys of low recency (LIR).
pub(crate) struct Lirs {
    /// The stack S: LIR keys, and others, resident or not, used after the oldest LIR key was.
    stack: List,
    /// The queue Q: resident keys that are not LIR.
    queue: List,
    /// Keys in the stack that are not resident, the last to leave in front.
    gone: List,
    is_lir: Vec<bool>,
    lirs: usize,
    lirs_max: usize,
    capacity: usize,
}

impl Lirs {
    /// For `capacity` entries, one or more, and keys below `keys`. Twice as many keys that are
    /// not resident are remembered at most.
    pub(crate) fn new(capacity: usize, keys: usize) -> Self {
        let [stack, queue, gone] = [(); 3].map(|()| List::new(keys));
        let lirs_max = capacity - (capacity / 100).max(1);
        Self { stack, queue, gone, is_lir: vec![false; keys], lirs: 0, lirs_max, capacity }
    }

    fn touch(&mut self, key: u32) {
        self.stack.remove(key);
        self.stack.push_front(key);
    }

    fn make_lir(&mut self, key: u32) {
        self.is_lir[key as usize] = true;
        self.lirs += 1;
        self.touch(key);
        if self.lirs > self.lirs_max {
            // The stack's last key is LIR: it is pruned whenever one leaves its end.
            if let Some(last) = self.stack.pop_back() {
                self.is_lir[last as usize] = false;
                self.lirs -= 1;
                self.queue.push_front(last);
            }
            self.prune();
        }
    }

    /// Takes keys from the stack's end until one is LIR.
    fn prune(&mut self) {
        while let Some(last) = self.stack.back().filter(|&last| !self.is_lir[last as usize]) {
            self.stack.remove(last);
            self.gone.remove(last);
        }
    }

    /// Makes room for one entry.
    fn evict(&mut self) {
        if self.lirs + self.queue.len() < self.capacity {
            return;
        }
        let Some(key) = self.queue.pop_back() else { return };
        if self.stack.contains(key) {
            self.gone.push_front(key);
        }
        if self.gone.len() > 2 * self.capacity
            && let Some(oldest) = self.gone.pop_back()
        {
            self.stack.remove(oldest);
        }
    }
}

impl Policy for Lirs {
    fn request(&mut self, key: u32) -> bool {
        if self.is_lir[key as usize] {
            self.touch(key);
            self.prune();
            return true;
        }
        let hit = self.queue.remove(key);
        if !hit {
            self.evict();
        }
        let seen = self.stack.contains(key);
        self.gone.remove(key);
        if self.lirs < self.lirs_max || (seen && self.lirs_max > 0) {
            self.make_lir(key);
        } else {
            self.touch(key);
            self.queue.push_front(key);
            if self.lirs == 0 {
                self.prune();
            }
        }
        hit
    }
}
