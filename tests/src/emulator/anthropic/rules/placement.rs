//! Where a marker may stand, and on what.

use super::Request;
use super::marks::Place;

/// `PATH.cache_control: Extra inputs are not permitted`, on every object without the field.
pub(super) fn check(request: &Request<'_>) -> Option<String> {
    let wrong = request.marks.iter().find(|mark| mark.place == Place::Forbidden)?;
    Some(format!("{}.cache_control: Extra inputs are not permitted", wrong.typed_path))
}

/// An empty text block has nothing to cache.
pub(super) fn empty_text(request: &Request<'_>) -> Option<String> {
    let empty = request
        .marks
        .iter()
        .find(|mark| mark.holder["type"] == "text" && mark.holder["text"] == "")?;
    Some(format!("{}: cache_control cannot be set for empty text blocks", empty.typed_path))
}

/// A deferred tool is not in the prompt yet.
pub(super) fn deferred_tool(request: &Request<'_>) -> Option<String> {
    let tool = request.marks.iter().find(|mark| mark.holder["defer_loading"] == true)?;
    let name = tool.holder["name"].as_str().unwrap_or_default();
    Some(format!(
        "Tool '{name}' cannot have both defer_loading=true and cache_control set. \
         Tools with defer_loading cannot use prompt caching."
    ))
}
