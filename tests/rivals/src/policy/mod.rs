//! Eviction policies in their plainest form, to tell what a policy is worth whatever the code
//! around it costs. Keys are small numbers, memory is no matter, nothing is fast.

pub(crate) mod belady;
pub(crate) mod lirs;
pub(crate) mod list;
pub(crate) mod s3fifo;
pub(crate) mod sieve;

/// A cache that takes whatever it is asked for and does not have.
pub(crate) trait Policy {
    /// Whether the key was there. It is there afterwards, unless the policy has refused it.
    fn request(&mut self, key: u32) -> bool;
}

#[cfg(test)]
mod tests;
