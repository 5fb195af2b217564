//! How a delta adds to its message.

use super::super::stream::{
    AssembleError, Fold, MessageMemory, PartId, PartKind, Unfoldable, is_any, known, next_name,
    open_object, set_latest,
};
use super::assemble::is_nothing;
use crate::json::{Elements, JsonKind, JsonStr, JsonValue, Object, Reader};

/// Members that say what a part is: they do not grow, and servers repeat them.
const CONSTANT: [&str; 6] = ["role", "type", "id", "format", "channel", "index"];
/// More tool calls, or numbered parts of any kind, than an answer has.
const INDEX_MAX: u64 = 10_000;
/// How deep objects of unknown members are merged; below it the latest value counts.
const LEVELS_MAX: usize = 4;

/// The elements of an array; `null` has none.
pub(super) fn elements(list: JsonValue<'_>) -> Result<Elements<'_>, AssembleError> {
    match list.kind() {
        JsonKind::Array | JsonKind::Null => Ok(list.elements()),
        _ => Err(Unfoldable::Kind.into()),
    }
}

/// Folds the `delta` of a choice.
pub(super) fn fold_delta<M: MessageMemory>(
    fold: &mut Fold<M>,
    message: PartId,
    delta: JsonValue<'_>,
) -> Result<(), AssembleError> {
    let mut reader = Reader::of_str(delta.text());
    open_object(&mut reader)?;
    while let Some(name) = next_name(&mut reader)? {
        let value = reader.value()?;
        if is_nothing(value) {
        } else if name.eq_str("tool_calls") {
            tool_calls(fold, message, value)?;
        } else if name.eq_str("function_call") {
            function(fold, message, &name, value)?;
        } else {
            merge_member(fold, message, &name, value, 0)?;
        }
    }
    Ok(())
}

fn tool_calls<M: MessageMemory>(
    fold: &mut Fold<M>,
    message: PartId,
    list: JsonValue<'_>,
) -> Result<(), AssembleError> {
    let calls = fold.ensure(message, &known("tool_calls"), PartKind::Array)?;
    for value in elements(list)? {
        if value.kind() != JsonKind::Object {
            return Err(Unfoldable::Kind.into());
        }
        let value = Object::of(value);
        let call = call_of(fold, calls, &value)?;
        for (name, value) in value.members() {
            if is_nothing(value) || name.eq_str("index") {
            } else if name.eq_str("function") {
                function(fold, call, &name, value)?;
            } else {
                merge_member(fold, call, &name, value, 0)?;
            }
        }
    }
    Ok(())
}

/// The call that a fragment adds to. An index names it; but servers that send each call whole give
/// all of them the same index, or none, so an id of its own begins another call.
fn call_of<M: MessageMemory>(
    fold: &mut Fold<M>,
    calls: PartId,
    value: &Object<'_>,
) -> Result<PartId, AssembleError> {
    let index = match value.get("index").filter(|index| !is_nothing(*index)) {
        None => None,
        Some(index) => Some(index_of(index)?),
    };
    let id = value.get("id").filter(|id| !matches!(id.text(), "null" | r#""""#));
    let same_index = |call: &PartId| index.is_none_or(|index| fold.index(*call) == index);
    let found = fold.children(calls).filter(same_index).last();
    if let Some(call) = found {
        let known = fold.member(call, &known("id")).map(|known| fold.text(known));
        let is_another = matches!((known, id), (Some(known), Some(id)) if known != id.text());
        if !is_another {
            return Ok(call);
        }
    }
    let last = fold.children(calls).last().map_or(0, |last| fold.index(last));
    fold.add_element(calls, index.unwrap_or(last), PartKind::Object)
}

fn index_of(index: JsonValue<'_>) -> Result<u32, AssembleError> {
    let index = index.as_u64().filter(|index| *index < INDEX_MAX).ok_or(Unfoldable::Index)?;
    u32::try_from(index).map_err(|_| Unfoldable::Index.into())
}

/// The function of a tool call, or the older `function_call`: its arguments are a string that
/// grows, its name comes once.
fn function<M: MessageMemory>(
    fold: &mut Fold<M>,
    object: PartId,
    name: &JsonStr<'_>,
    value: JsonValue<'_>,
) -> Result<(), AssembleError> {
    let function = fold.ensure(object, name, PartKind::Object)?;
    let mut reader = Reader::of_str(value.text());
    open_object(&mut reader)?;
    while let Some(name) = next_name(&mut reader)? {
        let value = reader.value()?;
        if is_nothing(value) {
        } else if name.eq_str("name") {
            let part = fold.ensure(function, &name, PartKind::Text)?;
            let text = value.as_str().ok_or(Unfoldable::Kind)?;
            // Some servers repeat the name in each fragment.
            if !fold.is_text(part, text.raw()) {
                fold.once();
                fold.append_text(part, &text)?;
            }
        } else {
            merge_member(fold, function, &name, value, 0)?;
        }
    }
    fold.ensure(function, &known("arguments"), PartKind::Text)?;
    Ok(())
}

/// Sets a member to its latest value; of an object, each member to its latest value, since servers
/// spread one over chunks.
pub(super) fn latest<M: MessageMemory>(
    fold: &mut Fold<M>,
    object: PartId,
    name: &JsonStr<'_>,
    value: JsonValue<'_>,
    level: usize,
) -> Result<(), AssembleError> {
    let known = fold.member(object, name);
    let is_open = known.is_none_or(|known| fold.kind(known) == PartKind::Object);
    if value.kind() != JsonKind::Object || level == LEVELS_MAX || !is_open && !is_null(fold, known)
    {
        return set_latest(fold, object, name, value);
    }
    let part = fold.ensure(object, name, PartKind::Object)?;
    for (name, value) in value.members() {
        latest(fold, part, &name, value, level + 1)?;
    }
    Ok(())
}

fn is_null<M: MessageMemory>(fold: &Fold<M>, part: Option<PartId>) -> bool {
    part.is_some_and(|part| fold.is_null(part))
}

/// Adds the members of an object to those of a part.
pub(super) fn merge<M: MessageMemory>(
    fold: &mut Fold<M>,
    object: PartId,
    value: JsonValue<'_>,
) -> Result<(), AssembleError> {
    merge_at(fold, object, value, 0)
}

fn merge_at<M: MessageMemory>(
    fold: &mut Fold<M>,
    object: PartId,
    value: JsonValue<'_>,
    level: usize,
) -> Result<(), AssembleError> {
    let mut reader = Reader::of_str(value.text());
    open_object(&mut reader)?;
    while let Some(name) = next_name(&mut reader)? {
        merge_member(fold, object, &name, reader.value()?, level)?;
    }
    Ok(())
}

fn merge_member<M: MessageMemory>(
    fold: &mut Fold<M>,
    object: PartId,
    name: &JsonStr<'_>,
    value: JsonValue<'_>,
    level: usize,
) -> Result<(), AssembleError> {
    match value.kind() {
        JsonKind::Null => Ok(()),
        JsonKind::String if !is_any(name, &CONSTANT) => {
            let part = fold.ensure(object, name, PartKind::Text)?;
            let text = value.as_str().ok_or(Unfoldable::Kind)?;
            fold.append_text(part, &text)
        }
        JsonKind::Array => merge_list(fold, object, name, value, level),
        JsonKind::Object if level < LEVELS_MAX => {
            let part = fold.ensure(object, name, PartKind::Object)?;
            merge_at(fold, part, value, level + 1)
        }
        _ => set_latest(fold, object, name, value),
    }
}

/// A list whose elements have numbers is merged by number; the elements of another are added.
fn merge_list<M: MessageMemory>(
    fold: &mut Fold<M>,
    object: PartId,
    name: &JsonStr<'_>,
    value: JsonValue<'_>,
    level: usize,
) -> Result<(), AssembleError> {
    let is_numbered = level < LEVELS_MAX
        && value.elements().next().is_some_and(|first| first.get("index").is_some());
    if !is_numbered {
        // An empty list says nothing about the kind that a later one has.
        if value.elements().next().is_none() && fold.member(object, name).is_some() {
            return Ok(());
        }
        let part = fold.ensure(object, name, PartKind::Elements)?;
        return value.elements().try_for_each(|value| fold.append_element(part, value.text()));
    }
    let list = fold.ensure(object, name, PartKind::Array)?;
    for value in value.elements() {
        let index = index_of(value.get("index").ok_or(Unfoldable::Index)?)?;
        let kind = value.get("type").map(|kind| kind.text());
        let goes_on = |element: &PartId| {
            let known = fold.member(*element, &known("type")).map(|known| fold.text(known));
            fold.index(*element) == index && (known == kind || kind.is_none())
        };
        let found = fold.children(list).filter(goes_on).last();
        let element = match found {
            Some(element) => element,
            None => fold.add_element(list, index, PartKind::Object)?,
        };
        merge_at(fold, element, value, level + 1)?;
    }
    Ok(())
}
