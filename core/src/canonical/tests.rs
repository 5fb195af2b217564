//! The canonical form against a slow, obvious one over serde_json's values.

use super::*;
use embedded_io::SliceWriteError;
use proptest::prelude::*;
use serde_json::Value;
use std::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

pub(super) struct Bytes(pub(super) Vec<u8>);

impl Sink for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

pub(super) fn canonical_in(body: &str, slots: usize) -> Result<String, CanonicalError> {
    let mut sink = Bytes(vec![]);
    let mut scratch = vec![Slot { first: 77, second: 77, third: 77 << 32 | 77 }; slots];
    canonicalize(body.as_bytes(), &Everything, &mut scratch, &mut sink)?;
    Ok(String::from_utf8(sink.0).expect("canonical bytes are UTF-8"))
}

pub(super) fn canonical(body: &str) -> Result<String, CanonicalError> {
    canonical_in(body, scratch_needed(body.as_bytes()).unwrap_or(64))
}

/// The oracle: the canonical form of a value, the slow way.
fn oracle(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.keys().collect();
            names.sort_by_key(|name| name.encode_utf16().collect::<Vec<_>>());
            let member =
                |name: &&String| format!("{}:{}", Value::from(&name[..]), oracle(&members[*name]));
            format!("{{{}}}", names.iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(oracle).collect::<Vec<_>>().join(","))
        }
        Value::Number(number) => oracle_number(number),
        other => other.to_string(),
    }
}

fn oracle_number(number: &serde_json::Number) -> String {
    const EXACT: u64 = 1 << 53;
    match (number.as_u64(), number.as_i64()) {
        (Some(integer), _) if integer > EXACT => integer.to_string(),
        (_, Some(integer)) if integer.unsigned_abs() > EXACT => integer.to_string(),
        _ => ecmascript(number.as_f64().expect("a double")),
    }
}

/// `Number::toString` over the digits that serde_json prints. (Rust's own break ties upwards.)
fn ecmascript(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let (digits, point) = shortest_digits(&Value::from(value.abs()).to_string());
    let len = digits.len() as i32;
    let sign = if value < 0.0 { "-" } else { "" };
    let body = if len <= point && point <= 21 {
        format!("{digits}{}", "0".repeat((point - len) as usize))
    } else if 0 < point && point <= 21 {
        format!("{}.{}", &digits[..point as usize], &digits[point as usize..])
    } else if -6 < point && point <= 0 {
        format!("0.{}{digits}", "0".repeat(-point as usize))
    } else {
        let tail = if len > 1 { format!(".{}", &digits[1..]) } else { String::new() };
        format!("{}{tail}e{:+}", &digits[..1], point - 1)
    };
    format!("{sign}{body}")
}

/// The significant digits of a number's text, and where among them its point is.
pub(super) fn shortest_digits(text: &str) -> (String, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let exponent = exponent.parse::<i32>().expect("an exponent");
    let point = exponent + whole.len() as i32 - leading as i32;
    (digits.trim_matches('0').into(), point)
}

/// One value, spelled anew: members rotated, white space strewn in, escapes and numbers respelled.
pub(super) fn respell(value: &Value, seed: &mut u32) -> String {
    let mut dice = |sides: u32| {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*seed >> 16) % sides
    };
    let space = ["", " ", "\n", "\t ", "\r\n"][dice(5) as usize];
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            let turn = dice(members.len().max(1) as u32) as usize;
            members.rotate_left(turn);
            let member = |(name, value): (&String, &Value)| {
                let name = respell(&Value::from(&name[..]), seed);
                format!("{space}{name}{space}:{}", respell(value, seed))
            };
            let members: Vec<_> = members.into_iter().map(member).collect();
            format!("{space}{{{}{space}}}", members.join(","))
        }
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(|e| respell(e, seed)).collect();
            format!("[{space}{}{space}]", elements.join(","))
        }
        Value::String(text) => {
            let mut inside = String::new();
            for character in text.chars() {
                if dice(4) == 0 || matches!(character, '"' | '\\' | '\0'..' ') {
                    let units = character.encode_utf16(&mut [0; 2]).to_vec();
                    inside.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
                } else {
                    inside.push(character);
                }
            }
            format!("{space}\"{inside}\"{space}")
        }
        Value::Number(number) if number.is_f64() => {
            let value = number.as_f64().expect("a double");
            [format!("{value:e}"), format!("{value:?}"), format!("{value:E}")][dice(3) as usize]
                .clone()
        }
        other => format!("{other}{space}"),
    }
}

