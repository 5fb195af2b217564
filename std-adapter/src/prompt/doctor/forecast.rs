//! What the provider's cache will read and write, by its published rules.

use llm_cache_core::Usage;
use llm_cache_core::prompt::Ttl;

use super::outline::{Fingerprint, Outline, look_back};

/// What one request leaves in the provider's cache: an entry for each mark.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Index of the position that it ends with, in the prompt that wrote it.
    pub(super) position: usize,
    pub(super) prefix: Fingerprint,
    pub(super) ttl: Ttl,
}

/// The entries that a prompt writes if nothing of it is there yet, in order: one at each mark with
/// the minimum of tokens before it.
pub(super) fn entries(prompt: &Outline, minimum_tokens: u64) -> Vec<Entry> {
    let least = minimum_tokens.max(1);
    let long_enough = |position: usize| prompt.positions[position].tokens_end >= least;
    let marks = prompt.marks().filter(|(position, _)| long_enough(*position));
    let entry =
        |(position, ttl)| Entry { position, prefix: prompt.positions[position].prefix, ttl };
    marks.map(entry).collect()
}

/// Index of the position that is read up to: the first live entry that the look-back from some
/// mark meets, the last mark's look-back first.
pub(super) fn hit(current: &Outline, minimum_tokens: u64, live: &[&Entry]) -> Option<usize> {
    let marks = entries(current, minimum_tokens);
    let is_live = |at: &usize| {
        let prefix = current.positions[*at].prefix;
        live.iter().any(|entry| entry.prefix == prefix)
    };
    marks.iter().rev().find_map(|mark| look_back(&current.positions, mark.position).find(is_live))
}

/// What the provider counts for a prompt that is read up to `hit`: read up to there, written for
/// an hour up to the last one-hour mark behind it, for five minutes up to the last mark, and the
/// rest is plain input (prompt caching page, "Mixing different TTLs"). No output.
pub(super) fn usage(current: &Outline, minimum_tokens: u64, hit: Option<usize>) -> Usage {
    let tokens_at = |position: usize| current.positions[position].tokens_end;
    let read = hit.map_or(0, tokens_at);
    let behind = entries(current, minimum_tokens).into_iter();
    let behind: Vec<_> = behind.filter(|mark| hit.is_none_or(|hit| mark.position > hit)).collect();
    let hour = behind.iter().rfind(|mark| mark.ttl == Ttl::OneHour);
    let hour_end = hour.map_or(read, |mark| tokens_at(mark.position));
    let end = behind.last().map_or(read, |mark| tokens_at(mark.position)).max(hour_end);
    Usage {
        input_tokens: current.tokens() - end,
        cache_read_tokens: read,
        cache_write_tokens: end - hour_end,
        cache_write_1h_tokens: hour_end - read,
        cache_write_12h_tokens: 0,
        output_tokens: 0,
    }
}
