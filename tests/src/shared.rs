//! The folder of shared material beside the repository, and the rule for running without it.

use std::path::PathBuf;

/// The folder `../shared` beside the repository (recorded traffic, traces), where it is there.
///
/// Without it this prints `skipped: no ../shared` and answers `None`, so that a fresh clone passes.
///
/// # Panics
///
/// Without the folder, when `LLM_CACHE_NO_SKIP=1` is set: CI turns every skip into a failure.
pub fn shared_dir() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    if folder.is_dir() {
        return Some(folder);
    }
    skip("no ../shared");
    None
}

/// Says that a test is skipped and why: the one way to do it.
///
/// # Panics
///
/// When `LLM_CACHE_NO_SKIP=1` is set.
pub fn skip(why: &str) {
    assert!(
        std::env::var("LLM_CACHE_NO_SKIP").as_deref() != Ok("1"),
        "LLM_CACHE_NO_SKIP=1 and a test would be skipped: {why}"
    );
    println!("skipped: {why}");
}
