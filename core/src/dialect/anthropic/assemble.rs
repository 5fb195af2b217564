//! How the events of an Anthropic stream make up its message.
//!
//! Source: "Streaming Messages" of the API's documentation, and the accumulators of the vendor's
//! own clients.

use super::super::stream::{
    AssembleError, Fold, MessageMemory, PartId, PartKind, Unfoldable, is_any, known, next_name,
    open_object, set_latest,
};
use crate::json::{JsonKind, JsonStr, JsonValue, Object, Reader};

/// More blocks than any answer has.
const BLOCKS_MAX: u64 = 10_000;

/// Folds one event, whose name is in its data, too.
pub(in super::super) fn event<M: MessageMemory>(
    fold: &mut Fold<M>,
    name: &str,
    root: &Object<'_>,
) -> Result<(), AssembleError> {
    let told = root.get("type").and_then(|told| told.as_str());
    let is = |expected| match name {
        "" => told.is_some_and(|told| told.eq_str(expected)),
        name => name == expected,
    };
    if is("ping") {
        return Ok(());
    }
    if is("message_start") {
        return start(fold, root);
    }
    if !fold.is_begun() {
        return Err(Unfoldable::Order.into());
    }
    if is("content_block_delta") {
        delta(fold, root)
    } else if is("content_block_start") {
        block_start(fold, root)
    } else if is("content_block_stop") {
        block_stop(fold, root)
    } else if is("message_delta") {
        message_delta(fold, root)
    } else if is("message_stop") {
        only(root, &["type"])
    } else {
        Err(Unfoldable::Event.into())
    }
}

/// What only the end can tell: that each block was ended.
pub(in super::super) fn finish<M: MessageMemory>(fold: &Fold<M>) -> Result<(), AssembleError> {
    let content = fold.member(PartId::ROOT, &known("content")).ok_or(Unfoldable::Order)?;
    let mut expected = 0..;
    let is_whole = fold
        .children(content)
        .all(|block| fold.is_closed(block) && expected.next() == Some(fold.index(block)));
    if is_whole { Ok(()) } else { Err(Unfoldable::Order.into()) }
}

/// An event has these members and no others.
fn only(root: &Object<'_>, names: &[&str]) -> Result<(), AssembleError> {
    if root.members().all(|(name, _)| is_any(&name, names)) {
        Ok(())
    } else {
        Err(Unfoldable::Member.into())
    }
}

fn start<M: MessageMemory>(fold: &mut Fold<M>, root: &Object<'_>) -> Result<(), AssembleError> {
    if fold.is_begun() {
        return Err(Unfoldable::Order.into());
    }
    only(root, &["type", "message"])?;
    let message = root.get("message").ok_or(Unfoldable::Kind)?;
    fold.once();
    fold.begin()?;
    let mut reader = Reader::of_str(message.text());
    open_object(&mut reader)?;
    while let Some(name) = next_name(&mut reader)? {
        let value = reader.value()?;
        if name.eq_str("content") {
            if value.elements().next().is_some() {
                return Err(Unfoldable::Kind.into());
            }
            fold.ensure(PartId::ROOT, &name, PartKind::Array)?;
        } else if name.eq_str("usage") {
            usage(fold, value)?;
        } else {
            fold.set(PartId::ROOT, &name, value.text())?;
        }
    }
    fold.ensure(PartId::ROOT, &known("content"), PartKind::Array)?;
    Ok(())
}

/// Counts are cumulative: the latest of each counts, and `null` changes nothing.
fn usage<M: MessageMemory>(fold: &mut Fold<M>, value: JsonValue<'_>) -> Result<(), AssembleError> {
    if value.is_null() {
        return Ok(());
    }
    let usage = fold.ensure(PartId::ROOT, &known("usage"), PartKind::Object)?;
    latest_members(fold, usage, value)
}

fn latest_members<M: MessageMemory>(
    fold: &mut Fold<M>,
    object: PartId,
    value: JsonValue<'_>,
) -> Result<(), AssembleError> {
    let mut reader = Reader::of_str(value.text());
    open_object(&mut reader)?;
    while let Some(name) = next_name(&mut reader)? {
        set_latest(fold, object, &name, reader.value()?)?;
    }
    Ok(())
}

fn message_delta<M: MessageMemory>(
    fold: &mut Fold<M>,
    root: &Object<'_>,
) -> Result<(), AssembleError> {
    for (name, value) in root.members() {
        if name.eq_str("type") {
        } else if name.eq_str("delta") {
            latest_members(fold, PartId::ROOT, value)?;
        } else if name.eq_str("usage") {
            usage(fold, value)?;
        } else {
            set_latest(fold, PartId::ROOT, &name, value)?;
        }
    }
    Ok(())
}

fn index(root: &Object<'_>) -> Result<u32, AssembleError> {
    let index = root.get("index").and_then(|index| index.as_u64());
    let index = index.filter(|index| *index < BLOCKS_MAX).ok_or(Unfoldable::Index)?;
    u32::try_from(index).map_err(|_| Unfoldable::Index.into())
}

