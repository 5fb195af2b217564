//! Values with one fault each.

use serde_json::{Value, json};

/// A value with a fault.
pub(super) struct Mutant {
    pub(super) kind: &'static str,
    pub(super) value: Value,
}

/// Every value that differs from `value` in one place: a member removed, a member added, a place of
/// another type, a name of an enum of `schema` changed.
pub(super) fn mutants(schema: &Value, value: &Value) -> Vec<Mutant> {
    let mut names = Vec::new();
    enum_names(schema, &mut names);
    let mut found = Vec::new();
    let mut pending = vec![String::new()];
    while let Some(path) = pending.pop() {
        let place = value.pointer(&path).expect("a path of the value");
        let mut add = |kind, at: &str, change: &dyn Fn(&mut Value)| {
            let mut value = value.clone();
            change(value.pointer_mut(at).expect("a path of the value"));
            found.push(Mutant { kind, value });
        };
        match place {
            Value::Object(members) => {
                add("added", &path, &|place| place["added_member"] = json!(1));
                for name in members.keys() {
                    add("removed", &path, &|place| {
                        place.as_object_mut().expect("an object").shift_remove(name);
                    });
                    let step = name.replace('~', "~0").replace('/', "~1");
                    pending.push(format!("{path}/{step}"));
                }
            }
            Value::Array(elements) => {
                pending.extend((0..elements.len()).map(|at| format!("{path}/{at}")));
            }
            Value::String(text) if names.contains(text) => {
                add("renamed", &path, &|place| *place = json!("no such name"));
            }
            Value::Number(number) if !number.is_f64() => {
                add("retyped", &path, &|place| *place = json!(1.5));
            }
            _ => {}
        }
        let other = match place {
            Value::String(_) | Value::Null => json!(7),
            Value::Object(_) => json!([]),
            Value::Array(_) => json!({}),
            Value::Number(_) | Value::Bool(_) => json!("another type"),
        };
        add("retyped", &path, &|place| *place = other.clone());
        add("retyped", &path, &|place| *place = json!([[true]]));
        add("retyped", &path, &|place| *place = Value::Null);
    }
    found
}

fn enum_names(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            let constants = members.get("enum").and_then(Value::as_array);
            let texts = constants.into_iter().flatten().filter_map(Value::as_str);
            names.extend(texts.map(str::to_owned));
            members.values().for_each(|value| enum_names(value, names));
        }
        Value::Array(all) => all.iter().for_each(|value| enum_names(value, names)),
        _ => {}
    }
}
