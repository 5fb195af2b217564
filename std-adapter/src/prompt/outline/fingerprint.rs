//! Digests of prefixes.

use core::fmt;

use llm_cache_core::key::FieldHasher;

/// 128 bits that stand for a prefix or a block: equal on every run and machine of one version.
///
/// It is the first half of a SHA-256, so nobody finds two texts for one. `Debug` shows the first
/// eight digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint of a list of fields, for one purpose.
    pub(super) fn of(purpose: &str, fields: &[&[u8]]) -> Self {
        let mut hasher = FieldHasher::new(purpose);
        fields.iter().for_each(|field| hasher.field(field));
        let hash = hasher.finish();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        Self(half)
    }

    /// What this stands for, and then `next`.
    #[must_use]
    pub(super) fn then(self, next: Self) -> Self {
        Self::of("llm-cache prefix 1", &[&self.0, &next.0])
    }

    /// The bytes, for whoever keeps a set of them.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("..")
    }
}
