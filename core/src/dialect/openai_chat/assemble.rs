//! How the chunks of a Chat stream make up its completion.
//!
//! Source: the API's reference of `chat.completion.chunk`, the accumulators of the vendor's own
//! clients, and recorded streams of compatible servers.

use super::super::stream::{
    AssembleError, Fold, MessageMemory, PartId, PartKind, Unfoldable, is_any, known, set_latest,
};
use super::delta::{self, elements};
use crate::json::{JsonKind, JsonStr, JsonValue, Object};

/// More choices than any server gives: OpenAI takes an `n` of up to 128.
const CHOICES_MAX: u64 = 128;

/// Folds one chunk.
pub(in super::super) fn chunk<M: MessageMemory>(
    fold: &mut Fold<M>,
    root: &Object<'_>,
) -> Result<(), AssembleError> {
    fold.begin()?;
    for (name, value) in root.members() {
        if name.eq_str("choices") {
            choices(fold, value)?;
        } else if name.eq_str("usage") {
            // All counts come at once, and `null` in the chunks before.
            if !value.is_null() {
                fold.set(PartId::ROOT, &name, value.text())?;
            }
        } else if name.eq_str("object") {
            fold.set(PartId::ROOT, &name, r#""chat.completion""#)?;
        } else if is_any(&name, &["id", "created", "model"]) {
            set_first(fold, &name, value)?;
        } else if let (true, Some(padding)) = (is_padding(&name), value.as_str()) {
            fold.ignore_text(&padding);
        } else {
            delta::latest(fold, PartId::ROOT, &name, value, 0)?;
        }
    }
    Ok(())
}

/// What names the completion is said by the first chunk that says something, as the vendor's
/// clients read it: some servers give each chunk an id of its own, and a first chunk without any.
fn set_first<M: MessageMemory>(
    fold: &mut Fold<M>,
    name: &JsonStr<'_>,
    value: JsonValue<'_>,
) -> Result<(), AssembleError> {
    let known = fold.member(PartId::ROOT, name).map(|known| fold.text(known));
    if known.is_some_and(|known| !matches!(known, "null" | "0" | r#""""#)) {
        return Ok(());
    }
    set_latest(fold, PartId::ROOT, name, value)
}

/// Random text that hides how long a piece is: `obfuscation` of OpenAI, `p` of Mistral.
fn is_padding(name: &JsonStr<'_>) -> bool {
    name.eq_str("obfuscation") || name.eq_str("p")
}

fn choices<M: MessageMemory>(fold: &mut Fold<M>, list: JsonValue<'_>) -> Result<(), AssembleError> {
    if list.is_null() {
        return Ok(());
    }
    let choices = fold.ensure(PartId::ROOT, &known("choices"), PartKind::Array)?;
    for value in elements(list)? {
        if value.kind() != JsonKind::Object {
            return Err(Unfoldable::Kind.into());
        }
        let value = Object::of(value);
        let index = match value.get("index") {
            None => Some(0),
            Some(index) => index.as_u64().filter(|index| *index < CHOICES_MAX),
        };
        let index = index.and_then(|index| u32::try_from(index).ok()).ok_or(Unfoldable::Index)?;
        let choice = match fold.element(choices, index) {
            Some(choice) => choice,
            None => begin_choice(fold, choices, index)?,
        };
        fold_choice(fold, choice, &value)?;
    }
    Ok(())
}

fn begin_choice<M: MessageMemory>(
    fold: &mut Fold<M>,
    choices: PartId,
    index: u32,
) -> Result<PartId, AssembleError> {
    let choice = fold.add_element(choices, index, PartKind::Object)?;
    let mut digits = [0; 3];
    fold.set(choice, &known("index"), decimal(index, &mut digits))?;
    fold.ensure(choice, &known("message"), PartKind::Object)?;
    Ok(choice)
}

/// A number below 1,000 as it is written.
fn decimal(number: u32, digits: &mut [u8; 3]) -> &str {
    *digits = [number / 100, number / 10 % 10, number % 10].map(|digit| b'0' + digit as u8);
    let zeros = digits.iter().take(2).take_while(|digit| **digit == b'0').count();
    core::str::from_utf8(digits.get(zeros..).unwrap_or_default()).unwrap_or_default()
}

fn fold_choice<M: MessageMemory>(
    fold: &mut Fold<M>,
    choice: PartId,
    value: &Object<'_>,
) -> Result<(), AssembleError> {
    let message = fold.ensure(choice, &known("message"), PartKind::Object)?;
    let mut repeated = None;
    for (name, value) in value.members() {
        if name.eq_str("delta") {
            if !value.is_null() {
                delta::fold_delta(fold, message, value)?;
            }
        } else if name.eq_str("logprobs") {
            if !value.is_null() {
                let logprobs = fold.ensure(choice, &name, PartKind::Object)?;
                delta::merge(fold, logprobs, value)?;
            }
        } else if name.eq_str("message") {
            repeated = Some(value);
        } else if !(name.eq_str("index") || name.eq_str("finish_reason") && value.is_null()) {
            delta::latest(fold, choice, &name, value, 0)?;
        }
    }
    match repeated {
        Some(repeated) if !repeated.is_null() => {
            fold.once();
            agree(fold, message, repeated)
        }
        _ => Ok(()),
    }
}

/// Perplexity repeats in each chunk the message so far: it must be the one that the deltas make.
fn agree<M: MessageMemory>(
    fold: &Fold<M>,
    message: PartId,
    repeated: JsonValue<'_>,
) -> Result<(), AssembleError> {
    for (name, value) in repeated.members() {
        let known = fold.member(message, &name).ok_or(Unfoldable::Disagreement)?;
        let is_same = match (fold.kind(known), value.as_str()) {
            (PartKind::Text, Some(text)) => JsonStr::new(fold.text(known), true) == text,
            (PartKind::Raw, _) => fold.text(known) == value.text(),
            _ => false,
        };
        if !is_same {
            return Err(Unfoldable::Disagreement.into());
        }
    }
    Ok(())
}

/// Adds what each completion has, where the stream did not say it.
pub(in super::super) fn finish<M: MessageMemory>(fold: &mut Fold<M>) -> Result<(), AssembleError> {
    let choices = fold.ensure(PartId::ROOT, &known("choices"), PartKind::Array)?;
    let mut next = fold.children(choices).next();
    let mut expected = 0;
    while let Some(choice) = next {
        if fold.index(choice) != expected {
            return Err(Unfoldable::Index.into());
        }
        expected += 1;
        let message = fold.ensure(choice, &known("message"), PartKind::Object)?;
        for (name, value) in [("role", r#""assistant""#), ("content", "null")] {
            if fold.member(message, &known(name)).is_none() {
                fold.set(message, &known(name), value)?;
            }
        }
        next = fold.children(choices).nth(expected as usize);
    }
    Ok(())
}

/// Whether a value is one that a delta adds nothing with.
pub(super) fn is_nothing(value: JsonValue<'_>) -> bool {
    value.kind() == JsonKind::Null
}
