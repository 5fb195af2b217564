//! What the doctor says.

use llm_cache_core::Usage;
use llm_cache_core::prompt::{Place, PromptView};
use llm_cache_core::reply::Diagnostics;

use super::cause::{Case, Cause};
use super::difference::{Difference, Site, first_difference, refine};
use super::forecast;
use super::outline::Outline;
#[cfg(doc)]
use super::outline::Row;

/// What an explanation depends on besides the two prompts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// The fewest tokens of a prefix that the model caches; where it is not known, none.
    pub minimum_tokens: Option<u64>,
    /// Milliseconds from the start of the previous request to the start of this one; default 0.
    pub elapsed_ms: u64,
    /// Whether token counts are exact; default no, and then they are told as estimates.
    pub is_exact: bool,
}

/// What the provider's cache does for a request, and why. `Display` is one sentence.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// How much of what the previous request wrote can be read.
    pub finding: Finding,
    /// Why not all of it, the plainest cause first; each would do alone.
    pub causes: Vec<Cause>,
    /// Where the two prompts part; `None` where the previous one is a prefix of this one, as in a
    /// conversation that grows, or where there is none. It is a cause only if it comes before the
    /// end of what the previous request wrote.
    pub difference: Option<Difference>,
    /// Thinking that the provider may leave out by itself, and lose what is cached from there
    /// on ([`Row::ThinkingDropped`]); the forecast is told as if it did not.
    pub may_be_dropped: Option<Place>,
    /// Tokens of the prefix that both have in common, whether anything of it is cached or not.
    pub shared_tokens: u64,
    /// Tokens of this prompt.
    pub tokens: u64,
    /// The usage to expect; no output.
    pub forecast: Usage,
    /// The usage of the reply, if there was one.
    pub observed: Option<Usage>,
    /// What the provider itself says, if it was asked.
    pub diagnostics: Option<Diagnostics>,
    /// What it was told for.
    pub terms: Terms,
}

/// How much of what the previous request wrote can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "all, some or none")]
pub enum Finding {
    /// All of it.
    Hit,
    /// A shorter prefix that it wrote as well.
    PartialHit,
    /// Nothing.
    Miss,
}

impl Explanation {
    /// Puts what the reply says beside the forecast: its usage and the provider's diagnostics.
    #[must_use]
    pub fn with_reply(self, usage: Option<Usage>, diagnostics: Option<Diagnostics>) -> Self {
        Self { observed: usage, diagnostics, ..self }
    }

    /// Tokens that were to be read and were not, by the reply's usage; 0 without one. Then an entry
    /// was lost early, or written in another workspace, or not readable yet, or the provider left
    /// out thinking blocks, or the prompts were changed on their way.
    #[must_use]
    pub fn missing_tokens(&self) -> u64 {
        let read = self.observed.map(|usage| usage.cache_read_tokens);
        read.map_or(0, |read| self.forecast.cache_read_tokens.saturating_sub(read))
    }

    /// Makes the path of the difference more exact, with both prompts at hand.
    pub(super) fn look_closer(
        &mut self,
        site: &Site,
        previous: &PromptView<'_>,
        current: &PromptView<'_>,
    ) {
        let Some(difference) = &mut self.difference else { return };
        refine(difference, site, previous, current);
        for cause in &mut self.causes {
            if let Cause::Changed(told) = cause {
                told.clone_from(difference);
            }
        }
    }
}

/// The explanation, and where to look closer.
pub(super) fn of(
    previous: Option<&Outline>,
    current: &Outline,
    terms: &Terms,
) -> (Explanation, Option<Site>) {
    let minimum_tokens = terms.minimum_tokens.unwrap_or(0);
    let written = previous.map_or_else(Vec::new, |it| forecast::entries(it, minimum_tokens));
    let found = previous.and_then(|previous| first_difference(previous, current));
    let (difference, site) = found.unzip();
    let live: Vec<_> =
        written.iter().filter(|entry| terms.elapsed_ms < entry.ttl.lifetime().0).collect();
    let hit = forecast::hit(current, minimum_tokens, &live);
    let case = Case {
        previous,
        current,
        difference: difference.as_ref(),
        minimum_tokens,
        elapsed_ms: terms.elapsed_ms,
        written: &written,
    };
    let causes = case.causes();
    let finding = match hit {
        None => Finding::Miss,
        Some(_) if causes.is_empty() => Finding::Hit,
        Some(_) => Finding::PartialHit,
    };
    let shared = previous.map_or(0, |previous| previous.shared_with(current));
    let explanation = Explanation {
        finding,
        causes,
        difference,
        may_be_dropped: current.may_be_dropped,
        shared_tokens: current.tokens_of(shared),
        tokens: current.tokens(),
        forecast: forecast::usage(current, minimum_tokens, hit),
        observed: None,
        diagnostics: None,
        terms: *terms,
    };
    (explanation, site)
}
