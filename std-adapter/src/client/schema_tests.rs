//! Tests of the strict schemas.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Value, json};

use super::*;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Person {
    /// Full name.
    name: String,
    /// In years.
    age: u8,
    home: Option<Address>,
    /// Where they were born.
    birth: Address,
    tags: Vec<String>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Address {
    city: String,
    zip: Option<String>,
}

#[derive(JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum Shape {
    Circle { radius: f64 },
    Box(Address),
    Nothing,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Tree {
    label: String,
    /// Below.
    children: Vec<Self>,
    /// The other one.
    twin: Option<Box<Self>>,
}

fn schema<T: JsonSchema>(dialect: Dialect) -> Value {
    serde_json::from_str(&AnswerSchema::of::<T>(dialect).unwrap().text).unwrap()
}

/// Checks what providers ask of every object in a strict schema.
fn assert_strict(schema: &Value, all_required: bool) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| assert_strict(item, all_required)),
        Value::Object(members) => {
            if members.contains_key("$ref") {
                assert_eq!(members.len(), 1, "a reference stands alone");
            }
            if let Some(Value::Object(properties)) = members.get("properties") {
                assert_eq!(members["additionalProperties"], json!(false));
                if all_required {
                    let names: Vec<&String> = properties.keys().collect();
                    assert_eq!(members["required"], json!(names));
                }
                properties.values().for_each(|child| assert_strict(child, all_required));
            }
            for (keyword, value) in members {
                assert!(KEPT.contains(&keyword.as_str()) || keyword == "format", "{keyword}");
                match (keyword.as_str(), value) {
                    ("$defs", Value::Object(definitions)) => {
                        definitions.values().for_each(|child| assert_strict(child, all_required));
                    }
                    ("items" | "anyOf" | "allOf" | "prefixItems", _) => {
                        assert_strict(value, all_required);
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// A plain type in both forms: closed objects, ranges told in words, references alone.
#[test]
fn makes_a_struct_strict() {
    let anthropic = schema::<Person>(Dialect::AnthropicMessages);
    assert_strict(&anthropic, false);
    let properties = &anthropic["properties"];
    assert_eq!(properties["name"], json!({"type": "string", "description": "Full name."}));
    assert_eq!(
        properties["age"],
        json!({"type": "integer", "description": "In years. (maximum: 255, minimum: 0)"})
    );
    assert_eq!(properties["birth"]["properties"]["city"], json!({"type": "string"}));
    assert_eq!(anthropic["required"], json!(["name", "age", "birth", "tags"]));

    let openai = schema::<Person>(Dialect::OpenAiChat);
    assert_strict(&openai, true);
    let zip = &openai["$defs"]["Address"]["properties"]["zip"];
    assert_eq!(zip, &json!({"type": ["string", "null"]}));
}

/// Enums with data become a choice of closed objects, wrapped since the root must be an object.
#[test]
fn wraps_what_is_no_object() {
    for dialect in [Dialect::AnthropicMessages, Dialect::OpenAiChat] {
        let all_required = dialect == Dialect::OpenAiChat;
        let answer = AnswerSchema::of::<Shape>(dialect).unwrap();
        assert!(answer.wrapped);
        let root: Value = serde_json::from_str(&answer.text).unwrap();
        assert_strict(&root, all_required);
        let choices = root["properties"]["value"]["anyOf"].as_array().unwrap();
        assert_eq!(choices[0]["properties"]["kind"]["enum"], json!(["circle"]));
        assert_eq!(choices[1]["properties"]["city"], json!({"type": "string"}));
        assert!(AnswerSchema::of::<Vec<Person>>(dialect).unwrap().wrapped);
        assert!(!AnswerSchema::of::<Person>(dialect).unwrap().wrapped);
        assert_strict(&schema::<Vec<Option<u64>>>(dialect), all_required);
    }
}

/// A recursive type ends, and its references stay.
#[test]
fn ends_on_recursion() {
    for dialect in [Dialect::AnthropicMessages, Dialect::OpenAiChat] {
        let tree = schema::<Tree>(dialect);
        assert_eq!(tree["type"], "object");
        assert_strict(&tree, dialect == Dialect::OpenAiChat);
    }
}

/// A map would come back empty, so it is refused with its place.
#[test]
fn refuses_maps() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Holder {
        inner: BTreeMap<String, u8>,
    }
    let error = AnswerSchema::of::<Holder>(Dialect::AnthropicMessages).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("$.inner"), "{error}");
}

/// Formats that are enforced stay, others become words.
#[test]
fn keeps_known_formats() {
    let mut node = json!({"type": "string", "format": "uuid"});
    describe(node.as_object_mut().unwrap());
    assert_eq!(node, json!({"type": "string", "format": "uuid"}));
    let mut node = json!({"type": "string", "format": "phone", "pattern": "^x$"});
    describe(node.as_object_mut().unwrap());
    assert_eq!(node, json!({"type": "string", "description": "format: phone, pattern: ^x$"}));
}

/// Names keep to what providers allow.
#[test]
fn names_are_clean() {
    assert_eq!(name_of("Person"), "Person");
    assert_eq!(name_of("Array_of_Vec<\u{e9}>"), "Array_of_Vec___");
    assert_eq!(name_of(""), "answer");
    assert_eq!(name_of(&"x".repeat(99)).len(), 64);
}
