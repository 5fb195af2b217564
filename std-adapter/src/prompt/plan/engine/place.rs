//! Where the marks go, once it is known what each block is worth.

use super::spot::{Run, Spot};

/// A request carries at most four marks (Anthropic's prompt caching guide).
pub(super) const MOST_MARKS: usize = 4;
/// Positions that a look back from a mark visits, the mark's own counted (same page).
const LOOK_BACK: usize = 20;

/// What one spot is worth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Worth {
    /// What writing its block now is expected to save, for each token, in prices of a token; less
    /// than nothing where it is a loss.
    pub(super) write: f64,
    /// What it is expected to save, beyond that, that an entry lives for an hour.
    pub(super) hour: f64,
    /// The chance that it is used again.
    pub(super) reuse: f64,
    /// Whether its class ends here: later prompts that leave do so at such a place.
    pub(super) is_class_end: bool,
}

/// The block up to which writing saves most, behind what is read; `None` where nothing is saved.
/// `bonus` is what an entry there saves beyond the blocks that are written. O(spots).
pub(super) fn furthest(
    spots: &[Spot],
    read_to: Option<usize>,
    bonus: impl Fn(usize) -> f64,
    can_hold: impl Fn(usize) -> bool,
    saves: impl Fn(usize) -> f64,
) -> Option<usize> {
    let (mut sum, mut best, mut furthest) = (0.0, 1e-9, None);
    for at in read_to.map_or(0, |read| read + 1)..spots.len() {
        sum += tokens(spots, at) as f64 * saves(at);
        if can_hold(at) && sum + bonus(at) > best {
            (best, furthest) = (sum + bonus(at), Some(at));
        }
    }
    furthest
}

/// Adds marks before the last one, up to the limit, as long as one is expected to save something:
/// an entry is found only where a mark was, so each place where later prompts leave wants its own.
///
/// O(places * marks).
pub(super) fn add_forks(
    marks: &mut Vec<usize>,
    spots: &[Spot],
    worths: &[Worth],
    can_hold: impl Fn(usize) -> bool,
) {
    let Some(last) = marks.iter().max().copied() else { return };
    // Later prompts have a prefix at most as often as a shorter one.
    let mut reuse = Vec::with_capacity(last + 1);
    let mut least = 1.0_f64;
    for worth in &worths[..=last] {
        least = least.min(worth.reuse);
        reuse.push(least);
    }
    let mut places = Vec::new();
    let mut holder = None;
    for (at, worth) in worths[..last].iter().enumerate() {
        holder = if can_hold(at) { Some(at) } else { holder };
        let place = holder.filter(|place| worth.is_class_end && places.last() != Some(place));
        places.extend(place);
    }
    while marks.len() < MOST_MARKS {
        let now = expected_read(marks, spots, &reuse);
        let with = |place: usize| {
            let more: Vec<_> = marks.iter().copied().chain([place]).collect();
            expected_read(&more, spots, &reuse) - now
        };
        let gains = places.iter().filter(|place| !marks.contains(place)).map(|at| (with(*at), *at));
        match gains.max_by(|one, other| one.0.total_cmp(&other.0)) {
            Some((gain, place)) if gain > 1e-9 => marks.push(place),
            _ => break,
        }
    }
    marks.sort_unstable();
}

/// Adds marks, as far as there are any left, from which a look back reaches what the others do not:
/// walking back from the first of them that is behind `from`.
pub(super) fn add_look_backs(
    marks: &mut Vec<usize>,
    spots: &[Spot],
    from: usize,
    can_hold: impl Fn(usize) -> bool,
) {
    let Some(mut at) = marks.iter().copied().filter(|mark| *mark >= from).min() else { return };
    let mut visited = 1;
    let mut lowest = None;
    while marks.len() < MOST_MARKS && at > from {
        let run = spots[at].run;
        at -= 1;
        visited += usize::from(run == Run::No || run != spots[at].run);
        if can_hold(at) {
            lowest = Some(at);
        }
        if visited > LOOK_BACK {
            let Some(place) = lowest else { break };
            marks.push(place);
            (at, visited, lowest) = (place, 1, None);
        }
    }
    marks.sort_unstable();
}

/// What the next prompt is expected to read if these are the marks, in tokens.
fn expected_read(marks: &[usize], spots: &[Spot], reuse: &[f64]) -> f64 {
    let mut marks = marks.to_vec();
    marks.sort_unstable();
    let mut before = 0;
    let mut sum = 0.0;
    for mark in marks {
        let end = spots[mark].tokens_end;
        sum += end.saturating_sub(before) as f64 * reuse[mark];
        before = end;
    }
    sum
}

/// Tokens of one block.
pub(super) fn tokens(spots: &[Spot], at: usize) -> u64 {
    let before = at.checked_sub(1).map_or(0, |before| spots[before].tokens_end);
    spots[at].tokens_end.saturating_sub(before)
}
