//! Which entry goes: an adaptive S3-FIFO within a class of worth, a clock between classes.
//!
//! Within a class (S3-FIFO, Yang et al., SOSP 2023): new entries pass a small queue; those that
//! nobody asks for there leave soon, and only their ghosts remain. Entries that were asked for, or
//! whose ghost was, live in the main queue, where each use gives one more round. So a scan washes
//! through the small queue only. How large that is adapts (as in ARC, Megiddo and Modha, FAST
//! 2003): a ghost of the small queue asks for more of it, one of the main queue for less. Between
//! classes: see [`class`](super::class).
//!
//! A hit changes nothing but one counter in its node. All that is moved is moved when a victim is
//! sought. The policy knows entries by number and never sees bytes, keys or time.

use super::{
    class::{CLASSES, Class, MIDDLE, is_before},
    ghost::{Ghosts, Origin, Recalled},
    slot::NONE,
    uses::Uses,
};

/// The small queue's share at first, at least and at most, in parts of 2^32.
const SHARE_FIRST: u32 = u32::MAX / 20;
const SHARE_MIN: u32 = u32::MAX / 50;
const SHARE_MAX: u32 = u32::MAX / 20 * 19;
/// Uses beyond this are not told apart.
const USES_MAX: u8 = 3;
/// The same for entries of more than average worth.
const USES_MAX_DEAR: u8 = 7;
/// An eviction gives at most so many entries another round, so that none takes long.
const ROUNDS_MAX: usize = 64;

/// Memory for one entry's place in the order of eviction: 12 bytes.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) newer: u32,
    pub(super) older: u32,
    place: Place,
    uses: Uses,
}

/// Where an entry is: nowhere if zero, or else one more than twice its class, and one more again
/// in the main queue. In one byte, so that memory without entries is all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place(u8);

impl Place {
    const NOWHERE: Self = Self(0);

    const fn small(class: u8) -> Self {
        Self(2 * class + 1)
    }

    const fn main(class: u8) -> Self {
        Self(2 * class + 2)
    }

    const fn class(self) -> u8 {
        (self.0 - 1) / 2
    }

    const fn is_small(self) -> bool {
        self.0 % 2 == 1
    }
}

impl Node {
    /// Memory without an entry, all zero, so that a `static` of it costs no flash.
    #[expect(clippy::declare_interior_mutable_const, reason = "made anew wherever it is named")]
    pub(super) const FREE: Self =
        Self { newer: 0, older: 0, place: Place::NOWHERE, uses: Uses::new(0) };

    /// Whether the policy holds this entry.
    pub(super) fn is_queued(&self) -> bool {
        self.place != Place::NOWHERE
    }

    /// Notes that the entry was asked for.
    pub(super) fn used(&self) {
        let dear = self.place.0 > Place::main(MIDDLE).0;
        let max = if dear { USES_MAX_DEAR } else { USES_MAX };
        let uses = self.uses.get();
        if uses < max {
            self.uses.set(uses + 1);
        }
    }

    /// Whether its uses give the entry another round. One use in the small queue is not enough
    /// where entries cost about the same: they come in pairs (a retry, a second tab) and never
    /// again. Of a dear entry it is.
    fn has_earned_a_round(&self) -> bool {
        let needed = if self.place.is_small() && self.place.class() <= MIDDLE { 2 } else { 1 };
        self.uses.get() >= needed
    }
}

/// All of the policy but the nodes and the ghosts.
pub(super) struct Policy {
    classes: [Class; CLASSES],
    /// Bit `c` tells that class `c` has entries.
    occupied: u16,
    /// What the clock of the class that was behind the others said when it last had a turn.
    clock: u64,
    len: u32,
    /// What part of each class is its small queue's, of 2^32.
    small_share: u32,
    /// Whether nothing had to be evicted yet.
    filling: bool,
}

impl Policy {
    pub(super) const fn new() -> Self {
        Self {
            classes: [Class::EMPTY; CLASSES],
            occupied: 0,
            clock: 0,
            len: 0,
            small_share: SHARE_FIRST,
            filling: true,
        }
    }

