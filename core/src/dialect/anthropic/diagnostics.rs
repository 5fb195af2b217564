//! What the provider says of its prompt cache, when it is asked.

use core::fmt;

use crate::json::{JsonKind, JsonValue};
use crate::reply::members::{look_up, present};

/// The provider's own comparison of a request with the one before it (Anthropic's cache
/// diagnostics, September 2026), from a reply to a request with a `diagnostics` object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Diagnostics {
    /// `null`: the two do not part, or there was none before, or it was not asked.
    NothingFound,
    /// The comparison was not ready in time.
    Pending,
    /// The two part.
    Missed {
        /// At what, the earliest first.
        reason: MissReason,
        /// About how many input tokens were not read for it, where the provider says so.
        missed_input_tokens: Option<u64>,
    },
}

/// What two requests part at, as the provider has it; the earliest only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MissReason {
    /// `model_changed`
    ModelChanged,
    /// `system_changed`
    SystemChanged,
    /// `tools_changed`
    ToolsChanged,
    /// `messages_changed`
    MessagesChanged,
    /// `previous_message_not_found`: no fingerprint is kept of the message that was named.
    PreviousMessageNotFound,
    /// `unavailable`: something else counts that is not compared: tool choice, thinking, context
    /// management, output configuration, beta headers.
    Unavailable,
    /// One that this version does not know.
    Unknown,
}

const REASONS: [(&str, MissReason); 6] = [
    ("model_changed", MissReason::ModelChanged),
    ("system_changed", MissReason::SystemChanged),
    ("tools_changed", MissReason::ToolsChanged),
    ("messages_changed", MissReason::MessagesChanged),
    ("previous_message_not_found", MissReason::PreviousMessageNotFound),
    ("unavailable", MissReason::Unavailable),
];

/// Reads the `diagnostics` of a message, whether it is an answer's body or the `message` of a
/// stream's `message_start`. O(length of the message).
///
/// `None` if there is no such member, as in older answers, or it is of no known form.
#[must_use]
pub fn read_diagnostics(message: JsonValue<'_>) -> Option<Diagnostics> {
    let diagnostics = message.get("diagnostics")?;
    if diagnostics.is_null() {
        return Some(Diagnostics::NothingFound);
    }
    let reason = diagnostics.get("cache_miss_reason")?;
    match reason.kind() {
        JsonKind::Null => Some(Diagnostics::Pending),
        JsonKind::Object => {
            let name = reason.get("type")?.as_str()?;
            let missed = present(reason, "cache_missed_input_tokens");
            Some(Diagnostics::Missed {
                reason: look_up(name, &REASONS).unwrap_or(MissReason::Unknown),
                missed_input_tokens: missed.and_then(|tokens| tokens.as_u64()),
            })
        }
        _ => None,
    }
}

impl MissReason {
    /// The name on the wire; `unknown` for [`MissReason::Unknown`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let row = REASONS.iter().find(|(_, reason)| *reason == self);
        row.map_or("unknown", |(name, _)| *name)
    }
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str) -> Option<Diagnostics> {
        read_diagnostics(JsonValue::parse(message.as_bytes()).expect("JSON"))
    }

    /// Each form of the member is told from the others, and what is unknown is no fault.
    #[test]
    fn every_form_of_the_member() {
        assert_eq!(read(r#"{"id":"msg_1"}"#), None);
        assert_eq!(read(r#"{"diagnostics":null}"#), Some(Diagnostics::NothingFound));
        let pending = r#"{"diagnostics":{"cache_miss_reason":null}}"#;
        assert_eq!(read(pending), Some(Diagnostics::Pending));
        assert_eq!(read(r#"{"diagnostics":{}}"#), None);
        assert_eq!(read(r#"{"diagnostics":{"cache_miss_reason":"x"}}"#), None);
        let tokens = r#"{"diagnostics":{"cache_miss_reason":
            {"type":"tools_changed","cache_missed_input_tokens":41}}}"#;
        let reason = MissReason::ToolsChanged;
        let missed_input_tokens = Some(41);
        assert_eq!(read(tokens), Some(Diagnostics::Missed { reason, missed_input_tokens }));
        let newer = r#"{"diagnostics":{"cache_miss_reason":{"type":"moon_changed"}}}"#;
        let reason = MissReason::Unknown;
        let missed_input_tokens = None;
        assert_eq!(read(newer), Some(Diagnostics::Missed { reason, missed_input_tokens }));
    }

    /// Names on the wire are read and written alike.
    #[test]
    fn names_are_those_of_the_wire() {
        for (name, reason) in REASONS {
            assert_eq!(reason.as_str(), name);
        }
        assert_eq!(MissReason::Unknown.as_str(), "unknown");
    }
}
