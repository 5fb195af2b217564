//! Values that have no canonical form, and values that do not hold still.

use core::cell::Cell;

use super::*;
use crate::{canonical::sink::NAME_MAX, json::DEPTH_MAX};
use any::RAW;
use serde::ser::{Error, SerializeMap, SerializeStruct, Serializer};
use serde_json::value::RawValue;
use std::{boxed::Box, collections::BTreeMap};

/// A value that is another one each time it is looked at, the last one over and over.
struct Fickle<'a>(&'a [Any], Cell<usize>);

impl Serialize for Fickle<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let run = self.1.replace(self.1.get() + 1);
        self.0[run.min(self.0.len() - 1)].serialize(serializer)
    }
}

fn map(members: &[(&str, Any)]) -> Any {
    Any::Map(
        members.iter().map(|(name, value)| (Name::Text((*name).into()), value.clone())).collect(),
    )
}

fn names(names: &[&str]) -> Any {
    map(&names.iter().map(|name| (*name, Any::None)).collect::<Vec<_>>())
}

/// What JSON has no word for is refused wherever it stands, in a member that is left out too.
#[test]
fn what_is_not_json_is_refused() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(canonical(&float), Err(ValueError::NonFinite));
        assert_eq!(canonical(&[float as f32]), Err(ValueError::NonFinite));
        let value = map(&[("stream", Any::Double(float))]);
        let left_out = canonical_in(&value, &crate::key::Dialect::OpenAiChat, 0);
        assert_eq!(left_out, Err(ValueError::NonFinite));
    }
    let not_strings: [Result<String, ValueError>; 6] = [
        canonical(&BTreeMap::from([(1, 1)])),
        canonical(&BTreeMap::from([(true, 1)])),
        canonical(&BTreeMap::from([(None::<&str>, 1)])),
        canonical(&BTreeMap::from([((), 1)])),
        canonical(&BTreeMap::from([([1, 2], 1)])),
        canonical(&[BTreeMap::from([(b'a', 1)])]),
    ];
    assert_eq!(not_strings, [const { Err(ValueError::KeyNotString) }; 6]);
    assert_eq!(canonical(&BTreeMap::from([(Some('a'), 1)])), Ok("{\"a\":1}".into()));
    assert_eq!(canonical(&-0.0), Ok("0".into()));
}

/// Two members of one name are found whatever else there is, in a member that is left out too.
#[test]
fn a_name_twice_is_refused() {
    #[derive(Serialize)]
    struct Flat {
        kind: u8,
        #[serde(flatten)]
        more: BTreeMap<&'static str, u8>,
    }
    let more = BTreeMap::from([("kind", 2), ("other", 3)]);
    let flat = Flat { kind: 1, more };
    let refused = Err(ValueError::DuplicateName);
    assert_eq!(canonical_in(&flat, &Everything, 3), refused);
    assert_eq!(canonical_in(&flat, &Everything, 0), refused);
    let long = "a name that is longer than what is kept of a name to compare it with the next one";
    for twins in [["a", "b", "a"], ["", "x", ""], [long, long, "x"], ["x", long, long]] {
        assert_eq!(canonical_in(&names(&twins), &Everything, 3), refused);
        let value = map(&[("stream", names(&twins))]);
        assert_eq!(canonical_in(&value, &crate::key::Dialect::OpenAiChat, 3), refused);
    }
}

/// As many containers may be open as in a text; a variant's braces and JSON text count.
#[test]
fn too_deep_is_refused() {
    type Around = fn(Box<Any>) -> Any;
    let nested = |levels, innermost: Any, around: Around| {
        (0..levels).fold(innermost, |inner, _| around(Box::new(inner)))
    };
    let list = |inner: Box<Any>| Any::Seq(vec![*inner]);
    let object = |inner: Box<Any>| Any::Struct(vec![(0, *inner)]);
    let tuple = |inner: Box<Any>| Any::TupleVariant(1, vec![*inner]);
    let variant = |inner: Box<Any>| Any::StructVariant(1, vec![(0, *inner)]);
    let newtype = |inner: Box<Any>| Any::NewtypeVariant(1, inner);
    let arounds: [Around; 5] = [list, object, newtype, tuple, variant];
    let skipped = if cfg!(miri) { 4 } else { 0 };
    for (around, levels) in arounds.into_iter().zip([1, 1, 1, 2, 2]).skip(skipped) {
        let innermost = [Any::Seq(vec![]), Any::Map(vec![]), Any::Raw("[]".into())];
        for innermost in innermost.into_iter().skip(skipped / 2) {
            let fits = nested((DEPTH_MAX - 1) / levels, innermost.clone(), around);
            let expected = canonical_text(&fits, &Everything).expect("just deep enough");
            assert_eq!(canonical(&fits), Ok(expected));
            let deeper = nested(DEPTH_MAX / levels, innermost, around);
            assert!(matches!(
                canonical(&deeper),
                Err(ValueError::TooDeep | ValueError::Raw(CanonicalError::Json(_)))
            ));
            assert!(canonical_text(&deeper, &Everything).is_err());
        }
    }
}

