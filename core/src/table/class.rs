//! Entries of about equal worth, and the clock that brings classes of unequal worth together.
//!
//! Every class turns over on its own, and its clock tells how far it has come: a full turn takes
//! as long as the class is worth. The class whose clock is behind the others' gives up the next
//! entry. So an entry worth eight times as much stays eight times as long, as in GreedyDual-Size
//! (Cao and Irani, USITS 1997), which keeps one priority queue of all entries for it; rounding
//! worth to classes is from CAMP (Ghandeharizadeh et al., Middleware 2014). With equal worth there
//! is one class, its clock has nobody to wait for, and the order within the class is all there is.

use super::queue::Queue;

/// The number of classes.
pub(super) const CLASSES: usize = 16;
/// The class of entries that are worth as much as the average.
pub(super) const MIDDLE: u8 = 8;

/// What each class is worth, in sixteenths of the first: `16 * 2^(4 c / 3)`. So the middle one is
/// worth some 1,600 times as much as the first, and the last 650 times as much as the middle one.
const WORTH: [u32; CLASSES] = [
    16, 40, 102, 256, 645, 1_625, 4_096, 10_321, 26_008, 65_536, 165_140, 416_128, 1_048_576,
    2_642_246, 6_658_043, 16_777_216,
];

/// Clocks go round at 2^64; two of them are never further apart than half of that.
pub(super) fn is_before(clock: u64, other: u64) -> bool {
    clock.wrapping_sub(other).cast_signed() < 0
}

/// The entries of one class: newcomers in the small queue, those that proved themselves in the
/// main one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Class {
    pub(super) small: Queue,
    pub(super) main: Queue,
    /// How far the class has come; of no meaning while it is empty.
    pub(super) clock: u64,
}

impl Class {
    pub(super) const EMPTY: Self = Self { small: Queue::new(), main: Queue::new(), clock: 0 };

    pub(super) const fn len(&self) -> u32 {
        self.small.len + self.main.len
    }

    /// Starts the clock of class `number` with its first entry: a turn from `now`.
    pub(super) fn start(&mut self, number: u8, now: u64) {
        self.clock = now.wrapping_add(life(number, 1));
    }

    /// One entry of class `number`, which is not empty, has had its turn.
    pub(super) fn step(&mut self, number: u8) {
        self.clock = self.clock.wrapping_add(life(number, self.len()));
    }
}

/// The time in which one of `len` entries has its turn, at most 2^56. In 32 bits but for the
/// product, as division of more costs a microcontroller a kilobyte of code.
fn life(number: u8, len: u32) -> u64 {
    u64::from(u32::MAX / len.max(1)) * u64::from(WORTH[usize::from(number)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table is its formula, rounded.
    #[test]
    fn worth_grows_by_four_thirds_of_an_octave() {
        for (number, worth) in WORTH.into_iter().enumerate() {
            let exact = 16.0 * 2_f64.powf(4.0 * number as f64 / 3.0);
            assert!((f64::from(worth) - exact).abs() <= 0.5, "class {number}");
        }
    }

    /// Clocks compare across the wrap of their counter.
    #[test]
    fn clocks_go_round() {
        assert!(is_before(u64::MAX, 0) && is_before(u64::MAX - 5, u64::MAX));
        assert!(!is_before(3, 3) && !is_before(0, u64::MAX));
        let mut class = Class::EMPTY;
        class.main.len = 1;
        class.start(15, u64::MAX - 7);
        let before = class.clock;
        class.step(15);
        assert!(is_before(u64::MAX - 7, before) && is_before(before, class.clock));
    }

    /// A full turn takes the class's worth whatever the number of entries, to a millionth.
    #[test]
    fn a_turn_is_worth_the_class() {
        for len in [1, 2, 3, 1_000, 4_000] {
            let (turn, one) = (u128::from(life(9, len)) * u128::from(len), u128::from(life(9, 1)));
            assert!(turn <= one && one - turn <= one / 1_000_000, "{len} entries");
        }
        assert!(life(0, u32::MAX) > 0, "a clock that stands still");
    }
}
