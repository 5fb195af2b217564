//! What no cache can surpass, though it knew all requests beforehand.
//!
//! Each request but a prompt's first saves its cost exactly if the answer was kept since the
//! request before: an interval, of the answer's size, over the gaps between requests. In each gap
//! the sizes of what is kept add up to the capacity at most. So the most that can be saved is a
//! packing of intervals; letting parts of intervals count in proportion (the linear relaxation)
//! can only make it more.
//!
//! Put a price on a byte in each gap, any price of 0 or more. Whoever keeps intervals saves their
//! costs: what they are worth beyond the price of their bytes, and that price. The former is at
//! most the sum of all worths that are positive, the latter at most capacity times price, summed
//! over the gaps. So
//!
//! `capacity * (sum of the prices) + sum over intervals of max(0, cost - size * price of its gaps)`
//!
//! is an upper bound for every choice of prices (weak duality), and the search for good prices
//! below needs no proof. One price for all gaps gives the bound PFOO-L of Berger, Beckmann and
//! Harchol-Balter (Practical Bounds on Optimal Caching with Variable Object Sizes, 2018).

/// The most that can be saved, from an answer that is asked for again.
#[derive(Clone, Copy)]
pub(super) struct Interval {
    /// The request that the answer is kept from.
    pub(super) start: usize,
    /// The request that is saved.
    pub(super) end: usize,
    /// The memory of the answer in bytes.
    pub(super) size: f64,
    /// What is saved.
    pub(super) cost: f64,
}

/// Stretches of equal prices at most, and steps of the search.
const STRETCHES: usize = 200;
const STEPS: usize = 60;

/// An upper bound on what a cache of `capacity` bytes saves on `requests` requests.
pub(super) fn upper_bound(intervals: &[Interval], requests: usize, capacity: f64) -> f64 {
    let stretches = requests.clamp(1, STRETCHES);
    let mut dual = Dual { intervals, requests, capacity, sums: vec![0.0; requests + 1] };
    let price = dual.best_single_price();
    let mut prices = vec![price; stretches];
    let mut best = dual.bound(&prices);
    let mut step = price / 4.0;
    for _ in 0..STEPS {
        // Where more is worth keeping than fits, a byte's price goes up; else down.
        let loads = dual.loads(&prices);
        let mut tried = prices.clone();
        for (price, load) in tried.iter_mut().zip(loads) {
            *price = (*price + step * (load / capacity - 1.0).clamp(-1.0, 1.0)).max(0.0);
        }
        let bound = dual.bound(&tried);
        if bound < best {
            (best, prices) = (bound, tried);
            step *= 1.1;
        } else {
            step /= 2.0;
        }
    }
    best
}

struct Dual<'a> {
    intervals: &'a [Interval],
    requests: usize,
    capacity: f64,
    /// The sum of the prices of all gaps before each request.
    sums: Vec<f64>,
}

