//! That schemas hold: what serde writes is accepted, and what is accepted is read.
//!
//! `.ci/run interop` has the cases of this file judged by `jsonschema` of Python.

use std::fmt::Write;

use llm_cache::ErrorKind;
use serde_json::{Value, json};

use super::case::{Case, Form};
use super::generate::{self, Random};
use super::mutate::mutants;
use super::{emulator, sent, types};

/// Random values of each schema.
const GENERATED: u64 = 60;

/// Whether the schema asks for `{"value": ...}`; no type of the table is a struct of that form.
fn is_wrapped(schema: &Value) -> bool {
    let names = schema["properties"].as_object().into_iter().flatten();
    names.map(|(name, _)| name).eq(["value"])
}

fn decode(case: &Case, schema: &Value, answer: &Value) -> Result<(), String> {
    let value = if is_wrapped(schema) { &answer["value"] } else { answer };
    (case.decode)(&value.to_string())
}

/// Proves that every type is asked for and read back in each form, or refused before anything is
/// sent, with its place and with what to write instead; the emulator enforces what providers do.
#[tokio::test]
async fn every_type_is_extracted_or_refused() {
    let emulator = emulator();
    let (mut extracted, mut refused) = (0, 0);
    for form in Form::ALL {
        let client = form.client(&emulator);
        for case in types::all() {
            for prompt in ["Say something.", "Ada is 36. 1 card, 2 banks: Sum, Slow, Common."] {
                let before = emulator.upstream_calls();
                let asked = case.ask(&client, form, prompt).await;
                let calls = emulator.upstream_calls() - before;
                match (asked, case.refusal(form)) {
                    (Ok(()), None) => extracted += 1,
                    (Err(error), Some(words)) => {
                        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{}", case.name);
                        assert!(error.to_string().contains(words), "{}: {error}", case.name);
                        assert_eq!(calls, 0, "{}", case.name);
                        refused += 1;
                    }
                    (asked, refusal) => {
                        panic!("{} {form:?}: {asked:?}, to be refused: {refusal:?}", case.name);
                    }
                }
            }
        }
    }
    println!("{extracted} extracted, {refused} refused");
}

/// Proves that what a schema accepts is read as the type: random values of it, as far as they keep
/// to what its descriptions tell.
#[tokio::test]
async fn what_a_schema_accepts_is_read() {
    let emulator = emulator();
    let mut count = 0;
    for case in types::all() {
        for form in [Form::Anthropic, Form::OpenAi] {
            let Ok(schema) = sent(&case, form, &emulator).await else { continue };
            for seed in 0..GENERATED {
                let answer = generate::value(&schema, &mut Random::new(seed));
                let read = decode(&case, &schema, &answer);
                assert_eq!(read, Ok(()), "{} {form:?} seed {seed}: {answer}", case.name);
                count += 1;
            }
        }
    }
    println!("{count} values of schemas were read");
}

/// Writes what `tests/interop/schemas.py` judges, a line for each type and form:
/// `LLM_CACHE_SCHEMA_CASES=FILE`. Without it the lines are made and forgotten.
#[tokio::test]
async fn cases_for_other_validators() {
    let emulator = emulator();
    let mut lines = String::new();
    for case in types::all() {
        for form in [Form::Anthropic, Form::OpenAi] {
            let Ok(schema) = sent(&case, form, &emulator).await else { continue };
            let wrapped = is_wrapped(&schema);
            let wrap =
                |value: &Value| if wrapped { json!({"value": value}) } else { value.clone() };
            let written: Vec<Value> = case.written.iter().map(wrap).collect();
            let generated: Vec<Value> = (0..GENERATED)
                .map(|seed| generate::value(&schema, &mut Random::new(seed)))
                .collect();
            let mutants: Vec<Value> = written
                .iter()
                .flat_map(|value| mutants(&schema, value))
                .map(|mutant| {
                    let is_read = decode(&case, &schema, &mutant.value).is_ok();
                    json!({"kind": mutant.kind, "value": mutant.value, "read": is_read})
                })
                .collect();
            let line = json!({"type": case.name, "form": form.name(), "schema": schema,
                "written": written, "generated": generated, "mutants": mutants});
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{line}");
        }
    }
    assert!(lines.lines().count() > 90, "most types are accepted");
    if let Some(path) = std::env::var_os("LLM_CACHE_SCHEMA_CASES") {
        std::fs::write(path, lines).expect("the file can be written");
    }
}
