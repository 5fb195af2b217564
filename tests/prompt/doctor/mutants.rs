//! Doctors with one fault each: every one is found out by the generated cases.

use super::CASES;
use super::case::Told;

include!(concat!(env!("OUT_DIR"), "/doctor.rs"));

/// So many of the cases have to do.
const CASES_OF_MUTANTS: usize = 600;

/// Proves that the cases tell a sound doctor from each of the faulty ones.
#[test]
fn every_faulty_doctor_is_found_out() {
    let cases = &CASES[..CASES_OF_MUTANTS];
    let (_, sound) = MUTANTS[0];
    assert!(cases.iter().all(|case| case.check(sound).is_ok()));
    let mut missed = Vec::new();
    for (name, mutant) in &MUTANTS[1..] {
        match cases.iter().position(|case| case.check(*mutant).is_err()) {
            Some(index) => println!("doctor mutant `{name}`: found out by case {index}"),
            None => missed.push(*name),
        }
    }
    assert!(MUTANTS.len() > 20, "{} mutants", MUTANTS.len() - 1);
    assert!(missed.is_empty(), "not found out: {missed:?}");
}
