//! The planner: where the breakpoints of a prompt go, and how long each shall live.
//!
//! A request has at most four. Each costs a surcharge on what it writes and pays off with each
//! later prompt that reads it in time, so where they belong depends on what comes next. A
//! [`Planner`] learns that from the prompts it sees, by their digests, in bounded memory:
//!
//! ```
//! use llm_cache::{
//!     llm_cache_core::prompt::PromptView,
//!     prompt::{Facts, outline::{Estimate, Outline}, plan::Planner},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let manual = "Answer from the manual. ".repeat(400);
//! let body = format!(
//!     r#"{{"model":"claude-opus-5-5","max_tokens":100,"system":"{manual}","tools":[],
//!         "messages":[{{"role":"user","content":"Where is the switch?"}}]}}"#
//! );
//! let facts = Facts::embedded().model("claude-opus-5-5").expect("in the table");
//! let prompt = PromptView::parse(body.as_bytes())?;
//! let outline = Outline::of(&prompt, &Estimate::new().times(facts.tokens_factor));
//! let mut planner = Planner::new();
//! let plan = planner.plan(&outline, facts, 1_790_000_000_000);
//! assert_eq!(plan.breakpoints[0].place.to_string(), "system.0");
//! println!("{plan}");
//! let body = plan.apply(body.as_bytes())?;
//! # Ok(())
//! # }
//! ```
//!
//! - What is read is marked again: it costs nothing, and the entry lives on.
//! - The end of the tools and of the system prompt has a mark of its own, for other conversations.
//! - The rolling end is marked where the estimated chance of another prompt in time pays for
//!   writing it. A prompt with tools is taken for an agent's loop; a chat has to show first that
//!   its users come back. Text that changes from prompt to prompt is no longer marked once it has
//!   shown that.
//! - An hour is chosen where an entry would otherwise be gone too soon; such marks come first.
//! - Nothing is marked below the model's minimum, or where the provider takes no mark.
//!
//! `cargo run --release --manifest-path tests/rivals/Cargo.toml -- plan` measures it.

mod apply;
#[expect(unreachable_pub, reason = "tests/rivals/planner builds it as a crate of its own")]
mod engine;

use core::fmt;

use llm_cache_core::prompt::{CacheControl, PartKind, Place, Ttl};

pub use apply::ApplyError;
use engine::{Engine, Run, Spot, Terms};
pub use engine::{Reason, Skipped};

use super::{
    facts::ModelFacts,
    outline::{Outline, Position},
};

/// Prefixes that are remembered if nothing else is said: some 10 MB.
const PREFIXES: usize = 65_536;

/// The longest minimum that any model is known to have, for models whose own is not known: a mark
/// below the minimum does nothing.
const LONGEST_MINIMUM_TOKENS: u32 = 4096;

/// Places breakpoints by what was seen of earlier prompts.
///
/// One planner for all requests with one credential, whatever their models: the provider's cache
/// does not differ by conversation either. It keeps digests, counts and times, no text.
#[derive(Clone, Debug)]
pub struct Planner {
    engine: Engine,
}

/// The breakpoints of one prompt.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// At most four, in the order in which the provider processes them.
    pub breakpoints: Vec<Breakpoint>,
    /// Why there are none, if there are none.
    pub skipped: Option<Skipped>,
    /// The day, `YYYY-MM-DD`, of the facts that it stands on.
    pub facts_as_of: String,
}

/// One breakpoint of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Breakpoint {
    /// The block that is marked. A plain text is one block: `system.0`, `messages.0.content.0`.
    pub place: Place,
    /// How long the entry shall live from its last use.
    pub ttl: Ttl,
    /// What it is for.
    pub reason: Reason,
    /// The chance, from 0 to 1, that a later prompt comes this far within five minutes, as far as
    /// was seen.
    pub reuse: f64,
    /// Tokens of the prompt up to the end of the block, by the outline's counter.
    pub tokens: u64,
}

impl Planner {
    /// A planner that has seen nothing, with a memory of 65,536 blocks (some 10 MB when full).
    #[must_use]
    pub fn new() -> Self {
        Self::with_memory(PREFIXES)
    }

    /// A planner that remembers at most so many blocks, and at least half as many of the last ones,
    /// at about 150 bytes each. With less than a conversation has, it forgets that one.
    #[must_use]
    pub fn with_memory(blocks: usize) -> Self {
        Self { engine: Engine::new(blocks) }
    }

