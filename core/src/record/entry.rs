//! One cache entry.

use core::fmt;

use super::Timestamp;
use crate::{Millis, RequestKey, Usage};

/// One cache entry: the answer to a request and what was known about it when it was stored.
///
/// It borrows its variable parts. `Debug` shows their lengths only, for they are prompts and
/// answers. As bytes: [`encode`](Record::encode), [`decode`](Record::decode).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The request that this answers.
    pub key: RequestKey,
    /// When the answer was received.
    pub created: Timestamp,
    /// How long it may be served from then on; `None` is for ever.
    pub ttl: Option<Millis>,
    /// What it costs to get again, in any unit that the writer keeps to; weighs at eviction.
    pub cost: u32,
    /// The tokens that the provider billed for it.
    pub usage: Option<Usage>,
    /// Numbered values, see [`Extensions`](super::Extensions). Readers skip what they do not know.
    pub extensions: &'a [u8],
    /// The answer itself.
    pub payload: &'a [u8],
}

impl<'a> Record<'a> {
    /// An entry of unknown age that never expires, costs 1 and has no usage.
    #[must_use]
    pub const fn new(key: RequestKey, payload: &'a [u8]) -> Self {
        Self {
            key,
            created: Timestamp::UNKNOWN,
            ttl: None,
            cost: 1,
            usage: None,
            extensions: &[],
            payload,
        }
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("key", &self.key)
            .field("created", &self.created)
            .field("ttl", &self.ttl)
            .field("cost", &self.cost)
            .field("usage", &self.usage)
            .field("extensions_len", &self.extensions.len())
            .field("payload_len", &self.payload.len())
            .finish()
    }
}
