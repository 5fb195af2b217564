//! Prints what a crate makes public, an item a line, from the JSON that rustdoc writes.

use std::{env, error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let json = PathBuf::from(env::args_os().nth(1).ok_or("usage: llm-cache-public-api FILE")?);
    // Without what follows from a derive or an auto trait: the types alone are long enough.
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    for item in api.items() {
        println!("{item}");
    }
    Ok(())
}