    /// Plans a prompt that is sent now, and remembers it. Marks that it has already are passed
    /// over: the plan stands in their place. O(blocks).
    ///
    /// For prompts that go to the provider: one that this library's cache answers is not planned,
    /// or the planner takes entries to live on that nobody read. A prompt that fails on its way
    /// does no harm beyond that: what was to be read is then written.
    ///
    /// `now_ms` is a clock in milliseconds from anywhere; a jump back does no harm.
    pub fn plan(&mut self, outline: &Outline, facts: &ModelFacts, now_ms: u64) -> Plan {
        let positions = &outline.positions;
        let is_server_tool = |position: &Position| position.kind == PartKind::ServerToolResult;
        let minimum_tokens = facts.minimum_tokens.unwrap_or(LONGEST_MINIMUM_TOKENS);
        let terms = Terms {
            minimum_tokens: minimum_tokens.into(),
            // With a price that is not known nothing is gained, and so nothing is marked.
            read: facts.read.unwrap_or(1.0),
            write_5m: facts.write_5m.unwrap_or(1.0),
            // The provider marks the results of its own tools for five minutes, which may not
            // stand before an hour's mark.
            write_1h: facts.write_1h.filter(|_| !positions.iter().any(is_server_tool)),
        };
        let spots: Vec<_> = positions.iter().map(spot).collect();
        let (placed, skipped) = match self.engine.place(&spots, &terms, now_ms) {
            Ok(placed) => (placed, None),
            Err(skipped) => (Vec::new(), Some(skipped)),
        };
        let breakpoint = |mark: engine::Placed| Breakpoint {
            place: positions[mark.at].place,
            ttl: mark.ttl,
            reason: mark.reason,
            reuse: mark.reuse,
            tokens: positions[mark.at].tokens_end,
        };
        let breakpoints = placed.into_iter().map(breakpoint).collect();
        Plan { breakpoints, skipped, facts_as_of: facts.as_of.clone() }
    }
}

impl Default for Planner {
    fn default() -> Self {
        Self::new()
    }
}

impl Plan {
    /// The marks, as a writer of requests takes them.
    pub fn marks(&self) -> impl ExactSizeIterator<Item = (Place, CacheControl)> {
        let mark = |point: &Breakpoint| {
            let stated = Some(point.ttl).filter(|ttl| *ttl != Ttl::default());
            (point.place, CacheControl { ttl: stated })
        };
        self.breakpoints.iter().map(mark)
    }
}

fn spot(position: &Position) -> Spot {
    Spot {
        digest: u128::from_be_bytes(position.prefix.to_bytes()),
        tokens_end: position.tokens_end,
        section: position.section,
        // What counts only where the system prompt begins ends no prefix of its own.
        is_markable: position.is_markable && !position.is_web_tool,
        run: match position.kind {
            PartKind::ToolUse => Run::ToolUse,
            PartKind::ToolResult => Run::ToolResult,
            _ => Run::No,
        },
    }
}

impl fmt::Display for Plan {
    /// One line a breakpoint, and one for the facts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for point in &self.breakpoints {
            writeln!(f, "{point}")?;
        }
        if let Some(skipped) = self.skipped {
            writeln!(f, "no breakpoints: {skipped}")?;
        }
        write!(f, "by facts of {}", self.facts_as_of)
    }
}

impl fmt::Display for Breakpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, ttl, reason, reuse, tokens } = self;
        let percent = reuse * 100.0;
        write!(f, "{place} for {}: {reason}; {tokens} tokens, ", ttl.as_str())?;
        write!(f, "used again within five minutes with a chance of {percent:.0} %")
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "an entry that is alive ends here",
            Self::StablePrefix => "other conversations share the tools or the system prompt",
            Self::RollingEnd => "the next prompt is expected to go on from here",
            Self::Fork => "later prompts are expected to differ from here on",
            Self::LookBack => "an entry of another process may be within twenty positions",
        })
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingMarkable => "no block may carry a mark",
            Self::BelowMinimum => "the prompt is shorter than the model's minimum",
            Self::NoReuseExpected => "no part is expected to return soon enough to pay for it",
        })
    }
}

#[cfg(test)]
mod tests;
