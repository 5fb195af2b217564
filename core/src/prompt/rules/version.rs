//! What an API version of Anthropic's no longer takes, as data.

use super::fields::Fields;
use crate::json::JsonValue;
use crate::prompt::{Place, Rule, Violation};

/// What the requests of a version must not have.
struct Removed {
    /// The value of `anthropic-version`.
    version: &'static str,
    /// Members of the body.
    members: &'static [&'static str],
    /// Types of blocks in messages of the assistant.
    assistant_blocks: &'static [&'static str],
    /// Whether `citations` on a text block of the user's must be empty.
    user_citations: bool,
}

/// Source: platform.claude.com/docs/en/api/versioning?version=2026-10-21, as of November 2026. The
/// first version, `2023-06-01`, takes all of it.
const VERSIONS: &[Removed] = &[Removed {
    version: "2026-10-21",
    members: &["temperature", "top_p", "top_k"],
    assistant_blocks: &["document"],
    user_citations: true,
}];

/// Checks the body of a request to Anthropic's `/v1/messages`, or to its `count_tokens`, for what
/// the API version that it is sent with (the header `anthropic-version`) no longer takes. It is to
/// be called beside [`check_body`](super::check_body), whose rules hold under every version.
///
/// A version that is not known here takes everything. No heap, no recursion, O(length).
///
/// # Errors
/// The first thing in the body that the version does not take, with its place.
///
/// ```
/// use llm_cache_core::json::JsonValue;
/// use llm_cache_core::prompt::check_api_version;
///
/// let body = JsonValue::parse(br#"{"model":"claude-sonnet-5","temperature":0}"#)?;
/// assert_eq!(check_api_version(body, "2023-06-01"), Ok(()));
/// let refused = check_api_version(body, "2026-10-21").unwrap_err();
/// assert_eq!(refused.to_string(), "temperature: is no longer taken under this API version");
/// # Ok::<(), llm_cache_core::json::JsonError>(())
/// ```
pub fn check_api_version(body: JsonValue<'_>, version: &str) -> Result<(), Violation> {
    match VERSIONS.iter().find(|removed| removed.version == version) {
        Some(removed) => removed.check(body),
        None => Ok(()),
    }
}

impl Removed {
    fn check(&self, body: JsonValue<'_>) -> Result<(), Violation> {
        for (name, value) in body.members() {
            let removed = self.members.iter().find(|member| name.eq_str(member));
            if let Some(member) = removed.filter(|_| !value.is_null()) {
                let place = Place::Member(member);
                return Err(Violation::new(place, Rule::ApiVersion));
            }
        }
        let messages = body.get("messages").into_iter().flat_map(|list| list.elements());
        for (message, entry) in messages.enumerate() {
            let fields = Fields::of(entry);
            let Some(content) = fields.content() else { continue };
            for (block, value) in content.elements().enumerate() {
                let place = Place::Block { message, block };
                self.check_block(&fields, &Fields::of(value), place)?;
            }
        }
        Ok(())
    }

    fn check_block(
        &self,
        message: &Fields<'_>,
        block: &Fields<'_>,
        place: Place,
    ) -> Result<(), Violation> {
        let is_role = |name| message.role().is_some_and(|role| role.eq_str(name));
        if is_role("assistant") && self.assistant_blocks.iter().any(|kind| block.is(kind)) {
            return Err(Violation::new(place, Rule::ApiVersion));
        }
        let is_cited = || block.citations().is_some_and(|list| list.elements().next().is_some());
        if self.user_citations && is_role("user") && block.is("text") && is_cited() {
            return Err(Violation::new(place.member("citations"), Rule::ApiVersion));
        }
        Ok(())
    }
}
