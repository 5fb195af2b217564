//! Fields hashed so that no two lists of fields run into each other.

use core::fmt;

use sha2::{Digest, Sha256};

use crate::canonical::Sink;

/// SHA-256 over a domain name and any number of fields, each with its length in front.
///
/// A field is hashed as its length in bytes, 8 bytes big-endian, and then its bytes. So "ab", "c"
/// and "a", "bc" differ, and hashes of one purpose (the domain) never equal those of another.
#[derive(Clone)]
pub struct FieldHasher(Sha256);

impl FieldHasher {
    /// Begins with the domain as the first field. Domains end in the version of their field list.
    #[must_use]
    pub fn new(domain: &str) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.field(domain.as_bytes());
        hasher
    }

    /// Adds the next field.
    pub fn field(&mut self, bytes: &[u8]) {
        self.field_in_pieces(|sink| sink.write(bytes));
    }

    /// The hash of all fields.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    /// Adds the field that `emit` writes; it is run twice and must write the same both times.
    pub(super) fn field_in_pieces(&mut self, emit: impl Fn(&mut dyn Sink)) {
        let mut len = Length(0);
        emit(&mut len);
        self.0.update(len.0.to_be_bytes());
        emit(self);
    }
}

/// Bytes without a length in front, for what comes last.
impl Sink for FieldHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

impl fmt::Debug for FieldHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FieldHasher(..)")
    }
}

/// Counts bytes.
struct Length(u64);

impl Sink for Length {
    fn write(&mut self, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }
}
