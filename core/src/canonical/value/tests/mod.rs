//! The canonical form of a value against that of the text that serde_json writes for it.

mod any;
mod derived;
mod limits;

use super::*;
use crate::{
    canonical::{Place, canonicalize, scratch_needed, write_json},
    json::JsonStr,
};
use any::{Any, Name, value};
use proptest::prelude::*;
use std::{string::String, vec, vec::Vec};

struct Bytes(Vec<u8>);

impl embedded_io::ErrorType for Bytes {
    type Error = core::convert::Infallible;
}

impl embedded_io::Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl Sink for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

fn canonical_in<T: Serialize + ?Sized>(
    value: &T,
    selection: &impl Selection,
    slots: usize,
) -> Result<String, ValueError> {
    let mut bytes = Bytes(vec![]);
    canonicalize_value(value, selection, &mut vec![Slot::EMPTY; slots], &mut bytes)?;
    Ok(String::from_utf8(bytes.0).expect("canonical bytes are UTF-8"))
}

fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<String, ValueError> {
    canonical_in(value, &Everything, scratch_needed_for(value)?)
}

/// What the value's text becomes.
fn canonical_text<T: Serialize + ?Sized>(
    value: &T,
    selection: &impl Selection,
) -> Result<String, CanonicalError> {
    let text = serde_json::to_string(value).expect("a text");
    let slots = scratch_needed(text.as_bytes())?;
    let mut bytes = Bytes(vec![]);
    canonicalize(text.as_bytes(), selection, &mut vec![Slot::EMPTY; slots], &mut bytes)?;
    Ok(String::from_utf8(bytes.0).expect("canonical bytes are UTF-8"))
}

/// The strict form of a value.
fn strict<T: Serialize + ?Sized>(value: &T) -> Result<String, ValueError> {
    let canonical = |slots| {
        let mut bytes = Bytes(vec![]);
        canonicalize_strict(value, &mut vec![Slot::EMPTY; slots], &mut bytes)?;
        Ok(String::from_utf8(bytes.0).expect("canonical bytes are UTF-8"))
    };
    match canonical(0) {
        Err(ValueError::ScratchTooSmall { needed }) => canonical(needed),
        outcome => outcome,
    }
}

/// What the text becomes that [`write_json`] writes for the value; `None` where it writes none.
fn strict_text<T: Serialize + ?Sized>(value: &T) -> Option<Result<String, CanonicalError>> {
    let (mut text, mut bytes) = (Bytes(vec![]), Bytes(vec![]));
    write_json(value, &mut text).ok()?;
    let slots = scratch_needed(&text.0);
    let canonical = slots.map_err(CanonicalError::from).and_then(|slots| {
        canonicalize(&text.0, &Everything, &mut vec![Slot::EMPTY; slots], &mut bytes)
    });
    Some(canonical.map(|()| String::from_utf8(bytes.0).expect("canonical bytes are UTF-8")))
}

/// Leaves members out by the letters of their names, and differently in every other place.
struct Moody;

impl Selection for Moody {
    fn member(&self, place: Place, name: &JsonStr<'_>) -> Option<Place> {
        let letters: u32 = name.chars().map(u32::from).sum();
        let sum = letters + u32::from(place.number());
        (!sum.is_multiple_of(3)).then_some(Place::new(sum as u8))
    }

