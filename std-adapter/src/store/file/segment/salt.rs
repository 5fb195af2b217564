//! Numbers that nobody can foretell.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use llm_cache_core::record::Salt;

/// Sixteen bytes that nobody can foretell: SipHash under keys that the system's random source
/// gave to this process. A forked child has the same keys, so its number and the time count too.
pub(crate) fn random_bytes() -> [u8; 16] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut bytes = [0; 16];
    for half in bytes.chunks_mut(8) {
        let unique = (process::id(), now.as_nanos());
        half.copy_from_slice(&RandomState::new().hash_one(unique).to_le_bytes());
    }
    bytes
}

pub(crate) fn random_salt() -> Salt {
    Salt(random_bytes())
}
