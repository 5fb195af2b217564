//! Token counts, normalised.

use super::read::present;
use crate::Usage;
use crate::json::{JsonKind, JsonValue};
use crate::key::Dialect;

/// Reads a `usage` object as [`Usage`], whether it stands in an answer or in a stream's event.
///
/// A count that is absent or `null` is zero. OpenAI's input tokens include those read from and
/// written to its cache, which are subtracted, never below zero. Writes that OpenAI does not tell
/// apart by lifetime count as those of 30 minutes. `None` if the value is no object, or the dialect
/// reports none.
#[must_use]
pub fn read_usage(dialect: Dialect, usage: JsonValue<'_>) -> Option<Usage> {
    if usage.kind() != JsonKind::Object {
        return None;
    }
    match dialect {
        Dialect::AnthropicMessages => Some(anthropic(usage)),
        Dialect::OpenAiChat => {
            let details = present(usage, "prompt_tokens_details");
            Some(inclusive(usage, "prompt_tokens", details, "completion_tokens"))
        }
        Dialect::OpenAiResponses => {
            let details = present(usage, "input_tokens_details");
            Some(inclusive(usage, "input_tokens", details, "output_tokens"))
        }
        Dialect::Json => None,
    }
}

fn anthropic(usage: JsonValue<'_>) -> Usage {
    let split = present(usage, "cache_creation");
    let split_count = |name| split.map_or(0, |split| count(split, name));
    let one_hour = split_count("ephemeral_1h_input_tokens");
    let five_minutes = match present(usage, "cache_creation_input_tokens") {
        Some(total) => total.as_u64().unwrap_or(0).saturating_sub(one_hour),
        None => split_count("ephemeral_5m_input_tokens"),
    };
    Usage {
        input_tokens: count(usage, "input_tokens"),
        cache_read_tokens: count(usage, "cache_read_input_tokens"),
        cache_write_tokens: five_minutes,
        cache_write_1h_tokens: one_hour,
        cache_write_12h_tokens: 0,
        output_tokens: count(usage, "output_tokens"),
    }
}

/// OpenAI's counts: the input includes what was read and written.
fn inclusive(
    usage: JsonValue<'_>,
    input: &str,
    details: Option<JsonValue<'_>>,
    output: &str,
) -> Usage {
    let detail = |name| details.map_or(0, |details| count(details, name));
    let cache_read_tokens = detail("cached_tokens");
    let split = details.and_then(|details| present(details, "cache_write_tokens_details"));
    let split_count = |name| split.map_or(0, |split| count(split, name));
    let for_12h = split_count("ttl_12h_tokens");
    let for_30m = match details.and_then(|details| present(details, "cache_write_tokens")) {
        Some(total) => total.as_u64().unwrap_or(0).saturating_sub(for_12h),
        None => split_count("ttl_30m_tokens"),
    };
    let input_tokens = count(usage, input);
    Usage {
        input_tokens: input_tokens
            .saturating_sub(cache_read_tokens)
            .saturating_sub(for_30m)
            .saturating_sub(for_12h),
        cache_read_tokens,
        cache_write_tokens: for_30m,
        cache_write_1h_tokens: 0,
        cache_write_12h_tokens: for_12h,
        output_tokens: count(usage, output),
    }
}

fn count(object: JsonValue<'_>, name: &str) -> u64 {
    object.get(name).and_then(|value| value.as_u64()).unwrap_or(0)
}
