//! The planner's arithmetic over digests and token counts: no JSON, no clock, no provider's names.
//!
//! A prompt is a row of [`Spot`]s. Writing a block to the provider's cache costs a surcharge now;
//! each later prompt that still has it reads it for a fraction. So a block is written where its
//! chance to return in time pays for the surcharge. The chances come from what was seen: see
//! `class` and `forecast`. What is read is marked again, which is free and keeps it alive.

mod class;
mod forecast;
mod history;
mod known;
mod place;
mod spot;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use llm_cache_core::prompt::{Section, Ttl};

use class::Class;
use forecast::{Forecast, Part};
use history::{History, Seen};
use known::Known;
use place::{MOST_MARKS, Worth, tokens};
pub use spot::{Placed, Reason, Run, Skipped, Spot, Terms};

/// What a provider's cache is believed to hold, and what prompts were seen to do.
#[derive(Clone, Debug)]
pub struct Engine {
    history: History,
    forecast: Forecast,
}

impl Engine {
    /// Remembers at most so many prefixes, about 150 bytes each. A prompt has as many as blocks.
    #[must_use]
    pub fn new(most_prefixes: usize) -> Self {
        Self { history: History::new(most_prefixes), forecast: Forecast::default() }
    }

    /// Places the marks of a prompt that is about to be sent, in the order of the spots, and
    /// remembers it. O(spots).
    ///
    /// # Errors
    /// Why there are none.
    pub fn place(
        &mut self,
        spots: &[Spot],
        terms: &Terms,
        now_ms: u64,
    ) -> Result<Vec<Placed>, Skipped> {
        self.forecast.advance(now_ms);
        let known = Known::new(spots, &self.history, now_ms);
        for seen in known.seen.iter().flatten() {
            self.forecast.used(seen.part, seen.share, now_ms);
        }
        let marks = self.choose(&known, terms);
        self.remember(&known, marks.as_deref().unwrap_or_default());
        marks
    }

    fn choose(&self, known: &Known<'_>, terms: &Terms) -> Result<Vec<Placed>, Skipped> {
        let spots = known.spots;
        let can_hold = |at: usize| can_hold(&spots[at], terms);
        if !spots.iter().any(|spot| spot.is_markable) {
            return Err(Skipped::NothingMarkable);
        }
        if !(0..spots.len()).any(can_hold) {
            return Err(Skipped::BelowMinimum);
        }
        let read =
            (0..known.seen.len()).rev().find(|at| can_hold(*at) && known.lives_for(*at).is_some());
        let worths = self.worths(known, terms);
        let end = place::furthest(spots, read, |_| 0.0, can_hold, |at| worths[at].write);
        let hour_end = end.and_then(|end| self.hour_end(known, terms, &worths, read, end));
        let mut marks: Vec<usize> = [end, read, hour_end].into_iter().flatten().collect();
        marks.sort_unstable();
        marks.dedup();
        place::add_forks(&mut marks, spots, &worths, can_hold);
        if let Some(end) = end {
            // Marks cost nothing: what other conversations may share gets its own in any case.
            for section in [Section::System, Section::Tools] {
                let is_end = |at: &usize| spots[*at].section == section && can_hold(*at);
                let place = (0..end).rev().find(is_end);
                marks.extend(place.filter(|at| marks.len() < MOST_MARKS && !marks.contains(at)));
            }
            marks.sort_unstable();
        }
        let forks = marks.clone();
        if end.is_some() && read.is_none_or(|read| spots[read].is_static()) {
            let messages = spots.iter().position(|spot| !spot.is_static()).unwrap_or(spots.len());
            place::add_look_backs(&mut marks, spots, messages, can_hold);
        }
        let reason = |at: usize| match at {
            _ if Some(at) == read => Reason::Read,
            _ if spots[at].is_static() => Reason::StablePrefix,
            _ if Some(at) == end => Reason::RollingEnd,
            _ if forks.contains(&at) => Reason::Fork,
            _ => Reason::LookBack,
        };
        let is_for_an_hour = |at: usize| hour_end.is_some_and(|end| at <= end);
        let placed = |at: usize| Placed {
            at,
            ttl: if is_for_an_hour(at) { Ttl::OneHour } else { Ttl::FiveMinutes },
            reason: reason(at),
            reuse: worths[at].reuse,
        };
        debug_assert!(marks.len() <= MOST_MARKS);
        let marks: Vec<_> = marks.into_iter().map(placed).collect();
        if marks.is_empty() { Err(Skipped::NoReuseExpected) } else { Ok(marks) }
    }

