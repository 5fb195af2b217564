//! An entry as a store gives it back.

use std::fmt;

use bytes::Bytes;
use llm_cache_core::{
    Millis, RequestKey, Usage,
    record::{Record, Timestamp},
};

/// An entry as a store holds it: a [`Record`] that owns its bytes. Cloning it copies no payload.
///
/// `Debug` shows the lengths of the payload and the extensions, not their bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// When the answer was received.
    pub created: Timestamp,
    /// How long it may be served from then on; `None` is for ever.
    pub ttl: Option<Millis>,
    /// What it costs to get again, in the writer's unit.
    pub cost: u32,
    /// The tokens that the provider billed for it.
    pub usage: Option<Usage>,
    /// Tagged values, as in a record.
    pub extensions: Bytes,
    /// The answer.
    pub payload: Bytes,
}

impl Stored {
    /// Copies a record's parts.
    #[must_use]
    pub fn copy_of(record: &Record<'_>) -> Self {
        Self {
            created: record.created,
            ttl: record.ttl,
            cost: record.cost,
            usage: record.usage,
            extensions: Bytes::copy_from_slice(record.extensions),
            payload: Bytes::copy_from_slice(record.payload),
        }
    }

    /// The same entry as a record that borrows from this one.
    #[must_use]
    pub fn as_record(&self, key: RequestKey) -> Record<'_> {
        Record {
            key,
            created: self.created,
            ttl: self.ttl,
            cost: self.cost,
            usage: self.usage,
            extensions: &self.extensions,
            payload: &self.payload,
        }
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("created", &self.created)
            .field("ttl", &self.ttl)
            .field("cost", &self.cost)
            .field("usage", &self.usage)
            .field("extensions_len", &self.extensions.len())
            .field("payload_len", &self.payload.len())
            .finish()
    }
}
