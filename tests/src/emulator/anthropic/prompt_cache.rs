//! The provider's prompt cache: what a request reads, writes and pays, on the emulator's clock.
//!
//! An entry is written only at a mark and found by its digest alone. The look back and the billing
//! follow the provider's prompt caching page; where that is silent, `tests/README.md` says what the
//! emulator does.

use super::super::prefixes::{Prefixes, Writes};
use super::positions::{Position, Prompt, Run, Ttl};

/// Positions that a look back from one breakpoint visits, the breakpoint counted as the first.
const LOOK_BACK: usize = 20;

/// Token counts of one request, as the answer's `usage` gives them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// `input_tokens`: after the last breakpoint, or everything where nothing is cached.
    pub input: u64,
    /// `cache_read_input_tokens`.
    pub read: u64,
    /// `cache_creation.ephemeral_5m_input_tokens`.
    pub written_5m: u64,
    /// `cache_creation.ephemeral_1h_input_tokens`.
    pub written_1h: u64,
}

/// What a request costs and what it leaves behind.
#[derive(Debug)]
pub(super) struct Billing {
    pub(super) usage: Usage,
    pub(super) writes: Writes,
}

/// Bills a request that starts at `now_ms`; refreshes what it reads. O(blocks + entries).
pub(super) fn look_up(cache: &mut Prefixes, prompt: &Prompt, minimum: u64, now_ms: u64) -> Billing {
    cache.expire(now_ms);
    let positions = &prompt.positions;
    let total = prompt.tokens();
    let marks: Vec<(usize, Ttl)> = positions
        .iter()
        .enumerate()
        .filter(|(_, position)| position.tokens >= minimum)
        .filter_map(|(index, position)| Some((index, position.mark?)))
        .collect();
    let Some((last, _)) = marks.last().copied() else {
        return Billing {
            usage: Usage { input: total, ..Usage::default() },
            writes: <_>::default(),
        };
    };
    let hit = highest_hit(cache, positions, &marks);
    let read = hit.map_or(0, |index| positions[index].tokens);
    let after_hit = |index: usize| hit.is_none_or(|hit| index > hit);
    let hour_end = marks
        .iter()
        .rfind(|(index, ttl)| *ttl == Ttl::OneHour && after_hit(*index))
        .map_or(read, |(index, _)| positions[*index].tokens);
    let cached_end = positions[last].tokens.max(hour_end);
    let mut writes = Writes::default();
    for (index, ttl) in marks {
        if after_hit(index) {
            writes.add(positions[index].prefix, ttl.ms(), now_ms);
        } else {
            cache.refresh(positions[index].prefix, now_ms);
        }
    }
    if let Some(hit) = hit {
        cache.refresh(positions[hit].prefix, now_ms);
    }
    let usage = Usage {
        input: total - cached_end,
        read,
        written_1h: hour_end - read,
        written_5m: cached_end - hour_end,
    };
    Billing { usage, writes }
}

/// The last position with a live entry that a look back from some mark reaches.
fn highest_hit(cache: &Prefixes, positions: &[Position], marks: &[(usize, Ttl)]) -> Option<usize> {
    marks.iter().rev().find_map(|(mark, _)| {
        let mut visited = 1;
        let mut at = *mark;
        loop {
            if cache.holds(&positions[at].prefix) {
                return Some(at);
            }
            let before = at.checked_sub(1)?;
            let same_run =
                positions[at].run != Run::No && positions[at].run == positions[before].run;
            visited += usize::from(!same_run);
            if visited > LOOK_BACK {
                return None;
            }
            at = before;
        }
    })
}