    /// The block up to which the hour is worth its price. An hour's entry there keeps what is read
    /// alive too, for prompts that come that far, and only what is written is paid for (Anthropic's
    /// prompt caching guide, mixed lifetimes).
    fn hour_end(
        &self,
        known: &Known<'_>,
        terms: &Terms,
        worths: &[Worth],
        read: Option<usize>,
        end: usize,
    ) -> Option<usize> {
        let spots = known.spots;
        let surcharge = terms.write_1h? - terms.write_5m;
        let read_for_less = read.filter(|read| known.lives_for(*read) == Some(Ttl::FiveMinutes));
        let read_tokens = read_for_less.map_or(0, |read| spots[read].tokens_end) as f64;
        let can_hold = |at: usize| can_hold(&spots[at], terms);
        place::furthest(
            &spots[..=end],
            read,
            |at| read_tokens * worths[at].hour,
            can_hold,
            |at| worths[at].hour - surcharge,
        )
    }

    fn worths(&self, known: &Known<'_>, terms: &Terms) -> Vec<Worth> {
        let mut of_class = HashMap::new();
        let last = known.classes.len() - 1;
        let mut worth =
            |class: Class| *of_class.entry(class).or_insert_with(|| self.worth(class, terms));
        let ends = |at: usize| {
            at == last
                || known.classes[at] != known.classes[at + 1]
                || known.spots[at].is_static() != known.spots[at + 1].is_static()
        };
        (0..=last).map(|at| Worth { is_class_end: ends(at), ..worth(known.classes[at]) }).collect()
    }

    /// What a token of this class is worth.
    ///
    /// With `p` the chance of a use in time: writing costs the surcharge `s` now. The next prompt
    /// then reads it, which saves `1 - read`, and still has the entry, which saves the surcharge
    /// of writing it then, or as much as that would have been worth.
    fn worth(&self, class: Class, terms: &Terms) -> Worth {
        let (saved, surcharge) = (1.0 - terms.read, terms.write_5m - 1.0);
        let now = self.forecast.chances(class);
        let next = self.forecast.chances(class.next());
        let write_next = next.short * (saved + surcharge) - surcharge;
        let write = now.short * (saved + surcharge + write_next.min(0.0)) - surcharge;
        // For an hour: each gap that outlasts the short lifetime and not the long one is gained,
        // for as long as the text keeps coming back.
        let late = |chances: forecast::Chances| (chances.long - chances.short).max(0.0);
        let later = late(next) * (saved + surcharge) / (1.0 - next.long).max(LEAST_END);
        let hour = late(now) * (saved + surcharge) + now.long * later;
        Worth { write, hour, reuse: now.short, is_class_end: false }
    }

    fn remember(&mut self, known: &Known<'_>, marks: &[Placed]) {
        let Known { spots, now_ms, .. } = *known;
        let read = marks.iter().find(|mark| mark.reason == Reason::Read).map(|mark| mark.at);
        let mut parts: Vec<Class> = Vec::new();
        let mut part_of = Vec::with_capacity(spots.len());
        let mut part_tokens: Vec<u64> = Vec::new();
        for (at, class) in known.classes.iter().enumerate() {
            if parts.last() != Some(class) {
                parts.push(*class);
                part_tokens.push(0);
            }
            part_of.push(parts.len() - 1);
            part_tokens[parts.len() - 1] += tokens(spots, at);
        }
        let prompt = self.forecast.sent(&parts, now_ms);
        for (at, spot) in spots.iter().enumerate() {
            let before = known.seen.get(at).copied().flatten();
            let mark = marks.iter().find(|mark| mark.at == at);
            let alive = before.and_then(|seen| seen.entry).filter(|(_, ends)| now_ms < *ends);
            let from_now = |ttl: Ttl| Some((ttl, now_ms.saturating_add(ttl.lifetime().0)));
            let entry = match (mark, alive) {
                (Some(_), Some((ttl, _))) => from_now(ttl),
                (Some(mark), None) if read.is_none_or(|read| at > read) => from_now(mark.ttl),
                (_, alive) => alive,
            };
            let share = tokens(spots, at) as f64 / part_tokens[part_of[at]].max(1) as f64;
            let seen = Seen {
                last_ms: now_ms,
                times: before.map_or(0, |seen| seen.times).saturating_add(1),
                turn: if spot.is_static() { 0 } else { known.turn },
                is_end: at + 2 >= spots.len(),
                part: Part { prompt, index: part_of[at] },
                share,
                entry,
            };
            self.history.put(spot.digest, seen);
        }
    }
}

/// The least chance with which a text is taken to have come for the last time.
const LEAST_END: f64 = 0.05;

/// Whether the provider keeps a prefix that ends here, if it is marked.
fn can_hold(spot: &Spot, terms: &Terms) -> bool {
    spot.is_markable && spot.tokens_end >= terms.minimum_tokens
}
