//! Whether a request may be answered from the cache.
//!
//! One walk over the body's members, whatever its length: a hit must not pay for ten.

use super::openai_responses::request::STORED_RESPONSE_TTL;
use super::{Dialect, anthropic, openai_chat, openai_embeddings, openai_responses};
use crate::Millis;
use crate::json::{JsonKind, JsonStr, JsonValue};
use crate::reply::members::present;
use crate::reply::{BypassReason, RequestVerdict};

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
    /// It is cached, for at most [`STORED_RESPONSE_TTL`]: a repeat gets
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
/// long the answer may be kept at most is told by [`ttl_max`].
#[must_use]
pub fn request_verdict(
    dialect: Dialect,
    body: JsonValue<'_>,
    options: VerdictOptions,
) -> RequestVerdict {
    let bypass = |why| RequestVerdict::Bypass { why };
    let (is_live, is_stateful): (MemberTest, MemberTest) = match dialect {
        Dialect::AnthropicMessages => {
            (anthropic::request::is_live, anthropic::request::is_stateful)
        }
        Dialect::OpenAiChat => (openai_chat::request::is_live, openai_chat::request::is_stateful),
        Dialect::OpenAiResponses => {
            (openai_responses::request::is_live, openai_responses::request::is_stateful)
        }
        Dialect::OpenAiEmbeddings => {
            (openai_embeddings::request::is_live, openai_embeddings::request::is_stateful)
        }
        Dialect::Json => return RequestVerdict::Cacheable,
    };
    if body.kind() != JsonKind::Object {
        return bypass(BypassReason::NotJson);
    }
    let found = walk(body, is_live, is_stateful);
    let is_strict = options.responses_store == ResponsesStore::Strict;
    let is_refused = is_strict && dialect.stores_answers() && found.is_stored;
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

/// How long the answer to a request may be kept at most, whatever its caller says; `None` if there
/// is no such limit. O(length of the body).
///
/// A Responses request whose `store` is not `false` has [`STORED_RESPONSE_TTL`]: OpenAI's default
/// is to store.
#[must_use]
pub fn ttl_max(dialect: Dialect, body: JsonValue<'_>) -> Option<Millis> {
    let is_stored = dialect.stores_answers() && asks_to_store(body.get("store"));
    is_stored.then_some(STORED_RESPONSE_TTL)
}

/// Whether a provider that stores answers stores the one to a request with this `store`.
fn asks_to_store(store: Option<JsonValue<'_>>) -> bool {
    store.and_then(|store| store.as_bool()) != Some(false)
}

/// Whether a member of the body, by its name and value, asks for something. The value is not
/// `null`.
type MemberTest = fn(&str, JsonValue<'_>) -> bool;

struct Found {
    streaming: bool,
    stateful: bool,
    live_tools: bool,
    /// `store` is not `false`.
    is_stored: bool,
}

fn walk(body: JsonValue<'_>, is_live: MemberTest, is_stateful: MemberTest) -> Found {
    let mut found = Found { streaming: false, stateful: false, live_tools: false, is_stored: true };
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
            "store" => found.is_stored = asks_to_store(Some(value)),
            _ => {
                found.stateful |= names_state(name, value) || is_stateful(name, value);
                found.live_tools |= is_live(name, value);
            }
        }
    }
    found
}

/// Members that name state at the provider, of whatever dialect: servers that are compatible with
/// one take members of another. Neither `null` nor `false` asks for anything.
///
/// An id stands for state where what it names is not in the request and ends or changes at the
/// provider: a conversation, an earlier answer, a container, an output item or a recording of an
/// earlier answer. The id of a file does not: what was uploaded under it never changes. Nor do the
/// ids that items carry beside their own content, nor does `store`: it is a side effect, and the
/// answer is the same.
const STATEFUL: [&str; 10] = [
    "background",
    "comparison_response_id",
    "container",
    "conversation",
    "deferred",
    "diagnostics",
    "prewarm",
    "previous_response_id",
    "thread",
    "thread_id",
];

fn names_state(name: &str, value: JsonValue<'_>) -> bool {
    STATEFUL.contains(&name) && is_on(value)
}

/// Whether a switch asks for anything.
pub(super) fn is_on(value: JsonValue<'_>) -> bool {
    value.as_bool() != Some(false)
}

/// Whether a text may contain a string of this ASCII name, perhaps spelled with escapes: those of
/// its letters all begin alike.
pub(super) fn may_contain(text: &str, name: &str) -> bool {
    [name, "\\u00"].iter().any(|part| text.contains(part))
}

/// Whether a tool of the request may let the provider look at the live world: it has a type that
/// is neither of those which describe the caller's functions nor one that `sees_nothing`.
pub(super) fn may_look(tool: JsonValue<'_>, sees_nothing: impl Fn(JsonStr<'_>) -> bool) -> bool {
    let Some(kind) = present(tool, "type") else { return false };
    let Some(kind) = kind.as_str() else { return true };
    !kind.eq_str("custom") && !kind.eq_str("function") && !sees_nothing(kind)
}
