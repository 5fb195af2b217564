//! Kinds of prompt text that are expected to be used again alike.
//!
//! Whether a text returns depends on little that a planner can see: whether it was seen before, how
//! often and when; how far the conversation has come; how much of the prompt is new. Spots of one
//! class share one estimate. A class with few observations leans on its parent, that one on its
//! own, and the root on a stated guess.

/// A class of spots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// Seen before, in tools or system prompt.
    SeenStatic { times: u8, gap: Option<u8> },
    /// Seen before, in the messages.
    Seen { times: u8, growth: Option<Growth>, gap: Option<u8> },
    /// New in tools or system prompt.
    NewStatic { is_behind_known: bool },
    /// New in the messages.
    New { stage: Stage, size: Size, is_last: bool, has_tools: bool },
    /// The common parent of some of these.
    Root(Root),
}

/// How far a conversation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stage {
    /// The n-th prompt of a conversation that was followed from its start, in steps that grow.
    Turn(u8),
    /// It leaves a known conversation before that one's end.
    Fork,
    /// Tools or system prompt changed somewhere behind a part of them that is known, as they do
    /// where they hold a clock.
    Unsteady,
}

/// How much of the prompt is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Size {
    /// Logarithm of the tokens.
    Fine(u8),
    /// Half of that.
    Coarse(u8),
    /// Whatever it is.
    Any,
}

/// How a prompt goes on behind what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Growth {
    /// By a short message.
    Little,
    /// By a page or so.
    Some,
    /// By more than that.
    Much,
    /// Otherwise than the known conversation did.
    Fork,
}

/// What has no parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Root {
    /// New messages of a prompt without tools.
    Chat,
    /// New messages of a prompt with tools.
    Agent,
    /// The last block of either.
    ChatEnd,
    AgentEnd,
    /// What stands behind a part of tools or system prompt that changed.
    Unsteady,
    /// New tools or system prompts.
    Static,
    /// What was seen before, in messages and before them.
    Seen,
    SeenStatic,
}

impl Class {
    /// What it leans on while little is known of it.
    pub(super) fn parent(self) -> Option<Self> {
        Some(match self {
            Self::SeenStatic { times, gap: Some(_) } => Self::SeenStatic { times, gap: None },
            Self::SeenStatic { .. } => Self::Root(Root::SeenStatic),
            Self::Seen { times, growth, gap: Some(_) } => Self::Seen { times, growth, gap: None },
            Self::Seen { times, growth: Some(_), .. } => {
                Self::Seen { times, growth: None, gap: None }
            }
            Self::Seen { .. } => Self::Root(Root::Seen),
            Self::NewStatic { is_behind_known: true } => Self::Root(Root::Unsteady),
            Self::NewStatic { .. } => Self::Root(Root::Static),
            Self::New { size: Size::Fine(log), stage, is_last, has_tools } => {
                Self::New { size: Size::Coarse(log / 2), stage, is_last, has_tools }
            }
            Self::New { size: Size::Coarse(_), stage, is_last, has_tools } => {
                Self::New { size: Size::Any, stage, is_last, has_tools }
            }
            Self::New { stage: Stage::Unsteady, .. } => Self::Root(Root::Unsteady),
            Self::New { is_last, has_tools, .. } => Self::Root(match (has_tools, is_last) {
                (false, false) => Root::Chat,
                (false, true) => Root::ChatEnd,
                (true, false) => Root::Agent,
                (true, true) => Root::AgentEnd,
            }),
            Self::Root(_) => return None,
        })
    }

    /// The class of such a spot once it is seen again, as far as that can be said now.
    pub(super) fn next(self) -> Self {
        let more = |times: u8| (times + 1).min(MOST_TIMES);
        match self {
            Self::SeenStatic { times, .. } => Self::SeenStatic { times: more(times), gap: None },
            Self::Seen { times, .. } => Self::Seen { times: more(times), growth: None, gap: None },
            Self::NewStatic { .. } => Self::SeenStatic { times: 1, gap: None },
            Self::New { .. } | Self::Root(_) => Self::Seen { times: 1, growth: None, gap: None },
        }
    }

    /// The guess for a class without a parent: the chance of being seen again within five minutes.
    ///
    /// Tools announce a loop of calls; a chat has to show first that its users come back. Text that
    /// changed where the text before it did not will change again.
    pub(super) const fn guess(root: Root) -> f64 {
        match root {
            Root::Agent | Root::AgentEnd => 0.8,
            Root::Static | Root::SeenStatic => 0.7,
            Root::Seen => 0.3,
            Root::Chat | Root::ChatEnd => 0.2,
            Root::Unsteady => 0.1,
        }
    }
}

/// The class of how often something was seen before; more than eight times is all the same.
pub(super) fn times_class(times: u32) -> u8 {
    match times {
        0..=2 => times as u8,
        3..=4 => 3,
        5..=8 => 4,
        _ => MOST_TIMES,
    }
}

/// The last of those classes.
const MOST_TIMES: u8 = 5;

/// The class of the time since something was last seen.
pub(super) fn gap_class(gap_ms: u64) -> u8 {
    match gap_ms {
        0..30_000 => 0,
        30_000..120_000 => 1,
        120_000..300_000 => 2,
        300_000..900_000 => 3,
        _ => 4,
    }
}

impl Stage {
    /// Of the n-th prompt of a conversation, counted from 0.
    pub(super) fn of_turn(turn: u16) -> Self {
        Self::Turn(match turn {
            0..=12 => turn as u8,
            13..=16 => 13,
            17..=24 => 14,
            25..=32 => 15,
            33..=64 => 16,
            _ => 17,
        })
    }
}

impl Size {
    /// Of so many tokens.
    pub(super) fn of(tokens: u64) -> Self {
        Self::Fine(tokens.max(1).ilog2().clamp(8, 17) as u8)
    }
}

impl Growth {
    /// By so many tokens.
    pub(super) fn by(tokens: u64) -> Self {
        match tokens {
            0..=700 => Self::Little,
            701..=2048 => Self::Some,
            _ => Self::Much,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaning on parents ends at a root, from every class and from what it becomes.
    #[test]
    fn every_class_has_a_root() {
        let mut classes = vec![
            Class::NewStatic { is_behind_known: true },
            Class::NewStatic { is_behind_known: false },
        ];
        for times in 1..=MOST_TIMES {
            classes.push(Class::SeenStatic { times, gap: Some(gap_class(1)) });
            for growth in [Growth::Little, Growth::Some, Growth::Much, Growth::Fork] {
                classes.push(Class::Seen { times, growth: Some(growth), gap: Some(4) });
            }
        }
        for stage in [Stage::of_turn(0), Stage::of_turn(u16::MAX), Stage::Fork, Stage::Unsteady] {
            for (is_last, has_tools) in [(true, true), (true, false), (false, true)] {
                let size = Size::of(70_000);
                classes.push(Class::New { stage, size, is_last, has_tools });
            }
        }
        for class in classes {
            for start in [class, class.next()] {
                let mut at = start;
                let mut steps = 0;
                while let Some(parent) = at.parent() {
                    (at, steps) = (parent, steps + 1);
                    assert!(steps < 6, "{start:?} leans in a circle");
                }
                assert!(matches!(at, Class::Root(_)));
            }
        }
    }
}
