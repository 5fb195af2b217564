//! How much of a schema each provider takes.

use serde_json::{Map, Value};

use super::Target;
use super::refusal::Refusal;
use super::strict::{is_object, reference_of};
use crate::error::Error;

/// Anthropic, structured outputs page, September 2026: properties that are not required.
const OPTIONAL_MAX: usize = 24;
/// The same page: schemas that are `anyOf` or of several types.
const UNIONS_MAX: usize = 16;
/// OpenAI, structured outputs page, November 2026: properties of all objects.
const PROPERTIES_MAX: usize = 5000;
/// The same page: objects in each other, a reference ending the count.
const DEPTH_MAX: usize = 10;
/// The same page: values of all enums.
const CONSTANTS_MAX: usize = 1000;
/// The same page: characters of all names and constants.
const CHARS_MAX: usize = 120_000;
/// The same page: characters of the strings of one enum that has more than this many.
const LARGE_ENUM: usize = 250;
const LARGE_ENUM_CHARS_MAX: usize = 15_000;

/// Refuses a schema that is too large for its provider, even without the definitions that nothing
/// refers to: those stay as long as there is room for them.
pub(super) fn fit(schema: &mut Value, target: Target) -> Result<(), Error> {
    if check(schema, target).is_ok() {
        return Ok(());
    }
    let mut used = Vec::new();
    uses(schema, schema, &mut used);
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        definitions.retain(|name, _| used.contains(name));
    }
    check(schema, target)
}

/// Collects the definitions that a schema of `root` needs.
fn uses(root: &Value, schema: &Value, used: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            let name = reference_of(members).unwrap_or_default();
            let definition = root.get("$defs").and_then(|definitions| definitions.get(&name));
            if let Some(definition) = definition.filter(|_| !used.contains(&name)) {
                used.push(name);
                uses(root, definition, used);
            }
            let others = members.iter().filter(|(keyword, _)| *keyword != "$defs");
            others.for_each(|(_, value)| uses(root, value, used));
        }
        Value::Array(all) => all.iter().for_each(|value| uses(root, value, used)),
        _ => {}
    }
}

fn check(schema: &Value, target: Target) -> Result<(), Error> {
    let mut size = Size::default();
    size.add(schema, 0, "$", target)?;
    let too_many = |taker, found: &[(usize, &'static str, usize)]| {
        let over = found.iter().find(|(count, _, max)| count > max);
        over.map_or(Ok(()), |&(count, what, max)| {
            Err(Refusal::TooMany { count, what, max, taker }.at("$"))
        })
    };
    match target {
        Target::Hint => Ok(()),
        Target::Anthropic => too_many(
            "Anthropic",
            &[
                (size.unions, "members that may be null or of several types", UNIONS_MAX),
                (size.optional, "members that may be left out", OPTIONAL_MAX),
            ],
        ),
        Target::OpenAi => too_many(
            "OpenAI",
            &[
                (size.properties, "members", PROPERTIES_MAX),
                (size.constants, "variants and constants", CONSTANTS_MAX),
                (size.chars, "characters in names and constants", CHARS_MAX),
            ],
        ),
    }
}

#[derive(Default)]
struct Size {
    optional: usize,
    unions: usize,
    properties: usize,
    constants: usize,
    chars: usize,
}

impl Size {
    /// Counts a schema inside `depth` objects, and all below it.
    fn add(
        &mut self,
        schema: &Value,
        depth: usize,
        path: &str,
        target: Target,
    ) -> Result<(), Error> {
        let Value::Object(members) = schema else {
            return Ok(());
        };
        self.unions += usize::from(
            members.contains_key("anyOf") || members.get("type").is_some_and(Value::is_array),
        );
        self.constants(members, path, target)?;
        let depth = depth + usize::from(is_object(members));
        if target == Target::OpenAi && depth > DEPTH_MAX {
            return Err(Refusal::TooDeep(DEPTH_MAX).at(path));
        }
        let required = members.get("required").and_then(Value::as_array).map_or(0, Vec::len);
        if let Some(Value::Object(properties)) = members.get("properties") {
            self.properties += properties.len();
            self.optional += properties.len().saturating_sub(required);
            for (name, child) in properties {
                self.chars += name.chars().count();
                self.add(child, depth, &format!("{path}.{name}"), target)?;
            }
        }
        if let Some(Value::Object(definitions)) = members.get("$defs") {
            for (name, child) in definitions {
                self.chars += name.chars().count();
                self.add(child, 0, path, target)?;
            }
        }
        for keyword in ["anyOf", "allOf"] {
            for child in members.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                self.add(child, depth, path, target)?;
            }
        }
        members
            .get("items")
            .map_or(Ok(()), |items| self.add(items, depth, &format!("{path}[]"), target))
    }

    fn constants(
        &mut self,
        members: &Map<String, Value>,
        path: &str,
        target: Target,
    ) -> Result<(), Error> {
        let Some(Value::Array(constants)) = members.get("enum") else {
            return Ok(());
        };
        let chars =
            constants.iter().filter_map(Value::as_str).map(|text| text.chars().count()).sum();
        self.constants += constants.len();
        self.chars += chars;
        if target == Target::OpenAi && constants.len() > LARGE_ENUM && chars > LARGE_ENUM_CHARS_MAX
        {
            let what = "characters in the names of one enum";
            let taker = "OpenAI";
            let max = LARGE_ENUM_CHARS_MAX;
            return Err(Refusal::TooMany { count: chars, what, max, taker }.at(path));
        }
        Ok(())
    }
}
