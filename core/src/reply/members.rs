//! Questions about the members of an answer or of a request.

use crate::json::{JsonStr, JsonValue};

/// The value of a member that is there and not `null`.
pub(crate) fn present<'a>(value: JsonValue<'a>, name: &str) -> Option<JsonValue<'a>> {
    value.get(name).filter(|member| !member.is_null())
}

/// Whether a string member has this very value.
pub(crate) fn member_is(value: JsonValue<'_>, name: &str, expected: &str) -> bool {
    value.get(name).and_then(|member| member.as_str()).is_some_and(|text| text.eq_str(expected))
}

/// Finds a string in a table of names.
pub(crate) fn look_up<T: Copy>(text: JsonStr<'_>, names: &[(&str, T)]) -> Option<T> {
    names.iter().find(|(name, _)| text.eq_str(name)).map(|(_, found)| *found)
}

/// A count of tokens; zero where it is absent, `null` or no whole number.
pub(crate) fn count(object: JsonValue<'_>, name: &str) -> u64 {
    object.get(name).and_then(|value| value.as_u64()).unwrap_or(0)
}
