//! A schema that stands in the words of a prompt: how clients ask for JSON without the provider's
//! own structured answers.

use std::ops::Range;

use serde_json::{Map, Value};

use super::schema;

/// Words by which a prompt asks for the answer in a fence.
const FENCE_WORDS: &[&str] = &["codeblock", "code block", "code-block"];

/// Members of a schema that say nothing about the value.
const ANNOTATIONS: &[&str] = &["title", "description", "default", "examples", "deprecated"];

/// The names of JSON Schema's types.
const TYPES: &[&str] = &["object", "array", "string", "integer", "number", "boolean", "null"];

/// The schema of a prompt, and how the answer is to be written.
#[derive(Debug, PartialEq)]
pub(super) struct Prompted {
    schema: Value,
    /// Inside a Markdown fence, because the prompt asks for one.
    fenced: bool,
}

impl Prompted {
    /// The last schema that the system and user texts of a prompt hold, in a fence or not.
    /// O(length) of ordinary text; nested objects are read once a level, 128 levels at most.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut last = None;
        let mut fenced = false;
        for text in texts {
            if let Some((_, schema)) = schemas(text).pop() {
                last = Some(schema);
            }
            let words = without_schemas(text).to_lowercase();
            fenced |= FENCE_WORDS.iter().any(|word| words.contains(word));
        }
        last.map(|schema| Self { schema, fenced })
    }

    /// A value of the schema by the rule of [`schema::fill`], as JSON text; `plain` never fences.
    pub(super) fn answer(&self, text: &str, origin: &str, plain: bool) -> String {
        let value = schema::fill(&self.schema, &without_schemas(text), origin);
        if self.fenced && !plain { format!("```json\n{value}\n```") } else { value.to_string() }
    }
}

/// The text with every schema cut out, so that no number of a schema is taken for a fact.
fn without_schemas(text: &str) -> String {
    let mut rest = String::new();
    let mut from = 0;
    for (place, _) in schemas(text) {
        rest.push_str(&text[from..place.start]);
        from = place.end;
    }
    rest.push_str(&text[from..]);
    rest
}

/// The outermost objects of `text` that are schemas, in order, with their places.
fn schemas(text: &str) -> Vec<(Range<usize>, Value)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|brace| at + brace) {
        at = open + 1;
        let mut values = serde_json::Deserializer::from_str(&text[open..]).into_iter();
        if let Some(Ok(value)) = values.next() {
            let value: Value = value;
            if is_schema(&value) {
                at = open + values.byte_offset();
                found.push((open..at, value));
            }
        }
    }
    found
}

/// Whether `value` can only be meant as a schema: it says what an object, list or choice is made
/// of. An object of data may well have a member named `type` or `properties`.
fn is_schema(value: &Value) -> bool {
    let Some(members) = value.as_object() else { return false };
    let has = |name: &str| members.contains_key(name);
    if members.get("$schema").is_some_and(Value::is_string) {
        return true;
    }
    if let Some(Value::Object(properties)) = members.get("properties") {
        let is_object = members.get("type").is_none_or(|kind| kind == "object");
        return is_object
            && properties.values().all(is_part)
            && (has("type") || !properties.is_empty());
    }
    match members.get("type").and_then(Value::as_str) {
        Some("object") => has("additionalProperties") || has("required"),
        Some("array") => members.get("items").or_else(|| members.get("prefixItems")).is_some(),
        Some(kind) if TYPES.contains(&kind) => has("enum"),
        Some(_) => false,
        None => is_reference(members) && (has("$defs") || has("definitions")) || is_choice(members),
    }
}

/// Whether `value` can be the schema of a property.
fn is_part(value: &Value) -> bool {
    let Some(members) = value.as_object() else { return value.is_boolean() };
    let is_type = |kind: &Value| kind.as_str().is_some_and(|kind| TYPES.contains(&kind));
    match members.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().all(is_type),
        Some(kind) => is_type(kind),
        None => {
            is_reference(members)
                || is_choice(members)
                || members.contains_key("enum")
                || members.contains_key("const")
                || members.keys().all(|name| ANNOTATIONS.contains(&name.as_str()))
        }
    }
}

fn is_reference(members: &Map<String, Value>) -> bool {
    members.get("$ref").and_then(Value::as_str).is_some_and(|target| target.starts_with('#'))
}

