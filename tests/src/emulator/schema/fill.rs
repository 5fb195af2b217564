//! Fills a JSON schema from the facts of a text: the documented rule behind structured answers.
//!
//! In order of the schema's properties, all of them, optional ones too:
//! - `const` as it is; of an `enum` the first value that the text mentions, else the first;
//! - a string named like `name` takes the next name, `email` and `url` the word that looks like
//!   one, any other what stands after `PROPERTY is`; else a text that says where it comes from;
//! - an integer or number takes the next number of the text, else 0;
//! - a boolean is true where the text mentions the property's name;
//! - a list has one element, objects are repeated while the text has facts left (16 at most);
//! - what may be null is null where the text has nothing for it;
//! - ranges, lengths and formats are kept, in keywords or told in the description as `NAME: VALUE`;
//! - a type inside itself ends at once: with an empty list, with null, or with another alternative.

use serde_json::{Map, Value};

use super::super::facts::Facts;
use super::target;

/// References and containers followed at most; a recursive schema ends in null there.
const DEPTH_MAX: usize = 32;

/// Elements of one list at most.
const ELEMENTS_MAX: usize = 16;

/// A value for `schema`, filled from `text`; `origin` stands where the text has no string.
pub(in super::super) fn fill(schema: &Value, text: &str, origin: &str) -> Value {
    let mut filler = Filler { root: schema, facts: Facts::of(text), origin, open: Vec::new() };
    filler.value(schema, "value", 0).value
}

struct Filler<'a> {
    root: &'a Value,
    facts: Facts<'a>,
    origin: &'a str,
    /// The references being followed, outermost first.
    open: Vec<&'a str>,
}

/// A value, and whether the text had something for it.
struct Filled {
    value: Value,
    found: bool,
}

impl Filled {
    fn of(value: Option<Value>, otherwise: Value) -> Self {
        let found = value.is_some();
        Self { value: value.unwrap_or(otherwise), found }
    }
}

