//! The schemas that OpenAI takes as strict: `response_format` and functions with `strict: true`.

use serde_json::Value;

use super::{children, has_type, target};

/// Objects in each other; a reference begins anew.
const DEPTH_MAX: usize = 10;
/// Properties of all objects.
const PROPERTIES_MAX: usize = 5000;
/// Values of all enums.
const CONSTANTS_MAX: usize = 1000;
/// Characters of all names and constants.
const CHARS_MAX: usize = 120_000;

/// Formats of strings that are enforced.
const FORMATS: [&str; 9] =
    ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// Keywords outside the subset.
const FORBIDDEN: [&str; 20] = [
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
    "minProperties",
    "maxProperties",
    "contains",
    "minContains",
    "maxContains",
    "uniqueItems",
    "prefixItems",
    "default",
];

/// A rule that is broken: the text, and the member of the request that is named with it.
pub(in super::super) struct Violation {
    pub(in super::super) message: String,
    pub(in super::super) param: String,
    pub(in super::super) code: Option<&'static str>,
}

/// The first rule that the strict schemas of a request for a completion break.
pub(in super::super) fn chat_violation(body: &Value) -> Option<Violation> {
    let given = &body["response_format"]["json_schema"];
    let format = (body["response_format"]["type"] == "json_schema").then_some(given);
    let tools = elements(&body["tools"]).map(|tool| &tool["function"]);
    format
        .and_then(|format| format_violation(format, "response_format", None))
        .or_else(|| function_violation(tools, ".function"))
}

/// The same of a request for a response.
pub(in super::super) fn responses_violation(body: &Value) -> Option<Violation> {
    let given = &body["text"]["format"];
    let format = (given["type"] == "json_schema").then_some(given);
    format
        .and_then(|it| format_violation(it, "text.format.schema", Some("invalid_json_schema")))
        .or_else(|| function_violation(elements(&body["tools"]), ""))
}

fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn format_violation(format: &Value, param: &str, code: Option<&'static str>) -> Option<Violation> {
    if format["strict"] != true {
        return None;
    }
    let subject = format!("response_format '{}'", format["name"].as_str().unwrap_or_default());
    let message = document(&subject, &format["schema"])?;
    Some(Violation { message, param: param.into(), code })
}

/// The first broken rule of functions, which stand at `within` inside the elements of `tools`.
fn function_violation<'a>(
    functions: impl Iterator<Item = &'a Value>,
    within: &str,
) -> Option<Violation> {
    functions.enumerate().find_map(|(index, function)| {
        let name = function["name"].as_str().unwrap_or_default();
        let schema = function.get("parameters").filter(|_| function["strict"] == true)?;
        Some(Violation {
            message: document(&format!("function '{name}'"), schema)?,
            param: format!("tools[{index}]{within}.parameters"),
            code: Some("invalid_function_parameters"),
        })
    })
}

fn document(subject: &str, schema: &Value) -> Option<String> {
    if !has_type(schema, "object") || schema["type"].is_array() {
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            Some(other) => other.to_string(),
            None => "None".into(),
        };
        return Some(format!(
            "Invalid schema for {subject}: schema must be a JSON Schema of 'type: \"object\"', got \
             'type: \"{kind}\"'."
        ));
    }
    let mut walk = Walk { root: schema, properties: 0, constants: 0, chars: 0, broken: None };
    walk.node(schema, &[], 0);
    let (context, text) = walk.broken.or_else(|| {
        let sums = [
            (walk.properties, "properties", PROPERTIES_MAX),
            (walk.constants, "enum values", CONSTANTS_MAX),
            (walk.chars, "characters of names and enum values", CHARS_MAX),
        ];
        let (count, what, max) = sums.into_iter().find(|(count, _, max)| count > max)?;
        Some((Vec::new(), format!("{count} {what} exceeds limit of {max}.")))
    })?;
    // As Python writes a tuple.
    let context = match &context[..] {
        [] => "()".to_owned(),
        [only] => format!("('{only}',)"),
        all => format!("('{}')", all.join("', '")),
    };
    Some(format!("Invalid schema for {subject}: In context={context}, {text}"))
}