fn content<M: MessageMemory>(fold: &Fold<M>) -> Result<PartId, AssembleError> {
    fold.member(PartId::ROOT, &known("content")).ok_or_else(|| Unfoldable::Order.into())
}

fn block_start<M: MessageMemory>(
    fold: &mut Fold<M>,
    root: &Object<'_>,
) -> Result<(), AssembleError> {
    only(root, &["type", "index", "content_block"])?;
    let (index, content) = (index(root)?, content(fold)?);
    if fold.element(content, index).is_some() {
        return Err(Unfoldable::Order.into());
    }
    fold.once();
    let block = fold.add_element(content, index, PartKind::Object)?;
    let start = root.get("content_block").ok_or(Unfoldable::Kind)?;
    let mut reader = Reader::of_str(start.text());
    open_object(&mut reader)?;
    while let Some(name) = next_name(&mut reader)? {
        let value = reader.value()?;
        if fold.member(block, &name).is_some() {
            return Err(Unfoldable::Member.into());
        }
        match (kind_of(&name), value.as_str()) {
            (PartKind::Text, Some(text)) => {
                let part = fold.add_member(block, &name, PartKind::Text)?;
                fold.append_text(part, &text)?;
            }
            (PartKind::Pieces, _) if is_empty(value, JsonKind::Object) => {
                fold.add_member(block, &name, PartKind::Pieces)?;
            }
            (PartKind::Elements, _) if is_empty(value, JsonKind::Array) => {
                fold.add_member(block, &name, PartKind::Elements)?;
            }
            _ => fold.set(block, &name, value.text())?,
        }
    }
    Ok(())
}

fn is_empty(value: JsonValue<'_>, kind: JsonKind) -> bool {
    value.kind() == kind && value.members().next().is_none() && value.elements().next().is_none()
}

/// How a member of a block grows.
fn kind_of(name: &JsonStr<'_>) -> PartKind {
    if is_any(name, &["text", "thinking", "signature"]) {
        PartKind::Text
    } else if name.eq_str("input") {
        PartKind::Pieces
    } else if name.eq_str("citations") {
        PartKind::Elements
    } else {
        PartKind::Raw
    }
}

fn delta<M: MessageMemory>(fold: &mut Fold<M>, root: &Object<'_>) -> Result<(), AssembleError> {
    only(root, &["type", "index", "delta"])?;
    let block = open_block(fold, root)?;
    let delta = Object::of(root.get("delta").ok_or(Unfoldable::Kind)?);
    let kind = delta.get("type").and_then(|kind| kind.as_str()).ok_or(Unfoldable::Delta)?;
    let is = |expected| kind.eq_str(expected);
    let (from, to) = if is("text_delta") {
        ("text", "text")
    } else if is("input_json_delta") {
        ("partial_json", "input")
    } else if is("thinking_delta") {
        ("thinking", "thinking")
    } else if is("signature_delta") {
        ("signature", "signature")
    } else if is("citations_delta") {
        ("citation", "citations")
    } else if is("compaction_delta") {
        ("content", "content")
    } else {
        return Err(Unfoldable::Delta.into());
    };
    only(&delta, &["type", from])?;
    let value = delta.get(from).ok_or(Unfoldable::Kind)?;
    let name = known(to);
    let text = || value.as_str().ok_or(AssembleError::from(Unfoldable::Kind));
    match kind_of(&name) {
        // The vendor's clients replace a signature; it comes in one piece.
        PartKind::Text if to == "signature" => {
            let part = fold.ensure(block, &name, PartKind::Text)?;
            fold.replace(part, text()?.raw())
        }
        PartKind::Text => {
            let part = fold.ensure(block, &name, PartKind::Text)?;
            fold.append_text(part, &text()?)
        }
        PartKind::Pieces => {
            let part = fold.ensure(block, &name, PartKind::Pieces)?;
            fold.append_decoded(part, &text()?)
        }
        PartKind::Elements => {
            let part = fold.ensure(block, &name, PartKind::Elements)?;
            fold.append_element(part, value.text())
        }
        PartKind::Raw | PartKind::Object | PartKind::Array => fold.set(block, &name, value.text()),
    }
}

/// The block that an event is about, which has begun and not ended.
fn open_block<M: MessageMemory>(
    fold: &Fold<M>,
    root: &Object<'_>,
) -> Result<PartId, AssembleError> {
    let block = fold.element(content(fold)?, index(root)?);
    block.filter(|block| !fold.is_closed(*block)).ok_or_else(|| Unfoldable::Order.into())
}

fn block_stop<M: MessageMemory>(
    fold: &mut Fold<M>,
    root: &Object<'_>,
) -> Result<(), AssembleError> {
    only(root, &["type", "index"])?;
    let block = open_block(fold, root)?;
    fold.close(block);
    let Some(input) = fold.member(block, &known("input")) else { return Ok(()) };
    let text = fold.text(input);
    let is_pieces = fold.kind(input) == PartKind::Pieces && !text.is_empty();
    if is_pieces && JsonValue::parse(text.as_bytes()).is_err() {
        return Err(Unfoldable::Value.into());
    }
    Ok(())
}
