//! First in, first out: a doubly linked list through the entries' nodes, so that any entry can
//! leave it at any time.

use super::{policy::Linked, slot::NONE};

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
    pub(super) fn push(&mut self, nodes: &mut [impl Linked], at: u32) {
        let node = nodes[at as usize].node_mut();
        (node.newer, node.older) = (NONE, self.newest);
        match self.newest {
            NONE => self.oldest = at,
            newest => nodes[newest as usize].node_mut().newer = at,
        }
        self.newest = at;
        self.len += 1;
    }

    /// Takes out the entry `at`, which must be in this list.
    pub(super) fn unlink(&mut self, nodes: &mut [impl Linked], at: u32) {
        let node = nodes[at as usize].node();
        let (newer, older) = (node.newer, node.older);
        match newer {
            NONE => self.newest = older,
            newer => nodes[newer as usize].node_mut().older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => nodes[older as usize].node_mut().newer = newer,
        }
        self.len -= 1;
    }

    /// Checks the links both ways and shows every entry, newest first.
    #[cfg(any(test, fuzzing))]
    pub(super) fn validate<N: Linked>(&self, nodes: &[N], mut see: impl FnMut(&N)) {
        let (mut at, mut newer) = (self.newest, NONE);
        for _ in 0..self.len {
            let entry = &nodes[at as usize];
            assert_eq!(entry.node().newer, newer, "the links of a queue disagree");
            see(entry);
            (newer, at) = (at, entry.node().older);
        }
        assert_eq!((at, self.oldest), (NONE, newer), "a queue is longer than counted");
    }
}