struct Walk<'a> {
    root: &'a Value,
    properties: usize,
    constants: usize,
    chars: usize,
    broken: Option<(Vec<String>, String)>,
}

impl Walk<'_> {
    /// Counts a schema inside `depth` objects and all below it, up to the first broken rule.
    fn node(&mut self, schema: &Value, context: &[String], depth: usize) {
        if self.broken.is_some() {
            return;
        }
        if let Some(text) = rule(self.root, schema, context.is_empty()) {
            self.broken = Some((context.to_vec(), text));
            return;
        }
        let depth = depth + usize::from(has_type(schema, "object"));
        if depth > DEPTH_MAX {
            let text = format!("{depth} levels of nesting exceeds limit of {DEPTH_MAX}.");
            self.broken = Some((context.to_vec(), text));
            return;
        }
        let constants = schema["enum"].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts = constants.iter().filter_map(Value::as_str);
        self.chars += texts.map(|text| text.chars().count()).sum::<usize>();
        self.constants += constants.len();
        self.properties += schema["properties"].as_object().map_or(0, serde_json::Map::len);
        for (way, child) in children(schema) {
            let named = ["properties", "$defs", "definitions"].contains(&way[0].as_str());
            self.chars += if named { way[1].chars().count() } else { 0 };
            let depth = if way[0] == "properties" || !named { depth } else { 0 };
            let context: Vec<String> = context.iter().cloned().chain(way).collect();
            self.node(child, &context, depth);
        }
    }
}

/// The rule that a schema breaks by itself.
fn rule(root: &Value, schema: &Value, is_root: bool) -> Option<String> {
    let Value::Object(members) = schema else {
        return Some("schema must have a 'type' key.".into());
    };
    if let Some(reference) = schema["$ref"].as_str() {
        let others: Vec<String> = members
            .keys()
            .filter(|keyword| !["$ref", "$defs", "definitions"].contains(&keyword.as_str()))
            .map(|keyword| format!("'{keyword}'"))
            .collect();
        if !others.is_empty() {
            return Some(format!("$ref cannot have keywords {{{}}}.", others.join(", ")));
        }
        let is_known = target(root, reference).is_some();
        return (!is_known)
            .then(|| format!("reference can only point to definitions: {reference}."));
    }
    if is_root && members.contains_key("anyOf") {
        return Some("'anyOf' is not permitted at the root.".into());
    }
    if has_type(schema, "array") && !members.contains_key("items") {
        return Some("array schema missing items.".into());
    }
    if let Some(keyword) = FORBIDDEN.iter().find(|keyword| members.contains_key(**keyword)) {
        return Some(format!("'{keyword}' is not permitted."));
    }
    if !members.contains_key("type") && !members.contains_key("anyOf") {
        return Some("schema must have a 'type' key.".into());
    }
    if let Some(format) = schema["format"].as_str().filter(|name| !FORMATS.contains(name)) {
        return Some(format!("'{format}' is not a valid format."));
    }
    if !has_type(schema, "object") {
        return None;
    }
    if schema["additionalProperties"] != false {
        return Some("'additionalProperties' is required to be supplied and to be false.".into());
    }
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_required = |name: &str| required.iter().any(|one| one == name);
    let properties = schema["properties"].as_object();
    let has = |name: &Value| {
        name.as_str().is_some_and(|name| properties.is_some_and(|all| all.contains_key(name)))
    };
    if let Some(extra) = required.iter().find(|name| !has(name)) {
        let name = extra.as_str().unwrap_or_default();
        return Some(format!("Extra required key '{name}' supplied."));
    }
    let missing = properties.into_iter().flatten().find(|(name, _)| !is_required(name));
    missing.map(|(name, _)| {
        format!(
            "'required' is required to be supplied and to be an array including every key in \
             properties. Missing '{name}'."
        )
    })
}
