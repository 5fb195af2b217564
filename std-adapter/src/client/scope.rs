//! What a client is, as far as it decides which answers it may share.

use core::fmt;

use llm_cache_core::key::{
    self, CredentialDigest, Dialect, Endpoint, FieldHasher, KeyHasher, KeyScope, Scope, ScopeError,
    TenantDigest,
};

/// Who may share the answers of a client with whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tenant {
    /// Whoever has the same static API key, in whichever header it is sent. The key goes in as a
    /// digest and is never stored. The default; impossible with a token provider. Without a
    /// credential it stands for `Shared` on this machine and is refused elsewhere.
    #[default]
    FromCredential,
    /// Whoever gives the same name.
    Named(String),
    /// Everybody with access to the cache.
    Shared,
}

/// The scope of a client's keys, owned.
#[derive(Clone, Debug)]
pub(super) struct OwnedScope {
    pub(super) dialect: Dialect,
    /// The URL that requests go to.
    pub(super) url: String,
    /// Stands in place of the URL where set.
    pub(super) endpoint_id: Option<String>,
    pub(super) api_version: String,
    pub(super) betas: Vec<String>,
    pub(super) organization: String,
    pub(super) project: String,
    pub(super) headers: CountedHeaders,
    pub(super) namespace: String,
    pub(super) tenant: OwnedTenant,
}

/// Names and values of the headers that count, by name. `Debug` shows their number.
#[derive(Clone)]
pub(super) struct CountedHeaders(pub(super) Vec<(String, String)>);

impl fmt::Debug for CountedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CountedHeaders({})", self.0.len())
    }
}

#[derive(Clone, Debug)]
pub(super) enum OwnedTenant {
    Credential(CredentialDigest),
    Named(String),
    Shared,
}

impl OwnedScope {
    /// The hash state after the scope with the n-th sample's number in it. Costs a few blocks of
    /// SHA-256, so a client keeps the one of sample 0.
    pub(super) fn hasher(&self, variant: u32) -> Result<KeyHasher, ScopeError> {
        self.with(variant, |scope| scope.hasher())
    }

    /// What entries are invalidated by with this tenant. One SHA-256.
    pub(super) fn tenant_digest(&self) -> TenantDigest {
        self.with(0, |scope| TenantDigest::of(&scope.tenant))
    }

    /// The scope as fields of a memoised function's key.
    pub(super) fn key_scope(&self, out: &mut FieldHasher) {
        self.with(0, |scope| scope.key_scope(out));
    }

    fn with<R>(&self, variant: u32, use_scope: impl FnOnce(&Scope<'_>) -> R) -> R {
        let betas: Vec<&str> = self.betas.iter().map(String::as_str).collect();
        let headers: Vec<(&str, &str)> =
            self.headers.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        use_scope(&Scope {
            dialect: self.dialect,
            endpoint: match &self.endpoint_id {
                Some(id) => Endpoint::Id(id),
                None => Endpoint::Url(&self.url),
            },
            api_version: &self.api_version,
            betas: &betas,
            organization: &self.organization,
            project: &self.project,
            headers: &headers,
            namespace: &self.namespace,
            tenant: match &self.tenant {
                OwnedTenant::Credential(digest) => key::Tenant::Credential(*digest),
                OwnedTenant::Named(name) => key::Tenant::Named(name),
                OwnedTenant::Shared => key::Tenant::Shared,
            },
            variant,
        })
    }
}
