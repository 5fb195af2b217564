//! Whether two messages say the same.

use crate::{
    dialect::Dialect,
    json::{JsonKind, JsonStr, JsonValue, Object},
};

/// How deep values are looked into; below it they must be written alike.
const LEVELS_MAX: usize = 24;

/// Whether two final messages of a dialect have the same meaning.
///
/// The order of members does not count, nor does the spelling of strings; numbers must be written
/// alike. A member that is `null` is as good as one that is absent: the vendors' clients read both
/// alike, and their servers write one in a stream and the other in a plain answer. In OpenAI Chat
/// three members more say nothing: `object`, which is always the same; an empty `tool_calls`; and
/// the `index` of a tool call, which repeats its place.
///
/// O(length of both), times the members of one object where it has more than 16. It calls itself
/// at most 24 levels deep.
///
/// ```
/// use llm_cache_core::dialect::{Dialect, stream::same_meaning};
/// use llm_cache_core::json::JsonValue;
///
/// let stored = JsonValue::parse(br#"{"id":"m","stop_sequence":null,"content":[]}"#)?;
/// let played = JsonValue::parse(br#"{"content":[],"id":"\u006d"}"#)?;
/// assert!(same_meaning(Dialect::AnthropicMessages, stored, played));
/// # Ok::<(), llm_cache_core::json::JsonError>(())
/// ```
#[must_use]
pub fn same_meaning(dialect: Dialect, one: JsonValue<'_>, other: JsonValue<'_>) -> bool {
    let place = match dialect {
        Dialect::OpenAiChat => Place::Completion,
        Dialect::AnthropicMessages
        | Dialect::OpenAiResponses
        | Dialect::OpenAiEmbeddings
        | Dialect::Json => Place::Elsewhere,
    };
    same(place, one, other, LEVELS_MAX)
}

/// Where a value is in a completion of Chat, as far as members there may say nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Completion,
    Choice,
    Message,
    ToolCall,
    Elsewhere,
}

impl Place {
    /// Where a member of an object here is, and where the elements of such a member are.
    fn member(self, name: &JsonStr<'_>) -> Self {
        match self {
            Self::Completion if name.eq_str("choices") => Self::Choice,
            Self::Choice if name.eq_str("message") => Self::Message,
            Self::Message if name.eq_str("tool_calls") => Self::ToolCall,
            _ => Self::Elsewhere,
        }
    }

    /// Whether a member of an object here says nothing.
    fn is_nothing(self, name: &JsonStr<'_>, value: JsonValue<'_>) -> bool {
        value.is_null()
            || match self {
                Self::Completion => name.eq_str("object"),
                Self::Message => {
                    name.eq_str("tool_calls")
                        && value.kind() == JsonKind::Array
                        && value.elements().next().is_none()
                }
                Self::ToolCall => name.eq_str("index"),
                Self::Choice | Self::Elsewhere => false,
            }
    }
}

fn same(place: Place, one: JsonValue<'_>, other: JsonValue<'_>, levels: usize) -> bool {
    if one.text() == other.text() {
        return true;
    }
    if one.kind() != other.kind() || levels == 0 {
        return false;
    }
    match one.kind() {
        JsonKind::Object => {
            let (one, other) = (Object::of(one), Object::of(other));
            let says =
                |(name, value): &(JsonStr<'_>, JsonValue<'_>)| !place.is_nothing(name, *value);
            one.members().filter(says).all(|(name, value)| {
                let known = find(&other, &name);
                known.is_some_and(|known| same(place.member(&name), value, known, levels - 1))
            }) && other.members().filter(says).all(|(name, _)| {
                // Those that say something were compared above.
                find(&one, &name).is_some_and(|known| !place.is_nothing(&name, known))
            })
        }
        JsonKind::Array => {
            let mut others = other.elements();
            let all = one
                .elements()
                .all(|one| others.next().is_some_and(|other| same(place, one, other, levels - 1)));
            all && others.next().is_none()
        }
        JsonKind::String => one.as_str() == other.as_str(),
        JsonKind::Number | JsonKind::Bool | JsonKind::Null => false,
    }
}

/// The last member with this name, however both are spelled.
fn find<'a>(object: &Object<'a>, name: &JsonStr<'_>) -> Option<JsonValue<'a>> {
    object.members().filter(|(known, _)| known == name).last().map(|(_, value)| value)
}
