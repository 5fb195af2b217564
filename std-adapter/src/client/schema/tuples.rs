//! Tuples: lists of a fixed length, for providers that know lists of like elements only.

use core::fmt::Write;

use serde_json::{Map, Value};

use super::keywords::add_note;
use super::refusal::Refusal;
use crate::error::Error;

/// A list of a fixed length: `prefixItems` with nothing behind them.
pub(super) fn is_fixed_tuple(members: &Map<String, Value>) -> bool {
    let length = members.get("prefixItems").and_then(Value::as_array).map(Vec::len);
    let bound = |keyword| members.get(keyword).and_then(Value::as_u64);
    let is_closed = matches!(members.get("items"), None | Some(Value::Bool(false)));
    let length = length.and_then(|length| u64::try_from(length).ok());
    length.is_some() && bound("minItems") == length && bound("maxItems") == length && is_closed
}

/// Writes a tuple of like elements as a list of them; its length stands in the description.
pub(super) fn as_list(members: &mut Map<String, Value>, path: &str) -> Result<(), Error> {
    let Some(Value::Array(elements)) = members.shift_remove("prefixItems") else {
        return Ok(());
    };
    let mut untold = elements.clone();
    let mut told = Vec::new();
    for element in &mut untold {
        let text = element.as_object_mut().and_then(|all| all.shift_remove("description"));
        told.push(text.and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default());
    }
    let (Some(first), Some(element)) = (untold.first(), elements.first()) else {
        return Err(Refusal::EmptyList.at(path));
    };
    if untold.iter().any(|other| other != first) {
        return Err(Refusal::Tuple.at(path));
    }
    if told.iter().all(|text| *text == told[0]) {
        members.insert("items".into(), element.clone());
        return Ok(());
    }
    let mut notes = String::new();
    for (index, text) in told.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        let separator = if notes.is_empty() { "" } else { "; " };
        // Writing to a string cannot fail.
        let _ = write!(notes, "{separator}element {}: {text}", index + 1);
    }
    members.insert("items".into(), first.clone());
    add_note(members, notes);
    Ok(())
}
