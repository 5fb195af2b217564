//! Makes a request that shows a difference small enough to read.

use serde_json::Value;

/// The smallest body found that `shows` it still, by leaving out members and elements one by one.
/// O(square of the body's length) calls: for failing tests only.
pub(super) fn shrink(mut body: Value, shows: impl Fn(&Value) -> bool) -> Value {
    loop {
        let smaller = parts(&body, "").into_iter().rev().find_map(|pointer| {
            let mut smaller = body.clone();
            remove(&mut smaller, &pointer);
            shows(&smaller).then_some(smaller)
        });
        match smaller {
            Some(smaller) => body = smaller,
            None => return body,
        }
    }
}

/// Pointers to everything inside `value`, what is around before what is inside.
fn parts(value: &Value, pointer: &str) -> Vec<String> {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, member)| (format!("{pointer}/{name}"), member)).collect()
        }
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(at, one)| (format!("{pointer}/{at}"), one)).collect()
        }
        _ => Vec::new(),
    };
    inside
        .into_iter()
        .flat_map(|(pointer, value)| {
            let within = parts(value, &pointer);
            std::iter::once(pointer).chain(within)
        })
        .collect()
}

fn remove(body: &mut Value, pointer: &str) {
    let Some((around, last)) = pointer.rsplit_once('/') else { return };
    match body.pointer_mut(around) {
        Some(Value::Object(members)) => _ = members.shift_remove(last),
        Some(Value::Array(elements)) => _ = elements.remove(last.parse().unwrap_or_default()),
        _ => {}
    }
}
