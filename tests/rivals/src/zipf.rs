//! Numbers as popularity is distributed.

use crate::random::Random;

/// Zipf's distribution over the ranks below `count`: rank `r` has weight `(r + 1) ^ -exponent`.
///
/// Sampled by rejection-inversion (Hormann, Derflinger, ACM TOMACS 1996), in constant time and
/// memory: the area under `x ^ -exponent` is inverted and what overlaps is rejected.
pub(crate) struct Zipf {
    count: f64,
    exponent: f64,
    area_first: f64,
    area_last: f64,
    /// Below this distance from a rank no rejection is needed.
    sure: f64,
}

impl Zipf {
    /// For at least one rank, and an exponent that is above 0 and not 1.
    pub(crate) fn new(count: usize, exponent: f64) -> Self {
        let mut zipf =
            Self { count: count as f64, exponent, area_first: 0.0, area_last: 0.0, sure: 0.0 };
        zipf.area_first = zipf.area(1.5) - 1.0;
        zipf.area_last = zipf.area(zipf.count + 0.5);
        zipf.sure = 2.0 - zipf.inverse(zipf.area(2.5) - zipf.weight(2.0));
        zipf
    }

    /// A rank.
    pub(crate) fn rank(&self, random: &mut Random) -> usize {
        loop {
            let area = self.area_last + random.share() * (self.area_first - self.area_last);
            let x = self.inverse(area);
            let rank = x.round().clamp(1.0, self.count);
            if rank - x <= self.sure || area >= self.area(rank + 0.5) - self.weight(rank) {
                return rank as usize - 1;
            }
        }
    }

    fn weight(&self, x: f64) -> f64 {
        x.powf(-self.exponent)
    }

    /// The integral of the weight from 1 to `x`.
    fn area(&self, x: f64) -> f64 {
        let power = 1.0 - self.exponent;
        (x.powf(power) - 1.0) / power
    }

    fn inverse(&self, area: f64) -> f64 {
        let power = 1.0 - self.exponent;
        (1.0 + area * power).powf(1.0 / power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each rank comes as often as its weight says, within five standard deviations.
    #[test]
    fn ranks_come_by_their_weights() {
        const DRAWS: usize = 400_000;
        for (count, exponent) in [(1, 0.9), (2, 1.1), (50, 0.7), (50, 0.9), (1000, 1.1)] {
            let zipf = Zipf::new(count, exponent);
            let mut random = Random::new(5);
            let mut drawn = vec![0_u32; count];
            (0..DRAWS).for_each(|_| drawn[zipf.rank(&mut random)] += 1);
            let weights = (1..=count).map(|rank| (rank as f64).powf(-exponent));
            let sum: f64 = weights.clone().sum();
            for (weight, drawn) in weights.zip(drawn) {
                let share = weight / sum;
                let expected = share * DRAWS as f64;
                let deviation = (expected * (1.0 - share)).sqrt();
                assert!((f64::from(drawn) - expected).abs() <= 5.0 * deviation + 1e-6);
            }
        }
    }
}
