//! The subsets rule by rule, and what recorded traffic shows of them.

use std::path::Path;

use serde_json::{Value, json};

use super::{anthropic_violation, chat_violation, responses_violation};
use crate::replay::Replay;
use crate::shared_dir;

fn anthropic(schema: &Value) -> Option<String> {
    let format = json!({"type": "json_schema", "schema": schema});
    let text = anthropic_violation(&json!({"output_config": {"format": format}}))?;
    let after = text.strip_prefix("output_config.format.schema: ");
    Some(after.unwrap_or(&text).to_owned())
}

fn openai(schema: &Value) -> Option<String> {
    let format = json!({"name": "n", "strict": true, "schema": schema});
    let body = json!({"response_format": {"type": "json_schema", "json_schema": format}});
    let text = chat_violation(&body)?.message;
    let after = text.strip_prefix("Invalid schema for response_format 'n': ");
    Some(after.expect("it names the format").to_owned())
}

/// An object with one member.
fn holding(schema: &Value) -> Value {
    json!({"type": "object", "properties": {"x": schema}, "required": ["x"],
        "additionalProperties": false})
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!({"type": "string"}), |inner, _| holding(&inner))
}

fn members(count: usize, schema: &Value, required: bool) -> Value {
    let names: Vec<String> = (0..count).map(|at| format!("m{at}")).collect();
    let members: serde_json::Map<String, Value> =
        names.iter().map(|name| (name.clone(), schema.clone())).collect();
    let required = if required { names } else { Vec::new() };
    json!({"type": "object", "properties": members, "required": required,
        "additionalProperties": false})
}

fn assert_says(said: Option<&str>, words: Option<&str>, schema: &Value) {
    match (said, words) {
        (None, None) => {}
        (Some(said), Some(words)) if said.contains(words) => {}
        _ => panic!("{schema}: said {said:?}, expected {words:?}"),
    }
}

/// Proves what each provider says of a member's schema: nothing, or these words.
#[test]
fn every_rule_is_kept() {
    let object = json!({"type": "object", "properties": {}});
    let circle = json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/Node"}},
        "required": ["x"], "additionalProperties": false,
        "$defs": {"Node": holding(&json!({"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}))}});
    let closed = "'additionalProperties' must be explicitly set to false";
    for (schema, of_anthropic, of_openai) in [
        (json!({"type": "string"}), None, None),
        (json!({"type": ["string", "null"]}), None, None),
        (json!({"type": "string", "format": "date"}), None, None),
        (json!({"type": "string", "title": "A title", "pattern": "^a$"}), None, None),
        (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), None, None),
        (nested(10 - 1), None, None),
        (nested(10), None, Some("11 levels of nesting exceeds limit of 10")),
        (object, Some(closed), Some("'additionalProperties' is required to be supplied")),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            Some("'additionalProperties: object' is not supported"),
            Some("'additionalProperties' is required to be supplied"),
        ),
        (members(2, &json!({"type": "string"}), false), None, Some("Missing 'm0'.")),
        (json!({"type": "array"}), None, Some("array schema missing items.")),
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}]}),
            Some("For 'array' type, property 'prefixItems' is not supported"),
            Some("In context=('properties', 'x'), array schema missing items."),
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "minItems": 2}),
            Some("'minItems' values other than 0 or 1 are not supported"),
            None,
        ),
        (
            json!({"type": "integer", "minimum": 0, "maximum": 9}),
            Some("properties minimum, maximum are not supported"),
            None,
        ),
        (json!({"type": "string", "maxLength": 1}), Some("property 'maxLength'"), None),
        (
            json!({"oneOf": [{"type": "string"}]}),
            Some("'oneOf' is not supported"),
            Some("'oneOf' is not permitted."),
        ),
        (
            json!({"allOf": [{"type": "string"}, {"enum": ["a"]}]}),
            None,
            Some("'allOf' is not permitted."),
        ),
        (json!({"type": "string", "default": "a"}), None, Some("'default' is not permitted.")),
        (json!({"const": "a"}), None, Some("schema must have a 'type' key.")),
        (json!({}), Some("Schema without a type"), Some("schema must have a 'type' key.")),
        (json!(true), Some("true or false"), Some("schema must have a 'type' key.")),
        (
            json!({"enum": [["a"]], "type": "array", "items": {"type": "string"}}),
            Some("Complex types within enums"),
            None,
        ),
        (
            json!({"type": "string", "format": "phone"}),
            Some("format 'phone'"),
            Some("'phone' is not a valid format."),
        ),
        (json!({"$ref": "#/$defs/None"}), Some("cannot be resolved"), Some("can only point to")),
        (
            json!({"$ref": "#", "description": "d"}),
            Some("# -> #"),
            Some("$ref cannot have keywords {'description'}."),
        ),
    ] {
        let schema = holding(&schema);
        assert_says(anthropic(&schema).as_deref(), of_anthropic, &schema);
        assert_says(openai(&schema).as_deref(), of_openai, &schema);
    }
    let said = "Circular reference detected in schema definitions: Node -> Node. Self-referencing";
    assert_says(anthropic(&circle).as_deref(), Some(said), &circle);
    assert_says(openai(&circle).as_deref(), None, &circle);
}

