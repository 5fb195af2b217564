//! Doubly linked lists of keys, by number.

/// No key.
pub(super) const NONE: u32 = u32::MAX;

/// A list in which each key stands at most once, with its first key at the front.
pub(crate) struct List {
    /// The neighbours of each key, towards the front and towards the back. The last pair belongs
    /// to the list itself, which makes a ring of it.
    links: Vec<(u32, u32)>,
    len: usize,
}

impl List {
    /// An empty list for keys below `keys`.
    pub(crate) fn new(keys: usize) -> Self {
        let mut links = vec![(NONE, NONE); keys + 1];
        links[keys] = (keys as u32, keys as u32);
        Self { links, len: 0 }
    }

    /// The number of keys in it.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether the key is in it.
    pub(crate) fn contains(&self, key: u32) -> bool {
        self.links[key as usize].0 != NONE
    }

    /// The last key.
    pub(crate) fn back(&self) -> Option<u32> {
        self.before(self.ring())
    }

    /// The key before this one, towards the front.
    pub(crate) fn before(&self, key: u32) -> Option<u32> {
        let before = self.links[key as usize].0;
        (before != self.ring()).then_some(before)
    }

    /// Puts a key that is not in the list at the front.
    pub(crate) fn push_front(&mut self, key: u32) {
        debug_assert!(!self.contains(key));
        let ring = self.ring();
        let first = self.links[ring as usize].1;
        self.links[key as usize] = (ring, first);
        self.links[first as usize].0 = key;
        self.links[ring as usize].1 = key;
        self.len += 1;
    }

    /// Takes the key out; tells whether it was there.
    pub(crate) fn remove(&mut self, key: u32) -> bool {
        let (before, after) = self.links[key as usize];
        if before == NONE {
            return false;
        }
        self.links[before as usize].1 = after;
        self.links[after as usize].0 = before;
        self.links[key as usize] = (NONE, NONE);
        self.len -= 1;
        true
    }

    /// Takes the last key out.
    pub(crate) fn pop_back(&mut self) -> Option<u32> {
        self.back().inspect(|&key| {
            self.remove(key);
        })
    }

    fn ring(&self) -> u32 {
        self.links.len() as u32 - 1
    }
}
