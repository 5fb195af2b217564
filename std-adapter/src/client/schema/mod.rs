//! A JSON schema from a type, in the strict form that providers enforce.
//!
//! Rules as of November 2026: every object is closed (`additionalProperties: false`), and nothing
//! is open: no maps, no "any JSON". OpenAI wants an object at the root, every property required and
//! nothing beside a `$ref`, and takes neither `allOf` nor `prefixItems`; Anthropic takes no type
//! that holds itself. Neither enforces ranges, lengths or most formats. What is not enforced moves
//! into the description, where the model reads it; decoding the answer checks it in the end.
//!
//! A type that has no such schema is refused with its place and with what to write instead. A
//! schema is part of keys: a type that has been asked for keeps its schema byte for byte.

mod choices;
mod flattened_options;
mod keywords;
mod known;
mod limits;
mod refusal;
mod sample;
mod strict;
mod tuples;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::error::Error;
use strict::Strict;

/// Who takes a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// Anthropic, where it enforces the schema: its output format and its strict tools.
    Anthropic,
    /// OpenAI, which is always asked to enforce it.
    OpenAi,
    /// Anthropic, for a tool that is not strict: the model reads the schema, nobody enforces it.
    Hint,
}

impl Target {
    fn is_enforced(self) -> bool {
        self != Self::Hint
    }
}

/// The schema of an answer.
pub(super) struct AnswerSchema {
    /// At most 64 of `[A-Za-z0-9_-]`.
    pub(super) name: String,
    /// The JSON text.
    pub(super) text: String,
    /// The type is no object, so the answer is `{"value": ...}`.
    pub(super) wrapped: bool,
}

impl AnswerSchema {
    /// The schema of `T` for a provider, made at the first call for the type and kept for the life
    /// of the process.
    pub(super) fn of<T>(target: Target) -> Result<&'static Self, Error>
    where
        T: JsonSchema + DeserializeOwned + 'static,
    {
        known::schema::<T>(target, Self::made::<T>)
    }

    /// Makes the schema. Costs a walk over the type's schema, tens of microseconds for a small
    /// type.
    fn made<T: JsonSchema + DeserializeOwned>(target: Target) -> Result<Self, Error> {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.meta_schema = None;
        });
        let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value();
        if target == Target::OpenAi {
            flattened_options::split::<T>(&mut schema);
        }
        let (schema, wrapped) = strict_root(schema, target)?;
        Ok(Self { name: name_of(&T::schema_name()), text: schema.to_string(), wrapped })
    }
}

/// `name` in the characters that providers allow.
fn name_of(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = name.chars().map(allowed).take(64).collect();
    if name.is_empty() { "answer".into() } else { name }
}

/// Makes a root schema strict, and an object if it is none. Tells whether it had to be wrapped.
fn strict_root(mut root: Value, target: Target) -> Result<(Value, bool), Error> {
    // A reference to the root would mean the object that is put around it.
    let named = refers_to_root(&root).then(|| with_named_root(root.clone()));
    let mut definitions = definitions_of(&root);
    let mut strict = Strict::new(target, &definitions);
    if let Value::Object(members) = &mut root {
        strict.open_root(members)?;
    }
    let wrapped = root.get("type").and_then(Value::as_str) != Some("object");
    if let (true, Some(named)) = (wrapped, named) {
        root = named;
        definitions = definitions_of(&root);
        strict = Strict::new(target, &definitions);
    }
    let inner_definitions =
        if wrapped { root.as_object_mut().and_then(|all| all.remove("$defs")) } else { None };
    strict.walk(&mut root, "$")?;
    if wrapped {
        root = json!({"type": "object", "properties": {"value": root}, "required": ["value"]});
    }
    if let Value::Object(members) = &mut root {
        if let Some(inner) = inner_definitions {
            members.insert("$defs".into(), inner);
        }
        if wrapped {
            members.insert("additionalProperties".into(), Value::Bool(false));
        }
        if let Some(Value::Object(definitions)) = members.get_mut("$defs") {
            strict.finish(definitions)?;
        }
    }
    limits::fit(&mut root, target)?;
    Ok((root, wrapped))
}

fn definitions_of(root: &Value) -> Map<String, Value> {
    root.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn refers_to_root(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(keyword, value)| {
            (keyword == "$ref" && value == strict::ROOT) || refers_to_root(value)
        }),
        Value::Array(all) => all.iter().any(refers_to_root),
        _ => false,
    }
}

/// Gives the root a name among its definitions, and refers to it by that.
fn with_named_root(mut root: Value) -> Value {
    let title = root.get("title").and_then(Value::as_str).unwrap_or_default();
    let mut name = name_of(title);
    let mut definitions = definitions_of(&root);
    while definitions.contains_key(&name) {
        name.push('_');
    }
    if let Value::Object(members) = &mut root {
        members.shift_remove("$defs");
    }
    definitions.insert(name.clone(), root);
    let reference = Value::String(format!("#/$defs/{name}"));
    let mut named = json!({"$ref": reference, "$defs": definitions});
    rename_root(&mut named, &reference);
    named
}

fn rename_root(schema: &mut Value, reference: &Value) {
    match schema {
        Value::Object(members) => {
            for (keyword, value) in members {
                if keyword == "$ref" && *value == strict::ROOT {
                    *value = reference.clone();
                } else {
                    rename_root(value, reference);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|value| rename_root(value, reference)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
