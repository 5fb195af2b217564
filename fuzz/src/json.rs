//! The JSON reader against serde_json: both accept the same texts and read the same values.

use llm_cache_core::json::{JsonErrorKind, JsonKind, JsonValue};
use serde_json::Value;

/// Reads `text` with both and compares.
pub fn check(text: &[u8]) {
    let theirs = serde_json::from_slice::<Value>(text);
    match JsonValue::parse(text) {
        Ok(ours) => match theirs {
            Ok(theirs) => assert_equal(&ours, &theirs),
            // The one thing serde_json refuses and the grammar does not.
            Err(error) => assert!(error.to_string().contains("number out of range"), "{error}"),
        },
        Err(error) => {
            assert!(error.offset <= text.len());
            // serde_json's own depth limit lies a level below ours, so only ours may be the reason.
            assert!(
                theirs.is_err() || error.kind == JsonErrorKind::TooDeep,
                "only we refuse: {error}"
            );
        }
    }
}

fn assert_equal(ours: &JsonValue<'_>, theirs: &Value) {
    match theirs {
        Value::Null => assert!(ours.is_null()),
        Value::Bool(theirs) => assert_eq!(ours.as_bool(), Some(*theirs)),
        Value::Number(theirs) => {
            assert_eq!(ours.kind(), JsonKind::Number);
            assert_eq!(ours.as_f64(), theirs.as_f64());
        }
        Value::String(theirs) => {
            let ours = ours.as_str().expect("a string");
            assert!(ours.eq_str(theirs));
            assert_eq!(ours.chars().collect::<String>(), *theirs);
        }
        Value::Array(theirs) => {
            assert_eq!(ours.elements().count(), theirs.len());
            ours.elements().zip(theirs).for_each(|(ours, theirs)| assert_equal(&ours, theirs));
        }
        Value::Object(theirs) => {
            // Of duplicate names both keep the last, so a look-up by name must agree.
            for (name, value) in ours.members() {
                assert!(theirs.contains_key(&name.chars().collect::<String>()), "{value:?}");
            }
            for (name, theirs) in theirs {
                assert_equal(&ours.get(name).expect("a member that serde_json found"), theirs);
            }
        }
    }
}