    /// Takes up the entry `at`, whose worth is of `class`.
    pub(super) fn admit(
        &mut self,
        nodes: &mut [Node],
        ghosts: &mut Ghosts<'_>,
        at: u32,
        hash: u32,
        class: u8,
    ) {
        let ghost = ghosts.recall(hash, self.len);
        let from_small = ghost.is_some_and(|ghost| ghost.origin == Origin::Small);
        let proven = from_small && !self.defends(nodes, class);
        if let Some(Recalled { origin, is_recent: true }) = ghost
            && (proven || !from_small)
            && class >= MIDDLE
        {
            self.adapt(origin);
        }
        // While the table fills up, both queues do, each to its share: what came first then stays
        // for good in a loop that is too long for the table, instead of washing through.
        let fills_main = self.filling && self.small_is_over(&self.classes[usize::from(class)], 1);
        if proven || fills_main {
            self.place(nodes, at, Place::main(class), 0);
        } else {
            // A ghost that has not proven itself needs one use less than others.
            self.place(nodes, at, Place::small(class), u8::from(ghost.is_some()));
        }
    }

    /// Whether the oldest entry of the class's main queue was in use since its last turn. Then it
    /// has the next one now: an entry that comes back as a ghost takes its place only if not.
    /// Otherwise the entries of a loop too long for the table would drive each other out.
    fn defends(&mut self, nodes: &mut [Node], class: u8) -> bool {
        let oldest = self.classes[usize::from(class)].main.oldest;
        let Some(node) = nodes.get(oldest as usize) else { return false };
        let uses = node.uses.get();
        if uses > 0 {
            self.give_round(nodes, oldest);
        }
        uses > 0
    }

    /// Takes up the entry `at` in place of one that had the node `old`, with a use more.
    pub(super) fn readmit(&mut self, nodes: &mut [Node], at: u32, old: &Node, class: u8) {
        let small = old.place.is_small();
        let place = if small { Place::small(class) } else { Place::main(class) };
        self.place(nodes, at, place, old.uses.get().min(USES_MAX - 1));
        nodes[at as usize].used();
    }

    /// Picks the entry that should go next and leaves it where it is. Entries that are `doomed`
    /// get no further round. `None` if there is no entry at all.
    pub(super) fn victim(
        &mut self,
        nodes: &mut [Node],
        doomed: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        for _ in 0..ROUNDS_MAX {
            let at = self.next_to_go()?;
            let node = &nodes[at as usize];
            if !node.has_earned_a_round() || doomed(at) {
                return Some(at);
            }
            self.reach(node.place.class());
            self.give_round(nodes, at);
        }
        self.next_to_go()
    }

    /// Lets go of the entry `at`, which was evicted, and remembers it.
    pub(super) fn evicted(
        &mut self,
        nodes: &mut [Node],
        ghosts: &mut Ghosts<'_>,
        at: u32,
        hash: u32,
    ) {
        let place = nodes[at as usize].place;
        let origin = if place.is_small() { Origin::Small } else { Origin::Main };
        ghosts.remember(hash, origin);
        self.filling = false;
        self.reach(place.class());
        self.classes[usize::from(place.class())].step(place.class());
        self.forget(nodes, at);
    }

    /// Lets go of the entry `at`.
    pub(super) fn forget(&mut self, nodes: &mut [Node], at: u32) {
        let node = &mut nodes[at as usize];
        let place = core::mem::replace(&mut node.place, Place::NOWHERE);
        if place == Place::NOWHERE {
            return;
        }
        let class = &mut self.classes[usize::from(place.class())];
        let queue = if place.is_small() { &mut class.small } else { &mut class.main };
        queue.unlink(nodes, at);
        if class.len() == 0 {
            self.occupied &= !(1 << place.class());
        }
        self.len -= 1;
    }

