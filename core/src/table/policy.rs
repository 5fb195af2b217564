//! Which entry goes: S3-FIFO (Yang et al., SOSP 2023), with credit for entries that are worth more.
//!
//! New entries pass a small queue; those that nobody asks for there leave quickly, and only their
//! ghosts remain. Entries that were asked for, or whose ghost was, live in the main queue, where
//! each use gives one more round. So a scan washes through the small queue only. The policy knows
//! entries by number and never sees bytes, keys or time.

use super::{ghost::Ghosts, slot::NONE, uses::Uses};

/// One in so many entries is in the small queue when the table is full.
const SMALL_SHARE: u32 = 20;
/// Uses beyond this are not told apart.
const USES_MAX: u8 = 3;
/// Credit beyond this is not told apart.
pub(super) const CREDIT_MAX: u8 = 7;
/// An eviction gives at most so many entries another round, so that none takes long.
const ROUNDS_MAX: usize = 64;

/// What the policy keeps for each entry: 12 bytes, and 4 more for a ghost.
#[derive(Clone, Debug)]
pub(super) struct Node {
    newer: u32,
    older: u32,
    queue: Place,
    uses: Uses,
    credit: u8,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Place {
    Nowhere = 0,
    Small,
    Main,
}

impl Node {
    #[expect(clippy::declare_interior_mutable_const, reason = "made anew wherever it is named")]
    pub(super) const FREE: Self =
        Self { newer: 0, older: 0, queue: Place::Nowhere, uses: Uses::new(0), credit: 0 };

    /// Whether the policy holds this entry.
    pub(super) fn is_queued(&self) -> bool {
        self.queue != Place::Nowhere
    }

    /// Notes that the entry was asked for.
    pub(super) fn used(&self) {
        self.uses.set((self.uses.get() + 1).min(USES_MAX + self.credit));
    }
}

/// An array element that has a node of the policy in it.
pub(super) trait Linked {
    fn node(&self) -> &Node;
    fn node_mut(&mut self) -> &mut Node;
}

/// A doubly linked list through the nodes.
struct Queue {
    newest: u32,
    oldest: u32,
    len: u32,
}

/// The two queues.
pub(super) struct Policy {
    small: Queue,
    main: Queue,
}

impl Policy {
    pub(super) const fn new() -> Self {
        Self { small: Queue::new(), main: Queue::new() }
    }

    /// Takes up the entry `at`. `credit` is how many more rounds it is worth than others.
    pub(super) fn admit(
        &mut self,
        nodes: &mut [impl Linked],
        ghosts: &mut Ghosts<'_>,
        at: u32,
        hash: u32,
        credit: u8,
    ) {
        // While the table fills up, both queues do, each to its share: what came first then stays
        // for good in a loop that is too long for the table, instead of washing through.
        let known = ghosts.recall(hash);
        let place = if known || self.small_is_over(1) { Place::Main } else { Place::Small };
        self.place(nodes, at, Node { queue: place, uses: Uses::new(credit), credit, ..Node::FREE });
    }

    /// Takes up the entry `at` in place of one that had the node `old`, with a use more.
    pub(super) fn readmit(&mut self, nodes: &mut [impl Linked], at: u32, old: Node, credit: u8) {
        let node = Node { credit, ..old };
        node.used();
        self.place(nodes, at, node);
    }

    /// Picks the entry that should go next and leaves it where it is. Entries that are `doomed`
    /// get no further round. `None` if there is no entry at all.
    pub(super) fn victim<N: Linked>(
        &mut self,
        nodes: &mut [N],
        doomed: impl Fn(&N) -> bool,
    ) -> Option<u32> {
        for _ in 0..ROUNDS_MAX {
            let at = self.next_to_go()?;
            let entry = &mut nodes[at as usize];
            let node = entry.node().clone();
            let uses = node.uses.get();
            if uses == 0 || doomed(entry) {
                break;
            }
            self.forget(nodes, at);
            // Whoever leaves the small queue starts in the main one with what it is worth.
            let uses = if node.queue == Place::Small { node.credit } else { uses - 1 };
            let uses = Uses::new(uses);
            self.place(nodes, at, Node { queue: Place::Main, uses, ..node });
        }
        self.next_to_go()
    }

    /// Lets go of the entry `at`, which was evicted, and remembers it where that may help.
    pub(super) fn evicted(
        &mut self,
        nodes: &mut [impl Linked],
        ghosts: &mut Ghosts<'_>,
        at: u32,
        hash: u32,
    ) {
        if nodes[at as usize].node().queue == Place::Small {
            ghosts.remember(hash);
        }
        self.forget(nodes, at);
    }

    /// Lets go of the entry `at`.
    pub(super) fn forget(&mut self, nodes: &mut [impl Linked], at: u32) {
        match nodes[at as usize].node().queue {
            Place::Small => self.small.unlink(nodes, at),
            Place::Main => self.main.unlink(nodes, at),
            Place::Nowhere => {}
        }
        nodes[at as usize].node_mut().queue = Place::Nowhere;
    }

    fn place(&mut self, nodes: &mut [impl Linked], at: u32, node: Node) {
        let queue = node.queue;
        *nodes[at as usize].node_mut() = node;
        match queue {
            Place::Small => self.small.push(nodes, at),
            Place::Main | Place::Nowhere => self.main.push(nodes, at),
        }
    }

    /// The oldest of the queue that is over its share.
    fn next_to_go(&self) -> Option<u32> {
        let small_goes = self.small_is_over(0) || self.main.len == 0;
        let queue = if small_goes { &self.small } else { &self.main };
        (queue.oldest != NONE).then_some(queue.oldest)
    }

    /// Whether the small queue has more than its share of all entries and `coming` ones.
    fn small_is_over(&self, coming: u32) -> bool {
        self.small.len > (self.small.len + self.main.len + coming) / SMALL_SHARE
    }

    /// Checks both queues and returns the number of entries in them.
    #[cfg(any(test, fuzzing))]
    pub(super) fn validate(&self, nodes: &[impl Linked]) -> usize {
        self.small.validate(nodes, Place::Small);
        self.main.validate(nodes, Place::Main);
        (self.small.len + self.main.len) as usize
    }
}

impl Queue {
    const fn new() -> Self {
        Self { newest: NONE, oldest: NONE, len: 0 }
    }

    fn push(&mut self, nodes: &mut [impl Linked], at: u32) {
        let node = nodes[at as usize].node_mut();
        (node.newer, node.older) = (NONE, self.newest);
        match self.newest {
            NONE => self.oldest = at,
            newest => nodes[newest as usize].node_mut().newer = at,
        }
        self.newest = at;
        self.len += 1;
    }

    fn unlink(&mut self, nodes: &mut [impl Linked], at: u32) {
        let &Node { newer, older, .. } = nodes[at as usize].node();
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

    #[cfg(any(test, fuzzing))]
    fn validate(&self, nodes: &[impl Linked], place: Place) {
        let (mut at, mut newer) = (self.newest, NONE);
        for _ in 0..self.len {
            let node = nodes[at as usize].node();
            assert_eq!(node.queue, place, "an entry is in another queue than it says");
            assert_eq!(node.newer, newer, "the links of a queue disagree");
            assert!(node.uses.get() <= USES_MAX + node.credit && node.credit <= CREDIT_MAX);
            (newer, at) = (at, node.older);
        }
        assert_eq!((at, self.oldest), (NONE, newer), "a queue is longer than counted");
    }
}
