//! What a marker may say: type `ephemeral`, ttl `5m` or `1h`, nothing else.
//!
//! The texts are in the form of the API's validator; no user quotes them.

use serde_json::Value;

use super::Request;

pub(super) fn check(request: &Request<'_>) -> Option<String> {
    let top = request.body.get("cache_control").filter(|control| !control.is_null());
    let top = top.map(|control| ("cache_control".to_string(), control));
    let others = request
        .marks
        .iter()
        .map(|mark| (format!("{}.cache_control", mark.typed_path), mark.control));
    top.into_iter().chain(others).find_map(|(path, control)| wrong_value(&path, control))
}

fn wrong_value(path: &str, control: &Value) -> Option<String> {
    let Some(members) = control.as_object() else {
        return Some(format!("{path}: Input should be a valid dictionary"));
    };
    match members.get("type").map(|kind| kind.as_str().unwrap_or_default()) {
        Some("ephemeral") => {}
        None => return Some(format!("{path}: Unable to extract tag using discriminator 'type'")),
        Some(other) => {
            return Some(format!(
                "{path}: Input tag '{other}' found using 'type' does not match any of the \
                 expected tags: 'ephemeral'"
            ));
        }
    }
    members.iter().find_map(|(name, value)| match name.as_str() {
        "type" => None,
        "ttl" if matches!(value.as_str(), Some("5m" | "1h")) => None,
        "ttl" => Some(format!("{path}.ephemeral.ttl: Input should be '5m' or '1h'")),
        _ => Some(format!("{path}.ephemeral.{name}: Extra inputs are not permitted")),
    })
}
