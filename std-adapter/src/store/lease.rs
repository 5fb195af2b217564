//! The optional capability of a store to give one of several processes the lead.

use std::time::Duration;

use llm_cache_core::RequestKey;

use super::Work;

/// Gives one of all who share a store the lead for a key, until a time is over.
///
/// A cache uses it so that of a fleet one machine alone asks the provider.
///
/// # Contract
///
/// - A lease has at most one holder. It ends when it is released, and when its ttl is over by the
///   store's clock.
/// - Each lease of a key has a higher [`Fence`] than all before it.
/// - After its end a lease is neither renewed nor released: both say so and change nothing.
pub trait Lease: Send + Sync {
    /// Takes the lease of `key` for `ttl`. `None`: another holds it.
    fn acquire<'a>(&'a self, key: &'a RequestKey, ttl: Duration) -> Work<'a, Option<Fence>>;

    /// Lets a lease end after `ttl` from now on. `false`: it was over already.
    fn renew<'a>(&'a self, key: &'a RequestKey, fence: Fence, ttl: Duration) -> Work<'a, bool>;

    /// Ends a lease. `false`: it was over already.
    fn release<'a>(&'a self, key: &'a RequestKey, fence: Fence) -> Work<'a, bool>;
}

/// Which lease of a key it is: the later lease has the higher number. Who guards something with it
/// refuses a number lower than the highest one seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub u64);
