//! The schemas that the Messages API takes where it enforces them: `output_config.format`, once
//! named `output_format`, and the tools marked `strict`.

use serde_json::Value;

use super::{children, has_type, target};

/// Tools marked `strict`.
const STRICT_TOOLS_MAX: usize = 20;
/// Properties that are not required, over all schemas of a request.
const OPTIONAL_MAX: usize = 24;
/// Schemas of several types, over all schemas of a request.
const UNIONS_MAX: usize = 16;

/// Formats of strings that are enforced.
const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// Keywords of a type that the page calls unsupported.
const UNSUPPORTED: [(&str, &[&str]); 4] = [
    ("string", &["minLength", "maxLength"]),
    ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
    (
        "array",
        &["maxItems", "uniqueItems", "prefixItems", "contains", "minContains", "maxContains"],
    ),
    ("object", &["patternProperties", "propertyNames", "minProperties", "maxProperties"]),
];

/// Keywords that no type has there.
const COMBINING: [&str; 7] =
    ["oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"];

/// The text of the first rule that a request's schemas break.
pub(in super::super) fn violation(body: &Value) -> Option<String> {
    let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut schemas = Vec::new();
    for (index, tool) in tools.iter().enumerate().filter(|(_, tool)| tool["strict"] == true) {
        schemas.push((format!("tools.{index}.custom"), &tool["input_schema"]));
    }
    if schemas.len() > STRICT_TOOLS_MAX {
        return Some(format!(
            "Too many strict tools ({}). The maximum number of strict tools supported is \
             {STRICT_TOOLS_MAX}. Try reducing the number of tools marked as strict.",
            schemas.len()
        ));
    }
    for (path, schema) in &schemas {
        let path = format!("{path}.input_schema");
        match schema.get("type") {
            _ if !schema.is_object() => {
                return Some(format!("{path}: Input does not match the expected shape."));
            }
            None => return Some(format!("{path}.type: Field required")),
            Some(kind) if kind != "object" => {
                return Some(format!("{path}.type: Input should be 'object'"));
            }
            Some(_) => {}
        }
    }
    let formats = [
        ("output_config.format.schema", &body["output_config"]["format"]),
        ("output_format.schema", &body["output_format"]),
    ];
    for (path, format) in formats {
        if let Some(schema) = format.get("schema").filter(|_| format["type"] == "json_schema") {
            schemas.push((path.into(), schema));
        }
    }
    for (path, schema) in &schemas {
        let broken = circle(schema).or_else(|| node(schema, schema));
        if let Some(text) = broken {
            return Some(format!("{path}: {text}"));
        }
    }
    let (mut optional, mut unions) = (0, 0);
    for (_, schema) in &schemas {
        count(schema, &mut optional, &mut unions);
    }
    if optional > OPTIONAL_MAX {
        return Some(format!(
            "Schemas contains too many optional parameters ({optional}), which would make grammar \
             compilation inefficient. Reduce the number of optional parameters in your tool \
             schemas (limit: {OPTIONAL_MAX})."
        ));
    }
    (unions > UNIONS_MAX).then(|| {
        format!(
            "Schemas contains too many parameters with union types ({unions} parameters with type \
             arrays or anyOf). This causes exponential compilation cost. Reduce the number of \
             nullable or union-typed parameters (limit: {UNIONS_MAX} parameters with unions)."
        )
    })
}

fn count(schema: &Value, optional: &mut usize, unions: &mut usize) {
    let is_union = schema.get("anyOf").is_some() || schema["type"].is_array();
    *unions += usize::from(is_union);
    let required = schema["required"].as_array().map_or(0, Vec::len);
    let properties = schema["properties"].as_object().map_or(0, serde_json::Map::len);
    *optional += properties.saturating_sub(required);
    for (_, child) in children(schema) {
        count(child, optional, unions);
    }
}