/// Proves the rules of the root and of the whole, for tools too.
#[test]
fn roots_and_sums_are_bounded() {
    let text = json!({"type": "string"});
    let choice = json!({"anyOf": [holding(&text)]});
    assert_says(anthropic(&choice).as_deref(), None, &choice);
    assert_says(openai(&choice).as_deref(), Some("got 'type: \"None\"'."), &choice);
    let list = json!({"type": "array", "items": text});
    assert_says(openai(&list).as_deref(), Some("got 'type: \"array\"'."), &list);

    let maybe = json!({"type": ["string", "null"]});
    assert_eq!(anthropic(&members(24, &text, false)), None);
    let optional = anthropic(&members(25, &text, false)).unwrap();
    assert!(optional.starts_with("Schemas contains too many optional parameters (25)"));
    assert_eq!(anthropic(&members(16, &maybe, true)), None);
    let unions = anthropic(&members(17, &maybe, true)).unwrap();
    assert!(unions.starts_with("Schemas contains too many parameters with union types (17 "));
    assert_eq!(openai(&members(5000, &text, true)), None);
    let properties = openai(&members(5001, &text, true)).unwrap();
    assert!(properties.contains("5001 properties exceeds limit of 5000"), "{properties}");

    let tools = |count: usize| {
        let tool = json!({"name": "t", "strict": true, "input_schema": holding(&text)});
        json!({"tools": vec![tool; count]})
    };
    assert_eq!(anthropic_violation(&tools(20)), None);
    assert!(anthropic_violation(&tools(21)).unwrap().starts_with("Too many strict tools (21)."));
    let loose = json!({"tools": [{"name": "t", "input_schema": {"anyOf": []}}]});
    assert_eq!(anthropic_violation(&loose), None);

    let former = json!({"type": "json_schema", "schema": {"type": "object"}});
    let broken = anthropic_violation(&json!({"output_format": former})).unwrap();
    assert!(broken.starts_with("output_format.schema: "), "{broken}");

    let function = json!({"function": {"name": "f", "strict": true, "parameters": {}}});
    let broken = chat_violation(&json!({"tools": [function]})).unwrap();
    assert_eq!(broken.param, "tools[0].function.parameters");
    assert_eq!(broken.code, Some("invalid_function_parameters"));
    assert!(broken.message.starts_with("Invalid schema for function 'f': "));

    let flat = responses_violation(&json!({"tools": [function["function"]]})).unwrap();
    assert_eq!((&*flat.param, flat.code), ("tools[0].parameters", broken.code));
    assert_eq!(flat.message, broken.message);
    let format = json!({"type": "json_schema", "name": "n", "strict": true, "schema": {}});
    let broken = responses_violation(&json!({"text": {"format": format}})).unwrap();
    let expected = ("text.format.schema", Some("invalid_json_schema"));
    assert_eq!((&*broken.param, broken.code), expected);
    let loose = json!({"type": "json_schema", "name": "n", "schema": {}});
    assert!(responses_violation(&json!({"text": {"format": loose}})).is_none());
}

/// Proves on recorded traffic that every schema that the provider has accepted is accepted, and
/// that a refusal of one is in the provider's words.
#[test]
fn recorded_schemas_are_judged_alike() {
    let Some(folder) = shared_dir() else { return };
    let (mut accepted, mut refused) = (0, 0);
    for name in ["anthropic_messages", "many/anthropic_messages", "openai_chat", "openai_responses"]
    {
        let mut replay = Replay::default();
        let file = folder.join("traffic").join(format!("{name}.jsonl.gz"));
        replay.add_file(Path::new(&file)).unwrap();
        for pair in replay.pairs() {
            let Ok(body) = serde_json::from_str::<Value>(&pair.request_body()) else { continue };
            let said = match name {
                "openai_chat" => chat_violation(&body).map(|broken| broken.message),
                "openai_responses" => responses_violation(&body).map(|broken| broken.message),
                _ => anthropic_violation(&body),
            };
            let answer = pair.response_body();
            match (pair.status, said) {
                (200, None) => accepted += 1,
                (200, Some(said)) => panic!("{}: {said}: {body}", pair.id),
                (400, Some(said)) => {
                    let answer: Value = serde_json::from_str(&answer).unwrap();
                    assert_eq!(answer["error"]["message"], *said, "{}", pair.id);
                    refused += 1;
                }
                _ => {}
            }
        }
    }
    println!("{accepted} accepted alike, {refused} refused in the same words");
    assert!(accepted > 100 && refused >= 8, "{accepted}, {refused}");
}
