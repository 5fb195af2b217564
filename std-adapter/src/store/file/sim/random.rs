//! A small generator of numbers: equal seeds are equal test cases.

/// SplitMix64.
pub(in super::super) struct Random(pub(in super::super) u64);

impl Random {
    /// A number below `bound`, which is not 0.
    pub(in super::super) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// True in one case of two.
    pub(in super::super) fn coin(&mut self) -> bool {
        self.next() & 1 == 1
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
