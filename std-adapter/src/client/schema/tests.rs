//! Tests of the strict schemas.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Value, json};

use super::keywords::{KEPT, describe};
use super::*;
use crate::error::ErrorKind;

#[derive(serde::Deserialize, JsonSchema)]
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

#[derive(serde::Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Address {
    city: String,
    zip: Option<String>,
}

#[derive(serde::Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum Shape {
    Circle { radius: f64 },
    Box(Address),
    Nothing,
}

#[derive(serde::Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Tree {
    label: String,
    /// Below.
    children: Vec<Self>,
    /// The other one.
    twin: Option<Box<Self>>,
}

fn schema<T: JsonSchema + DeserializeOwned + 'static>(target: Target) -> Value {
    serde_json::from_str(&AnswerSchema::of::<T>(target).unwrap().text).unwrap()
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
    let anthropic = schema::<Person>(Target::Anthropic);
    assert_strict(&anthropic, false);
    let properties = &anthropic["properties"];
    assert_eq!(properties["name"], json!({"type": "string", "description": "Full name."}));
    assert_eq!(
        properties["age"],
        json!({"type": "integer", "description": "In years. (maximum: 255, minimum: 0)"})
    );
    assert_eq!(properties["birth"]["properties"]["city"], json!({"type": "string"}));
    assert_eq!(anthropic["required"], json!(["name", "age", "birth", "tags"]));

    let openai = schema::<Person>(Target::OpenAi);
    assert_strict(&openai, true);
    let zip = &openai["$defs"]["Address"]["properties"]["zip"];
    assert_eq!(zip, &json!({"type": ["string", "null"]}));
}

/// Enums with data become a choice of closed objects, wrapped since the root must be an object.
#[test]
fn wraps_what_is_no_object() {
    for target in [Target::Anthropic, Target::OpenAi] {
        let all_required = target == Target::OpenAi;
        let answer = AnswerSchema::of::<Shape>(target).unwrap();
        assert!(answer.wrapped);
        let root: Value = serde_json::from_str(&answer.text).unwrap();
        assert_strict(&root, all_required);
        let choices = root["properties"]["value"]["anyOf"].as_array().unwrap();
        assert_eq!(choices[0]["properties"]["kind"]["enum"], json!(["circle"]));
        assert_eq!(choices[1]["properties"]["city"], json!({"type": "string"}));
        assert!(AnswerSchema::of::<Vec<Person>>(target).unwrap().wrapped);
        assert!(!AnswerSchema::of::<Person>(target).unwrap().wrapped);
        assert_strict(&schema::<Vec<Option<u64>>>(target), all_required);
    }
}

/// A recursive type ends, and its references stay, where the provider takes them.
#[test]
fn ends_on_recursion() {
    for target in [Target::OpenAi, Target::Hint] {
        let tree = schema::<Tree>(target);
        assert_eq!(tree["type"], "object");
        assert_eq!(tree["properties"]["children"]["items"], json!({"$ref": "#"}));
        assert_strict(&tree, target == Target::OpenAi);
    }
    let error = AnswerSchema::of::<Tree>(Target::Anthropic).err().unwrap();
    assert!(error.to_string().contains("$.children[] holds its own type"), "{error}");
}

fn strict(schema: Value, target: Target) -> Result<Value, String> {
    strict_root(schema, target).map(|(schema, _)| schema).map_err(|error| error.to_string())
}

fn with_member(schema: &Value) -> Value {
    json!({"type": "object", "properties": {"x": schema}, "required": ["x"]})
}

/// Proves that a reference to the root means the type and not the object around it, also where
/// definitions have its name already.
#[test]
fn a_wrapped_root_keeps_its_references() {
    let list = json!({"title": "List", "anyOf": [{"type": "null"}, {"type": "object",
        "properties": {"next": {"$ref": "#"}, "x": {"$ref": "#/$defs/List"}}}],
        "$defs": {"List": {"type": "string"}}});
    let strict = strict(list, Target::OpenAi).unwrap();
    assert_eq!(strict["properties"]["value"], json!({"$ref": "#/$defs/List_"}));
    let root = &strict["$defs"]["List_"]["anyOf"][1]["properties"];
    assert_eq!(root["next"], json!({"$ref": "#/$defs/List_"}));
    assert_eq!(root["x"], json!({"$ref": "#/$defs/List"}));
}

/// Proves that names of definitions are read as a pointer in a URI has them.
#[test]
fn references_are_decoded() {
    let schema = json!({"type": "object", "$defs": {"Gr\u{f6}\u{df}e/~%": {"type": "integer"}},
        "properties": {"x": {"$ref": "#/$defs/Gr%C3%B6%C3%9Fe~1~0%25", "description": "How big."}}});
    let strict = strict(schema, Target::Anthropic).unwrap();
    let x = json!({"description": "How big.", "type": "integer"});
    assert_eq!(strict["properties"]["x"], x);
}

