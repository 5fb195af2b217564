//! The way into a block, to the first thing in it that differs.

use llm_cache_core::json::{JsonKind, JsonStr, JsonValue};
use llm_cache_core::prompt::{Place, PromptPart, PromptView};

use super::difference::Change;
use super::outline::{block_form, plain_form};

/// What to add to the path of a block, and what happened there; `None` where the blocks are not
/// there, or are the same.
pub(super) fn of_blocks(
    was: Place,
    is: Place,
    previous: &PromptView<'_>,
    current: &PromptView<'_>,
) -> Option<(String, Change)> {
    let (was, is) = (part_at(previous, was)?, part_at(current, is)?);
    if was.role != is.role {
        return Some((String::new(), Change::Changed));
    }
    of_forms(&block_form(&was), &block_form(&is))
}

/// The same for a member of the body that counts as a setting.
pub(super) fn of_members(
    path: &str,
    previous: &PromptView<'_>,
    current: &PromptView<'_>,
) -> Option<(String, Change)> {
    match (member(previous, path), member(current, path)) {
        (Some(was), Some(is)) => of_forms(&plain_form(was), &plain_form(is)),
        (None, Some(_)) => Some((String::new(), Change::Added)),
        (Some(_), None) => Some((String::new(), Change::Removed)),
        (None, None) => None,
    }
}

fn part_at<'a>(prompt: &PromptView<'a>, place: Place) -> Option<PromptPart<'a>> {
    prompt.parts().find(|part| part.place == place)
}

fn member<'a>(prompt: &PromptView<'a>, path: &str) -> Option<JsonValue<'a>> {
    let mut names = path.split('.');
    let first = prompt.member(names.next()?);
    names.fold(first, |value, name| value?.get(name)).filter(|value| !value.is_null())
}

/// Forms are compact and spelled in one way: two are the same value exactly when they are the same
/// text.
fn of_forms(was: &str, is: &str) -> Option<(String, Change)> {
    let mut path = String::new();
    let mut pair = (parsed(was)?, parsed(is)?);
    if was == is {
        return None;
    }
    loop {
        match step(pair.0, pair.1, &mut path) {
            Ok(inner) => pair = inner,
            Err(change) => return Some((path, change)),
        }
    }
}

fn parsed(form: &str) -> Option<JsonValue<'_>> {
    JsonValue::parse(form.as_bytes()).ok()
}

/// One step down to what differs, or what happened where no further step leads.
fn step<'a>(
    was: JsonValue<'a>,
    is: JsonValue<'a>,
    path: &mut String,
) -> Result<(JsonValue<'a>, JsonValue<'a>), Change> {
    match (was.kind(), is.kind()) {
        (JsonKind::Object, JsonKind::Object) => into_object(was, is, path),
        (JsonKind::Array, JsonKind::Array) => into_array(was, is, path),
        (JsonKind::Number, JsonKind::Number) if was.as_f64() == is.as_f64() => {
            Err(Change::Respelled)
        }
        _ => Err(Change::Changed),
    }
}

fn into_object<'a>(
    was: JsonValue<'a>,
    is: JsonValue<'a>,
    path: &mut String,
) -> Result<(JsonValue<'a>, JsonValue<'a>), Change> {
    let has =
        |object: JsonValue<'_>, name: JsonStr<'_>| object.members().any(|(other, _)| other == name);
    for ((old_name, old), (new_name, new)) in was.members().zip(is.members()) {
        if old_name == new_name && old.text() == new.text() {
            continue;
        }
        if old_name == new_name {
            add(path, new_name);
            return Ok((old, new));
        }
        if !has(was, new_name) {
            add(path, new_name);
            return Err(Change::Added);
        }
        if !has(is, old_name) {
            add(path, old_name);
            return Err(Change::Removed);
        }
        return Err(Change::Reordered);
    }
    // One is the other's beginning.
    let (old_len, new_len) = (was.members().count(), is.members().count());
    let longer = if new_len > old_len { is } else { was };
    if let Some((name, _)) = longer.members().nth(old_len.min(new_len)) {
        add(path, name);
    }
    Err(if new_len > old_len { Change::Added } else { Change::Removed })
}

fn into_array<'a>(
    was: JsonValue<'a>,
    is: JsonValue<'a>,
    path: &mut String,
) -> Result<(JsonValue<'a>, JsonValue<'a>), Change> {
    let mut pairs = was.elements().zip(is.elements()).enumerate();
    if let Some((index, pair)) = pairs.find(|(_, (old, new))| old.text() != new.text()) {
        path.push_str(&format!(".{index}"));
        return Ok(pair);
    }
    let (old_len, new_len) = (was.elements().count(), is.elements().count());
    path.push_str(&format!(".{}", old_len.min(new_len)));
    Err(if new_len > old_len { Change::Added } else { Change::Removed })
}

/// A name is the caller's text: it may not break the line that it is shown in.
fn add(path: &mut String, name: JsonStr<'_>) {
    path.push('.');
    path.extend(name.chars().flat_map(char::escape_debug));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(was: &str, is: &str) -> Option<(String, Change)> {
        of_forms(was, is)
    }

    /// The path leads to the innermost thing that differs, and says what happened to it.
    #[test]
    fn the_first_difference_has_a_path() {
        let found = |path: &str, change| Some((path.to_string(), change));
        assert_eq!(inside(r#"{"a":1}"#, r#"{"a":1}"#), None);
        let cases = [
            (r#"{"a":{"b":[1,2]}}"#, r#"{"a":{"b":[1,3]}}"#, ".a.b.1", Change::Changed),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, "", Change::Reordered),
            (r#"{"a":1,"c":2}"#, r#"{"a":1,"b":3,"c":2}"#, ".b", Change::Added),
            (r#"{"a":1,"b":3,"c":2}"#, r#"{"a":1,"c":2}"#, ".b", Change::Removed),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, ".b", Change::Added),
            (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, ".b", Change::Removed),
            (r#"{"a":[1]}"#, r#"{"a":[1,2]}"#, ".a.1", Change::Added),
            (r#"{"a":[1,2]}"#, r#"{"a":[1]}"#, ".a.1", Change::Removed),
            (r#"{"a":1}"#, r#"{"a":1.0}"#, ".a", Change::Respelled),
            (r#"{"a":1}"#, r#"{"a":"1"}"#, ".a", Change::Changed),
            (r#"{"a\"b":1}"#, r#"{"a\"b":2}"#, ".a\\\"b", Change::Changed),
        ];
        for (was, is, path, change) in cases {
            assert_eq!(inside(was, is), found(path, change), "{was} {is}");
        }
    }
}
