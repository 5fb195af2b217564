//! The provider's prompt cache: what a request reads, writes and pays, on the emulator's clock.
//!
//! An entry is written only at a mark and found by its digest alone. The look back and the billing
//! follow the provider's prompt caching page; where that is silent, `tests/README.md` says what the
//! emulator does.

use std::collections::HashMap;

use crate::digest::Digest;

use super::positions::{Position, Prompt, Run, Ttl};

/// Positions that a look back from one breakpoint visits, the breakpoint counted as the first.
const LOOK_BACK: usize = 20;

/// All entries of one emulator; workspace and model are part of each digest.
#[derive(Debug, Default)]
pub(in super::super) struct PromptCache {
    entries: HashMap<Digest, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    ttl: Ttl,
    /// The first millisecond at which it is gone.
    ends_ms: u64,
}

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

/// Entries that a request makes once its answer begins.
#[derive(Debug, Default)]
pub(in super::super) struct Writes(Vec<(Digest, Entry)>);

impl Writes {
    /// Makes the entries readable.
    pub(in super::super) fn commit(self, cache: &mut PromptCache) {
        cache.entries.extend(self.0);
    }
}

/// What a request costs and what it leaves behind.
#[derive(Debug)]
pub(super) struct Billing {
    pub(super) usage: Usage,
    pub(super) writes: Writes,
}

impl PromptCache {
    /// Bills a request that starts at `now_ms`; refreshes what it reads. O(blocks + entries).
    pub(super) fn look_up(&mut self, prompt: &Prompt, minimum: u64, now_ms: u64) -> Billing {
        self.entries.retain(|_, entry| now_ms < entry.ends_ms);
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
        let hit = self.highest_hit(positions, &marks);
        let read = hit.map_or(0, |index| positions[index].tokens);
        let after_hit = |index: usize| hit.is_none_or(|hit| index > hit);
        let hour_end = marks
            .iter()
            .rfind(|(index, ttl)| *ttl == Ttl::OneHour && after_hit(*index))
            .map_or(read, |(index, _)| positions[*index].tokens);
        let cached_end = positions[last].tokens.max(hour_end);
        let mut writes = Vec::new();
        for (index, ttl) in marks {
            if after_hit(index) {
                writes.push((positions[index].prefix, Entry::new(ttl, now_ms)));
            } else {
                self.refresh(positions[index].prefix, now_ms);
            }
        }
        if let Some(hit) = hit {
            self.refresh(positions[hit].prefix, now_ms);
        }
        let usage = Usage {
            input: total - cached_end,
            read,
            written_1h: hour_end - read,
            written_5m: cached_end - hour_end,
        };
        Billing { usage, writes: Writes(writes) }
    }

    /// The last position with a live entry that a look back from some mark reaches.
    fn highest_hit(&self, positions: &[Position], marks: &[(usize, Ttl)]) -> Option<usize> {
        marks.iter().rev().find_map(|(mark, _)| {
            let mut visited = 1;
            let mut at = *mark;
            loop {
                if self.entries.contains_key(&positions[at].prefix) {
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

    fn refresh(&mut self, prefix: Digest, now_ms: u64) {
        if let Some(entry) = self.entries.get_mut(&prefix) {
            *entry = Entry::new(entry.ttl, now_ms);
        }
    }
}

impl Entry {
    /// Lives from the start of the request that writes or reads it.
    fn new(ttl: Ttl, now_ms: u64) -> Self {
        Self { ttl, ends_ms: now_ms.saturating_add(ttl.ms()) }
    }
}
