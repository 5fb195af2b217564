//! The ways from a body to 32 bytes.

use llm_cache_core::{
    canonical::{Everything, Slot, canonicalize, scratch_needed},
    key::{Dialect, Endpoint, KeyHasher, Scope, Tenant},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The key hasher of a client that asks a provider by the usual URL.
pub(crate) fn hasher(dialect: Dialect) -> Result<KeyHasher, String> {
    let url = match dialect {
        Dialect::AnthropicMessages => "https://api.anthropic.com/v1/messages",
        Dialect::OpenAiResponses => "https://api.openai.com/v1/responses",
        _ => "https://api.openai.com/v1/chat/completions",
    };
    let scope = Scope::new(dialect, Endpoint::Url(url), Tenant::Shared);
    scope.hasher().map_err(|error| error.to_string())
}

/// What a service calls.
pub(crate) fn ours(hasher: &KeyHasher, body: &[u8]) -> Option<[u8; 32]> {
    hasher.key_alloc(body).ok().map(|key| *key.as_bytes())
}

/// Parse, serde_json_canonicalizer, SHA-256.
pub(crate) fn canonicalizer_sha256(body: &[u8]) -> Option<[u8; 32]> {
    let value: Value = serde_json::from_slice(body).ok()?;
    Some(raw_sha256(&serde_json_canonicalizer::to_vec(&value).ok()?))
}

/// Parse, serde_jcs, SHA-256.
pub(crate) fn jcs_sha256(body: &[u8]) -> Option<[u8; 32]> {
    let value: Value = serde_json::from_slice(body).ok()?;
    Some(raw_sha256(&serde_jcs::to_vec(&value).ok()?))
}

/// SHA-256 of the body as it came: what no canonical key can be faster than.
pub(crate) fn raw_sha256(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

/// Checks that all sides do the same work: the same canonical bytes where nothing is left out.
pub(crate) fn check_equal(case: &str, body: &[u8]) -> Result<(), String> {
    let needed = scratch_needed(body).map_err(|error| format!("{case}: {error}"))?;
    let mut scratch = vec![Slot::EMPTY; needed];
    let mut canonical = Vec::new();
    canonicalize(body, &Everything, &mut scratch, &mut canonical)
        .map_err(|error| format!("{case}: {error}"))?;
    let hash = Some(raw_sha256(&canonical));
    if canonicalizer_sha256(body) != hash {
        return Err(format!("{case}: the canonicalizer's bytes differ from ours"));
    }
    if jcs_sha256(body) != hash {
        return Err(format!("{case}: serde_jcs's bytes differ from ours"));
    }
    Ok(())
}
