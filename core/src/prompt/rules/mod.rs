//! The provider's rules for breakpoints, over raw JSON.
//!
//! [`check_body`] shows the parts of a JSON body to one `Walk`, which knows the rules. Refused is,
//! with the page that says so:
//!
//! - `cache_control` on an object that has no such field, and anything in it but `ephemeral` with
//!   `5m` or `1h` (the SDK's parameter types; "Extra inputs are not permitted");
//! - a mark on an empty text, on thinking, on a tool with `defer_loading` (error texts; tool search
//!   page), in a toolset's `configs` (tool use with prompt caching);
//! - a mark inside a tool result or a document, unless it is on the last block there, from where
//!   the provider moves it to the block around it (release notes of May 1, 2025). It moves two
//!   levels out of a document in a tool result. Where both are marked, both count;
//! - more than four marks, the automatic one counted unless the block it would go to has one of its
//!   own lifetime; another lifetime there; an hour after five minutes in the order tools, system,
//!   messages (prompt caching page);
//! - with `max_tokens` 0: streaming, enabled thinking, an output format, a forced tool (same page);
//! - a forced tool on a model that takes none (release notes of September 22 and 28, 2026);
//! - a message of role `system` on a model that takes none, first, not behind a user's turn or the
//!   result of a provider-run tool, before anything but an assistant's turn, or of anything but
//!   text (mid-conversation system messages); several in a row are one (recorded requests);
//! - what the API version of the request no longer takes ([`check_api_version`], versioning page);
//! - a body without `model`, `max_tokens` or messages, and what must be an object or list and is
//!   not.
//!
//! Everything else passes: members and blocks that are not known here, and their contents. Data
//! that only looks like a mark (a tool's input, a schema) is not looked into.
//!
//! Everything here stands on public items of this crate alone, so that the folder can be compiled
//! a second time, changed, to show that a fault in it is found.

pub(crate) mod block_type;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod limits;
pub(crate) mod mark;
mod models;
pub(crate) mod settings;
pub(crate) mod turns;
mod version;
pub(crate) mod walk;

use crate::json::{JsonKind, JsonValue};
use crate::prompt::{Place, Rule, Violation};

pub use models::{refuses_forced_tools, refuses_system_role};
pub use version::check_api_version;

use settings::{Purpose, Settings};
use walk::Walk;

/// The day up to which the provider's pages are followed here.
pub const RULES_AS_OF: &str = "2026-09-28";

/// Checks the body of a request to Anthropic's `/v1/messages` as the provider does before it
/// begins: every rule for breakpoints, and the few others that concern them.
///
/// No heap, no recursion, O(length). Rules grow old: a body that is refused here may have become
/// right since [`RULES_AS_OF`], so for bodies from elsewhere a warning may do.
///
/// # Errors
/// The first rule that the body breaks, in the order of processing, with the place.
///
/// ```
/// use llm_cache_core::json::JsonValue;
/// use llm_cache_core::prompt::check_body;
///
/// let body = br#"{"model":"claude-opus-5-5","max_tokens":9,"messages":[{"role":"user","content":[
///     {"type":"text","text":"","cache_control":{"type":"ephemeral"}}]}]}"#;
/// let refused = check_body(JsonValue::parse(body)?).unwrap_err();
/// assert_eq!(refused.to_string(), "messages.0.content.0: an empty text block cannot be marked");
/// # Ok::<(), llm_cache_core::json::JsonError>(())
/// ```
pub fn check_body(body: JsonValue<'_>) -> Result<(), Violation> {
    check(body, Purpose::Create)
}

/// The same for `/v1/messages/count_tokens`, which has no `max_tokens`.
///
/// # Errors
/// As [`check_body`].
pub fn check_count_tokens_body(body: JsonValue<'_>) -> Result<(), Violation> {
    check(body, Purpose::CountTokens)
}

fn check(body: JsonValue<'_>, purpose: Purpose) -> Result<(), Violation> {
    if body.kind() != JsonKind::Object {
        return Err(Violation::new(Place::Body, Rule::NotAnObject));
    }
    let settings = Settings::of(body)?;
    settings.check(purpose)?;
    let mut walk = Walk::new(settings.refuses_system_role);
    let list = |name| body.get(name).into_iter().flat_map(|list| list.elements()).enumerate();
    for (index, tool) in list("tools") {
        walk.json_tool(index, tool, None)?;
    }
    walk.json_system(body.get("system"))?;
    let missing = Violation::new(Place::Member("messages"), Rule::Missing);
    let messages = body.get("messages").filter(|messages| !messages.is_null()).ok_or(missing)?;
    if messages.kind() != JsonKind::Array {
        return Err(Violation::new(Place::Member("messages"), Rule::NotAnArray));
    }
    if messages.elements().next().is_none() {
        return Err(missing);
    }
    for (index, message) in messages.elements().enumerate() {
        walk.json_message(index, message)?;
    }
    walk.finish(settings.automatic)
}
