//! `client`: what a hit of the client costs. A package beside this one measures it, since the
//! adapter builds serde_json with features that slow the rivals of `key` down.

use std::{env, process::Command};

/// Builds and runs the package `client` with the rest of the command line.
pub(crate) fn run() -> Result<(), String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/client/Cargo.toml");
    let status = Command::new(cargo)
        .args(["run", "--release", "--quiet", "--manifest-path", manifest, "--"])
        .args(env::args().skip(2))
        .status()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if status.success() { Ok(()) } else { Err("the package client failed".to_owned()) }
}