    /// Moves the entry `at`, which was in use, to the young end of its class's main queue.
    fn give_round(&mut self, nodes: &mut [Node], at: u32) {
        let Node { place, uses, .. } = &nodes[at as usize];
        let (place, uses) = (*place, if place.is_small() { 0 } else { uses.get() - 1 });
        self.classes[usize::from(place.class())].step(place.class());
        self.forget(nodes, at);
        self.place(nodes, at, Place::main(place.class()), uses);
    }

    fn place(&mut self, nodes: &mut [Node], at: u32, place: Place, uses: u8) {
        let node = &mut nodes[at as usize];
        node.place = place;
        node.uses.set(uses);
        let number = place.class();
        let class = &mut self.classes[usize::from(number)];
        if class.len() == 0 {
            class.start(number, self.clock);
            self.occupied |= 1 << number;
        }
        let queue = if place.is_small() { &mut class.small } else { &mut class.main };
        queue.push(nodes, at);
        self.len += 1;
    }

    /// The class that was behind all others comes next: now is what its clock says.
    fn reach(&mut self, class: u8) {
        self.clock = self.classes[usize::from(class)].clock;
    }

    /// The next entry of the class that is behind the others: the oldest of the queue that is
    /// over its share.
    fn next_to_go(&self) -> Option<u32> {
        let class = self.last_class()?;
        let small_goes = self.small_is_over(class, 0) || class.main.len == 0;
        let queue = if small_goes { &class.small } else { &class.main };
        (queue.oldest != NONE).then_some(queue.oldest)
    }

    /// The class whose clock is behind all others'.
    fn last_class(&self) -> Option<&Class> {
        let mut rest = self.occupied;
        let mut last = self.classes.get(rest.trailing_zeros() as usize)?;
        while rest & (rest - 1) != 0 {
            rest &= rest - 1;
            let class = &self.classes[rest.trailing_zeros() as usize];
            if is_before(class.clock, last.clock) {
                last = class;
            }
        }
        Some(last)
    }

    /// Whether the small queue has more than its share of all entries and `coming` ones.
    fn small_is_over(&self, class: &Class, coming: u32) -> bool {
        let all = u64::from(class.len()) + u64::from(coming);
        u64::from(class.small.len) > (all * u64::from(self.small_share)) >> 32
    }

    /// Moves the border between the queues by about one entry, so that the next one that is asked
    /// for again may still be there.
    fn adapt(&mut self, missed_in: Origin) {
        let step = u32::MAX / self.len.max(1);
        self.small_share = match missed_in {
            Origin::Small => self.small_share.saturating_add(step).min(SHARE_MAX),
            Origin::Main => self.small_share.saturating_sub(step).max(SHARE_MIN),
        };
    }

    /// Starts an empty policy's clock elsewhere than at zero.
    #[cfg(test)]
    pub(super) fn start_clock(&mut self, now: u64) {
        self.clock = now;
    }

    /// What the clock says.
    #[cfg(test)]
    pub(super) const fn now(&self) -> u64 {
        self.clock
    }

    /// Checks all queues and returns the number of entries in them.
    #[cfg(any(test, fuzzing))]
    pub(super) fn validate(&self, nodes: &[Node]) -> usize {
        let mut entries = 0;
        for (number, class) in (0..).zip(&self.classes) {
            for (queue, place) in
                [(&class.small, Place::small(number)), (&class.main, Place::main(number))]
            {
                queue.validate(nodes, |node| {
                    assert_eq!(node.place, place, "an entry is elsewhere than it says");
                    assert!(node.uses.get() <= USES_MAX_DEAR);
                });
                entries += queue.len;
            }
            let occupied = self.occupied & 1 << number != 0;
            assert_eq!(occupied, class.len() > 0, "class {number} is marked wrongly");
            assert!(!occupied || !is_before(class.clock, self.clock), "a class was passed over");
        }
        assert_eq!(entries, self.len, "the policy has miscounted");
        assert!((SHARE_MIN..=SHARE_MAX).contains(&self.small_share));
        entries as usize
    }
}
