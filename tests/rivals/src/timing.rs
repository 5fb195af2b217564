//! Timing several sides by turns, so that whatever disturbs the machine disturbs all of them.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// How much to measure.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// How often each side has its turn.
    pub(crate) rounds: usize,
    /// How long a turn is at least: a side that is done sooner runs again.
    pub(crate) turn: Duration,
}

impl Plan {
    /// For figures that go on record. Turns are short, for where other programs run, a long one is
    /// interrupted more often than not.
    pub(crate) const FULL: Self = Self { rounds: 101, turn: Duration::from_millis(1) };
    /// For a first look.
    pub(crate) const QUICK: Self = Self { rounds: 15, turn: Duration::from_millis(1) };

    /// For a table of very many cases, some of them far beyond what they may take: 41 rounds at
    /// most; fewer than 15 where 15 calls take more than 1.5 s, and never less than 3.
    pub(crate) fn bounded(self, call: Duration) -> Self {
        const CASE: Duration = Duration::from_millis(1500);
        let rounds = CASE.as_nanos() / call.as_nanos().max(1);
        Self { rounds: self.rounds.min(41).min(rounds.max(3) as usize), ..self }
    }
}

/// One way to do the work.
pub(crate) type Side<'a> = Box<dyn FnMut() + 'a>;

/// A side whose result is kept from the optimiser.
pub(crate) fn side<'a, T>(mut work: impl FnMut() -> T + 'a) -> Side<'a> {
    Box::new(move || {
        black_box(work());
    })
}

/// The times of one side, in microseconds a call, over the rounds.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    /// A quarter of the rounds were faster.
    pub(crate) low: f64,
    /// Half of the rounds were faster.
    pub(crate) median: f64,
    /// Three quarters of the rounds were faster.
    pub(crate) high: f64,
}

impl Spread {
    /// The quartiles of some times.
    pub(crate) fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[(times.len() - 1) * share / 4];
        Self { low: at(1), median: at(2), high: at(3) }
    }
}

/// Times all sides: a round gives each a turn, and each round begins with another side.
pub(crate) fn by_turns(plan: Plan, sides: &mut [Side<'_>]) -> Vec<Spread> {
    let calls: Vec<_> = sides.iter_mut().map(|side| calls_in_a_turn(plan.turn, side)).collect();
    let mut times = vec![Vec::with_capacity(plan.rounds); sides.len()];
    for round in 0..plan.rounds {
        for turn in 0..sides.len() {
            // There and back, so that no side always comes behind the same one.
            let turn = if round % 2 == 0 { turn } else { sides.len() - turn };
            let at = (round + turn) % sides.len();
            let start = Instant::now();
            for _ in 0..calls[at] {
                sides[at]();
            }
            times[at].push(start.elapsed().as_secs_f64() * 1e6 / f64::from(calls[at]));
        }
    }
    times.into_iter().map(Spread::of).collect()
}

/// The same where a turn needs preparations that are not timed: `turn` gets the numbers of the side
/// and the round, and tells what a call took.
///
/// # Errors
/// The first of a turn's.
pub(crate) fn rounds_by_turns<E>(
    rounds: usize,
    sides: usize,
    mut turn: impl FnMut(usize, usize) -> Result<f64, E>,
) -> Result<Vec<Spread>, E> {
    let mut times = vec![Vec::with_capacity(rounds); sides];
    for round in 0..rounds {
        for number in 0..sides {
            let at = (round + number) % sides;
            times[at].push(turn(at, round)?);
        }
    }
    Ok(times.into_iter().map(Spread::of).collect())
}

/// How many calls fill a turn, told by the fastest of three, the first of which warms up.
fn calls_in_a_turn(turn: Duration, side: &mut Side<'_>) -> u32 {
    let mut call = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        side();
        call = call.min(start.elapsed());
        if call > 5 * turn {
            break;
        }
    }
    let call = call.max(Duration::from_nanos(20));
    turn.as_nanos().div_ceil(call.as_nanos()).try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each side runs in every round, and quartiles are those of the sorted times.
    #[test]
    fn every_side_has_its_turns() {
        let plan = Plan::QUICK;
        let bounded = |milliseconds| plan.bounded(Duration::from_millis(milliseconds)).rounds;
        assert_eq!([bounded(1), bounded(100), bounded(300), bounded(9000)], [15, 15, 5, 3]);
        assert_eq!(Plan::FULL.bounded(Duration::ZERO).rounds, 41);

        let (mut first, mut second) = (0, 0);
        let slow = |count: &mut u32| {
            *count += 1;
            std::thread::sleep(Duration::from_millis(7));
        };
        let mut sides = [side(|| slow(&mut first)), side(|| slow(&mut second))];
        assert_eq!(by_turns(plan, &mut sides).len(), 2);
        drop(sides);
        assert_eq!((first, second), (16, 16), "one call to warm up, then one a round");

        let spread = Spread::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!((spread.low, spread.median, spread.high), (2.0, 3.0, 4.0));
    }
}
