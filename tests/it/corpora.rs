//! The committed fuzz corpora on stable: what a fuzzer has found once stays tested everywhere.

use std::{fs, path::Path};

/// Every input of every corpus passes its check, and every check has a corpus.
#[test]
fn every_input_passes_its_check() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (name, check) in llm_cache_fuzz::CHECKS {
        let mut inputs: Vec<_> = fs::read_dir(corpora.join(name))
            .unwrap_or_else(|error| panic!("fuzz/corpus/{name}: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "fuzz/corpus/{name} is empty");
        for input in &inputs {
            println!("{}", input.display());
            check(&fs::read(input).unwrap());
        }
    }
}
