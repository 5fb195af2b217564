//! A prompt to be planned, and marks on it.

use llm_cache_core::prompt::Ttl;
use llm_cache_planner::engine::{Spot, Terms};

/// A prompt that is sent at a time.
pub(crate) struct Prompt {
    pub(crate) at_ms: u64,
    pub(crate) spots: Vec<Spot>,
}

/// A mark: which spot, for how long.
pub(crate) type Mark = (usize, Ttl);

/// What a provider asks: Opus 5, by the prompt caching page.
pub(crate) const TERMS: Terms =
    Terms { minimum_tokens: 512, read: 0.1, write_5m: 1.25, write_1h: Some(2.0) };

impl Prompt {
    /// Its tokens, which is what it costs without caching.
    pub(crate) fn tokens(&self) -> u64 {
        self.spots.last().map_or(0, |last| last.tokens_end)
    }

    /// The last spot that may carry a mark.
    pub(crate) fn last_markable(&self) -> Option<usize> {
        self.spots.iter().rposition(|spot| spot.is_markable)
    }
}

/// How long an entry lives from its last use.
pub(crate) fn lifetime_ms(ttl: Ttl) -> u64 {
    ttl.lifetime().0
}

/// Whether a spot may hold an entry.
pub(crate) fn can_hold(spot: &Spot, terms: &Terms) -> bool {
    spot.is_markable && spot.tokens_end >= terms.minimum_tokens
}