impl Dual<'_> {
    /// The bound that these prices give, one for each stretch.
    fn bound(&mut self, prices: &[f64]) -> f64 {
        self.set(prices);
        let worth = self.intervals.iter().map(|interval| self.worth(interval).max(0.0));
        worth.sum::<f64>() + self.capacity * self.sums[self.requests]
    }

    /// For each stretch, the mean bytes of all that is worth keeping.
    fn loads(&mut self, prices: &[f64]) -> Vec<f64> {
        self.set(prices);
        // What begins and ends at each gap.
        let mut changes = vec![0.0; self.requests + 1];
        for interval in self.intervals.iter().filter(|interval| self.worth(interval) > 0.0) {
            changes[interval.start] += interval.size;
            changes[interval.end] -= interval.size;
        }
        let (mut load, mut loads) = (0.0, vec![0.0; prices.len()]);
        let mut gaps = vec![0.0; prices.len()];
        for (gap, change) in changes[..self.requests].iter().enumerate() {
            load += change;
            let stretch = self.stretch(gap, prices.len());
            loads[stretch] += load;
            gaps[stretch] += 1.0;
        }
        loads.iter().zip(gaps).map(|(load, gaps)| load / f64::max(gaps, 1.0)).collect()
    }

    fn worth(&self, interval: &Interval) -> f64 {
        let price = self.sums[interval.end] - self.sums[interval.start];
        interval.cost - interval.size * price
    }

    fn set(&mut self, prices: &[f64]) {
        for gap in 0..self.requests {
            let price = prices[self.stretch(gap, prices.len())];
            self.sums[gap + 1] = self.sums[gap] + price;
        }
    }

    fn stretch(&self, gap: usize, stretches: usize) -> usize {
        gap * stretches / self.requests
    }

    /// The one price for all gaps that gives the best bound: the bound is convex in it, so the
    /// range is cut by a third at a time.
    fn best_single_price(&mut self) -> f64 {
        let dearest = |interval: &Interval| {
            interval.cost / interval.size / (interval.end - interval.start) as f64
        };
        let (mut low, mut high) = (0.0, self.intervals.iter().map(dearest).fold(0.0, f64::max));
        for _ in 0..60 {
            let third = (high - low) / 3.0;
            if self.bound(&[low + third]) <= self.bound(&[high - third]) {
                high -= third;
            } else {
                low += third;
            }
        }
        f64::midpoint(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// The most that can be saved, by trying every set of intervals.
    fn by_trying(intervals: &[Interval], requests: usize, capacity: f64) -> f64 {
        let sets = 0..1_u32 << intervals.len();
        let saved = sets.filter_map(|set| {
            let kept: Vec<_> = intervals
                .iter()
                .enumerate()
                .filter_map(|(at, interval)| (set >> at & 1 == 1).then_some(interval))
                .collect();
            let fits = (0..requests).all(|gap| {
                let here = kept.iter().filter(|kept| kept.start <= gap && gap < kept.end);
                here.map(|kept| kept.size).sum::<f64>() <= capacity
            });
            fits.then(|| kept.iter().map(|kept| kept.cost).sum::<f64>())
        });
        saved.fold(0.0, f64::max)
    }

    /// The bound is never below what trying everything comes to, and not far above it.
    #[test]
    fn nothing_surpasses_the_bound() {
        let (mut bounds, mut bests) = (0.0, 0.0);
        for seed in 0..300 {
            let mut random = Random::new(seed);
            let requests = 14;
            let sizes: Vec<_> = (0..5).map(|_| random.skewed(1, 20) as f64).collect();
            let costs: Vec<_> = (0..5).map(|_| random.skewed(1, 1000) as f64).collect();
            let mut last = [None; 5];
            let mut intervals = Vec::new();
            for end in 0..requests {
                let key = random.below(5);
                if let Some(start) = last[key].replace(end) {
                    intervals.push(Interval { start, end, size: sizes[key], cost: costs[key] });
                }
            }
            for capacity in [1.0, 5.0, 12.0, 30.0] {
                let best = by_trying(&intervals, requests, capacity);
                let bound = upper_bound(&intervals, requests, capacity);
                assert!(bound >= best * (1.0 - 1e-9), "{bound} {best}, seed {seed}");
                (bounds, bests) = (bounds + bound, bests + best);
            }
        }
        assert!(bounds < 1.25 * bests, "{bounds} {bests}");
    }

    /// With room for everything all is saved, with room for nothing nothing.
    #[test]
    fn extremes_are_exact() {
        let interval = |start, end| Interval { start, end, size: 2.0, cost: 7.0 };
        let intervals = [interval(0, 3), interval(1, 2), interval(3, 5)];
        let bound = |capacity| upper_bound(&intervals, 6, capacity);
        assert!((bound(100.0) - 21.0).abs() < 1e-6, "{}", bound(100.0));
        assert!(bound(1e-9) < 1e-6, "{}", bound(1e-9));
        assert!(upper_bound(&[], 6, 1.0) < 1e-9);
        assert!(upper_bound(&[], 0, 1.0) < 1e-9);
    }
}
