//! `POST /v1/messages/count_tokens`: how many tokens a prompt has.

use embedded_io::Write;

use super::super::{Dialect, encode::expressible};
use super::{check, encode};
use crate::json::{JsonKind, JsonValue};
use crate::prompt::form::Wire;
use crate::prompt::out::Out;
use crate::prompt::rules::settings::Purpose;
use crate::prompt::{EncodeError, Request};
use crate::reply::members::{member_is, present};
use crate::reply::{SkipReason, Verdict};

impl Request<'_> {
    /// Writes the body for Anthropic's `/v1/messages/count_tokens`: the prompt without
    /// `max_tokens`, sampling, streaming and the like.
    ///
    /// # Errors
    /// As [`Request::encode`].
    pub fn encode_count_tokens<W: Write>(
        &self,
        writer: &mut W,
    ) -> Result<(), EncodeError<W::Error>> {
        expressible(self, Dialect::AnthropicMessages)?;
        check::rules(self, Purpose::CountTokens)?;
        let out = &mut Out::new(Wire(writer));
        encode::encode(self, Purpose::CountTokens, out).map_err(EncodeError::Write)
    }
}

/// An answer of `/v1/messages/count_tokens`.
///
/// It is no message, and is not judged as one: it has neither content nor a stop reason, and a
/// count is all that makes it whole.
///
/// ```
/// use llm_cache_core::dialect::TokenCount;
/// use llm_cache_core::json::JsonValue;
/// use llm_cache_core::reply::Verdict;
///
/// let body = br#"{"input_tokens":2095}"#;
/// assert_eq!(TokenCount::verdict(200, body), Verdict::Store);
/// let count = TokenCount::of(JsonValue::parse(body)?);
/// assert_eq!(count.map(|count| count.input_tokens), Ok(2095));
/// # Ok::<(), llm_cache_core::json::JsonError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenCount {
    /// The tokens of the prompt, as the provider counts them.
    pub input_tokens: u64,
}

impl TokenCount {
    /// Reads an answer that came with the HTTP status 200. O(length).
    ///
    /// # Errors
    /// Why it may not be stored: [`SkipReason::ErrorBody`], or [`SkipReason::Malformed`] for
    /// anything without a count, a message included.
    pub fn of(answer: JsonValue<'_>) -> Result<Self, SkipReason> {
        if answer.kind() != JsonKind::Object {
            return Err(SkipReason::Malformed);
        }
        if present(answer, "error").is_some() || member_is(answer, "type", "error") {
            return Err(SkipReason::ErrorBody);
        }
        if member_is(answer, "type", "message") {
            return Err(SkipReason::Malformed);
        }
        let input_tokens = answer.get("input_tokens").and_then(|count| count.as_u64());
        input_tokens.map(|input_tokens| Self { input_tokens }).ok_or(SkipReason::Malformed)
    }

    /// Whether an answer may be stored, given the HTTP status it came with. O(length).
    #[must_use]
    pub fn verdict(status: u16, body: &[u8]) -> Verdict {
        if status != 200 {
            return Verdict::Skip { why: SkipReason::Status };
        }
        match JsonValue::parse(body).map_or(Err(SkipReason::Malformed), Self::of) {
            Ok(_) => Verdict::Store,
            Err(why) => Verdict::Skip { why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A count is stored by its own rule alone, and a message never by this one.
    #[test]
    fn counts_and_messages_are_not_mixed_up() {
        let skip = |why| Verdict::Skip { why };
        let count = br#"{"input_tokens":2095,"context_management":{"original_input_tokens":9}}"#;
        assert_eq!(TokenCount::verdict(200, count), Verdict::Store);
        assert_eq!(TokenCount::verdict(429, count), skip(SkipReason::Status));
        let as_message = Verdict::of(Dialect::AnthropicMessages, 200, count);
        assert_eq!(as_message, skip(SkipReason::Malformed));
        for (body, why) in [
            (r#"{"type":"error","error":{"type":"overloaded_error"}}"#, SkipReason::ErrorBody),
            (r#"{"input_tokens":1,"error":{}}"#, SkipReason::ErrorBody),
            (r#"{"type":"message","input_tokens":1,"content":[]}"#, SkipReason::Malformed),
            (r#"{"usage":{"input_tokens":1}}"#, SkipReason::Malformed),
            (r#"{"input_tokens":-1}"#, SkipReason::Malformed),
            (r#"{"input_tokens":null}"#, SkipReason::Malformed),
            (r#"[{"input_tokens":1}]"#, SkipReason::Malformed),
            (r#"{"input_tokens":1"#, SkipReason::Malformed),
        ] {
            assert_eq!(TokenCount::verdict(200, body.as_bytes()), skip(why), "{body}");
        }
    }
}
