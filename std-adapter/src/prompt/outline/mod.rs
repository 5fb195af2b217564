//! A prompt as the provider's cache sees it: positions in order, with tokens and digests.
//!
//! The provider caches prefixes. An [`Outline`] has one [`Position`] for each block of a prompt,
//! in the order in which it is processed (tools, system, messages), with the tokens and the digest
//! of everything up to its end. Two prompts share a prefix up to a position exactly when its
//! digests are equal in both; what is no block and counts all the same, as the model does or
//! `tool_choice`, is folded in where the provider's table of invalidations ([`Row`]) says that it
//! cuts. No text is kept.

mod fingerprint;
mod form;
mod look_back;
mod read;
mod row;
mod settings;
mod tokens;

pub use fingerprint::Fingerprint;
pub(super) use form::{block_form, plain_form};
pub use look_back::{LOOK_BACK, LookBack, look_back};
pub use row::Row;
pub use settings::Setting;
pub use tokens::{Estimate, TokenCounter};

use std::collections::HashSet;

use llm_cache_core::prompt::{PartKind, Place, PromptView, Section, Ttl};

/// The positions of one prompt. About 100 bytes a block; holds no text.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The blocks, in the order in which the provider processes them.
    pub positions: Vec<Position>,
    /// What counts without being a block, in the order in which it is folded in.
    pub settings: Vec<Setting>,
    /// Thinking of earlier turns that this model forgets at the user's next turn: it counts no
    /// token and is no part of the prompt. Place and digest of each block, in order.
    pub forgotten: Vec<(Place, Fingerprint)>,
    /// The first thinking block, on a model where the provider is known to leave some out by itself
    /// ([`Row::ThinkingDropped`]): that cannot be told from the request.
    pub may_be_dropped: Option<Place>,
}

/// One block of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Where it stands in the body.
    pub place: Place,
    /// The part of the body that it belongs to.
    pub section: Section,
    /// What it is, as far as caching is concerned.
    pub kind: PartKind,
    /// How long an entry lives that is written here; `None` if it is not marked. The top-level mark
    /// of automatic caching is resolved; so are the marks that the provider sets on the results of
    /// its own tools, five minutes each, in a request that has any mark.
    pub mark: Option<Ttl>,
    /// Whether `mark` is such a mark of the provider's own, which is none of the four.
    pub is_providers_mark: bool,
    /// Whether the provider takes a mark here.
    pub is_markable: bool,
    /// Whether it is a tool for web search or web fetch. It stands among the tools and counts where
    /// the system prompt begins: up to here neither tokens nor digest have it in them.
    pub is_web_tool: bool,
    /// Tokens of the prompt up to the end of this block, by the counter's rule.
    pub tokens_end: u64,
    /// Digest of this block alone, with the role it is said in.
    pub block: Fingerprint,
    /// Digest of the prompt up to the end of this block: model, settings and all.
    pub prefix: Fingerprint,
}

impl Outline {
    /// Reads a prompt. O(length of the prompt) time.
    #[must_use]
    pub fn of(prompt: &PromptView<'_>, counter: &dyn TokenCounter) -> Self {
        read::read(prompt, counter)
    }

    /// Tokens of the whole prompt.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.positions.last().map_or(0, |last| last.tokens_end)
    }

    /// Tokens of the first `len` positions.
    #[must_use]
    pub fn tokens_of(&self, len: usize) -> u64 {
        let last = len.checked_sub(1).and_then(|last| self.positions.get(last));
        last.map_or(0, |position| position.tokens_end)
    }

    /// Positions that are marked, with their lifetimes, in order; the provider's own among them.
    pub fn marks(&self) -> impl DoubleEndedIterator<Item = (usize, Ttl)> {
        let marked = |(index, position): (usize, &Position)| Some((index, position.mark?));
        self.positions.iter().enumerate().filter_map(marked)
    }

    /// How many positions of this prompt are at the end of a prefix that `other` has too, or before
    /// it. O(positions of both).
    #[must_use]
    pub fn shared_with(&self, other: &Self) -> usize {
        let prefixes: HashSet<_> = other.positions.iter().map(|position| position.prefix).collect();
        let last = self.positions.iter().rposition(|own| prefixes.contains(&own.prefix));
        last.map_or(0, |last| last + 1)
    }
}

#[cfg(test)]
mod tests;
