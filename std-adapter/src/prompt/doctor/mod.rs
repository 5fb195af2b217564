//! Why the provider's cache hits or not: two requests compared, in the provider's own terms.
//!
//! [`explain`] takes the request before and the one at hand and tells what can be read of what the
//! first one wrote: how many tokens, and if not all of them, why: where the two part and which row
//! of the provider's table of invalidations ([`Row`](super::outline::Row)) that is, a look-back
//! that ends too early, a prompt that is too short, an entry whose time is over, no mark at all.
//!
//! It is a forecast by the published rules (September 2026). The provider decides, and may keep an
//! entry for longer or lose it; [`Explanation::with_reply`] puts beside the forecast what the reply
//! says.

mod cause;
mod difference;
mod explanation;
mod forecast;
mod inside;
mod sentence;

use super::outline;

pub use cause::Cause;
pub use difference::{Change, Difference};
pub use explanation::{Explanation, Finding, Terms};

use llm_cache_core::prompt::PromptView;
use outline::{Outline, TokenCounter};

/// Explains what the provider's cache does for `current`, sent `terms.elapsed_ms` after `previous`.
///
/// It is told as if `previous` had found nothing in the cache but what it wrote, and had begun to
/// be answered before `current` was sent. O(length of both prompts).
#[must_use]
pub fn explain(
    previous: Option<&PromptView<'_>>,
    current: &PromptView<'_>,
    counter: &dyn TokenCounter,
    terms: &Terms,
) -> Explanation {
    let outline = Outline::of(current, counter);
    let Some(previous) = previous else { return explanation::of(None, &outline, terms).0 };
    let before = Outline::of(previous, counter);
    let (mut explanation, site) = explanation::of(Some(&before), &outline, terms);
    if let Some(site) = site {
        explanation.look_closer(&site, previous, current);
    }
    explanation
}

/// The same of two outlines, for a caller that keeps no texts: the path of a difference then leads
/// to a block and not into it. O(positions).
#[must_use]
pub fn explain_outlines(
    previous: Option<&Outline>,
    current: &Outline,
    terms: &Terms,
) -> Explanation {
    explanation::of(previous, current, terms).0
}

#[cfg(test)]
mod tests;