/// JSON text in a value is checked as such, at its place: numbers of any precision too.
#[test]
fn text_in_a_value_is_checked() {
    for text in ["", "1,2", "{\"a\":1,\"a\":2}", "1e400", "nul", "\"\\ud800\""] {
        let error = canonical_in(&Any::Raw(text.into()), &Everything, 9);
        assert!(matches!(error, Err(ValueError::Raw(_))), "{text}: {error:?}");
    }
    struct Number(&'static str);
    impl Serialize for Number {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut open = serializer.serialize_struct("$serde_json::private::Number", 1)?;
            open.serialize_field("$serde_json::private::Number", self.0)?;
            open.end()
        }
    }
    assert_eq!(canonical(&[Number("12.50"), Number("-0")]), Ok("[12.5,0]".into()));
    // Left out where it is at the place, not where the text begins.
    let value = map(&[("metadata", Any::Raw("{\"user_id\":1,\"x\":2}".into()))]);
    let canonical = canonical_in(&value, &crate::key::Dialect::AnthropicMessages, 9);
    assert_eq!(canonical, Ok("{\"metadata\":{\"x\":2}}".into()));
}

/// Keys that are formatted may have so many bytes and no more; those that are strings, any.
#[test]
fn long_names() {
    let name = "n".repeat(NAME_MAX);
    let named = |name| Any::Map(vec![(name, Any::None)]);
    let expected = Ok(std::format!("{{\"{name}\":null}}"));
    assert_eq!(canonical(&named(Name::Shown(name.clone()))), expected);
    let name = name + "n";
    let too_long = Err(ValueError::NameTooLong { limit: NAME_MAX });
    assert_eq!(canonical(&named(Name::Shown(name.clone()))), too_long);
    assert_eq!(
        canonical(&named(Name::Text(name.clone()))),
        Ok(std::format!("{{\"{name}\":null}}"))
    );
}

/// Members in the opposite order cost m (m + 1) / 2 - 1 revisits; where names agree on more than
/// their first 8 bytes, that costs some, too. One fewer than that, and the value is refused.
#[test]
fn too_far_from_order_is_refused() {
    let members: usize = if cfg!(miri) { 5 } else { 100 };
    for (prefix, to_tell_apart) in [("", 0), ("8 bytes.", members + 8 * (members - 1))] {
        let named = |at| (Name::Text(std::format!("{prefix}{at:04}")), Any::None);
        let value = Any::Map((0..members).rev().map(named).collect());
        let cost = members * (members + 1) / 2 - 1 + to_tell_apart;
        let within = |revisits| {
            let (mut slots, mut bytes) = (vec![Slot::EMPTY; members], Bytes(vec![]));
            Walk::within(revisits, &Everything, &mut slots, &mut bytes).value(&value)
        };
        assert_eq!(within(cost - 1), Err(ValueError::TooUnordered));
        assert_eq!(within(cost), Ok(()));
    }
}