pub(super) fn any_value() -> impl Strategy<Value = Value> {
    let name = "[a-c\u{e9}\u{ffff}\u{10000}\"\\\\\n]{0,2}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-100i64..100).prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |f| f.is_finite().then(|| Value::from(f))),
        "[ -~\u{0}-\u{20}\u{80}-\u{ffff}\u{10000}]{0,8}".prop_map(Value::from),
    ];
    let (depth, size) = if cfg!(miri) { (3, 8) } else { (5, 40) };
    leaf.prop_recursive(depth, size, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// However a value is spelled, its canonical form is the oracle's; and that form is its own.
    #[test]
    fn spelling_does_not_matter(value in any_value(), mut seed in any::<u32>()) {
        let expected = oracle(&value);
        prop_assert_eq!(canonical(&value.to_string()), Ok(expected.clone()));
        let respelled = respell(&value, &mut seed);
        prop_assert_eq!(canonical(&respelled), Ok(expected.clone()), "{}", respelled);
        prop_assert_eq!(canonical(&expected), Ok(expected.clone()));
    }

    /// Any number of slots gives the same bytes or asks for as many as would do; the number that
    /// it asks for does, without repeated scans.
    #[test]
    fn fewer_slots_never_change_the_bytes(value in any_value()) {
        let (text, expected) = (value.to_string(), oracle(&value));
        let needed = scratch_needed(text.as_bytes()).expect("JSON");
        for slots in 0..needed {
            match canonical_in(&text, slots) {
                Ok(bytes) => prop_assert_eq!(&bytes, &expected),
                Err(error) => prop_assert_eq!(error, CanonicalError::ScratchTooSmall { needed }),
            }
        }
        prop_assert_eq!(canonical_in(&text, needed), Ok(expected));
    }

    /// A number's canonical form is its double's, unless it is a large integer.
    #[test]
    fn numbers_follow_ecmascript(text in "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?") {
        let value: f64 = text.parse().expect("a number");
        let integer = text.trim_start_matches('-');
        let is_integer = integer.bytes().all(|byte| byte.is_ascii_digit());
        let expected = if value.is_infinite() {
            Err(CanonicalError::NumberRange { offset: 0 })
        } else if is_integer && integer.parse::<u128>().expect("an integer") > 1 << 53 {
            Ok(text.clone())
        } else {
            Ok(ecmascript(value))
        };
        prop_assert_eq!(canonical(&text), expected);
    }
}

/// RFC 8785 appendix B: doubles by their bits and the text that they become.
#[test]
fn rfc_8785_appendix_b() {
    let vectors = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];
    for (bits, expected) in vectors.into_iter().step_by(if cfg!(miri) { 4 } else { 1 }) {
        let value = f64::from_bits(bits);
        assert_eq!(canonical(&format!("{value:e}")), Ok(expected.into()));
        // More digits than any double needs say the same.
        let digits = if cfg!(miri) { 30 } else { 800 };
        assert_eq!(canonical(&format!("{value:.digits$e}")), Ok(expected.into()));
        assert_eq!(ecmascript(value), expected);
    }
}

