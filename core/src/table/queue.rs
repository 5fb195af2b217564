//! First in, first out: a doubly linked list through the entries' nodes, so that any entry can
//! leave it at any time.

use super::{policy::Node, slot::NONE};

/// One list. Who is in it is told by the nodes' links; a node is in one list at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queue {
    newest: u32,
    pub(super) oldest: u32,
    pub(super) len: u32,
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self { newest: NONE, oldest: NONE, len: 0 }
    }

    /// Puts in the entry `at` as the newest.
    pub(super) fn push(&mut self, nodes: &mut [Node], at: u32) {
        let node = &mut nodes[at as usize];
        (node.newer, node.older) = (NONE, self.newest);
        match self.newest {
            NONE => self.oldest = at,
            newest => nodes[newest as usize].newer = at,
        }
        self.newest = at;
        self.len += 1;
    }

    /// Takes out the entry `at`, which must be in this list.
    pub(super) fn unlink(&mut self, nodes: &mut [Node], at: u32) {
        let node = &nodes[at as usize];
        let (newer, older) = (node.newer, node.older);
        match newer {
            NONE => self.newest = older,
            newer => nodes[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => nodes[older as usize].newer = newer,
        }
        self.len -= 1;
    }

    /// Checks the links both ways and shows every entry, newest first.
    #[cfg(any(test, fuzzing))]
    pub(super) fn validate(&self, nodes: &[Node], mut see: impl FnMut(&Node)) {
        let (mut at, mut newer) = (self.newest, NONE);
        for _ in 0..self.len {
            let node = &nodes[at as usize];
            assert_eq!(node.newer, newer, "the links of a queue disagree");
            see(node);
            (newer, at) = (at, node.older);
        }
        assert_eq!((at, self.oldest), (NONE, newer), "a queue is longer than counted");
    }
}