impl<'a> Filler<'a> {
    fn value(&mut self, schema: &'a Value, name: &str, depth: usize) -> Filled {
        if depth > DEPTH_MAX {
            return Filled::of(None, Value::Null);
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            self.open.push(reference);
            let found = target(self.root, reference);
            let filled = self.value(found.unwrap_or(&Value::Null), name, depth + 1);
            self.open.pop();
            return filled;
        }
        if let Some(value) = schema.get("const") {
            let found = value.as_str().is_some_and(|text| self.facts.mentions(text));
            return Filled { value: value.clone(), found };
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.one_of(values);
        }
        for word in ["anyOf", "oneOf", "allOf"] {
            if let Some(schemas) = schema.get(word).and_then(Value::as_array) {
                return self.alternative(schemas, name, depth);
            }
        }
        let (kind, nullable) = kind(schema);
        let filled = match kind {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, name, depth),
            "integer" => {
                let digits = self.facts.integer();
                bounded(schema, digits.and_then(|digits| serde_json::from_str(digits).ok()))
            }
            "number" => {
                let digits = self.facts.number();
                bounded(schema, digits.and_then(|digits| serde_json::from_str(digits).ok()))
            }
            "boolean" => {
                let mentioned = self.facts.mentions(&name.replace('_', " "));
                Filled { value: mentioned.into(), found: mentioned }
            }
            "null" => Filled::of(None, Value::Null),
            _ => self.string(schema, name),
        };
        if nullable && !filled.found { Filled::of(None, Value::Null) } else { filled }
    }

    fn one_of(&self, values: &[Value]) -> Filled {
        let mentioned = values
            .iter()
            .find(|value| value.as_str().is_some_and(|text| self.facts.mentions(text)))
            .cloned();
        Filled::of(mentioned, values.first().cloned().unwrap_or_default())
    }

    /// The first alternative that the text names, else the first that is not null; null where that
    /// is allowed and the text has nothing.
    fn alternative(&mut self, schemas: &'a [Value], name: &str, depth: usize) -> Filled {
        let is_null = |schema: &&Value| schema.get("type") == Some(&Value::from("null"));
        let ends = |schema: &&Value| !self.is_open(schema);
        let named = schemas.iter().filter(ends).find(|schema| self.names(schema));
        let other = || schemas.iter().filter(ends).find(|schema| !is_null(schema));
        let Some(chosen) = named.or_else(other) else {
            return Filled::of(None, Value::Null);
        };
        let filled = self.value(chosen, name, depth + 1);
        if !filled.found && schemas.iter().any(|schema| is_null(&schema)) {
            return Filled::of(None, Value::Null);
        }
        filled
    }

    /// Whether a schema leads back to one that is being filled, other than through a list.
    fn is_open(&self, schema: &Value) -> bool {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            // The root stands in no list: it is being filled as long as anything is.
            return reference == "#" || self.open.contains(&reference);
        }
        let members = schema.get("properties").and_then(Value::as_object);
        let choices = schema.get("anyOf").and_then(Value::as_array);
        members.is_some_and(|members| members.values().any(|member| self.is_open(member)))
            || choices.is_some_and(|all| all.iter().all(|one| self.is_open(one)))
    }

    /// Whether a tag of this alternative (its own constant or one of its members') is mentioned.
    fn names(&self, schema: &Value) -> bool {
        let tag = |schema: &Value| {
            let constant = schema.get("const").and_then(Value::as_str);
            let only = schema.get("enum").and_then(Value::as_array).filter(|all| all.len() == 1);
            let only = only.and_then(|all| all[0].as_str());
            constant.or(only).is_some_and(|tag| self.facts.mentions(tag))
        };
        let members = schema.get("properties").and_then(Value::as_object);
        tag(schema) || members.is_some_and(|members| members.values().any(tag))
    }

    fn object(&mut self, schema: &'a Value, depth: usize) -> Filled {
        let mut members = Map::new();
        let mut found = false;
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let filled = self.value(property, name, depth + 1);
                found |= filled.found;
                members.insert(name.clone(), filled.value);
            }
        }
        Filled { value: members.into(), found }
    }

    fn array(&mut self, schema: &'a Value, name: &str, depth: usize) -> Filled {
        if let Some(places) = schema.get("prefixItems").and_then(Value::as_array) {
            let filled: Vec<Filled> =
                places.iter().map(|place| self.value(place, name, depth + 1)).collect();
            let found = filled.iter().any(|filled| filled.found);
            let elements = filled.into_iter().map(|filled| filled.value).collect();
            return Filled { value: elements, found };
        }
        let length = |keyword| told(schema, keyword).map(|length: f64| length as usize);
        let (least, most) = (length("minItems").unwrap_or(0), length("maxItems"));
        let most = most.unwrap_or(ELEMENTS_MAX.max(least));
        let items = schema.get("items").filter(|items| !self.is_open(items) && most > 0);
        let Some(items) = items else {
            return Filled::of(None, Value::Array(Vec::new()));
        };
        let mut elements = Vec::new();
        let mut found = false;
        loop {
            let mark = self.facts.mark();
            let filled = self.value(items, name, depth + 1);
            found |= filled.found;
            elements.push(filled.value);
            let is_done = elements.len() >= least && !self.facts.more_since(mark);
            if elements.len() == most || is_done {
                return Filled { value: elements.into(), found };
            }
        }
    }

    fn string(&mut self, schema: &Value, name: &str) -> Filled {
        if let Some(example) = example(schema) {
            return Filled::of(None, example.into());
        }
        let lower = name.to_lowercase();
        let found = if lower.contains("name") {
            self.facts.name()
        } else if lower.contains("mail") {
            self.facts.word_with("@").map(Into::into)
        } else if lower.contains("url") || lower.contains("link") {
            self.facts.word_with("://").map(Into::into)
        } else {
            self.facts.labelled(name).map(Into::into)
        };
        let otherwise = format!("{name}: {}", self.origin);
        match told(schema, "maxLength") {
            None => Filled::of(found.map(Value::from), otherwise.into()),
            Some(most) => {
                let cut = |text: String| text.chars().take(most as usize).collect::<String>();
                Filled::of(found.map(|text| cut(text).into()), cut(otherwise).into())
            }
        }
    }
}

/// A number within what the schema says of its range.
fn bounded(schema: &Value, found: Option<Value>) -> Filled {
    let filled = Filled::of(found, 0.into());
    let value = filled.value.as_f64().unwrap_or_default();
    let edge = match (told(schema, "minimum"), told(schema, "maximum")) {
        (Some(least), _) if value < least => least,
        (_, Some(most)) if value > most => most,
        _ if told(schema, "not") == Some(value) => value + 1.0,
        _ => return filled,
    };
    Filled { value: (edge as i64).into(), ..filled }
}

/// What a keyword says, or the description in its place: models read it there.
fn told(schema: &Value, keyword: &str) -> Option<f64> {
    if let Some(number) = schema.get(keyword).and_then(Value::as_f64) {
        return Some(number);
    }
    let told = text_told(schema, keyword)?;
    let end = told.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)));
    told[..end.unwrap_or(told.len())].trim_end_matches('.').parse().ok()
}

fn text_told<'a>(schema: &'a Value, keyword: &str) -> Option<&'a str> {
    let description = schema.get("description")?.as_str()?;
    let (_, told) = description.split_once(&format!("{keyword}: "))?;
    Some(told)
}

/// A text in the format that the schema asks for; none where any text will do.
fn example(schema: &Value) -> Option<&'static str> {
    let format = schema.get("format").and_then(Value::as_str);
    let format = format.or_else(|| text_told(schema, "format")?.split([',', ')']).next())?;
    Some(match format {
        "date" => "2026-01-02",
        "date-time" => "2026-01-02T03:04:05Z",
        "partial-date-time" => "2026-01-02T03:04:05",
        "time" => "03:04:05Z",
        "partial-time" => "03:04:05",
        "duration" => "PT1H",
        "ip" | "ipv4" => "127.0.0.1",
        "ipv6" => "::1",
        "uuid" => "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "hostname" => "example.com",
        _ => return None,
    })
}

