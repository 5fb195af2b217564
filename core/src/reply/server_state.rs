//! Which requests lean on state that the provider keeps, and what is left there.
//!
//! An id stands for state where what it names is not in the request and ends or changes at the
//! provider: a conversation, an earlier answer, a container, an output item or a recording of an
//! earlier answer. The id of a file does not: what was uploaded under it never changes. Nor do the
//! ids that items carry beside their own content, nor does `store`: it is a side effect, and the
//! answer is the same.

use super::live_tools::may_contain;
use super::read::{member_is, present};
use crate::Millis;
use crate::json::JsonValue;
use crate::key::Dialect;

/// How long an answer that OpenAI stores may be kept at most: 7 days.
///
/// Such an answer carries an id that a later request may name, and OpenAI deletes what it stores
/// after 30 days; a caller who gets the answer from the cache must still be able to use the id.
pub const STORED_RESPONSE_TTL: Millis = Millis(7 * 24 * 60 * 60 * 1000);

/// How long the answer to a request may be kept at most, whatever its caller says; `None` if there
/// is no such limit. O(length of the body).
///
/// A Responses request whose `store` is not `false` has [`STORED_RESPONSE_TTL`]: OpenAI's default
/// is to store.
#[must_use]
pub fn ttl_max(dialect: Dialect, body: JsonValue<'_>) -> Option<Millis> {
    let is_stored = dialect == Dialect::OpenAiResponses && is_stored(body.get("store"));
    is_stored.then_some(STORED_RESPONSE_TTL)
}

/// Whether the provider stores the answer to a Responses request with this `store`.
pub(super) fn is_stored(store: Option<JsonValue<'_>>) -> bool {
    store.and_then(|store| store.as_bool()) != Some(false)
}

/// Members that name state at the provider, of whatever dialect: servers that are compatible with
/// one take members of another. Neither `null` nor `false` asks for anything.
const NAMES: [&str; 10] = [
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

/// Whether a member of the body names state at the provider, or asks for an effect there. The
/// member is not `null`.
pub(super) fn member(dialect: Dialect, name: &str, value: JsonValue<'_>) -> bool {
    let is_on = |value: JsonValue<'_>| value.as_bool() != Some(false);
    if NAMES.contains(&name) {
        return is_on(value);
    }
    match (dialect, name) {
        // Pre-warming is sent for its effect on the provider's cache.
        (Dialect::AnthropicMessages, "max_tokens") => value.as_u64() == Some(0),
        (Dialect::OpenAiChat | Dialect::OpenAiResponses, "prompt_cache_options") => {
            let options = ["prewarm", "comparison_response_id"];
            options.iter().any(|name| present(value, name).is_some_and(is_on))
        }
        // A recording of an earlier answer, by its id.
        (Dialect::OpenAiChat, "messages") if may_contain(value.text(), "audio") => {
            let mut recordings = value.elements().filter_map(|message| present(message, "audio"));
            recordings.any(|recording| present(recording, "id").is_some())
        }
        // A stored prompt without a version is whatever it is today.
        (Dialect::OpenAiResponses, "prompt") => present(value, "version").is_none(),
        (Dialect::OpenAiResponses, "input") => {
            let may_refer = may_contain(value.text(), "item_reference");
            let refers = |item| may_refer && member_is(item, "type", "item_reference");
            value.elements().any(|item| is_bare_id(item) || refers(item))
        }
        _ => false,
    }
}

/// Whether an input item has an id and nothing that could be meant beside it: OpenAI takes it for
/// a reference to an item of an earlier answer, with and without the type that says so.
fn is_bare_id(item: JsonValue<'_>) -> bool {
    item.members().all(|(name, _)| name.eq_str("id") || name.eq_str("type"))
        && present(item, "id").is_some()
}
