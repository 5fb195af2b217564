//! OpenAI's counts of tokens.

use crate::Usage;
use crate::json::{JsonStr, JsonValue};
use crate::reply::members::{count, present};

/// Reads counts whose input includes what was read from the cache and written to it.
pub(in super::super) fn inclusive(
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

/// The service tiers with prices of their own.
const TIERS: [&str; 5] = ["flex", "priority", "scale", "fast", "batch"];

pub(in super::super) fn price_tier(answer: JsonValue<'_>) -> Option<JsonStr<'_>> {
    let told = answer.get("service_tier")?.as_str()?;
    TIERS.iter().any(|tier| told.eq_str(tier)).then_some(told)
}
