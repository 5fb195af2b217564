//! Rules that place marks without looking at what was sent before.

use llm_cache_core::prompt::{Section, Ttl};
use llm_cache_planner::engine::Spot;

use super::prompt::{Mark, Prompt};

/// A rule that is the same for all prompts.
pub(crate) type Rule = fn(&Prompt) -> Vec<Mark>;

/// No marks.
pub(crate) fn none(_: &Prompt) -> Vec<Mark> {
    Vec::new()
}

/// What the provider does by itself where the top level asks for it: a mark on the last block that
/// may carry one (prompt caching page, automatic caching).
pub(crate) fn automatic(prompt: &Prompt) -> Vec<Mark> {
    prompt.last_markable().map(|at| (at, Ttl::FiveMinutes)).into_iter().collect()
}

/// A mark on the last block, which the provider refuses where that block may carry none: then there
/// is no mark.
pub(crate) fn mark_last(prompt: &Prompt) -> Vec<Mark> {
    let last = prompt.spots.len().checked_sub(1);
    let markable = last.filter(|last| prompt.spots[*last].is_markable);
    markable.map(|at| (at, Ttl::FiveMinutes)).into_iter().collect()
}

/// rig's static prefix as its documentation shows it, `with_automatic_caching` and
/// `with_static_prefix_cache_ttl(OneHour)`: the last tool and the end of the system prompt are
/// marked for an hour, the end of the conversation by the provider.
pub(crate) fn static_prefix(prompt: &Prompt) -> Vec<Mark> {
    let mut marks = static_prefix_alone(prompt);
    let end = automatic(prompt);
    let is_marked = |(at, _): &Mark| marks.iter().any(|(marked, _)| marked == at);
    if !end.iter().any(is_marked) {
        marks.extend(end);
    }
    marks
}

/// The same without marks on the conversation.
pub(crate) fn static_prefix_alone(prompt: &Prompt) -> Vec<Mark> {
    let end = |section: Section| {
        let is_in = |spot: &Spot| spot.is_markable && spot.section == section;
        prompt.spots.iter().rposition(is_in).map(|at| (at, Ttl::OneHour))
    };
    [Section::Tools, Section::System].into_iter().filter_map(end).collect()
}
