//! What a caller allows and asks of one exchange.

use std::time::Duration;

use llm_cache_core::key::TenantDigest;
use llm_cache_core::reply::{ResponsesStore, VerdictOptions};

use crate::cache::{CallOptions, Mode};

/// Settings of one call; what is left unset comes from the cache.
///
/// The number of a sample (`variant`) and the namespace are not here, since they are part of the
/// scope, and so of the [`KeyHasher`](llm_cache_core::key::KeyHasher) that the caller brings. The
/// tenant is part of the scope, too; here it is only what an entry is invalidated by.
///
/// ```
/// use std::time::Duration;
/// use llm_cache::cache::Mode;
/// use llm_cache::exchange::Options;
///
/// let options = Options::new().mode(Mode::ReadOnly).ttl(Duration::from_secs(3600));
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub(super) call: CallOptions,
    pub(super) live_ttl: Option<Duration>,
    pub(super) responses_store: ResponsesStore,
    pub(super) tenant: Option<TenantDigest>,
}

impl Options {
    /// Everything as the cache has it; answers of live tools are not stored.
    #[must_use]
    pub const fn new() -> Self {
        let (call, responses_store) = (CallOptions::new(), ResponsesStore::Capped);
        Self { call, live_ttl: None, responses_store, tenant: None }
    }

    /// What the call may do with the cache: mode, lifetime and age, all at once. It replaces what
    /// the setters before it said of these.
    #[must_use]
    pub const fn call(mut self, call: CallOptions) -> Self {
        self.call = call;
        self
    }

    /// Overrides the cache's [`Mode`] for this call.
    #[must_use]
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.call = self.call.mode(mode);
        self
    }

    /// How long an answer that this call fetches is kept, and how old one may be that serves it.
    /// See [`CallOptions::ttl`].
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.call = self.call.ttl(ttl);
        self
    }

    /// How old an answer may be that serves this call. See [`CallOptions::max_age`].
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.call = self.call.max_age(age);
        self
    }

    /// Lets answers of tools that the provider runs and that see the live world (web, code, MCP,
    /// computer) be stored for this long. Default: such requests go past the cache. It sets
    /// [`ttl`](Self::ttl) as well.
    #[must_use]
    pub const fn store_live_tools(mut self, ttl: Duration) -> Self {
        self.live_ttl = Some(ttl);
        self.ttl(ttl)
    }

    /// What becomes of requests to OpenAI's Responses API whose answers OpenAI stores, too.
    /// Default: [`ResponsesStore::Capped`].
    #[must_use]
    pub const fn responses_store(mut self, policy: ResponsesStore) -> Self {
        self.responses_store = policy;
        self
    }

    /// Writes the digest of the scope's tenant into what this call stores, so that
    /// [`Selector::Tenant`](crate::store::Selector::Tenant) finds it. Default: the entry names no
    /// tenant, and is removed with every tenant.
    #[must_use]
    pub const fn tenant(mut self, tenant: TenantDigest) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// What of these settings decides whether a request may be cached.
    pub(super) const fn of_verdict(&self) -> VerdictOptions {
        let options = VerdictOptions::new().responses_store(self.responses_store);
        if self.live_ttl.is_some() { options.allow_live_tools() } else { options }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a caller allows reaches the verdict on its request.
    #[test]
    fn settings_reach_the_verdict() {
        assert_eq!(Options::new().of_verdict(), VerdictOptions::new());
        let options = Options::new()
            .store_live_tools(Duration::from_secs(1))
            .responses_store(ResponsesStore::Strict);
        let told = options.of_verdict();
        assert_eq!((told.live_tools, told.responses_store), (true, ResponsesStore::Strict));
        assert_eq!(options.call, CallOptions::new().ttl(Duration::from_secs(1)));
    }
}