/// The extension: integers beyond 2^53 keep their digits; other spellings go by their double.
#[test]
fn large_integers_stay_exact() {
    let largest = format!("{:.0}", f64::MAX);
    let too_large = format!("2{}", "0".repeat(308));
    for (text, expected) in [
        ("9007199254740991", "9007199254740991"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993", "9007199254740993"),
        ("9007199254740993.0", "9007199254740992"),
        ("-9007199254740993", "-9007199254740993"),
        ("4611686018427387904", "4611686018427387904"),
        ("4611686018427387904e0", "4611686018427388000"),
        ("18446744073709551617", "18446744073709551617"),
        ("-0", "0"),
        ("-0.0e5", "0"),
        ("0e999999999999999999999", "0"),
        ("1e-400", "0"),
        ("-1e-99999999999999999999", "0"),
        ("1.50", "1.5"),
        ("100e-2", "1"),
        ("1E3", "1000"),
        (&largest, &largest),
    ] {
        assert_eq!(canonical(text), Ok(expected.into()), "{text}");
    }
    for text in ["1e309", "-1e999999999999999999999", "1.8e308", &too_large] {
        let array = format!("[ {text}]");
        assert_eq!(canonical(&array), Err(CanonicalError::NumberRange { offset: 2 }), "{text}");
    }
}

/// RFC 8785 section 3.2.3's example of names, whose order by code points would differ.
#[test]
fn names_sort_by_utf16() {
    let text = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
    let expected = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
    assert_eq!(canonical(text), Ok(expected.into()));
}

/// Every fault has its place, in whatever object or array it is.
#[test]
fn faults_have_places() {
    use CanonicalError::DuplicateName;
    let json = |kind: JsonErrorKind, offset| CanonicalError::Json(kind.at(offset));
    for (text, expected) in [
        (&b"{\"a\":1,\"a\":2}"[..], DuplicateName { offset: 7 }),
        (b"{\"a\":1,\"\\u0061\":2}", DuplicateName { offset: 7 }),
        (b"[{\"b\":{\"x\":1,\"a\":0,\"x\":1}}]", DuplicateName { offset: 19 }),
        (b"", json(JsonErrorKind::UnexpectedEnd, 0)),
        (b"[1,{}", json(JsonErrorKind::UnexpectedEnd, 5)),
        (b"{} {}", json(JsonErrorKind::UnexpectedByte, 3)),
        (b"[1 2]", json(JsonErrorKind::UnexpectedByte, 3)),
        (b"[1,]", json(JsonErrorKind::UnexpectedByte, 3)),
        (b"{\"a\":[\"\\ud800\"]}", json(JsonErrorKind::LoneSurrogate, 7)),
        (b"{\"a\":\"\xc0\"}", json(JsonErrorKind::InvalidUtf8, 6)),
        (b"[x\xc0", json(JsonErrorKind::UnexpectedByte, 1)),
        (b"{\"a\":-}", json(JsonErrorKind::UnexpectedByte, 6)),
    ] {
        let mut scratch = [Slot::EMPTY; 32];
        let found = canonicalize(text, &Everything, &mut scratch, &mut Bytes(vec![]));
        assert_eq!(found, Err(expected), "{}", String::from_utf8_lossy(text));
    }
    let kinds = [("[{\"a\":", "}]"), ("[", "]"), ("{\"a\":", "}")];
    for (open, close) in kinds.into_iter().take(if cfg!(miri) { 1 } else { 3 }) {
        let levels = json::DEPTH_MAX / open.matches(['[', '{']).count();
        let text = |n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
        assert!(canonical_in(&text(levels), 400).is_ok());
        let error = json(JsonErrorKind::TooDeep, levels * open.len());
        assert_eq!(canonical_in(&text(levels + 1), 400), Err(error));
    }
}

/// Duplicates are found with any number of slots, even where each scan holds one name only.
#[test]
fn duplicates_are_found_with_few_slots() {
    for text in [r#"{"c":1,"a":2,"b":3,"a":4}"#, r#"{"z":1,"z":1}"#, r#"{"a":{"b":1,"c":2,"c":3}}"#]
    {
        for slots in 0..12 {
            match canonical_in(text, slots) {
                Err(CanonicalError::DuplicateName { .. }) => {}
                Err(CanonicalError::ScratchTooSmall { .. }) => assert!(slots < 6, "{slots}"),
                other => panic!("{other:?} with {slots} slots"),
            }
        }
    }
}

/// A wide object takes the heap sort, and few slots take many scans up to the limit.
#[test]
fn wide_objects() {
    let count = if cfg!(miri) { 20 } else { 500_u32 };
    let names: Vec<_> = (0..count).map(|i| i.wrapping_mul(7919) % 10_000).collect();
    let text = names.iter().map(|n| format!("\"n{n:05}\":{n}")).collect::<Vec<_>>().join(",");
    let text = format!("{{{text}}}");
    let expected = oracle(&serde_json::from_str(&text).expect("JSON"));
    let needed = count as usize + 1;
    assert_eq!(scratch_needed(text.as_bytes()), Ok(needed));
    for slots in [needed, needed - 1, needed * 4 / 5] {
        assert_eq!(canonical_in(&text, slots), Ok(expected.clone()));
    }
    // That many batches would cost more than the text is worth.
    let refused = Err(CanonicalError::ScratchTooSmall { needed });
    assert_eq!(canonical_in(&text, 9), if cfg!(miri) { Ok(expected) } else { refused });
}

/// Leaves out members called `no`, but only at the root and in elements of its `list`.
struct NoNo;

impl Selection for NoNo {
    fn member(&self, place: Place, name: &json::JsonStr<'_>) -> Option<Place> {
        match place.number() {
            0 | 2 if name.eq_str("no") => None,
            0 if name.eq_str("list") => Some(Place::new(1)),
            _ => Some(Place::new(9)),
        }
    }

    fn element(&self, place: Place) -> Place {
        Place::new(if place.number() == 1 { 2 } else { 9 })
    }
}

/// Members are left out by path, and commas fall as if they had never been there.
#[test]
fn selection_goes_by_path() {
    let select = |text: &str| {
        let (mut sink, mut scratch) = (Bytes(vec![]), [Slot::EMPTY; 32]);
        canonicalize(text.as_bytes(), &NoNo, &mut scratch, &mut sink)
            .map(|()| String::from_utf8(sink.0).expect("UTF-8"))
    };
    for (text, expected) in [
        (r#"{"no":1}"#, "{}"),
        (r#"{"z":1,"no":{"a":[1,{"no":2}]},"a":0}"#, r#"{"a":0,"z":1}"#),
        (r#"{"\u006eo":1,"a":{"no":1}}"#, r#"{"a":{"no":1}}"#),
        (
            r#"{"list":[{"no":[],"x":{"no":1}},[{"no":1}]]}"#,
            r#"{"list":[{"x":{"no":1}},[{"no":1}]]}"#,
        ),
        (r#"{"list":{"no":1}}"#, r#"{"list":{"no":1}}"#),
        (r#"[{"no":1}]"#, r#"[{"no":1}]"#),
    ] {
        assert_eq!(select(text), Ok(expected.into()));
    }
    // Faults in what is left out count.
    let fault = CanonicalError::DuplicateName { offset: 13 };
    assert_eq!(select(r#"{"no":{"a":1,"a":1}}"#), Err(fault));
    assert_eq!(select(r#"{"no":1e999}"#), Err(CanonicalError::NumberRange { offset: 6 }));
}

/// What would read back as another value is refused; a `null` of its own is none of that.
#[test]
fn ambiguous_options_are_refused() {
    fn text(value: impl serde::Serialize) -> Result<String, SerializeError<SliceWriteError>> {
        let mut buffer = [0; 16];
        let mut writer = &mut buffer[..];
        write_json(&value, &mut writer)?;
        let left = writer.len();
        Ok(String::from_utf8_lossy(&buffer[..16 - left]).into_owned())
    }
    assert_eq!(text(Some(None::<u8>)), Err(SerializeError::NullInSome));
    assert_eq!(text(Some(())), Err(SerializeError::NullInSome));
    assert_eq!(text([Some(Some(1)), None]), Ok("[1,null]".into()));
    assert_eq!(text(Some([None::<u8>])), Ok("[null]".into()));
}
