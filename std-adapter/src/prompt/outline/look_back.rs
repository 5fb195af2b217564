//! How far the provider looks back from a breakpoint for an earlier entry.

use llm_cache_core::prompt::PartKind;

use super::Position;

/// Positions that a look back visits, the breakpoint counted as the first (prompt caching page).
pub const LOOK_BACK: usize = 20;

/// The positions that the provider looks at for the breakpoint at index `from`: itself, then
/// backward, [`LOOK_BACK`] of them, where a run of tool calls counts as one and so does a run of
/// tool results (Claude API, September 2026). All blocks of a run are looked at.
///
/// Nothing where `from` is no position.
#[must_use]
pub fn look_back(positions: &[Position], from: usize) -> LookBack<'_> {
    LookBack { positions, next: (from < positions.len()).then_some(from), visited: 1 }
}

/// Indices of positions, each lower than the one before.
#[derive(Clone, Debug)]
pub struct LookBack<'a> {
    positions: &'a [Position],
    next: Option<usize>,
    /// Positions so far, `next` counted in.
    visited: usize,
}

impl Iterator for LookBack<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let at = self.next.take()?;
        if let Some(before) = at.checked_sub(1) {
            self.visited += usize::from(!is_run(&self.positions[before], &self.positions[at]));
            self.next = (self.visited <= LOOK_BACK).then_some(before);
        }
        Some(at)
    }
}

/// Whether two neighbours count as one position.
fn is_run(one: &Position, next: &Position) -> bool {
    one.kind == next.kind && matches!(one.kind, PartKind::ToolUse | PartKind::ToolResult)
}