/// An object that hands out other members than before is found out; so is one that becomes
/// something else.
#[test]
fn a_changed_value_is_refused() {
    let long = "a name that is longer than a chunk: ";
    let (one, two) = (&*std::format!("{long}1"), &*std::format!("{long}2"));
    let sequences: [&[Any]; 11] = [
        &[names(&["a", "b"]), names(&["b", "a"])],
        &[names(&["b", "a"]), names(&["a", "b"])],
        &[names(&["a", "b"]), names(&["a", "c"])],
        &[names(&["a", "b"]), names(&["a"])],
        &[names(&["a", "b"]), names(&["a", "b", "c"])],
        &[names(&["b", "a"]), names(&["b"])],
        &[names(&["a"]), Any::None],
        &[names(&["a"]), Any::Seq(vec![])],
        &[names(&["d", "a", "b", "c"]), names(&["c", "b", "a", "d"])],
        &[names(&[two, one]), names(&[one, two])],
        &[names(&[two, one]), names(&[two, one]), names(&[one, two])],
    ];
    for values in sequences {
        let fickle = Fickle(values, Cell::new(0));
        assert_eq!(canonical_in(&fickle, &Everything, 9), Err(ValueError::Changed), "{values:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 500 }))]

    /// Whatever a value becomes while it is looked at: if it has a form, that is canonical, and so
    /// no other value's.
    #[test]
    fn a_changing_value_has_no_wrong_form(
        values in proptest::collection::vec(
            proptest::sample::subsequence(vec!["a", "b", "c", "d"], 1..=4).prop_shuffle(),
            1..5,
        ),
    ) {
        let values: Vec<_> = values.iter().map(|members| names(members)).collect();
        match canonical_in(&Fickle(&values, Cell::new(0)), &Everything, 9) {
            Ok(form) => {
                let read = RawValue::from_string(form.clone()).expect("JSON");
                prop_assert_eq!(canonical_text(&read, &Everything), Ok(form));
            }
            Err(error) => prop_assert_eq!(error, ValueError::Changed),
        }
    }
}

/// What a `Serialize` may do and should not.
#[derive(Clone, Copy, Debug)]
enum Odd {
    Refuses,
    RefusesInside,
    NamesTwice,
    NamesNothing,
    NamesOnly,
    SaysTextTwice,
    SaysNoText,
    SaysNumberAsText,
}

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Refuses = self {
            return Err(S::Error::custom("no"));
        }
        if let Self::SaysTextTwice | Self::SaysNoText | Self::SaysNumberAsText = self {
            let mut open = serializer.serialize_struct(RAW, 1)?;
            match self {
                Self::SaysTextTwice => {
                    open.serialize_field(RAW, "1")?;
                    open.serialize_field(RAW, "1")?;
                }
                Self::SaysNumberAsText => open.serialize_field(RAW, &1)?,
                _ => {}
            }
            return open.end();
        }
        let mut open = serializer.serialize_map(None)?;
        match self {
            Self::RefusesInside => open.serialize_entry("a", &Self::Refuses)?,
            Self::NamesTwice => {
                open.serialize_key("a")?;
                open.serialize_entry("b", &1)?;
            }
            Self::NamesNothing => open.serialize_value(&1)?,
            _ => open.serialize_key("a")?,
        }
        open.end()
    }
}

/// A `Serialize` that refuses or leaves serde's rules is refused.
#[test]
fn odd_values_are_refused() {
    for odd in [
        Odd::Refuses,
        Odd::RefusesInside,
        Odd::NamesTwice,
        Odd::NamesNothing,
        Odd::NamesOnly,
        Odd::SaysTextTwice,
        Odd::SaysNoText,
        Odd::SaysNumberAsText,
    ] {
        assert_eq!(canonical_in(&[odd], &Everything, 9), Err(ValueError::Refused), "{odd:?}");
    }
}

/// A map that does not listen to errors.
struct Deaf<'a>(&'a [(&'a str, f64)]);

impl Serialize for Deaf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut open = serializer.serialize_map(None)?;
        for (name, value) in self.0 {
            let _ignored = open.serialize_entry(name, value);
        }
        open.end().map_err(|_| S::Error::custom("something else"))
    }
}

/// A `Serialize` that hides errors hides none from us, and is run as often as any other.
#[test]
fn errors_cannot_be_hidden() {
    let deaf = Deaf(&[("b", 1.0), ("c", 2.0), ("a", 3.0)]);
    assert_eq!(canonical(&deaf), Ok("{\"a\":3,\"b\":1,\"c\":2}".into()));
    for members in [[("a", 1.0), ("b", f64::NAN)], [("b", f64::NAN), ("a", 1.0)]] {
        assert_eq!(canonical_in(&Deaf(&members), &Everything, 2), Err(ValueError::NonFinite));
    }
}
