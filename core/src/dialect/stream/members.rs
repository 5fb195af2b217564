//! Steps through an event that the dialects have in common.

use super::{AssembleError, Fold, MessageMemory, PartId, Unfoldable};
use crate::json::{JsonStr, JsonValue, Reader, Token};

/// Steps into the object that is next.
pub(in crate::dialect) fn open_object(reader: &mut Reader<'_>) -> Result<(), AssembleError> {
    match reader.next()? {
        Some(Token::ObjectStart) => Ok(()),
        _ => Err(Unfoldable::Kind.into()),
    }
}

/// The name of the next member of an open object; `None` behind its last.
pub(in crate::dialect) fn next_name<'e>(
    reader: &mut Reader<'e>,
) -> Result<Option<JsonStr<'e>>, AssembleError> {
    match reader.next()? {
        Some(Token::Name(name)) => Ok(Some(name)),
        _ => Ok(None),
    }
}

pub(in crate::dialect) fn is_any(name: &JsonStr<'_>, names: &[&str]) -> bool {
    names.iter().any(|each| name.eq_str(each))
}

/// Sets a member to its latest value. `null` and an empty string say nothing where there is a value
/// already: servers send them in the chunks that have nothing to add.
pub(in crate::dialect) fn set_latest<M: MessageMemory>(
    fold: &mut Fold<M>,
    object: PartId,
    name: &JsonStr<'_>,
    value: JsonValue<'_>,
) -> Result<(), AssembleError> {
    let says_nothing = matches!(value.text(), "null" | r#""""#);
    if says_nothing && fold.member(object, name).is_some() {
        return Ok(());
    }
    fold.set(object, name, value.text())
}
