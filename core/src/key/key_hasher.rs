//! From a body to its key.

use core::fmt;

use embedded_io::{Read, Seek};
use serde::Serialize;

use super::{Dialect, FieldHasher, KeyError, RequestKey};
use crate::canonical::{
    Slot, SourceError, ValueError, canonicalize, canonicalize_from, canonicalize_value,
};
use crate::dialect::EmbeddingInput;

/// Makes the keys of requests in one scope: the SHA-256 that has taken in the scope.
///
/// About 120 bytes; clones are independent.
#[derive(Clone)]
pub struct KeyHasher {
    dialect: Dialect,
    fields: FieldHasher,
}

impl KeyHasher {
    pub(super) const fn new(dialect: Dialect, fields: FieldHasher) -> Self {
        Self { dialect, fields }
    }

    /// The dialect of the scope.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The hash that has taken in the scope; a canonical body makes it a key.
    pub(crate) fn fields(&self) -> FieldHasher {
        self.fields.clone()
    }

    /// The key of a request with this body.
    ///
    /// Cost and memory: those of [`canonicalize`], and a SHA-256 over what it writes.
    ///
    /// # Errors
    /// [`KeyError`] where the body has no canonical form, or needs more scratch memory. The
    /// request then has no key and should go out uncached.
    pub fn key(&self, body: &[u8], scratch: &mut [Slot]) -> Result<RequestKey, KeyError> {
        let mut hasher = self.fields.clone();
        canonicalize(body, &self.dialect, scratch, &mut hasher)?;
        Ok(RequestKey::from_bytes(hasher.finish()))
    }

    /// The same for a body that is read from elsewhere, by way of a buffer, and need not fit into
    /// memory: see [`canonicalize_from`].
    ///
    /// # Errors
    /// As [`KeyHasher::key`], and [`SourceError::Read`] where the body cannot be read.
    pub fn key_from<B: Read + Seek>(
        &self,
        body: &mut B,
        buffer: &mut [u8],
        scratch: &mut [Slot],
    ) -> Result<RequestKey, SourceError<B::Error>> {
        let mut hasher = self.fields.clone();
        canonicalize_from(body, buffer, &self.dialect, scratch, &mut hasher)?;
        Ok(RequestKey::from_bytes(hasher.finish()))
    }

    /// The same with scratch memory from the heap, where what lies on the stack (1 KiB) does not
    /// do; never [`KeyError::ScratchTooSmall`].
    ///
    /// # Errors
    /// As [`KeyHasher::key`].
    #[cfg(feature = "alloc")]
    pub fn key_alloc(&self, body: &[u8]) -> Result<RequestKey, KeyError> {
        let mut hasher = self.fields.clone();
        crate::canonical::canonicalize_alloc(body, &self.dialect, &mut hasher)?;
        Ok(RequestKey::from_bytes(hasher.finish()))
    }

    /// The key of one input of a request for embeddings: that of the body with this input in place
    /// of all inputs, which is built nowhere. Requests for the same input have one key, alone and
    /// in whatever batch.
    ///
    /// Cost and memory: those of [`EmbeddingInput::canonicalize`], and a SHA-256 over what it
    /// writes; [`scratch_needed`](super::scratch_needed) of the whole body is always enough. The
    /// hasher's scope must be one of [`Dialect::OpenAiEmbeddings`].
    ///
    /// # Errors
    /// As [`KeyHasher::key`]; offsets count in the body with this input alone.
    pub fn key_of_input(
        &self,
        input: EmbeddingInput<'_>,
        scratch: &mut [Slot],
    ) -> Result<RequestKey, KeyError> {
        let mut hasher = self.fields.clone();
        input.canonicalize(scratch, &mut hasher)?;
        Ok(RequestKey::from_bytes(hasher.finish()))
    }

    /// The key of a request by the value that it is written from: the key of the JSON text that
    /// serde_json writes for it, which is never made.
    ///
    /// ```
    /// use llm_cache_core::key::{Dialect, Endpoint, Scope, Slot, Tenant};
    ///
    /// let scope = Scope::new(Dialect::Json, Endpoint::Id("valves"), Tenant::Shared);
    /// let hasher = scope.hasher().expect("an endpoint");
    /// let mut scratch = [Slot::EMPTY; 8];
    /// let of_value = hasher.key_of(&("open", 1.5, None::<u8>), &mut scratch);
    /// let of_text = hasher.key(br#" ["open", 1.50, null] "#, &mut scratch);
    /// assert_eq!(of_value.ok(), of_text.ok());
    /// ```
    ///
    /// Cost and memory: those of [`canonicalize_value`], and a SHA-256 over what it writes.
    ///
    /// # Errors
    /// [`ValueError`] where the value has no canonical form, or needs more scratch memory. The
    /// request then has no key and should go out uncached.
    pub fn key_of<T: Serialize + ?Sized>(
        &self,
        value: &T,
        scratch: &mut [Slot],
    ) -> Result<RequestKey, ValueError> {
        let mut hasher = self.fields.clone();
        canonicalize_value(value, &self.dialect, scratch, &mut hasher)?;
        Ok(RequestKey::from_bytes(hasher.finish()))
    }

    /// The same with scratch memory from the heap, where what lies on the stack (1 KiB) does not
    /// do; never [`ValueError::ScratchTooSmall`].
    ///
    /// # Errors
    /// As [`KeyHasher::key_of`].
    #[cfg(feature = "alloc")]
    pub fn key_of_alloc<T: Serialize + ?Sized>(&self, value: &T) -> Result<RequestKey, ValueError> {
        match self.key_of(value, &mut [Slot::EMPTY; 64]) {
            Err(ValueError::ScratchTooSmall { needed }) => {
                match self.key_of(value, &mut alloc::vec![Slot::EMPTY; needed]) {
                    Err(ValueError::ScratchTooSmall { .. }) => Err(ValueError::Changed),
                    outcome => outcome,
                }
            }
            outcome => outcome,
        }
    }
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHasher").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}
