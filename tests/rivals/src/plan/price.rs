//! What a prompt costs: the provider's prompt cache, by its prompt caching page (September 2026).

use std::collections::HashMap;

use llm_cache_core::prompt::Ttl;
use llm_cache_planner::engine::{Run, Terms};

use super::prompt::{Mark, Prompt, can_hold, lifetime_ms};

/// Positions that a look back from one mark visits, the mark's own counted.
const LOOK_BACK: usize = 20;

/// The entries that a row of prompts has left, on a clock that only goes forward.
#[derive(Clone, Default)]
pub(crate) struct Provider {
    entries: HashMap<u128, (Ttl, u64)>,
}

impl Provider {
    /// Processes a prompt with these marks, in the order of the spots: its cost in prices of a
    /// token. Entries are found, written and kept alive at marks only; what a look back finds is
    /// kept alive too.
    pub(crate) fn process(&mut self, prompt: &Prompt, marks: &[Mark], terms: &Terms) -> f64 {
        let Prompt { at_ms, spots } = prompt;
        let total = prompt.tokens();
        let marks: Vec<_> =
            marks.iter().filter(|(at, _)| can_hold(&spots[*at], terms)).copied().collect();
        let Some((last, _)) = marks.last() else { return total as f64 };
        let hit = marks.iter().rev().find_map(|(at, _)| self.look_back(prompt, *at));
        let is_behind = |at: usize| hit.is_none_or(|hit| at > hit);
        let end = |at: usize| spots[at].tokens_end;
        let read = hit.map_or(0, end);
        let hours = marks.iter().rev().find(|(at, ttl)| *ttl == Ttl::OneHour && is_behind(*at));
        let hour_end = hours.map_or(read, |(at, _)| end(*at));
        let written_end = end(*last).max(hour_end);
        for (at, ttl) in &marks {
            let alive = self.entries.get_mut(&spots[*at].digest).filter(|entry| *at_ms < entry.1);
            match alive {
                Some(entry) if !is_behind(*at) => entry.1 = at_ms + lifetime_ms(entry.0),
                _ if is_behind(*at) => {
                    let entry = (*ttl, at_ms + lifetime_ms(*ttl));
                    self.entries.insert(spots[*at].digest, entry);
                }
                _ => {}
            }
        }
        if let Some(entry) = hit.and_then(|hit| self.entries.get_mut(&spots[hit].digest)) {
            entry.1 = at_ms + lifetime_ms(entry.0);
        }
        read as f64 * terms.read
            + (hour_end - read) as f64 * terms.write_1h.unwrap_or(terms.write_5m)
            + (written_end - hour_end) as f64 * terms.write_5m
            + (total - written_end) as f64
    }

    /// Whether a prompt finds an entry that ends at this spot.
    #[cfg(test)]
    pub(crate) fn holds(&self, prompt: &Prompt, at: usize) -> bool {
        let entry = self.entries.get(&prompt.spots[at].digest);
        entry.is_some_and(|(_, ends)| prompt.at_ms < *ends)
    }

    fn look_back(&self, Prompt { at_ms, spots }: &Prompt, mark: usize) -> Option<usize> {
        let mut visited = 1;
        let mut at = mark;
        loop {
            if self.entries.get(&spots[at].digest).is_some_and(|(_, ends)| at_ms < ends) {
                return Some(at);
            }
            let before = at.checked_sub(1)?;
            let is_same_run = spots[at].run != Run::No && spots[at].run == spots[before].run;
            visited += usize::from(!is_same_run);
            if visited > LOOK_BACK {
                return None;
            }
            at = before;
        }
    }
}
