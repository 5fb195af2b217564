//! What an entry keeps of its tenant, to be found by it.

use core::fmt;

use super::{FieldHasher, Tenant};

/// The domain of tenant digests (core/FORMAT.md, extension 4).
const TENANT_DOMAIN: &str = "llm-cache/tenant/1";

/// The digest of a [`Tenant`]: what an entry keeps to be invalidated with its tenant.
///
/// It is SHA-256 over the domain `llm-cache/tenant/1` and the tenant's field of the key
/// (core/KEY.md 3, field 7). `Debug` hides it: the name of a tenant may be guessed.
///
/// ```
/// use llm_cache_core::key::{Tenant, TenantDigest};
///
/// let digest = TenantDigest::of(&Tenant::Named("acme"));
/// assert_ne!(digest, TenantDigest::of(&Tenant::Shared));
/// assert_eq!(digest, TenantDigest::from_bytes(*digest.as_bytes()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TenantDigest([u8; 32]);

impl TenantDigest {
    /// The digest of a tenant. One SHA-256 of about 100 bytes.
    #[must_use]
    pub fn of(tenant: &Tenant<'_>) -> Self {
        let mut fields = FieldHasher::new(TENANT_DOMAIN);
        fields.field_in_pieces(|sink| tenant.write(sink));
        Self(fields.finish())
    }

    /// The digest with these bytes, as an entry keeps them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes that an entry keeps.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TenantDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantDigest(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::CredentialDigest;

    /// The published digests stay, so that an entry written today is found by its tenant later.
    #[test]
    fn digests_are_published() {
        let hex = |tenant| {
            let digest = TenantDigest::of(&tenant);
            digest
                .as_bytes()
                .iter()
                .map(|byte| std::format!("{byte:02x}"))
                .collect::<std::string::String>()
        };
        let page = include_str!("../../FORMAT.md");
        let credential = Tenant::Credential(CredentialDigest::of("sk-ant-example"));
        for tenant in [Tenant::Shared, Tenant::Named("acme"), credential] {
            assert!(page.contains(&hex(tenant)), "{tenant:?}: {}", hex(tenant));
        }
    }
}
