//! What becomes of each keyword: it stays, it is told in the description, or it is dropped.

use core::fmt::Write;

use serde_json::{Map, Value};

/// Keywords that stay.
pub(super) const KEPT: [&str; 12] = [
    "$defs",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "description",
    "enum",
    "items",
    "prefixItems",
    "properties",
    "required",
    "type",
];

/// Keywords that the model should know of although nobody enforces them.
const DESCRIBED: [&str; 14] = [
    "default",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
];

/// String formats that both providers enforce.
const FORMATS: [&str; 9] =
    ["date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"];

/// Moves what nobody enforces into the description and drops what says nothing to a model.
pub(super) fn describe(members: &mut Map<String, Value>) {
    let mut notes = String::new();
    for keyword in DESCRIBED {
        let Some(value) = members.get(keyword) else {
            continue;
        };
        let numeric = match members.get("type") {
            Some(Value::String(name)) => matches!(name.as_str(), "integer" | "number"),
            Some(Value::Array(names)) => {
                names.iter().any(|name| name == "integer" || name == "number")
            }
            _ => false,
        };
        let format = value.as_str().filter(|_| keyword == "format");
        // The width of a number is told by its range.
        if format.is_some_and(|format| FORMATS.contains(&format)) || (format.is_some() && numeric) {
            continue;
        }
        let separator = if notes.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = match value {
            Value::String(text) => write!(notes, "{separator}{keyword}: {text}"),
            other => write!(notes, "{separator}{keyword}: {other}"),
        };
    }
    // How schemars says of a number that it is not zero.
    if let Some(constant) = members.get("not").and_then(|not| not.get("const")) {
        let separator = if notes.is_empty() { "" } else { ", " };
        let _ = write!(notes, "{separator}not: {constant}");
    }
    members.retain(|keyword, value| {
        let format =
            keyword == "format" && value.as_str().is_some_and(|name| FORMATS.contains(&name));
        format || KEPT.contains(&keyword.as_str())
    });
    if !notes.is_empty() {
        add_note(members, notes);
    }
}

/// Puts `notes` behind the description.
pub(super) fn add_note(members: &mut Map<String, Value>, notes: String) {
    let text = match members.get("description").and_then(Value::as_str) {
        Some(text) if !text.is_empty() => format!("{text} ({notes})"),
        _ => notes,
    };
    members.insert("description".into(), Value::String(text));
}
