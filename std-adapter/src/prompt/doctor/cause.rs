//! Why the provider's cache cannot read what the previous request left in it.

use llm_cache_core::prompt::{Place, Ttl};

use super::difference::Difference;
use super::forecast::{Entry, entries};
use super::outline::{Outline, Position, look_back};

/// A reason for which the longest prefix that the previous request wrote is not read. Each of
/// several would do alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// There is no previous request.
    FirstRequest,
    /// The previous request has no mark, so nothing was written.
    NoMarksBefore,
    /// This request has no mark, so nothing is looked up: caching is opt-in.
    NoMarks,
    /// What the previous request marks is shorter than the provider keeps; that is no error there.
    TooShortBefore {
        /// Tokens up to its last mark.
        tokens: u64,
        /// The model's minimum.
        minimum_tokens: u64,
    },
    /// What this request marks is shorter than the provider looks up.
    TooShort {
        /// Tokens up to its last mark.
        tokens: u64,
        /// The model's minimum.
        minimum_tokens: u64,
    },
    /// The prefix is not the same.
    Changed(Difference),
    /// The entry's time is over.
    Expired {
        /// How long it lives without being read.
        ttl: Ttl,
        /// Time since the previous request began, in milliseconds.
        elapsed_ms: u64,
    },
    /// The entry is there, and the look-back of no mark gets as far.
    LookBack {
        /// The block that the entry ends with, in this request.
        entry: Place,
        /// The next mark behind it.
        mark: Place,
    },
    /// The entry is there, and every mark of this request stands before its end.
    MarksEarlier {
        /// The block that the entry ends with, in this request.
        entry: Place,
        /// The last mark.
        mark: Place,
    },
}

/// What the causes are told from.
pub(super) struct Case<'a> {
    pub(super) previous: Option<&'a Outline>,
    pub(super) current: &'a Outline,
    pub(super) difference: Option<&'a Difference>,
    pub(super) minimum_tokens: u64,
    pub(super) elapsed_ms: u64,
    /// What the previous request wrote.
    pub(super) written: &'a [Entry],
}

impl Case<'_> {
    /// All causes, the plainest first; none where the whole of what was written is read.
    pub(super) fn causes(&self) -> Vec<Cause> {
        let mut causes = Vec::new();
        let marks = entries(self.current, self.minimum_tokens);
        if marks.is_empty() {
            let too_short = |tokens, minimum_tokens| Cause::TooShort { tokens, minimum_tokens };
            causes.push(self.no_mark_in(self.current, Cause::NoMarks, too_short));
        }
        let Some(previous) = self.previous else {
            causes.insert(0, Cause::FirstRequest);
            return causes;
        };
        let Some(wanted) = self.written.last() else {
            let too_short =
                |tokens, minimum_tokens| Cause::TooShortBefore { tokens, minimum_tokens };
            causes.push(self.no_mark_in(previous, Cause::NoMarksBefore, too_short));
            return causes;
        };
        let positions = &self.current.positions;
        let same = positions.iter().find(|position| position.prefix == wanted.prefix);
        if same.is_none() {
            causes.extend(self.difference.cloned().map(Cause::Changed));
        }
        if self.elapsed_ms >= wanted.ttl.lifetime().0 {
            causes.push(Cause::Expired { ttl: wanted.ttl, elapsed_ms: self.elapsed_ms });
        }
        causes.extend(same.and_then(|same| self.out_of_reach(same, &marks)));
        causes
    }

    fn no_mark_in(&self, prompt: &Outline, none: Cause, short: fn(u64, u64) -> Cause) -> Cause {
        let last = prompt.marks().next_back();
        last.map_or(none, |(position, _)| {
            short(prompt.positions[position].tokens_end, self.minimum_tokens)
        })
    }

    /// Why no mark finds an entry that ends with a position of this prompt.
    fn out_of_reach(&self, entry: &Position, marks: &[Entry]) -> Option<Cause> {
        let positions = &self.current.positions;
        let meets = |mark: &Entry| {
            look_back(positions, mark.position).any(|at| positions[at].prefix == entry.prefix)
        };
        let last = marks.last()?;
        if marks.iter().any(meets) {
            return None;
        }
        let end = entry.tokens_end;
        let behind = marks.iter().find(|mark| positions[mark.position].tokens_end > end);
        let entry = entry.place;
        Some(match behind {
            Some(mark) => Cause::LookBack { entry, mark: positions[mark.position].place },
            None => Cause::MarksEarlier { entry, mark: positions[last.position].place },
        })
    }
}