/// Proves what becomes of schemas that no derive writes: parts of `allOf` are joined for OpenAI,
/// several choices are multiplied, constants get their type, and what leads nowhere is refused.
#[test]
fn other_schemas_are_joined_or_refused() {
    let scalar = with_member(&json!({"allOf": [{"type": "string"}, {"enum": ["a", "b"]}]}));
    let openai = strict(scalar.clone(), Target::OpenAi).unwrap();
    assert_eq!(openai["properties"]["x"], json!({"type": "string", "enum": ["a", "b"]}));
    let anthropic = strict(scalar.clone(), Target::Anthropic).unwrap();
    assert_eq!(anthropic["properties"]["x"], scalar["properties"]["x"]);

    let part = |name: &str| json!({"properties": {name: {"type": "string"}}, "required": [name]});
    let both = json!({"type": "object", "allOf": [part("c")], "properties": {"d": {"type": "null"}},
        "anyOf": [part("a"), {}], "oneOf": [part("b")]});
    let both = strict(both, Target::Anthropic).unwrap();
    let variants = both["properties"]["value"]["anyOf"].as_array().unwrap().clone();
    let names = |variant: &Value| -> Vec<String> {
        variant["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let names: Vec<_> = variants.iter().map(names).collect();
    assert_eq!(names, [vec!["b", "a", "c", "d"], vec!["b", "c", "d"]]);

    let mut referring = with_member(&json!({"title": "X", "allOf": [{"$ref": "#/$defs/A"}]}));
    referring["$defs"] = json!({"A": part("a")});
    let referring = strict(referring, Target::OpenAi).unwrap();
    assert_eq!(referring["properties"]["x"]["required"], json!(["a"]));

    let constant = strict(with_member(&json!({"const": 1})), Target::OpenAi).unwrap();
    assert_eq!(constant["properties"]["x"], json!({"enum": [1], "type": "integer"}));

    for (schema, words) in [
        (json!({"$ref": "https://example.com/x.json"}), "$.x refers to another document"),
        (json!({"$ref": "#/$defs/Missing"}), "$.x refers to another document"),
        (json!(false), "$.x has no value"),
        (json!({"not": {}}), "$.x has no value"),
        (json!({"enum": []}), "$.x has no value"),
        (json!({"description": "Anything."}), "$.x may be any JSON"),
        (json!({"type": "array"}), "$.x[] may be any JSON"),
        (json!({"type": "array", "prefixItems": [{"type": "null"}]}), "$.x is a tuple"),
        (json!({"type": "object", "unevaluatedProperties": {}}), "$.x is a map"),
        (json!({"allOf": [part("a"), {"type": "null"}], "type": "object"}), "flattens what is no"),
        (json!({"allOf": [part("a"), {"properties": {"a": {"type": "null"}}}]}), "named `a`"),
        (json!({"properties": {"t": {"const": 1}}, "$ref": "#"}), "$.x flattens its own type"),
    ] {
        for target in [Target::Anthropic, Target::OpenAi] {
            let error = strict(with_member(&schema), target).unwrap_err();
            assert!(error.contains(words), "{schema}: {error}");
        }
    }
}

/// Proves that a schema that is too large for its provider is refused, and the largest is not.
#[test]
fn sizes_are_bounded() {
    let object = |count: usize, schema: &Value, required: bool| {
        let names: Vec<String> = (0..count).map(|at| format!("m{at}")).collect();
        let members: Map<String, Value> =
            names.iter().map(|name| (name.clone(), schema.clone())).collect();
        let required = if required { json!(names) } else { json!([]) };
        json!({"type": "object", "properties": members, "required": required})
    };
    let text = json!({"type": "string"});
    let maybe = json!({"type": ["string", "null"]});
    let nested = |depth: usize| (1..depth).fold(with_member(&text), |inner, _| with_member(&inner));
    let names = |count: usize, chars: usize| {
        let names: Vec<String> = (0..count).map(|at| format!("{at:0chars$}")).collect();
        with_member(&json!({"type": "string", "enum": names}))
    };
    for (target, fits, too_large, words) in [
        (Target::Anthropic, object(24, &text, false), object(25, &text, false), "$ has 25 members"),
        (Target::Anthropic, object(16, &maybe, true), object(17, &maybe, true), "takes 16"),
        (Target::OpenAi, object(5000, &text, true), object(5001, &text, true), "takes 5000"),
        (Target::OpenAi, nested(10), nested(11), "$.x.x.x.x.x.x.x.x.x.x is over 10 objects deep"),
        (Target::OpenAi, names(1000, 4), names(1001, 4), "takes 1000"),
        (Target::OpenAi, names(250, 100), names(251, 100), "takes 15000"),
    ] {
        strict(fits, target).unwrap();
        let error = strict(too_large.clone(), target).unwrap_err();
        assert!(error.contains(words), "{error}");
        strict(too_large, Target::Hint).unwrap();
    }
    let part =
        |at: usize, name: &str| json!({"properties": {format!("{name}{at}"): {"type": "null"}}});
    let choice =
        |name: &str| json!({"anyOf": (0..17).map(|at| part(at, name)).collect::<Vec<_>>()});
    let product = json!({"type": "object", "allOf": [choice("a"), choice("b")]});
    let error = strict(product, Target::OpenAi).unwrap_err();
    assert!(error.contains("over 256 combinations"), "{error}");
}

/// A map would come back empty, so it is refused with its place.
#[test]
fn refuses_maps() {
    #[derive(serde::Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Holder {
        inner: BTreeMap<String, u8>,
    }
    let error = AnswerSchema::of::<Holder>(Target::Anthropic).err().unwrap();
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
