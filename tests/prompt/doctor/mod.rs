//! The doctor against the emulator's accounting: what it predicts happens, and what it names as the
//! first difference is what was edited.

pub(super) mod case;
mod conversations;
mod edits;
// 100,000 lines of copies, whose originals are judged where they stand.
#[cfg(not(clippy))]
mod mutants;
mod replies;
mod tool_edits;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use case::{Case, cases};

/// The doctor of the library.
mod library {
    use llm_cache::prompt::{doctor, outline};

    include!("glue.rs");
}

const SEED: u64 = 6;
const COUNT: usize = 2_000;

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| cases(SEED, COUNT));

/// Proves, on generated edits of all rows of the provider's table: the predicted usage is what the
/// emulator bills, the finding is what was read of what was written, the first difference is the
/// one that was made, and a cause that stands alone is one (without it all is read).
#[test]
fn what_the_doctor_predicts_happens() {
    let mut table: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, case) in CASES.iter().enumerate() {
        let told = case.check(library::tell).unwrap_or_else(|why| {
            panic!("case {index} of seed {SEED}, {}: {why}\n{}", case.name, case.current_text)
        });
        let name = case.name.split(',').next().unwrap();
        *table.entry(name).or_default().entry(told.finding).or_default() += 1;
        for (cause, _) in told.causes {
            *causes.entry(cause).or_default() += 1;
        }
    }
    assert_eq!(table.len(), edits::EDITS.len(), "every edit found something to work on");
    println!("doctor: {COUNT} edits, seed {SEED}: {table:?}; causes: {causes:?}");
    for cause in ["look-back", "marks earlier", "expired", "changed", "no marks", "too short"] {
        assert!(causes.get(cause).is_some_and(|count| *count > 9), "{cause}: {causes:?}");
    }
}
