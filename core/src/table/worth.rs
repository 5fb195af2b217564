//! How much an entry is worth beside others: cost to obtain again over the memory it takes.

use super::{
    arena::{BLOCK_BYTES, blocks_for},
    class::{CLASSES, MIDDLE},
    slot::ENTRY_BYTES,
};

/// Binary digits after the point in averages.
const FRACTION_BITS: u32 = 8;
/// The running average follows the last 2^6 or so inserts.
const AVERAGE_SHIFT: u32 = 6;

/// The running average of the logarithm of worth, against which each entry is measured. Only
/// ratios count, so the unit of cost does not matter; with equal cost and size all are of the
/// middle class.
pub(super) struct Worth {
    average: Option<i32>,
}

impl Worth {
    pub(super) const fn new() -> Self {
        Self { average: None }
    }

    /// The class of an entry of this cost and length: one up from the middle for each 4/3 of a
    /// doubling of worth over the average. Counts it into the average.
    pub(super) fn class(&mut self, cost: u32, len: usize) -> u8 {
        let bytes = (ENTRY_BYTES + blocks_for(len) * BLOCK_BYTES) as u64;
        let worth = log2(u64::from(cost.max(1))) - log2(bytes);
        let average = *self.average.get_or_insert(worth);
        self.average = Some(average + ((worth - average) >> AVERAGE_SHIFT));
        // Three quarters, rounded to the nearest.
        let steps = ((worth - average) * 3 + (2 << FRACTION_BITS)) >> (FRACTION_BITS + 2);
        (i32::from(MIDDLE) + steps).clamp(0, CLASSES as i32 - 1) as u8
    }
}

/// The binary logarithm of a positive number, its fraction interpolated linearly.
fn log2(number: u64) -> i32 {
    let whole = number.ilog2();
    let fraction = if whole >= FRACTION_BITS {
        number >> (whole - FRACTION_BITS)
    } else {
        number << (FRACTION_BITS - whole)
    };
    // The leading one is worth one in the sum, so it is taken off the whole part.
    (whole << FRACTION_BITS) as i32 + fraction as i32 - (1 << FRACTION_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equal entries are of the middle class, whatever they cost.
    #[test]
    fn equals_are_average() {
        for cost in [0, 1, 77, u32::MAX] {
            let mut worth = Worth::new();
            assert!((0..1_000).all(|_| worth.class(cost, 500) == MIDDLE));
        }
    }

    /// An entry at 16 times the usual cost is three classes up, one at a sixteenth three down.
    #[test]
    fn dear_entries_are_higher() {
        let mut worth = Worth::new();
        (0..100).for_each(|_| assert_eq!(worth.class(1_600, 500), MIDDLE));
        assert_eq!(worth.class(16 * 1_600, 500), MIDDLE + 3);
        assert_eq!(worth.class(100, 500), MIDDLE - 3);
        assert_eq!(worth.class(u32::MAX, 0), CLASSES as u8 - 1);
        assert_eq!(worth.class(0, 1 << 30), 0);
    }
}
