//! Whether a request may be answered from the cache.
//!
//! One walk over the body's members, whatever its length: a hit must not pay for ten.

use super::verdict::{BypassReason, RequestVerdict};
use super::{live_tools, server_state};
use crate::json::{JsonKind, JsonValue};
use crate::key::Dialect;

/// What the caller allows beyond the default, and what less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerdictOptions {
    /// Whether answers of tools that see the live world may be stored. Set it together with a
    /// lifetime for the entry: such an answer grows old.
    pub live_tools: bool,
    /// What becomes of Responses requests whose answers OpenAI stores.
    pub responses_store: ResponsesStore,
}

/// What becomes of a Responses request whose answer OpenAI stores, too: one whose `store` is not
/// `false`, which is OpenAI's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponsesStore {
    /// It is cached, for at most [`STORED_RESPONSE_TTL`](super::STORED_RESPONSE_TTL): a repeat gets
    /// the answer with the same id. The default.
    #[default]
    Capped,
    /// It goes past the cache as [`BypassReason::Stateful`]: each call has a stored answer with an
    /// id of its own.
    Strict,
}

impl VerdictOptions {
    /// The default: answers of live tools are not stored, those that OpenAI stores are.
    #[must_use]
    pub const fn new() -> Self {
        Self { live_tools: false, responses_store: ResponsesStore::Capped }
    }

    /// Lets answers of live tools be stored.
    #[must_use]
    pub const fn allow_live_tools(mut self) -> Self {
        self.live_tools = true;
        self
    }

    /// Says what becomes of Responses requests whose answers OpenAI stores.
    #[must_use]
    pub const fn responses_store(mut self, policy: ResponsesStore) -> Self {
        self.responses_store = policy;
        self
    }
}

/// Whether a request may be answered from the cache, and its answer stored. O(length of the body).
///
/// A tool type that this version does not know counts as live, for nothing is known about what it
/// sees; so does any member of a stateful kind that is present and neither `null` nor `false`. How
/// long the answer may be kept at most is told by [`ttl_max`](super::ttl_max).
#[must_use]
pub fn request_verdict(
    dialect: Dialect,
    body: JsonValue<'_>,
    options: VerdictOptions,
) -> RequestVerdict {
    let bypass = |why| RequestVerdict::Bypass { why };
    if dialect == Dialect::Json {
        return RequestVerdict::Cacheable;
    }
    if body.kind() != JsonKind::Object {
        return bypass(BypassReason::NotJson);
    }
    let found = walk(dialect, body);
    let is_strict = options.responses_store == ResponsesStore::Strict;
    let is_refused = is_strict && dialect == Dialect::OpenAiResponses && !found.unstored;
    if found.streaming {
        bypass(BypassReason::Streaming)
    } else if found.stateful || is_refused {
        bypass(BypassReason::Stateful)
    } else if found.live_tools && !options.live_tools {
        bypass(BypassReason::LiveTools)
    } else {
        RequestVerdict::Cacheable
    }
}

#[derive(Default)]
struct Found {
    streaming: bool,
    stateful: bool,
    live_tools: bool,
    /// `store` is `false`.
    unstored: bool,
}

fn walk(dialect: Dialect, body: JsonValue<'_>) -> Found {
    let mut found = Found::default();
    for (name, value) in body.members() {
        // No name that matters is longer, with or without escapes.
        let mut buffer = [0; 24];
        let Ok(name) = name.decode_into(&mut buffer) else { continue };
        if value.is_null() {
            continue;
        }
        match name {
            // `false` asks for nothing; any other value is the provider's to refuse, and must not
            // meet the entry of a request that is in order.
            "stream" => found.streaming |= value.as_bool() != Some(false),
            "store" => found.unstored = !server_state::is_stored(Some(value)),
            _ => {
                found.stateful |= server_state::member(dialect, name, value);
                found.live_tools |= live_tools::member(dialect, name, value);
            }
        }
    }
    found
}
