//! Seeded faults: each must show on the generated requests. `tests/build.rs` makes the mutants.

use llm_cache_core::json::JsonValue;

use super::agreement::JUDGED;

mod validator {
    include!(concat!(env!("OUT_DIR"), "/validator.rs"));

    pub(super) type Rules = Entry;
    pub(super) const ALL: &[(&str, Rules)] = MUTANTS;
}

/// Fewer would say little about the requests.
const MUTANTS_MIN: usize = 20;

/// Proves that the requests find faults: the copy without one agrees with the emulator on all of
/// them, each mutant disagrees on some.
#[test]
fn each_faulty_validator_is_found() {
    let (original, mutants) = validator::ALL.split_first().unwrap();
    let found_at = |check: &validator::Rules| {
        JUDGED.iter().position(|judged| {
            let body = JsonValue::parse(judged.text.as_bytes()).unwrap();
            check(body).is_ok() != judged.broken.is_none()
        })
    };
    assert_eq!(found_at(&original.1), None, "{}", original.0);
    let mut missed = Vec::new();
    for (name, check) in mutants {
        match found_at(check) {
            Some(index) => println!("{:>6}  {name}", index + 1),
            None => missed.push(name),
        }
    }
    println!(
        "{} of {} mutants found, at these requests",
        mutants.len() - missed.len(),
        mutants.len()
    );
    assert!(missed.is_empty(), "not found: {missed:#?}");
    assert!(mutants.len() >= MUTANTS_MIN);
}
