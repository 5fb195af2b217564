//! A schema is part of keys: one that was right stays byte for byte.

use std::fmt::Write;

use serde_json::{Value, json};

use super::case::Form;
use super::{emulator, sent, types};

const GOLDEN: &str = include_str!("../../data/schemas-v1.jsonl");

/// Proves that the schemas of `tests/data/schemas-v1.jsonl` go out as they did when that file was
/// made, before schemas were mended.
#[tokio::test]
async fn schemas_stay_byte_for_byte() {
    let emulator = emulator();
    let cases = types::all();
    let mut count = 0;
    for line in GOLDEN.lines() {
        let golden: Value = serde_json::from_str(line).expect("a line is JSON");
        let case = cases.iter().find(|case| golden["type"] == case.name).expect("a known type");
        let form = Form::ALL.into_iter().find(|form| golden["form"] == form.name());
        let schema = sent(case, form.expect("a known form"), &emulator).await.expect("a schema");
        assert_eq!(schema.to_string(), golden["schema"].to_string(), "{} {form:?}", case.name);
        count += 1;
    }
    println!("{count} schemas as they were");
    assert!(count > 100, "the file was read");
}

/// Prints a line for each type and form: `LLM_CACHE_WRITE_GOLDEN=FILE`.
#[tokio::test]
#[ignore = "writes a file, for new types only"]
async fn write_schemas() {
    let Some(path) = std::env::var_os("LLM_CACHE_WRITE_GOLDEN") else {
        return;
    };
    let emulator = emulator();
    let mut lines = String::new();
    for case in types::all() {
        for form in Form::ALL {
            if let Ok(schema) = sent(&case, form, &emulator).await {
                let line = json!({"type": case.name, "form": form.name(), "schema": schema});
                let _ = writeln!(lines, "{line}");
            }
        }
    }
    std::fs::write(path, lines).expect("the file can be written");
}
