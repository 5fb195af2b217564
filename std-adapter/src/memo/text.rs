//! Values by way of their JSON text: results to be kept, and arguments that only the text can tell.

use serde::Serialize;

use llm_cache_core::canonical::{Everything, Slot, canonicalize, scratch_needed, write_json};

/// A value has no canonical JSON: it holds a NaN, an infinity or a map whose keys are no strings,
/// or its `Serialize` refuses.
#[derive(Debug, PartialEq, Eq)]
pub struct Unkeyable;

/// Canonical JSON of a value.
pub(super) fn canonical(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Unkeyable> {
    let text = json(value)?;
    let slots = scratch_needed(&text).map_err(|_| Unkeyable)?;
    let mut canonical = Vec::with_capacity(text.len());
    canonicalize(&text, &Everything, &mut vec![Slot::EMPTY; slots], &mut canonical)
        .map_err(|_| Unkeyable)?;
    Ok(canonical)
}

/// JSON of a value, in its own order, with nothing made up: what JSON cannot say is refused.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Unkeyable> {
    let mut text = Vec::new();
    write_json(value, &mut text).map_err(|_| Unkeyable)?;
    Ok(text)
}
