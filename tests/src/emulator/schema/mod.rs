//! JSON schemas of answers: which each provider takes, and a value for one.
//!
//! The subsets are those of the providers' pages on structured outputs (Anthropic: September 2026,
//! OpenAI: November 2026). Texts of errors are the providers' where one was seen; where the page
//! has the rule and no text was found, they are the emulator's in the provider's form. What no page
//! speaks of is accepted (`title`, `$schema`, names of our own).

mod anthropic;
mod fill;
mod openai;

pub(super) use anthropic::violation as anthropic_violation;
pub(super) use fill::fill;
pub(super) use openai::{Violation, chat_violation, responses_violation};

use serde_json::Value;

/// The schemas right below one, each with the keywords and names that lead to it.
fn children(schema: &Value) -> Vec<(Vec<String>, &Value)> {
    let mut found = Vec::new();
    let Value::Object(members) = schema else {
        return found;
    };
    for (keyword, value) in members {
        let named = ["properties", "$defs", "definitions", "patternProperties"];
        let listed = ["anyOf", "oneOf", "allOf", "prefixItems"];
        let single = ["items", "not", "if", "then", "else", "contains", "propertyNames"];
        match value {
            Value::Object(all) if named.contains(&keyword.as_str()) => {
                let child = |(name, child)| (vec![keyword.clone(), String::clone(name)], child);
                found.extend(all.iter().map(child));
            }
            Value::Array(all) if listed.contains(&keyword.as_str()) => {
                let child =
                    |(at, child): (usize, _)| (vec![keyword.clone(), at.to_string()], child);
                found.extend(all.iter().enumerate().map(child));
            }
            _ if single.contains(&keyword.as_str()) => found.push((vec![keyword.clone()], value)),
            _ => {}
        }
    }
    found
}

/// Whether a schema may be of that type.
fn has_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(all)) => all.iter().any(|one| one == name),
        _ => false,
    }
}

/// What a reference inside the document leads to.
fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = percent_decoded(reference.strip_prefix('#')?);
    root.pointer(&pointer)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).filter(|_| *first == b'%').map(String::from_utf8_lossy);
        let code = hex.and_then(|hex| u8::from_str_radix(&hex, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
