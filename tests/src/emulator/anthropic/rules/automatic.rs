//! The top-level marker: automatic caching of the last block that may carry one.

use super::super::positions::{Prompt, Ttl};
use super::Request;

/// The block that automatic caching adds a marker to, with its ttl: none where the field is absent,
/// no block is eligible, or the block is marked already.
pub(super) fn target(request: &Request<'_>) -> Option<(String, Ttl)> {
    let ttl = Ttl::of(request.body)?;
    let (path, marked) = last_eligible(request)?;
    marked.is_none().then_some((path, ttl))
}

/// The last block is marked by hand with another lifetime. The text is the emulator's: no user
/// quotes the provider's.
pub(super) fn other_ttl(request: &Request<'_>) -> Option<String> {
    let ttl = Ttl::of(request.body)?;
    let (path, marked) = last_eligible(request)?;
    (marked? != ttl).then(|| {
        format!(
            "cache_control: the top-level ttl differs from the ttl of the explicit cache_control \
             at {path}"
        )
    })
}

/// Path and explicit marker of the last block that may carry one.
fn last_eligible(request: &Request<'_>) -> Option<(String, Option<Ttl>)> {
    let mut prompt = Prompt::read_explicit(request.body, "");
    let position = prompt.positions.swap_remove(prompt.automatic_target()?);
    Some((position.path, position.mark))
}