/// The type that a schema asks for (an object where it only lists properties, else a string), and
/// whether null is allowed beside it.
fn kind(schema: &Value) -> (&str, bool) {
    match schema.get("type") {
        Some(Value::String(kind)) => (kind, false),
        Some(Value::Array(kinds)) => {
            let mut other = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            (other.next().unwrap_or("null"), kinds.iter().any(|kind| kind == "null"))
        }
        _ if schema.get("properties").is_some() => ("object", false),
        _ => ("string", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(schema: &Value, text: &str) -> Value {
        fill(schema, text, "emulated")
    }

    /// Proves the sentences of the first guide.
    #[test]
    fn the_guides_people_are_read() {
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string"}, "age": {"type": "integer", "format": "uint8"}}});
        let john = filled(&schema, "My name is John and I am 30 years old");
        assert_eq!(john.to_string(), r#"{"name":"John","age":30}"#);
        let maria = filled(&schema, "My name is Maria and I am 25 years old");
        assert_eq!(maria.to_string(), r#"{"name":"Maria","age":25}"#);
    }

    /// Proves that a schema derived by schemars (references, options, enums) is filled so that the
    /// type itself reads the value back.
    #[test]
    fn what_schemars_derives_can_be_read_back() {
        #[derive(serde::Deserialize, schemars::JsonSchema, Debug, PartialEq)]
        enum Mood {
            Happy,
            Sad,
        }
        #[derive(serde::Deserialize, schemars::JsonSchema, Debug, PartialEq)]
        struct Person {
            name: String,
            age: Option<u8>,
            mood: Mood,
            weight: f64,
            nick: Option<String>,
        }
        #[derive(serde::Deserialize, schemars::JsonSchema, Debug, PartialEq)]
        struct People {
            people: Vec<Person>,
            leader: Option<Box<Person>>,
            member: bool,
        }
        let schema = schemars::schema_for!(People).to_value();
        let text = "John is 30 and 81.5 kg. Maria is 25. both are sad";
        let people: People = serde_json::from_value(filled(&schema, text)).unwrap();
        assert_eq!(people.people.len(), 2, "{people:?}");
        assert_eq!((people.people[0].name.as_str(), people.people[0].age), ("John", Some(30)));
        assert_eq!((people.people[1].name.as_str(), people.people[1].age), ("Maria", Some(25)));
        assert_eq!(people.people[0].mood, Mood::Sad);
        assert_eq!((people.people[0].weight, people.people[0].nick.as_ref()), (81.5, None));
        assert!(!people.member);
    }

    /// Proves that a schema that contains itself comes to an end.
    #[test]
    fn a_recursive_schema_ends() {
        let schema = json!({"$defs": {"Node": {"type": "object", "properties": {
            "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}}}},
            "$ref": "#/$defs/Node"});
        assert_eq!(filled(&schema, "text"), json!({"next": null}));
    }

    proptest::proptest! {
        /// Proves that no text, whatever its characters, breaks the rule or the value's form.
        #[test]
        fn any_text_fills_the_schema(text in "(\\PC|[A-Z0-9.@:/ -]| is |name){0,60}") {
            let schema = json!({"type": "object", "properties": {
                "name": {"type": "string"}, "mail": {"type": ["string", "null"]},
                "n": {"type": "integer"}, "x": {"type": "number"}, "link": {"type": "string"},
                "all": {"type": "array", "items": {"type": "number"}},
                "city": {"type": "string"}, "on": {"type": "boolean"}}});
            let value = filled(&schema, &text);
            proptest::prop_assert!(value["name"].is_string() && value["city"].is_string());
            proptest::prop_assert!(value["n"].is_number() && value["x"].is_number());
            proptest::prop_assert!(value["on"].is_boolean());
            proptest::prop_assert!(value["all"].as_array().is_some_and(|all| all.len() <= 16));
            proptest::prop_assert_eq!(filled(&schema, &text), value);
        }
    }

    /// Proves constants, nullable types, tagged alternatives and labelled strings.
    #[test]
    fn the_other_forms_are_filled() {
        let schema = json!({"type": "object", "properties": {
            "kind": {"const": "note"},
            "city": {"type": ["string", "null"]},
            "town": {"type": ["string", "null"]},
            "shape": {"oneOf": [
                {"type": "object", "properties": {"t": {"const": "circle"}}},
                {"type": "object", "properties": {"t": {"const": "square"}}}]},
            "notes": {"type": "array", "items": {"type": "string"}}}});
        let value = filled(&schema, "A square. The city is Rome.");
        assert_eq!(
            value,
            json!({"kind": "note", "city": "Rome", "town": null, "shape": {"t": "square"},
                   "notes": ["notes: emulated"]})
        );
    }
}