fn is_choice(members: &Map<String, Value>) -> bool {
    ["anyOf", "oneOf", "allOf"].iter().any(|word| {
        let all = members.get(*word).and_then(Value::as_array);
        all.is_some_and(|all| !all.is_empty() && all.iter().all(is_part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn person() -> Value {
        json!({"properties": {"name": {"title": "Name", "type": "string"},
            "age": {"maximum": 150, "title": "Age", "type": "integer"}},
            "required": ["name", "age"], "title": "Person", "type": "object"})
    }

    /// Proves that a schema is found and filled wherever prompts put one: bare, in a fence, inside
    /// a wrapper, before and behind words with braces.
    #[test]
    fn a_schema_is_found_in_words() {
        let schema = serde_json::to_string_pretty(&person()).unwrap();
        for prompt in [
            schema.clone(),
            format!("match the following json_schema:\n\n{schema}\n\nMake sure to"),
            format!("Use {{braces}} and {{\"a\": 1}}.\n```json\n{schema}\n```\nand {{}}"),
            json!({"type": "json_schema", "json_schema": {"name": "p", "schema": person()}})
                .to_string(),
            json!({"name": "p", "parameters": person()}).to_string(),
        ] {
            let prompted = Prompted::of([prompt.as_str(), "John is 30"]).unwrap();
            assert_eq!(prompted.schema, person());
            let text = format!("John is 30. {prompt}");
            assert_eq!(prompted.answer(&text, "", false), r#"{"name":"John","age":30}"#);
        }
    }

    /// Proves that the last schema counts, and that a fence is given only where words ask for it.
    #[test]
    fn the_last_schema_and_the_fence_count() {
        let (one, other) = (
            person().to_string(),
            json!({"type": "object", "properties": {
            "codeblock": {"type": "boolean"}}})
            .to_string(),
        );
        let prompted = Prompted::of([other.as_str(), one.as_str()]).unwrap();
        assert_eq!((prompted.schema, prompted.fenced), (person(), false));
        let asked = "Return the JSON within a ```json codeblock.";
        let prompted = Prompted::of([one.as_str(), asked]).unwrap();
        assert_eq!(
            prompted.answer("Bo, 4", "", false),
            "```json\n{\"name\":\"Bo\",\"age\":4}\n```"
        );
        assert_eq!(prompted.answer("Bo, 4", "", true), r#"{"name":"Bo","age":4}"#);
    }

    /// Proves that data is no schema, and that each form a schema can have at its root is one.
    #[test]
    fn data_is_no_schema() {
        for data in [
            json!({"type": "object", "id": 3}),
            json!({"object": "page", "properties": {"Name": {"type": "title", "title": []}}}),
            json!({"properties": {}}),
            json!({"properties": {"colour": "red"}}),
            json!({"type": "function", "properties": {"a": {"type": "string"}}}),
            json!({"type": "string"}),
            json!({"anyOf": []}),
            json!({"anyOf": ["a"]}),
            json!({"$ref": "#/a"}),
        ] {
            assert!(!is_schema(&data), "{data}");
            assert_eq!(Prompted::of([data.to_string().as_str()]), None);
        }
        for schema in [
            json!({"properties": {"a": {"title": "A"}, "b": true, "c": {"type": ["null", "integer"]}}}),
            json!({"type": "object", "properties": {}}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "array", "items": {"$ref": "#/$defs/A"}}),
            json!({"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}}),
            json!({"$ref": "#/definitions/A", "definitions": {"A": {"type": "string"}}}),
            json!({"oneOf": [{"$ref": "#/$defs/A"}, {"enum": [1]}, {"const": 2}], "$defs": {}}),
            json!({"enum": ["a", "b"], "type": "string"}),
            json!({"$schema": "https://json-schema.org/draft/2020-12/schema"}),
        ] {
            assert!(is_schema(&schema), "{schema}");
        }
    }

    proptest::proptest! {
        /// Proves that any text, torn JSON included, is looked through without breaking.
        #[test]
        fn any_text_is_looked_through(text in "(\\PC|[{}\\[\\]\":,] ?|\"type\"|\"properties\"){0,80}") {
            if let Some(prompted) = Prompted::of([text.as_str()]) {
                prompted.answer(&text, "", false);
            }
        }
    }
}
