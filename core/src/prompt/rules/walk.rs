//! What the rules say of each part of a prompt, in the order of processing.

use super::limits::Limits;
use super::turns::{Speaker, Turns};
use crate::prompt::{CacheControl, PartKind, Place, Rule, Violation};

/// A walk over a prompt. Parts are shown to it in the order in which the provider processes them.
pub(crate) struct Walk {
    limits: Limits,
    turns: Turns,
}

/// What the rules know of one block.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) kind: PartKind,
    /// Whether its type has a place for a mark.
    pub(crate) has_place: bool,
    /// Whether it is an empty text.
    pub(crate) is_empty: bool,
    /// Its own mark.
    pub(crate) own: Option<CacheControl>,
    /// A mark that has moved to it from the last block inside it, where it was counted already.
    pub(crate) moved: Option<CacheControl>,
}

impl Facts {
    /// A block whose type has a place for a mark.
    pub(crate) const fn markable(kind: PartKind, own: Option<CacheControl>) -> Self {
        Self { kind, has_place: true, is_empty: false, own, moved: None }
    }

    /// A text block.
    pub(crate) const fn text(is_empty: bool, own: Option<CacheControl>) -> Self {
        Self { is_empty, ..Self::markable(PartKind::Text, own) }
    }
}

impl Walk {
    /// A walk that has met nothing yet. Some models take no messages of role `system`.
    pub(crate) fn new(refuses_system_role: bool) -> Self {
        Self { limits: Limits::default(), turns: Turns::new(refuses_system_role) }
    }

    /// An entry of `tools`.
    pub(crate) fn tool(
        &mut self,
        place: Place,
        is_deferred: bool,
        mark: Option<CacheControl>,
    ) -> Result<(), Violation> {
        if !is_deferred {
            self.limits.markable(place, mark);
            return self.limits.see(place, mark);
        }
        match mark {
            Some(_) => Err(Violation::new(place, Rule::DeferredTool)),
            None => Ok(()),
        }
    }

    /// A block of the instructions, which are made of texts alone.
    pub(crate) fn system_block(&mut self, index: usize, facts: Facts) -> Result<(), Violation> {
        let has_place = facts.has_place && facts.kind == PartKind::Text;
        self.markable_block(Place::SystemBlock(index), Facts { has_place, ..facts })
    }

    /// The message at that index begins.
    pub(crate) fn message(&mut self, index: usize, speaker: Speaker) -> Result<(), Violation> {
        self.turns.message(index, speaker)
    }

    /// A block of the current message. `changes_tools`: it adds or removes a tool.
    pub(crate) fn block(
        &mut self,
        place: Place,
        facts: Facts,
        changes_tools: bool,
    ) -> Result<(), Violation> {
        self.turns.block(place, facts.kind, changes_tools)?;
        self.markable_block(place, facts)
    }

    /// A mark on a block inside another one. On the last block there it moves to the block that is
    /// `around` all of them; anywhere else it has no place.
    pub(crate) fn nested(
        &mut self,
        around: Place,
        place: Place,
        facts: Facts,
        is_last: bool,
    ) -> Result<(), Violation> {
        if facts.own.is_none() {
            return Ok(());
        }
        if !is_last || !facts.has_place {
            return Err(Violation::new(place, Rule::NestedMark));
        }
        if facts.is_empty {
            return Err(Violation::new(place, Rule::EmptyText));
        }
        self.limits.see(around, facts.own)
    }

    /// The end of the prompt; automatic caching marks what it can.
    pub(crate) fn finish(self, automatic: Option<CacheControl>) -> Result<(), Violation> {
        self.limits.finish(automatic)
    }

    fn markable_block(&mut self, place: Place, facts: Facts) -> Result<(), Violation> {
        if facts.has_place && !facts.is_empty {
            self.limits.markable(place, facts.own.or(facts.moved));
            return self.limits.see(place, facts.own);
        }
        let rule = match facts.kind {
            PartKind::Text if facts.has_place => Rule::EmptyText,
            PartKind::Thinking => Rule::ThinkingMark,
            _ => Rule::Unmarkable,
        };
        if facts.own.is_some() { Err(Violation::new(place, rule)) } else { Ok(()) }
    }
}
