//! The value of a `cache_control` member.

use super::fields::Fields;
use crate::json::JsonValue;
use crate::prompt::{CacheControl, Rule, Ttl};

/// Reads a mark that is not `null`: `type` is `ephemeral`, `ttl` one of two if it is there, and
/// nothing else is.
///
/// # Errors
/// [`Rule::BadCacheControl`] for anything else.
pub(crate) fn read(mark: JsonValue<'_>) -> Result<CacheControl, Rule> {
    let mut is_ephemeral = false;
    let mut ttl = None;
    for (name, value) in mark.members() {
        let text = value.as_str();
        let is = |known: &str| text.is_some_and(|text| text.eq_str(known));
        if name.eq_str("type") {
            is_ephemeral = is("ephemeral");
        } else if name.eq_str("ttl") {
            let known = [Ttl::FiveMinutes, Ttl::OneHour].into_iter().find(|ttl| is(ttl.as_str()));
            ttl = Some(known.ok_or(Rule::BadCacheControl)?);
        } else {
            return Err(Rule::BadCacheControl);
        }
    }
    if is_ephemeral { Ok(CacheControl { ttl }) } else { Err(Rule::BadCacheControl) }
}

/// The mark of a block: its own, or the one of the last block inside it, which the provider moves
/// to the block around it. A mark that [`read`] refuses is none.
pub(crate) fn in_effect(mut block: Fields<'_>) -> Option<CacheControl> {
    loop {
        if let Some(mark) = block.cache_control() {
            return read(mark).ok();
        }
        block = Fields::of(block.nested()?.last()?);
    }
}
