//! Which requests lean on state that OpenAI keeps, in both formats for prompts.

use super::super::request::is_on;
use crate::json::JsonValue;
use crate::reply::members::present;

/// Whether the options of prompt caching ask for an effect at the provider, or name an earlier
/// answer.
pub(in super::super) fn options_are_stateful(options: JsonValue<'_>) -> bool {
    let members = ["prewarm", "comparison_response_id"];
    members.iter().any(|name| present(options, name).is_some_and(is_on))
}
