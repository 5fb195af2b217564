//! The identity of a request: what must be equal for one answer to serve another call.
//!
//! A [`Scope`] holds what identifies a request beside its body. Its [`KeyHasher`] turns bodies into
//! [`RequestKey`]s. The format is published in core/KEY.md, with vectors.

mod endpoint;
mod field_hasher;
#[cfg(feature = "alloc")]
mod index;
mod key_hasher;
mod request_key;
mod scope;
mod tenant_digest;

pub use crate::canonical::{
    CanonicalError as KeyError, Slot, ValueError, scratch_needed, scratch_needed_for,
};
pub use crate::dialect::Dialect;
pub use endpoint::Endpoint;
pub use field_hasher::FieldHasher;
#[cfg(feature = "alloc")]
pub use index::{KeyIndex, KeyPrefix};
pub use key_hasher::KeyHasher;
pub use request_key::{ParseKeyError, RequestKey};
pub use scope::{CredentialDigest, KeyScope, Scope, ScopeError, ScopeErrorKind, Tenant};
pub use tenant_digest::TenantDigest;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
