//! A JSON schema from a type, in the strict form that providers enforce.
//!
//! Rules as of September 2026: every object is closed (`additionalProperties: false`); OpenAI wants
//! every property required, and nothing beside a `$ref`; neither enforces ranges, lengths or most
//! formats. What is not enforced moves into the description, where the model reads it; decoding the
//! answer checks it in the end.

use core::fmt::Write;

use llm_cache_core::key::Dialect;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind};

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
    /// The schema of `T` for a provider. Costs a walk over the type's schema, tens of microseconds
    /// for a small type.
    pub(super) fn of<T: JsonSchema>(dialect: Dialect) -> Result<Self, Error> {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.meta_schema = None;
        });
        let schema = SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value();
        let (schema, wrapped) = strict_root(schema, dialect == Dialect::OpenAiChat)?;
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
fn strict_root(mut root: Value, all_required: bool) -> Result<(Value, bool), Error> {
    let definitions = match root.get("$defs") {
        Some(Value::Object(definitions)) => definitions.clone(),
        _ => Map::new(),
    };
    let mut strict = Strict { all_required, definitions: &definitions, expanding: Vec::new() };
    if let Value::Object(members) = &mut root {
        // A recursive type's root is a reference to itself, where providers want an object.
        strict.expand(members, true);
    }
    let wrapped = root.get("type").and_then(Value::as_str) != Some("object");
    if wrapped {
        let inner_definitions = root.as_object_mut().and_then(|members| members.remove("$defs"));
        root = json!({"type": "object", "properties": {"value": root}, "required": ["value"]});
        if let (Some(inner), Some(members)) = (inner_definitions, root.as_object_mut()) {
            members.insert("$defs".into(), inner);
        }
    }
    strict.walk(&mut root, "$")?;
    Ok((root, wrapped))
}

/// Keywords that stay.
const KEPT: [&str; 12] = [
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

struct Strict<'a> {
    all_required: bool,
    /// The definitions as the type gave them.
    definitions: &'a Map<String, Value>,
    /// The definitions being put in place of a reference, outermost first.
    expanding: Vec<String>,
}

impl Strict<'_> {
    /// Makes the schema at `path` strict, and all below it. Recursion is as deep as the type.
    fn walk(&mut self, schema: &mut Value, path: &str) -> Result<(), Error> {
        let Value::Object(members) = schema else {
            return Ok(());
        };
        let depth = self.expanding.len();
        self.expand(members, false);
        rename(members);
        refuse_maps(members, path)?;
        describe(members);
        if is_object(members) {
            self.close(members);
        }
        for name in ["properties", "$defs"] {
            if let Some(Value::Object(children)) = members.get_mut(name) {
                for (child_name, child) in children {
                    self.walk(child, &format!("{path}.{child_name}"))?;
                }
            }
        }
        for name in ["anyOf", "allOf", "prefixItems"] {
            if let Some(Value::Array(children)) = members.get_mut(name) {
                for (index, child) in children.iter_mut().enumerate() {
                    self.walk(child, &format!("{path}.{name}.{index}"))?;
                }
            }
        }
        if let Some(items) = members.get_mut("items") {
            self.walk(items, &format!("{path}[]"))?;
        }
        self.expanding.truncate(depth);
        Ok(())
    }

    /// Puts a definition in place of a reference that has keywords beside it (or at the root, in
    /// any case), since a reference must stand alone. A recursive one stays and loses them.
    fn expand(&mut self, members: &mut Map<String, Value>, always: bool) {
        loop {
            let Some(Value::String(reference)) = members.get("$ref") else {
                return;
            };
            if members.len() == 1 && !always {
                return;
            }
            let name = reference.strip_prefix("#/$defs/").unwrap_or_default().to_owned();
            let target = self.definitions.get(&name).and_then(Value::as_object);
            let (Some(target), false) = (target, self.expanding.contains(&name)) else {
                members.retain(|keyword, _| keyword == "$ref" || keyword == "$defs");
                return;
            };
            members.remove("$ref");
            merge(members, target);
            self.expanding.push(name);
        }
    }

    /// No further members; for OpenAI, all of them required.
    fn close(&self, members: &mut Map<String, Value>) {
        members.insert("additionalProperties".into(), Value::Bool(false));
        let properties = members.entry("properties").or_insert_with(|| json!({}));
        if self.all_required {
            let names: Vec<Value> = properties
                .as_object()
                .into_iter()
                .flat_map(|properties| properties.keys().cloned().map(Value::String))
                .collect();
            members.insert("required".into(), Value::Array(names));
        }
    }
}

/// Adds what `source` has and `target` has not; properties and required names are united.
fn merge(target: &mut Map<String, Value>, source: &Map<String, Value>) {
    for (keyword, value) in source {
        match (target.get_mut(keyword), value) {
            (None, _) => {
                target.insert(keyword.clone(), value.clone());
            }
            (Some(Value::Object(there)), Value::Object(more)) if keyword == "properties" => {
                for (name, schema) in more {
                    there.entry(name.clone()).or_insert_with(|| schema.clone());
                }
            }
            (Some(Value::Array(there)), Value::Array(more)) if keyword == "required" => {
                let new: Vec<Value> =
                    more.iter().filter(|name| !there.contains(name)).cloned().collect();
                there.extend(new);
            }
            (Some(_), _) => {}
        }
    }
}

/// Spells what has two spellings in the one that both providers know.
fn rename(members: &mut Map<String, Value>) {
    if let Some(choices) = members.remove("oneOf") {
        members.entry("anyOf").or_insert(choices);
    }
    if let Some(constant) = members.remove("const") {
        members.entry("enum").or_insert_with(|| Value::Array(vec![constant]));
    }
    let single = match members.get_mut("allOf") {
        Some(Value::Array(parts)) if parts.len() == 1 => parts.pop(),
        _ => None,
    };
    if let Some(Value::Object(part)) = single {
        members.remove("allOf");
        merge(members, &part);
    }
}

/// An object of unknown names would come back empty from a closed schema, so it is an error here.
fn refuse_maps(members: &Map<String, Value>, path: &str) -> Result<(), Error> {
    let open = match members.get("additionalProperties") {
        None | Some(Value::Bool(false)) => false,
        Some(_) => true,
    };
    if open || members.contains_key("patternProperties") {
        let message = format!(
            "the type has no strict schema: {path} is a map with free names; use a list of pairs"
        );
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    Ok(())
}

fn is_object(members: &Map<String, Value>) -> bool {
    let named = match members.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => false,
    };
    named || members.contains_key("properties")
}

/// Moves what nobody enforces into the description and drops what says nothing to a model.
fn describe(members: &mut Map<String, Value>) {
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
    members.retain(|keyword, value| {
        let format =
            keyword == "format" && value.as_str().is_some_and(|name| FORMATS.contains(&name));
        format || KEPT.contains(&keyword.as_str())
    });
    if !notes.is_empty() {
        let text = match members.get("description").and_then(Value::as_str) {
            Some(text) if !text.is_empty() => format!("{text} ({notes})"),
            _ => notes,
        };
        members.insert("description".into(), Value::String(text));
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
