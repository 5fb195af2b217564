//! A prompt beside what is known of it: which prefixes were seen, and the class of each block.

use llm_cache_core::prompt::{Section, Ttl};

use super::{
    class::{Class, Growth, Size, Stage, gap_class, times_class},
    history::{History, Seen},
    place::tokens,
    spot::Spot,
};

/// A prompt beside what is known of it.
pub(super) struct Known<'s> {
    pub(super) spots: &'s [Spot],
    /// Of each spot up to the last that was seen before.
    pub(super) seen: Vec<Option<Seen>>,
    pub(super) classes: Vec<Class>,
    /// Which prompt of its conversation this is.
    pub(super) turn: u16,
    pub(super) now_ms: u64,
}

impl<'s> Known<'s> {
    /// Looks all of it up. O(spots).
    pub(super) fn new(spots: &'s [Spot], history: &History, now_ms: u64) -> Self {
        let mut seen: Vec<_> = spots.iter().map(|spot| history.get(spot.digest)).collect();
        while seen.last().is_some_and(Option::is_none) {
            seen.pop();
        }
        let end = seen.last().copied().flatten();
        let is_static = |at: usize| spots[at].is_static();
        let continues = end.is_some_and(|end| end.is_end);
        let in_messages = seen.len().checked_sub(1).is_some_and(|last| !is_static(last));
        let is_behind_known = !seen.is_empty();
        let is_unsteady =
            is_behind_known && spots.get(seen.len()).is_some_and(|new| new.is_static());
        let turn = match end {
            Some(end) if continues && in_messages => end.turn.saturating_add(1),
            _ => 0,
        };
        let new_tokens = (seen.len()..spots.len()).map(|at| tokens(spots, at)).sum();
        let stage = match () {
            () if is_unsteady => Stage::Unsteady,
            () if in_messages && !continues => Stage::Fork,
            () => Stage::of_turn(turn),
        };
        let growth = if stage == Stage::Fork { Growth::Fork } else { Growth::by(new_tokens) };
        let has_tools = spots.iter().any(|spot| spot.section == Section::Tools);
        let class = |at: usize| match seen.get(at) {
            Some(seen) => {
                let times = times_class(seen.map_or(1, |seen| seen.times));
                let gap = seen.map(|seen| gap_class(now_ms.saturating_sub(seen.last_ms)));
                if is_static(at) {
                    Class::SeenStatic { times, gap: gap.or(Some(0)) }
                } else {
                    Class::Seen { times, growth: Some(growth), gap: gap.or(Some(0)) }
                }
            }
            None if is_static(at) => Class::NewStatic { is_behind_known },
            None => {
                let (size, is_last) = (Size::of(new_tokens), at + 1 == spots.len());
                Class::New { stage, size, is_last, has_tools }
            }
        };
        let classes = (0..spots.len()).map(class).collect();
        Self { spots, seen, classes, turn, now_ms }
    }

    /// The lifetime of the entry that the provider is believed to have of the prefix up to here.
    pub(super) fn lives_for(&self, at: usize) -> Option<Ttl> {
        let (ttl, ends_ms) = self.seen[at].and_then(|seen| seen.entry)?;
        (self.now_ms < ends_ms).then_some(ttl)
    }
}
