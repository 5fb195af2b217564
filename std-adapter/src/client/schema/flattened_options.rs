//! `#[serde(flatten)]` of an `Option` of a struct: all its members are there, or none.
//!
//! schemars writes each of them as a member that may be left out, which is what it writes for
//! `#[serde(default, skip_serializing_if = "...")]` too. For Anthropic either may be left out. OpenAI
//! wants every member, so there the two must be told apart: serde passes over a flattened `Option`
//! whose members do not fit, and fails at any other member that does not.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::sample::sample;

/// Makes a choice of each flattened `Option` of a struct: its members, or nothing. Several in one
/// struct cannot be told apart and become one choice. Only a schema that has members that may be
/// left out but not be null, and have no default, costs more than a look at it.
pub(super) fn split<T: DeserializeOwned>(root: &mut Value) {
    if !is_suspect(root) {
        return;
    }
    let whole = sample(root);
    if !reads::<T>(&whole) {
        return;
    }
    let mut found = Vec::new();
    find::<T>(root, root, &whole, (String::new(), String::new()), &mut found);
    for (place, names) in found {
        if let Some(Value::Object(members)) = root.pointer_mut(&place) {
            part(members, &names);
        }
    }
}

fn reads<T: DeserializeOwned>(value: &Value) -> bool {
    T::deserialize(value).is_ok()
}

fn is_suspect(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            optional(members).any(|(_, member)| is_bare(member)) || members.values().any(is_suspect)
        }
        Value::Array(all) => all.iter().any(is_suspect),
        _ => false,
    }
}

/// The members that may be left out.
fn optional(members: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let required = members.get("required").and_then(Value::as_array);
    let properties = members.get("properties").and_then(Value::as_object);
    let is_required =
        move |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    properties.into_iter().flatten().filter(move |(name, _)| !is_required(name))
}

/// Neither null nor a default stands for the absence of the member.
fn is_bare(member: &Value) -> bool {
    let kinds = member.get("type");
    let is_null = |kind: &Value| kind == "null";
    let may_be_null = kinds.is_some_and(|kinds| {
        is_null(kinds) || kinds.as_array().is_some_and(|all| all.iter().any(is_null))
    });
    let choices = member.get("anyOf").and_then(Value::as_array);
    let has_null =
        choices.is_some_and(|all| all.iter().any(|one| one.get("type").is_some_and(is_null)));
    let is_typed = kinds.is_some() || choices.is_some() || member.get("$ref").is_some();
    is_typed && !may_be_null && !has_null && member.get("default").is_none()
}

/// Looks for flattened options in the schema at `place`, whose sample stands at `path` of `whole`.
/// Variants are not looked into: with a misfit in one, serde would try the next.
fn find<T: DeserializeOwned>(
    root: &Value,
    schema: &Value,
    whole: &Value,
    (place, path): (String, String),
    found: &mut Vec<(String, Vec<String>)>,
) {
    if found.iter().any(|(known, _)| *known == place) || whole.pointer(&path).is_none() {
        return;
    }
    if let Some(Value::String(reference)) = schema.get("$ref") {
        let target = reference.strip_prefix('#').unwrap_or_default();
        if let Some(definition) = root.pointer(target).filter(|_| !target.is_empty()) {
            find::<T>(root, definition, whole, (target.to_owned(), path), found);
        }
        return;
    }
    let Value::Object(members) = schema else {
        return;
    };
    let step = |name: &str| name.replace('~', "~0").replace('/', "~1");
    if optional(members).any(|(_, member)| is_bare(member)) {
        let names: Vec<String> = optional(members)
            .filter(|(name, _)| {
                let mut misfit = whole.clone();
                if let Some(value) = misfit.pointer_mut(&format!("{path}/{}", step(name))) {
                    // Of no type that anybody expects.
                    *value = json!([[[true]]]);
                }
                reads::<T>(&misfit)
            })
            .map(|(name, _)| name.clone())
            .collect();
        if !names.is_empty() {
            found.push((place.clone(), names));
        }
    }
    for (name, member) in members.get("properties").and_then(Value::as_object).into_iter().flatten()
    {
        let name = step(name);
        let below = (format!("{place}/properties/{name}"), format!("{path}/{name}"));
        find::<T>(root, member, whole, below, found);
    }
    if let Some(items) = members.get("items") {
        find::<T>(root, items, whole, (format!("{place}/items"), format!("{path}/0")), found);
    }
}

/// Moves the members of these names into a choice beside nothing.
fn part(members: &mut Map<String, Value>, names: &[String]) {
    let Some(Value::Object(properties)) = members.get_mut("properties") else {
        return;
    };
    let mut moved = Map::new();
    for name in names {
        if let Some(member) = properties.shift_remove(name) {
            moved.insert(name.clone(), member);
        }
    }
    let choice = json!({"anyOf": [{"type": "object", "properties": moved, "required": names}, {}]});
    match members.entry("allOf").or_insert_with(|| json!([])) {
        Value::Array(parts) => parts.push(choice),
        other => *other = json!([choice]),
    }
}
