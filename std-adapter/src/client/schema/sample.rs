//! One value of a schema, for asking serde what it makes of it.

use serde_json::{Map, Value};

/// References followed in each other at most.
const DEPTH_MAX: usize = 16;

/// A value with every member of every object and one element in every list, as long as the schema
/// is not in itself.
pub(super) fn sample(root: &Value) -> Value {
    Sample { root, open: Vec::new() }.of(root)
}

struct Sample<'a> {
    root: &'a Value,
    /// The references being followed, outermost first.
    open: Vec<&'a str>,
}

impl<'a> Sample<'a> {
    fn of(&mut self, schema: &'a Value) -> Value {
        if let Some(Value::String(reference)) = schema.get("$ref") {
            let target = reference.strip_prefix('#').and_then(|path| self.root.pointer(path));
            let (Some(target), true) = (target, self.open.len() < DEPTH_MAX) else {
                return Value::Null;
            };
            self.open.push(reference);
            let mut value = self.of(target);
            self.open.pop();
            if let (Value::Object(value), Value::Object(own)) = (&mut value, self.object(schema)) {
                value.extend(own);
            }
            return value;
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(first) = schema.get("enum").and_then(|all| all.get(0)) {
            return first.clone();
        }
        let mut value = match kind_of(schema) {
            "object" => self.object(schema),
            "array" => self.list(schema),
            "integer" | "number" => {
                let least = schema.get("minimum").cloned();
                least.filter(|least| *least != 0).unwrap_or_else(|| 1.into())
            }
            "boolean" => true.into(),
            "string" => text(schema).into(),
            _ => Value::Null,
        };
        for keyword in ["oneOf", "anyOf"] {
            let choices = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
            let mut lasting =
                choices.filter(|choice| !self.is_open(choice) && kind_of(choice) != "null");
            if let Some(choice) = lasting.next() {
                value = joined(value, self.of(choice));
            }
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            value = joined(value, self.of(part));
        }
        value
    }

    fn is_open(&self, schema: &Value) -> bool {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let members = schema.get("properties").and_then(Value::as_object);
        reference.is_some_and(|reference| reference == "#" || self.open.contains(&reference))
            || members.is_some_and(|members| members.values().any(|member| self.is_open(member)))
    }

    fn object(&mut self, schema: &'a Value) -> Value {
        let mut members = Map::new();
        for (name, member) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            members.insert(name.clone(), self.of(member));
        }
        members.into()
    }

    fn list(&mut self, schema: &'a Value) -> Value {
        if let Some(Value::Array(places)) = schema.get("prefixItems") {
            return places.iter().map(|place| self.of(place)).collect();
        }
        let Some(items) = schema.get("items").filter(|items| !self.is_open(items)) else {
            return Value::Array(Vec::new());
        };
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 64);
        let element = self.of(items);
        (0..least).map(|_| element.clone()).collect()
    }
}

/// The first type that a schema names, other than null.
fn kind_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ => "",
    }
}

fn joined(left: Value, right: Value) -> Value {
    match (left, right) {
        (Value::Object(mut left), Value::Object(right)) => {
            left.extend(right);
            left.into()
        }
        (Value::Null, right) => right,
        (left, _) => left,
    }
}

fn text(schema: &Value) -> String {
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let example = match format {
        "date" => "2026-01-02",
        "date-time" => "2026-01-02T03:04:05Z",
        "partial-date-time" => "2026-01-02T03:04:05",
        "time" => "03:04:05Z",
        "partial-time" => "03:04:05",
        "duration" => "PT1H",
        "ip" | "ipv4" => "127.0.0.1",
        "ipv6" => "::1",
        "uri" => "https://example.com/",
        "uuid" => "67e55044-10b1-426f-9247-bb680e5fe0c8",
        _ => "a",
    };
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or_default().min(64);
    let padding = usize::try_from(least).unwrap_or_default().saturating_sub(example.len());
    format!("{example}{}", "a".repeat(padding))
}
