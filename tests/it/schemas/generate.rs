//! Random values of a schema, by its keywords and by what its descriptions tell.

use serde_json::{Map, Value, json};

/// How deep values go before they end as soon as they can.
const DEPTH_MAX: usize = 6;

/// A generator of numbers: equal seeds are equal values.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = (mixed ^ (mixed >> 31)) >> 32;
        usize::try_from(high).expect("32 bits") % end.max(1)
    }
}

/// A value that the schema accepts and that keeps to its descriptions.
pub(super) fn value(root: &Value, random: &mut Random) -> Value {
    of(root, root, random, 0)
}

fn of(root: &Value, schema: &Value, random: &mut Random, depth: usize) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.strip_prefix('#').expect("inside the document"));
        return of(root, target.expect("a definition"), random, depth + 1);
    }
    if let Some(constants) = schema["enum"].as_array() {
        return constants[random.below(constants.len())].clone();
    }
    if let Some(variants) = schema["anyOf"].as_array() {
        let mut at = random.below(variants.len());
        if depth > DEPTH_MAX {
            let cost = |variant: &Value| {
                let text = variant.to_string();
                (text.contains("$ref"), text.len())
            };
            at = (0..variants.len()).min_by_key(|at| cost(&variants[*at])).expect("a variant");
        }
        return of(root, &variants[at], random, depth + 1);
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) if depth > DEPTH_MAX && kinds.contains(&json!("null")) => "null",
        Value::Array(kinds) => kinds[random.below(kinds.len())].as_str().expect("a name"),
        other => panic!("a schema without a type: {other} in {schema}"),
    };
    match kind {
        "null" => Value::Null,
        "boolean" => (random.below(2) == 1).into(),
        "integer" => integer(schema, random),
        "number" => match random.below(3) {
            0 => integer(schema, random),
            _ => json!(random.below(1000) as f64 / 8.0 - 20.0),
        },
        "string" => text(schema, random),
        "array" => {
            let least = told(schema, "minItems").unwrap_or(0);
            let most = told(schema, "maxItems").unwrap_or(if depth > DEPTH_MAX { 0 } else { 3 });
            let more = usize::try_from((most - least).max(0)).expect("a length");
            let length = usize::try_from(least).expect("a length") + random.below(more + 1);
            (0..length).map(|_| of(root, &schema["items"], random, depth + 1)).collect()
        }
        "object" => {
            let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
            let mut members = Map::new();
            for (name, member) in schema["properties"].as_object().into_iter().flatten() {
                if required.iter().any(|one| one == name) || random.below(2) == 1 {
                    members.insert(name.clone(), of(root, member, random, depth + 1));
                }
            }
            members.into()
        }
        other => panic!("an unknown type: {other}"),
    }
}

fn integer(schema: &Value, random: &mut Random) -> Value {
    let least = told(schema, "minimum").unwrap_or(0);
    let most = told(schema, "maximum").unwrap_or(least.saturating_add(100));
    let width = usize::try_from((most - least).min(100_000)).expect("a range");
    let number = least + i64::try_from(random.below(width + 1)).expect("a small number");
    if told(schema, "not") == Some(number) { (number + 1).into() } else { number.into() }
}

fn text(schema: &Value, random: &mut Random) -> Value {
    let description = schema["description"].as_str().unwrap_or_default();
    let format = schema["format"].as_str().or_else(|| {
        let (_, rest) = description.split_once("format: ")?;
        rest.split([',', ')']).next()
    });
    match format {
        Some("date") => "2026-11-30".into(),
        Some("ip") => ["127.0.0.1", "::1"][random.below(2)].into(),
        Some("date-time") => "2026-11-30T10:00:00+01:00".into(),
        _ if told(schema, "maxLength") == Some(1) => {
            ["x", "\u{e9}", "\u{1f600}"][random.below(3)].into()
        }
        _ => ["", "text", "a \"quoted\" \\ text\n", "\u{e9}\u{1f600}", "null"][random.below(5)]
            .into(),
    }
}

/// What the description says of a keyword.
fn told(schema: &Value, keyword: &str) -> Option<i64> {
    let (_, rest) = schema["description"].as_str()?.split_once(&format!("{keyword}: "))?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '-')).unwrap_or(rest.len());
    rest[..end].parse().ok()
}
