//! Where two prompts part.

use llm_cache_core::prompt::{PromptView, Section};

use super::inside;
use super::outline::{Outline, Position, Row, Setting};

/// The first thing, in the order of processing, that keeps one prompt from being a prefix of the
/// other one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The path of it in the body, as the provider spells paths: `tools.2.description`. It leads
    /// into a block as far as both prompts were at hand, else to the block. Of what was removed it
    /// is the path in the previous request.
    pub path: String,
    /// The row of the provider's table of invalidations.
    pub row: Row,
    /// What happened there.
    pub change: Change,
}

/// What happened at the place where two prompts part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// Another value.
    Changed,
    /// Something that was not there.
    Added,
    /// Something is not there any more.
    Removed,
    /// The same members of an object in another order.
    Reordered,
    /// The same number, written in another way.
    Respelled,
}

/// Where a difference is, before anyone looks into the block.
pub(super) enum Site {
    Setting(Setting),
    /// The block in the previous and in the current request.
    Blocks(Option<Position>, Option<Position>),
}

/// Finds the first difference; `None` where the previous prompt is a prefix of the current one.
/// O(positions).
pub(super) fn first_difference(was: &Outline, is: &Outline) -> Option<(Difference, Site)> {
    [Section::Tools, Section::System, Section::Messages].into_iter().find_map(|section| {
        differing_setting(was, is, section).or_else(|| differing_block(was, is, section))
    })
}

/// Makes the path of a difference more exact, with both prompts at hand.
pub(super) fn refine(
    difference: &mut Difference,
    site: &Site,
    previous: &PromptView<'_>,
    current: &PromptView<'_>,
) {
    let inside = match site {
        Site::Setting(setting) if setting.first.is_none() => {
            inside::of_members(setting.member, previous, current)
        }
        Site::Blocks(Some(was), Some(is)) if difference.row != Row::ThinkingForgotten => {
            inside::of_blocks(was.place, is.place, previous, current)
        }
        _ => None,
    };
    if let Some((path, change)) = inside {
        difference.path.push_str(&path);
        difference.change = change;
    }
}

/// The first setting that is folded in before `section` and is not the same: the current one, or
/// the previous one where only that names a block.
fn differing_setting(
    previous: &Outline,
    current: &Outline,
    section: Section,
) -> Option<(Difference, Site)> {
    let pairs = previous.settings.iter().zip(&current.settings);
    let mut pairs = pairs.filter(|(was, _)| was.row.invalidates_from() == section);
    let (was, is) = pairs.find(|(was, is)| was.value != is.value)?;
    let (setting, change) = match (was.first, is.first) {
        (Some(_), None) => (*was, Change::Removed),
        (None, Some(_)) => (*is, Change::Added),
        _ => (*is, Change::Changed),
    };
    let place = setting.first.map(|place| place.to_string());
    let path = place.unwrap_or_else(|| setting.member.to_string());
    Some((Difference { path, row: setting.row, change }, Site::Setting(setting)))
}

fn differing_block(
    previous: &Outline,
    current: &Outline,
    section: Section,
) -> Option<(Difference, Site)> {
    let mut was = blocks(previous, section);
    let mut is = blocks(current, section);
    let (was, is) = loop {
        match (was.next(), is.next()) {
            (None, None) => return None,
            (Some(was), Some(is)) if was.block == is.block => {}
            parted => break parted,
        }
    };
    let change = match (was, is) {
        // A conversation that grows keeps its prefix.
        (None, _) if section == Section::Messages => return None,
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ => Change::Changed,
    };
    let forgot = was.filter(|was| current.forgotten.contains(&(was.place, was.block)));
    let row = match section {
        Section::Tools => Row::Tools,
        Section::System => Row::System,
        Section::Messages if forgot.is_some() => Row::ThinkingForgotten,
        Section::Messages => Row::Messages,
    };
    let place = forgot.or(is).or(was)?.place;
    let site = Site::Blocks(was.copied(), is.copied());
    Some((Difference { path: place.to_string(), row, change }, site))
}

/// The blocks of a section, less the web tools, which count as a setting.
fn blocks(outline: &Outline, section: Section) -> impl Iterator<Item = &Position> {
    let positions = outline.positions.iter();
    positions.filter(move |position| position.section == section && !position.is_web_tool)
}
