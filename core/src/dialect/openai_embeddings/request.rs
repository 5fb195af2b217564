//! Which requests for embeddings go past the cache: beside those that name state in the words of
//! all dialects, none. A vector depends on the model and on the input alone.

use crate::json::JsonValue;

/// Whether a member of the body leans on state at the provider, or asks for an effect there.
pub(in super::super) const fn is_stateful(_name: &str, _value: JsonValue<'_>) -> bool {
    false
}

/// Whether a member of the body lets the provider look at the live world.
pub(in super::super) const fn is_live(_name: &str, _value: JsonValue<'_>) -> bool {
    false
}