/// A definition that leads to itself.
fn circle(root: &Value) -> Option<String> {
    let mut names = Vec::new();
    for keyword in ["$defs", "definitions"] {
        for name in root[keyword].as_object().into_iter().flat_map(serde_json::Map::keys) {
            names.push(format!("#/{keyword}/{name}"));
        }
    }
    names.push("#".into());
    names.iter().find_map(|name| {
        let mut way = vec![name.clone()];
        returns(root, target(root, name)?, name, &mut way).then(|| {
            let short: Vec<&str> =
                way.iter().map(|name| name.rsplit('/').next().unwrap_or(name)).collect();
            format!(
                "Invalid schema: Circular reference detected in schema definitions: {}. \
                 Self-referencing or mutually-referencing definitions are not supported.",
                short.join(" -> ")
            )
        })
    })
}

/// Whether a schema leads back to the first of `way`; `way` is then how.
fn returns(root: &Value, schema: &Value, first: &str, way: &mut Vec<String>) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        let is_known = way.iter().skip(1).any(|name| name == reference);
        if !is_known {
            way.push(reference.into());
            let is_back = reference == first;
            let followed = target(root, reference);
            if is_back || followed.is_some_and(|next| returns(root, next, first, way)) {
                return true;
            }
            way.pop();
        }
    }
    let below = children(schema);
    // The definitions of the root are no part of what it asks for.
    let mut asked =
        below.iter().filter(|(way, _)| !way[0].starts_with("$defs") && way[0] != "definitions");
    asked.any(|(_, child)| returns(root, child, first, way))
}

/// The first rule that a schema or one below it breaks.
fn node(root: &Value, schema: &Value) -> Option<String> {
    if !schema.is_object() {
        return Some("Schemas that are true or false are not supported".into());
    }
    if let Some(keyword) = COMBINING.iter().find(|keyword| schema.get(**keyword).is_some()) {
        return Some(format!("Schema type '{keyword}' is not supported"));
    }
    if let Some(reference) = schema["$ref"].as_str()
        && target(root, reference).is_none()
    {
        return Some(format!("Invalid schema: reference '{reference}' cannot be resolved"));
    }
    let parts = schema["allOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    if parts.iter().any(|part| part.get("$ref").is_some()) {
        return Some("'allOf' with '$ref' is not supported".into());
    }
    let says = ["$ref", "type", "enum", "const", "anyOf", "allOf"];
    if !says.iter().any(|keyword| schema.get(*keyword).is_some()) {
        return Some("Schema without a type is not supported".into());
    }
    for (kind, keywords) in UNSUPPORTED {
        let is_of_kind =
            has_type(schema, kind) || (kind == "number" && has_type(schema, "integer"));
        let found: Vec<&str> =
            keywords.iter().copied().filter(|keyword| schema.get(*keyword).is_some()).collect();
        match found[..] {
            _ if !is_of_kind => {}
            [] => {}
            [only] => {
                return Some(format!("For '{kind}' type, property '{only}' is not supported"));
            }
            _ => {
                let all = found.join(", ");
                return Some(format!("For '{kind}' type, properties {all} are not supported"));
            }
        }
    }
    if has_type(schema, "object") && schema["additionalProperties"] != false {
        return Some(match schema.get("additionalProperties") {
            Some(Value::Object(_)) => "For 'object' type, 'additionalProperties: object' is not \
                supported. Please set 'additionalProperties' to false"
                .into(),
            _ => "For 'object' type, 'additionalProperties' must be explicitly set to false".into(),
        });
    }
    if schema.get("minItems").is_some_and(|least| *least != 0 && *least != 1) {
        return Some(
            "For 'array' type, 'minItems' values other than 0 or 1 are not supported".into(),
        );
    }
    if let Some(format) = schema["format"].as_str().filter(|name| !FORMATS.contains(name)) {
        return Some(format!("For 'string' type, format '{format}' is not supported"));
    }
    let constants = schema["enum"].as_array().map(Vec::as_slice).unwrap_or_default();
    if constants.iter().any(|constant| constant.is_object() || constant.is_array()) {
        return Some("Complex types within enums are not supported".into());
    }
    children(schema).into_iter().find_map(|(_, child)| node(root, child))
}
