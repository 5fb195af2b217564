//! What the engine sees of a prompt and of a provider's terms.

use llm_cache_core::prompt::{Section, Ttl};

/// One position of a prompt, in the order in which the provider processes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Digest of everything up to and including this block, model and settings among it. Two
    /// prompts agree up to here exactly if their digests are equal.
    pub digest: u128,
    /// Tokens of the prompt up to and including this block.
    pub tokens_end: u64,
    /// Where it stands.
    pub section: Section,
    /// Whether it may carry a mark.
    pub is_markable: bool,
    /// Which blocks in a row it counts as one with.
    pub run: Run,
}

/// Which blocks in a row count as one position of the provider's look back (Anthropic's prompt
/// caching guide, September 2026).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// Calls of tools.
    ToolUse,
    /// Results of tools.
    ToolResult,
    /// Every block counts.
    No,
}

/// What a provider asks for caching: prices of a token relative to one that no cache has to do
/// with, and the shortest prefix it keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// The shortest prefix that is kept, in tokens.
    pub minimum_tokens: u64,
    /// A token that is read.
    pub read: f64,
    /// A token that is written for five minutes.
    pub write_5m: f64,
    /// A token that is written for an hour; `None` where there is no such lifetime.
    pub write_1h: Option<f64>,
}

/// A mark that the engine places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Index of the spot.
    pub at: usize,
    /// How long the entry shall live.
    pub ttl: Ttl,
    /// What it is for.
    pub reason: Reason,
    /// The chance, from 0 to 1, that a later prompt has this prefix within the lifetime.
    pub reuse: f64,
}

/// What a breakpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// An earlier request left an entry here that is still alive: it is read and lives on.
    Read,
    /// Tools or system prompt end here, which other conversations share.
    StablePrefix,
    /// The last block whose reuse is expected to pay for writing it.
    RollingEnd,
    /// Later prompts are expected to agree up to here and to differ from here on.
    Fork,
    /// No entry of this conversation is known: a look back of 20 positions from here may find one
    /// that another process wrote.
    LookBack,
}

/// Why the engine places no mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Skipped {
    /// No block of the prompt may carry a mark.
    NothingMarkable,
    /// The prompt is shorter than the provider's minimum up to its last markable block.
    BelowMinimum,
    /// Nothing of it is expected to be used again soon enough to pay for writing it.
    NoReuseExpected,
}

impl Spot {
    /// Whether it stands in the tools or the system prompt, which conversations share.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.section != Section::Messages
    }
}
