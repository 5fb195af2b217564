//! How likely text of a class is to be used again within a lifetime, from what was seen.
//!
//! Each class keeps, for spans of time since the last use, how much text came that far unused and
//! how much of it was used in that span: the estimate of a life table, which counts what is still
//! open for what it shows so far. So a first reuse after ten seconds counts at once, and no need
//! to wait five minutes to learn that a conversation has ended biases it.

use std::collections::{HashMap, VecDeque};

use super::class::Class;

/// Where the spans end, in milliseconds since the last use.
const ENDS_MS: [u64; SPANS] =
    [8_000, 20_000, 40_000, 75_000, 150_000, 300_000, 900_000, 1_800_000, 3_600_000];
const SPANS: usize = 9;
/// Spans that end within the shorter lifetime.
const SHORT_SPANS: usize = 6;
/// What a class without observations is guessed to be used in each span beyond that.
const LATE_GUESS: f64 = 0.1;
/// How many observations a parent's estimate, or the guess, counts for.
const TRUST: f64 = 2.0;
/// Beyond so many observations in a span, the old ones count half: prompts change their ways.
const MOST_OBSERVED: f64 = 3000.0;
/// Prompts whose reuse is waited for; older ones no longer count.
const MOST_OPEN: usize = 8192;

/// The chances that text is used again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chances {
    /// Within five minutes.
    pub(super) short: f64,
    /// Within an hour.
    pub(super) long: f64,
}

/// A part of a prompt, by which its reuse is reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Number of the prompt.
    pub(super) prompt: u64,
    /// Index among its parts.
    pub(super) index: usize,
}

/// The observations of all classes.
#[derive(Clone, Debug, Default)]
pub(super) struct Forecast {
    tables: HashMap<Class, Table>,
    /// Prompts of the last hour, oldest first.
    open: VecDeque<Open>,
    /// Number of the first of them.
    first: u64,
    /// For each span the number of the first prompt that has not come to it.
    reached: [u64; SPANS],
}

/// Observations of one class, span by span.
#[derive(Clone, Debug, Default)]
struct Table {
    came: [f64; SPANS],
    used: [f64; SPANS],
}

#[derive(Clone, Debug)]
struct Open {
    at_ms: u64,
    /// Class of each part, and the share of it that was not used since.
    parts: Box<[(Class, f64)]>,
}

impl Forecast {
    /// Takes in that time has passed. Amortised O(parts) a prompt.
    pub(super) fn advance(&mut self, now_ms: u64) {
        for span in 1..SPANS {
            while let Some(open) = self.open.get((self.reached[span] - self.first) as usize) {
                if open.at_ms.saturating_add(ENDS_MS[span - 1]) > now_ms {
                    break;
                }
                for &(class, left) in &open.parts {
                    observe(&mut self.tables, class, |table| table.came[span] += left, span);
                }
                self.reached[span] += 1;
            }
        }
        while self.open.front().is_some_and(|open| {
            self.open.len() > MOST_OPEN || open.at_ms.saturating_add(ENDS_MS[SPANS - 1]) <= now_ms
        }) {
            self.open.pop_front();
            self.first += 1;
        }
        for reached in &mut self.reached {
            *reached = (*reached).max(self.first);
        }
    }

    /// A prompt of parts of these classes was sent; returns its number.
    pub(super) fn sent(&mut self, classes: &[Class], now_ms: u64) -> u64 {
        for class in classes {
            observe(&mut self.tables, *class, |table| table.came[0] += 1.0, 0);
        }
        let parts = classes.iter().map(|class| (*class, 1.0)).collect();
        self.open.push_back(Open { at_ms: now_ms, parts });
        self.first + self.open.len() as u64 - 1
    }

    /// A share of that part was used again, at the time that [`Forecast::advance`] was told.
    pub(super) fn used(&mut self, part: Part, share: f64, now_ms: u64) {
        let Some(at) = part.prompt.checked_sub(self.first) else { return };
        let Some(open) = self.open.get_mut(at as usize) else { return };
        let gap = now_ms.saturating_sub(open.at_ms);
        let Some(span) = ENDS_MS.iter().position(|end| gap < *end) else { return };
        let Some((class, left)) = open.parts.get_mut(part.index) else { return };
        let share = share.min(*left);
        *left -= share;
        observe(&mut self.tables, *class, |table| table.used[span] += share, span);
    }