    fn element(&self, place: Place) -> Place {
        Place::new(place.number() + 1)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 500 }))]

    /// A value has the canonical form that its text has, whatever is left out, and none where its
    /// text has none.
    #[test]
    fn a_value_is_its_text(value in value()) {
        match (canonical_text(&value, &Everything), canonical(&value)) {
            (Ok(expected), ours) => prop_assert_eq!(ours, Ok(expected)),
            (Err(CanonicalError::DuplicateName { .. }), ours) => {
                prop_assert_eq!(ours, Err(ValueError::DuplicateName));
            }
            (Err(other), _) => prop_assert!(false, "{}", other),
        }
        let slots = scratch_needed_for(&value).unwrap_or(64);
        let expected = canonical_text(&value, &Moody);
        prop_assert_eq!(canonical_in(&value, &Moody, slots).ok(), expected.ok());
    }

    /// The strict form is that of the text that `write_json` writes, and is refused where that is.
    #[test]
    fn a_strict_value_is_its_written_text(value in value()) {
        match (strict_text(&value), strict(&value)) {
            (Some(Ok(expected)), ours) => prop_assert_eq!(ours, Ok(expected)),
            (Some(Err(CanonicalError::DuplicateName { .. })), ours) => {
                prop_assert_eq!(ours, Err(ValueError::DuplicateName));
            }
            (Some(Err(other)), _) => prop_assert!(false, "{}", other),
            (None, ours) => prop_assert!(ours.is_err(), "{:?}", ours),
        }
    }

    /// The number of slots changes nothing: from what is needed on they do, and with fewer that
    /// is what the error asks for. (Fewer may do for JSON text in the value.)
    #[test]
    fn slots_change_nothing(value in value()) {
        let Ok(expected) = canonical(&value) else { return Ok(()) };
        let needed = scratch_needed_for(&value).expect("it has a canonical form");
        for slots in [needed, needed + 1, 2 * needed + 40] {
            let ours = canonical_in(&value, &Everything, slots);
            prop_assert_eq!(ours.as_ref(), Ok(&expected));
        }
        for slots in 0..needed {
            match canonical_in(&value, &Everything, slots) {
                Ok(ours) => {
                    let has_text = std::format!("{value:?}").contains("Raw(");
                    prop_assert!(has_text);
                    prop_assert_eq!(&ours, &expected);
                }
                error => prop_assert_eq!(error, Err(ValueError::ScratchTooSmall { needed })),
            }
        }
    }
}

/// Maps of 1 to 10,000 members in order, in reverse and at random, with names that agree on their
/// first bytes or not.
#[test]
fn maps_of_any_size_are_their_text() {
    for members in [1, 2, 3, 10, 100, 1000, 10_000] {
        if cfg!(miri) && members > 3 {
            break;
        }
        let prefixes = ["", "customers/", "\u{e000}\u{10000} and what is behind that"];
        for prefix in &prefixes[..if members > 1000 { 1 } else { 3 }] {
            // Multiples of an odd number modulo a power of two do not repeat.
            let name = |at: usize| std::format!("{prefix}{:04x}", at * 40_503 % 65_536);
            let member = |at: usize| (Name::Text(name(at)), Any::Unsigned(at as u64));
            let mut map: Vec<_> = (0..members).map(member).collect();
            let mut check = |change: fn(&mut [(Name, Any)])| {
                change(&mut map);
                let map = Any::Map(map.clone());
                let expected = canonical_text(&map, &Everything).expect("a canonical form");
                assert!(canonical(&map) == Ok(expected), "{members} members, {prefix}");
            };
            check(|_| {});
            check(|map| map.sort_by_key(|(name, _)| std::format!("{name:?}")));
            if members <= 1000 {
                check(|map| map.reverse());
            }
        }
    }
}

/// What two values would share is nobody's strict form: a `Some` that reads back as `None`, and a
/// map's key in a `Some`. JSON text that is marked for serde_json is the object that it looks like.
#[test]
fn strict_forms_tell_values_apart() {
    assert_eq!(strict(&Some(None::<u8>)), Err(ValueError::NullInSome));
    assert_eq!(strict(&[Some(())]), Err(ValueError::NullInSome));
    assert_eq!(strict(&Some([None::<u8>])).as_deref(), Ok("[null]"));
    assert_eq!(strict(&(None::<u8>, Some(5), ())).as_deref(), Ok("[null,5,null]"));
    let key = Any::Map(vec![(Name::Some(Name::Char('a').into()), Any::Unit)]);
    assert_eq!(strict(&key), Err(ValueError::KeyNotString));
    let raw = strict(&Any::Raw("[1]".into()));
    assert_eq!(raw.as_deref(), Ok(r#"{"$serde_json::private::RawValue":"[1]"}"#));
}
