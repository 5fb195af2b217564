//! What a client tells where no function is memoised.

use std::{sync::Arc, time::Duration};

use llm_cache_core::{Usage, key::KeyScope};

use crate::{cache::SkipReason, discard::Discard};

/// As with `memo`; there are no hits to be told of.
pub(crate) trait Sink: Send + Sync {
    #[expect(dead_code, reason = "only memoised functions have hits")]
    fn hit(&self, usage: Option<Usage>);
}

/// As with `memo`; no function is told of anything.
#[derive(Debug)]
pub(crate) struct Watch;

impl Watch {
    pub(crate) fn new(_: impl Sink + 'static) -> Arc<Self> {
        Arc::new(Self)
    }

    pub(crate) const fn enter_scope(&self) {}
}

pub(crate) const fn note_scope(_: &(impl KeyScope + ?Sized)) {}

pub(crate) fn note_reply(
    _: &Watch,
    _: impl FnOnce() -> Option<Usage>,
    _: impl FnOnce() -> Option<Duration>,
    _: Option<SkipReason>,
) -> Option<Arc<Discard>> {
    None
}
