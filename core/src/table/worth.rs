//! How much more an entry is worth than others: cost to obtain again over the memory it takes.

use super::{
    arena::{BLOCK_BYTES, blocks_for},
    policy::CREDIT_MAX,
    slot::ENTRY_BYTES,
};

/// Binary digits after the point in averages.
const FRACTION_BITS: u32 = 8;
/// The running average follows the last 2^6 or so inserts.
const AVERAGE_SHIFT: u32 = 6;

/// The running average of the logarithm of worth, against which each entry is measured. Only
/// ratios count, so the unit of cost does not matter; with equal cost and size all get no credit.
pub(super) struct Worth {
    average: Option<i32>,
}

impl Worth {
    pub(super) const fn new() -> Self {
        Self { average: None }
    }

    /// The extra rounds for an entry of this cost and length: one for each doubling of worth over
    /// the average. Counts it into the average.
    pub(super) fn credit(&mut self, cost: u32, len: usize) -> u8 {
        let bytes = (ENTRY_BYTES + blocks_for(len) * BLOCK_BYTES) as u64;
        let worth = log2(u64::from(cost.max(1))) - log2(bytes);
        let average = *self.average.get_or_insert(worth);
        self.average = Some(average + ((worth - average) >> AVERAGE_SHIFT));
        ((worth - average) >> FRACTION_BITS).clamp(0, i32::from(CREDIT_MAX)) as u8
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

    /// Equal entries get no credit, whatever they cost.
    #[test]
    fn equals_get_nothing() {
        for cost in [0, 1, 77, u32::MAX] {
            let mut worth = Worth::new();
            assert!((0..1_000).all(|_| worth.credit(cost, 500) == 0));
        }
    }

    /// An entry at eight times the usual cost gets three rounds more; a cheap one none.
    #[test]
    fn dear_entries_get_more() {
        let mut worth = Worth::new();
        (0..100).for_each(|_| assert_eq!(worth.credit(1_000, 500), 0));
        assert_eq!(worth.credit(8_000, 500), 3);
        assert_eq!(worth.credit(10, 500), 0);
        assert_eq!(worth.credit(u32::MAX, 0), CREDIT_MAX);
    }
}