    /// The chances of a class. O(spans).
    pub(super) fn chances(&self, class: Class) -> Chances {
        let (mut unused, mut short) = (1.0, 0.0);
        for span in 0..SPANS {
            unused *= 1.0 - self.rate(class, span);
            if span + 1 == SHORT_SPANS {
                short = 1.0 - unused;
            }
        }
        Chances { short, long: 1.0 - unused }
    }

    /// The share that is used in a span, of what comes to it.
    fn rate(&self, class: Class, span: usize) -> f64 {
        let lean = match (class.parent(), class) {
            (Some(parent), _) => self.rate(parent, span),
            (None, Class::Root(root)) if span < SHORT_SPANS => {
                // The same rate in each span makes up the guess for all of them.
                1.0 - (1.0 - Class::guess(root)).powf(1.0 / SHORT_SPANS as f64)
            }
            _ => LATE_GUESS,
        };
        let Some(table) = self.tables.get(&class) else { return lean };
        let (used, came) = (table.used[span], table.came[span]);
        ((used + TRUST * lean) / (came.max(used) + TRUST)).min(1.0)
    }
}

/// Adds an observation to a class and to all that it leans on.
fn observe(
    tables: &mut HashMap<Class, Table>,
    class: Class,
    add: impl Fn(&mut Table),
    span: usize,
) {
    let mut next = Some(class);
    while let Some(class) = next {
        let table = tables.entry(class).or_default();
        add(table);
        if table.came[span] > MOST_OBSERVED {
            table.came[span] /= 2.0;
            table.used[span] /= 2.0;
        }
        next = class.parent();
    }
}

#[cfg(test)]
mod tests {
    use super::{super::class::Root, *};

    const SEEN: Class = Class::Seen { times: 1, growth: None, gap: None };

    /// The estimate is the share that was used in time, once enough was seen, and does not depend
    /// on whether the rest is still open.
    #[test]
    fn estimates_are_shares_of_what_was_seen() {
        let mut forecast = Forecast::default();
        for round in 0..400_u64 {
            let now = round * 100_000;
            forecast.advance(now);
            let part = Part { prompt: forecast.sent(&[SEEN], now), index: 0 };
            if round % 4 < 2 {
                let used_ms = now + 30_000 * (1 + round % 4);
                forecast.advance(used_ms);
                forecast.used(part, 1.0, used_ms);
            }
        }
        let Chances { short, long } = forecast.chances(SEEN);
        assert!((short - 0.5).abs() < 0.02, "{short}");
        assert!((long - 0.5).abs() < 0.02, "{long}");
    }

    /// Nothing seen: the guess. One class's observations reach its relatives through the parent.
    #[test]
    fn a_class_leans_on_its_parent_and_on_the_guess() {
        let mut forecast = Forecast::default();
        let guess = Class::guess(Root::Seen);
        assert!((forecast.chances(SEEN).short - guess).abs() < 1e-9);
        for round in 0..100 {
            forecast.advance(round * 4_000_000);
            forecast.sent(&[SEEN], round * 4_000_000);
        }
        let relative = Class::Seen { times: 2, growth: None, gap: None };
        assert!(forecast.chances(relative).short < 0.05);
    }

    /// What waits for its reuse is bounded, and reports about what was given up do no harm.
    #[test]
    fn open_prompts_are_bounded() {
        let mut forecast = Forecast::default();
        let first = Part { prompt: forecast.sent(&[SEEN], 0), index: 0 };
        for _ in 0..MOST_OPEN + 10 {
            forecast.advance(0);
            forecast.sent(&[SEEN], 0);
        }
        assert!(forecast.open.len() <= MOST_OPEN + 1);
        forecast.used(first, 1.0, 5);
        forecast.used(Part { prompt: u64::MAX, index: 9 }, 1.0, 5);
    }
}
